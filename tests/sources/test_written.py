"""The project's own texts are read strictly: nothing in them is passed over."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from newsclf.errors import InputError
from newsclf.sources.card import Card
from newsclf.sources.item import Item
from newsclf.sources.written import read_items

CARD = Card("written", "written", ("*.jsonl",), label_origin="author")
HEADLINE: dict[str, Any] = {
    "id": "eco-0001",
    "kind": "headline",
    "title": "أسعار السردين تتراجع بموانئ الجنوب",
    "category": "economy",
    "second": "other",
    "year": 2019,
    "region": "morocco",
    "style": "standard",
}
ARTICLE = HEADLINE | {"id": "eco-0002", "kind": "article", "body": "تراجعت أثمنة السردين في سوق السمك."}


def _read(folder: Path, *rows: Any, name: str = "economy-headlines.jsonl") -> list[Item]:
    path = folder / name
    path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows), encoding="utf-8")
    return list(read_items(path, CARD))


def test_headlines_and_articles(tmp_path: Path) -> None:
    ticker = {"id": "eco-0003", "kind": "ticker", "title": "عاجل", "category": "economy", "disputed": True}
    first, second = _read(tmp_path, HEADLINE, "", ticker)
    assert first == Item(
        "line 1",
        "headline",
        HEADLINE["title"],
        category="economy",
        second="other",
        style="standard",
        year=2019,
        own_id="eco-0001",
    )
    assert (second.place, second.kind, second.second, second.disputed) == ("line 3", "ticker", "", True)
    (article,) = _read(tmp_path, ARTICLE, name="economy-articles.jsonl")
    assert (article.kind, article.body) == ("article", ARTICLE["body"])


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("{", "line 2 is not JSON"),
        ([1], "line 2 is no JSON object"),
        (HEADLINE | {"id": ""}, "line 2: id is missing"),
        (HEADLINE | {"title": None}, "title is missing or no text"),
        (HEADLINE | {"categorie": "economy"}, "unknown key 'categorie'; did you mean 'category'"),
        (HEADLINE | {"kind": "headlines"}, "kind 'headlines' is not known; did you mean 'headline'"),
        (HEADLINE | {"category": "sport"}, "is a sport headline, which belongs in another file"),
        (ARTICLE, "is a economy article, which belongs in another file"),
        (HEADLINE | {"body": "نص"}, "an article has a body, and nothing else has"),
        (HEADLINE | {"second": "economy"}, "second 'economy' must be another"),
        (HEADLINE | {"second": "weather"}, "second 'weather' must be another"),
        (HEADLINE | {"disputed": "yes"}, "disputed must be true or false"),
        (HEADLINE, "line 2 has the id of line 1"),
    ],
)
def test_a_line_that_is_not_as_it_should_be_is_named(tmp_path: Path, row: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        _read(tmp_path, HEADLINE, row)


def test_the_name_of_the_file_says_what_is_in_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="must be named"):
        _read(tmp_path, HEADLINE, name="headlines.jsonl")
