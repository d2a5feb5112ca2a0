"""The texts written for the project are as data/README.md says: how many, of what, varied, and not made by template."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc
import pytest

from newsclf.audit.corpus import Corpus, corpus_of
from newsclf.audit.finding import Severity
from newsclf.audit.registry import CHECKS, run_checks
from newsclf.audit.repetition import FEWEST_DISTINCT_WORDS, MOST_DUPLICATES, MOST_WITH_TEMPLATE, TEMPLATE_WORDS
from newsclf.prepare import label_files_in_repository, prepare
from newsclf.records import read_records
from newsclf.sources.card import cards_in_repository, read_card
from newsclf.sources.written import read_items
from newsclf.taxonomy import category_ids
from newsclf.text import has_arabic_letter, words

REPOSITORY = Path(__file__).parents[1]
FILES = sorted((REPOSITORY / "data" / "written").glob("*.jsonl"))
REGIONS = {"morocco", "maghreb", "arab", "africa", "europe", "americas", "asia", "world"}
# The regions of Morocco, by towns and provinces of each.
MOROCCAN_REGIONS = {
    "Tanger-Tétouan-Al Hoceïma": "طنجة تطوان الحسيمة العرائش شفشاون وزان المضيق الفنيدق",
    "Oriental": "وجدة الناظور بركان تاوريرت جرادة فكيك جرسيف الدريوش",
    "Fès-Meknès": "فاس مكناس تازة إفران صفرو تاونات الحاجب بولمان",
    "Rabat-Salé-Kénitra": "الرباط سلا القنيطرة تمارة الخميسات الصخيرات",
    "Béni Mellal-Khénifra": "خريبكة أزيلال خنيفرة ملال الفقيه",
    "Casablanca-Settat": "البيضاء سطات الجديدة المحمدية برشيد بنسليمان",
    "Marrakech-Safi": "مراكش آسفي الصويرة الحوز شيشاوة اليوسفية الرحامنة",
    "Drâa-Tafilalet": "الرشيدية ورزازات زاكورة تنغير ميدلت أرفود",
    "Souss-Massa": "أكادير تارودانت تزنيت إنزكان طاطا سوس",
    "Guelmim-Oued Noun": "كلميم طانطان إفني الزاك",
    "Laâyoune-Sakia El Hamra": "العيون بوجدور السمارة طرفاية",
    "Dakhla-Oued Ed-Dahab": "الداخلة أوسرد الكركرات",
}


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    """The items as they stand in the files."""
    return [json.loads(line) for path in FILES for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """The records of the repository, as 'newsclf prepare' makes them."""
    folder = tmp_path_factory.mktemp("records")
    made = prepare(cards_in_repository(), None, folder, label_files_in_repository())
    return corpus_of(read_records(made.records))


def test_there_is_one_file_for_each_category_and_form_and_the_reader_takes_all_of_it() -> None:
    assert [path.stem for path in FILES] == sorted(
        f"{category}-{form}" for category in category_ids() for form in ("headlines", "articles")
    )
    card = read_card(REPOSITORY / "data" / "sources" / "written.toml")
    # The reader refuses unknown keys, a category in another's file, a second category equal to the first.
    assert sum(1 for path in FILES for _ in read_items(path, card)) >= 5000


def test_there_is_enough_of_everything(rows: list[dict[str, Any]]) -> None:
    categories = Counter(row["category"] for row in rows)
    assert all(categories[name] >= 900 for name in category_ids())
    kinds = Counter(row["kind"] for row in rows)
    assert kinds["headline"] + kinds["ticker"] >= 3800
    assert kinds["ticker"] >= 1000
    assert kinds["article"] >= 1000
    assert sum(bool(row.get("second")) for row in rows) >= 1000
    assert sum(row["style"] == "darija" and row["kind"] != "article" for row in rows) >= 300


def test_every_pair_of_categories_has_a_border(rows: list[dict[str, Any]]) -> None:
    borders = Counter((row["category"], row["second"]) for row in rows if row.get("second"))
    pairs = [(one, two) for one in category_ids() for two in category_ids() if one != two]
    assert set(borders) == set(pairs)
    assert min(borders.values()) >= 10


def test_ids_are_stable_and_unique(rows: list[dict[str, Any]]) -> None:
    ids = [row["id"] for row in rows]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"w[0-9a-f]{12}", name) for name in ids)
    for path in FILES:
        in_file = [json.loads(line)["id"] for line in path.read_text(encoding="utf-8").splitlines()]
        assert in_file == sorted(in_file), f"{path} is not sorted by id"


def test_years_regions_and_styles(rows: list[dict[str, Any]]) -> None:
    years = Counter(row["year"] for row in rows)
    assert set(years) == set(range(2011, 2027))
    assert min(years.values()) >= 100
    regions = Counter(row["region"] for row in rows)
    assert set(regions) == REGIONS
    assert min(regions.values()) >= 100
    assert {row["style"] for row in rows} == {"standard", "darija"}


def test_all_regions_of_morocco_are_written_about(rows: list[dict[str, Any]]) -> None:
    found: Counter[str] = Counter()
    for row in rows:
        if row["region"] == "morocco":
            text = words(f"{row['title']} {row.get('body', '')}")
            # طنجة, and بطنجة: in Tangier.
            named = {*text, *(word.removeprefix("ب") for word in text)}
            found.update(name for name, towns in MOROCCAN_REGIONS.items() if named.intersection(words(towns)))
    assert min(found[name] for name in MOROCCAN_REGIONS) >= 30, found


def test_texts_are_of_the_length_of_their_kind(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        title, body = len(words(row["title"])), len(words(row.get("body", "")))
        assert 3 <= title <= 25, row["id"]
        assert (40 <= body <= 150) == (row["kind"] == "article"), row["id"]
        assert any(map(has_arabic_letter, words(row["title"]))), row["id"]
        assert row["title"] == " ".join(row["title"].split()), row["id"]
        assert "\n" not in row.get("body", ""), row["id"]


def test_no_title_is_written_twice(rows: list[dict[str, Any]]) -> None:
    titles = Counter(" ".join(words(row["title"])) for row in rows)
    assert titles.most_common(1)[0][1] == 1


def test_texts_are_not_made_by_template(corpus: Corpus) -> None:
    assert (TEMPLATE_WORDS, MOST_WITH_TEMPLATE, MOST_DUPLICATES, FEWEST_DISTINCT_WORDS) == (4, 8, 0.01, 15_000)
    for code in ("NC014", "NC015", "NC016"):
        assert CHECKS[code].find(corpus) is None, code


def test_a_third_never_trains(corpus: Corpus) -> None:
    written = corpus.records.filter(pc.equal(corpus.records["source"], "written"))
    share = np.mean(written["split"].to_numpy() == "test")
    assert 0.3 <= share <= 0.37


def test_the_audit_of_the_repository_finds_no_error(corpus: Corpus) -> None:
    audit = run_checks(corpus, training=False)
    assert audit.of(Severity.ERROR) == []
    # Every warning must be explained in data/README.md.
    assert audit.of(Severity.WARNING) == []


@pytest.mark.slow
def test_models_learn_more_than_keywords_from_it(corpus: Corpus) -> None:
    assert CHECKS["NC018"].find(corpus) is None
