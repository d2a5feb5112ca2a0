"""A corpus in which an audit finds nothing, to break in one way at a time."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pyarrow as pa

from newsclf.audit.corpus import Corpus
from newsclf.audit.registry import Audit, run_checks
from newsclf.records import SCHEMA, validate
from newsclf.taxonomy import category_ids

Row = dict[str, Any]

_LETTERS = "بتجحدرسشصطعفقكلمنهويا"
_TITLE_WORDS = (4, 5)
_BODY_WORDS = (8, 22)
OUTLET = "جريدة المنارة"
# Rows of each category and source.
NUMBER = 120


def _made_up(draw: random.Random, number: int) -> list[str]:
    made: dict[str, None] = {}
    while len(made) < number:
        made["".join(draw.choices(_LETTERS, k=7))] = None
    return list(made)


_DRAW = random.Random(7)
_WORDS = _made_up(_DRAW, 40 * len(category_ids()) + 2000)
TOPIC_WORDS = {name: _WORDS[40 * place : 40 * place + 40] for place, name in enumerate(category_ids())}
COMMON_WORDS = _WORDS[40 * len(category_ids()) :]
KEYWORDS = {name: words[:4] for name, words in TOPIC_WORDS.items()}


def _text(draw: random.Random, category: str, counts: tuple[int, int]) -> str:
    words = draw.sample(TOPIC_WORDS[category], counts[0]) + draw.sample(COMMON_WORDS, counts[1])
    draw.shuffle(words)
    return " ".join(words)


def _row(draw: random.Random, source: str, category: str, place: int) -> Row:
    published = source == "published"
    article = place % 2 == 1
    return {
        "id": f"{source}-{category}-{place}",
        "kind": "article" if article else "headline",
        "title": _text(draw, category, _TITLE_WORDS),
        "body": _text(draw, category, _BODY_WORDS) if article else "",
        "category": category,
        "second": None,
        "section": category,
        "source": source,
        "outlet": None,
        "published_at": datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=7 * place) if published else None,
        "year": None,
        "url": None,
        "label_origin": "section" if published else "author",
        "style": None,
        "disputed": False,
        "role": None,
        "group": f"{source}-{category}-{place}",
        "split": {0: "test", 5: "test", 1: "dev"}.get(place % 10, "train"),
    }


@cache
def _rows() -> tuple[Row, ...]:
    draw = random.Random(11)
    return tuple(
        _row(draw, source, category, place)
        for source in ("published", "written")
        for category in category_ids()
        for place in range(NUMBER)
    )


def clean_rows() -> list[Row]:
    """Return rows in which there is nothing to find: two sources, every category, articles and headlines."""
    return [dict(row) for row in _rows()]


def corpus(rows: Sequence[Row]) -> Corpus:
    """Return rows as a corpus, valid as a record table."""
    table = pa.Table.from_pylist(list(rows), SCHEMA)
    validate(table)
    return Corpus(table, [OUTLET], KEYWORDS)


def codes(audit: Audit) -> list[str]:
    """Return the codes of what an audit found."""
    return [finding.code for finding in audit.findings]


def audited(rows: Sequence[Row]) -> Audit:
    """Return what the checks that train nothing say of rows."""
    return run_checks(corpus(rows), training=False)
