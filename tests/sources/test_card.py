"""A card that is wrong must say so before anything is read, and the cards of the repository must be right."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsclf.errors import ConfigurationError, InputError
from newsclf.sources.card import Card, cards_in_repository, read_card, repository_root
from newsclf.taxonomy import category_ids

REPOSITORY = Path(__file__).parents[2]
CARDS = sorted((REPOSITORY / "data" / "sources").glob("*.toml"))


def _card(folder: Path, *lines: str) -> Path:
    path = folder / "mine.toml"
    path.write_text("\n".join(['name = "mine"', 'reader = "table"', 'paths = ["a.csv"]', *lines]), encoding="utf-8")
    return path


GOOD = ("[columns]", 'title = "titre"')


@pytest.mark.parametrize("path", CARDS, ids=lambda path: path.stem)
def test_cards_of_the_repository_say_what_a_reader_must_know(path: Path) -> None:
    card = read_card(path)
    assert card.description.endswith(".")
    assert card.licence or card.name == "my_csv"
    assert all(category in (*category_ids(), "unlabelled") for category in card.sections.values())
    assert "author" not in card.columns.values()


def test_every_source_has_its_card() -> None:
    assert {path.stem for path in CARDS} >= {
        *("written", "seed_page", "hespress", "sanad", "sanad_folders"),
        *("ant_multisource", "ant_jawhara", "egypt_rss", "my_csv"),
    }


def test_the_seed_page_comes_with_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(REPOSITORY / "tests")
    assert repository_root() == REPOSITORY
    assert "seed_page" in {card.name for card in cards_in_repository()}


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (("encodin = 'utf-8'", *GOOD), "unknown key 'encodin'; did you mean 'encoding'"),
        (("kind = 'headlines'", *GOOD), "kind: 'headlines' is not known; did you mean 'headline'"),
        (("root = 'home'", *GOOD), "root: 'home' is not known"),
        (("label_origin = 'sections'", *GOOD), "did you mean 'section'"),
        (("role = 'train'", *GOOD), "role: 'train' is not known"),
        (("test_share = 0.95", *GOOD), "must be shares of 1 together"),
        (("time_zone = 'Casablanca'", *GOOD), "time zone 'Casablanca' is not known"),
        (("bylines = ['(a']", *GOOD), r"byline '\(a' is no regular expression"),
        ((), "must say which column is the text"),
        (("[columns]", "titel = 'a'"), "columns: 'titel' is not known; did you mean 'title'"),
        ((*GOOD, "[sections]", "Sports = 'sports'"), "sections, 'Sports': 'sports' is not known; did you mean 'sport'"),
        (("test_share = 'a third'", *GOOD), "test_share must be a number"),
    ],
)
def test_what_a_card_gets_wrong_is_named_with_the_nearest_right_thing(
    tmp_path: Path, lines: tuple[str, ...], message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        read_card(_card(tmp_path, *lines))


def test_cards_are_found_by_name_or_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(REPOSITORY)
    assert read_card("hespress").reader == "table"
    with pytest.raises(ConfigurationError, match=r"no card 'hespres' .*did you mean 'hespress'"):
        read_card("hespres")
    with pytest.raises(ConfigurationError, match=r"none.toml does not exist"):
        read_card(tmp_path / "none.toml")
    with pytest.raises(ConfigurationError, match="name is 'mine', but must be that of the file, 'yours'"):
        read_card(_card(tmp_path, *GOOD).rename(tmp_path / "yours.toml"))


def test_files_are_found_under_the_data_root(tmp_path: Path) -> None:
    (tmp_path / "deep" / "folder.csv").mkdir(parents=True)
    for name in ("b.csv", "a.csv", "deep/c.csv"):
        (tmp_path / name).write_text("titre\n")
    columns = {"title": "titre"}
    found = Card("a", "table", ("**/*.csv", "a.csv"), columns=columns).files(tmp_path)
    assert [path.relative_to(tmp_path).as_posix() for path in found] == ["a.csv", "b.csv", "deep/c.csv"]
    absolute = Card("a", "table", (f"{tmp_path}/*.csv", f"{tmp_path}/deep/c.csv"), columns=columns)
    assert absolute.files(tmp_path / "elsewhere") == found
    with pytest.raises(InputError, match=r"none.csv is missing; check --data-root, or get the data set: https://a.b"):
        Card("a", "table", ("none.csv",), homepage="https://a.b", columns=columns).files(tmp_path)
    with pytest.raises(InputError, match=r"no file in .* matches '\*.tsv'"):
        Card("a", "table", ("*.tsv",), columns=columns).files(tmp_path)
    with pytest.raises(ConfigurationError, match="say where that is with --data-root"):
        Card("a", "table", ("a.csv",), columns=columns).files(None)


def test_sections_mean_what_the_card_says_before_what_the_taxonomy_says() -> None:
    card = Card("a", "page", ("a",), sections={"Culture": "unlabelled", "*": "other"})
    assert card.category(" culture ") == "unlabelled"
    assert card.category("Sports") == "sport"
    assert card.category("auto-moto") == "other"
    assert card.category("") == "unlabelled"
