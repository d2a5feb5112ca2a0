"""Each way of breaking a clean corpus brings its own finding and no other."""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsclf.audit.finding import Evidence, NotApplicable
from newsclf.audit.giveaways import log_odds_ratio
from newsclf.audit.registry import CHECKS, run_checks
from tests.audit.corpora import COMMON_WORDS, NUMBER, OUTLET, TOPIC_WORDS, Row, audited, clean_rows, codes, corpus


def _found(rows: list[Row], code: str) -> Evidence:
    """Return what a check finds, having made sure that no other finds anything."""
    audit = audited(rows)
    assert codes(audit) == [code]
    (finding,) = audit.findings
    return Evidence(finding.summary, finding.examples)


def _of(rows: list[Row], source: str, category: str) -> list[Row]:
    return [row for row in rows if (row["source"], row["category"]) == (source, category)]


def test_a_near_copy_in_another_split() -> None:
    rows = clean_rows()
    trained = next(row for row in rows if row["split"] == "train")
    tested = next(row for row in rows if row["split"] == "test" and row["category"] == trained["category"])
    tested["title"] = " ".join([*trained["title"].split()[:-1], "غيره"])
    (example,) = _found(rows, "NC001").examples
    assert {tested["id"], trained["id"]} == {example.record, example.detail.rpartition("[")[2].rstrip("]")}
    # In one split it leaks nothing.
    tested.update(split="train")
    assert codes(audited(rows)) == []


def test_one_title_with_two_categories() -> None:
    rows = clean_rows()
    sport, politics = _of(rows, "published", "sport")[2], _of(rows, "published", "politics")[2]
    assert sport["split"] == politics["split"]
    politics["title"] = f"{sport['title']}!"
    (example,) = _found(rows, "NC002").examples
    assert example.detail == f"sport; politics as [{politics['id']}]"
    # An unlabelled copy contradicts nobody.
    politics.update(category=None, label_origin=None)
    assert codes(audited(rows)) == []


def test_a_tiny_category() -> None:
    rows = [row for place, row in enumerate(clean_rows()) if row["category"] != "economy" or place % 8 == 0]
    (example,) = _found(rows, "NC003").examples
    assert example.text == "economy"


def test_a_missing_category() -> None:
    evidence = _found([row for row in clean_rows() if row["category"] != "other"], "NC004")
    assert evidence.summary == "no record has the category other"


def test_a_source_and_an_outlet_of_one_category() -> None:
    rows = clean_rows()
    for row in _of(rows, "published", "sport")[:25]:
        row["outlet"] = "ملاعب"
    for row in _of(rows, "written", "sport")[:25]:
        row["source"] = "stadiums"
    examples = _found(rows, "NC005").examples
    assert [example.text for example in examples] == ["published, ملاعب", "stadiums"]
    assert examples[0].detail == "25 records, all sport"


@pytest.mark.parametrize("dated", ["day", "year"])
def test_shares_that_change_with_time(dated: str) -> None:
    rows = clean_rows()
    for row in _of(rows, "published", "politics"):
        row["published_at"] = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=1)
    if dated == "year":
        for row in rows:
            if row["published_at"]:
                row.update(year=row["published_at"].year, published_at=None)
    (example,) = _found(rows, "NC006").examples
    assert example.text == "published"
    assert "politics 0% to 100%" in example.detail


def test_texts_without_arabic() -> None:
    rows = clean_rows()
    rows[1].update(title="Le Wydad recrute un entraîneur", body="Le club cède à la pression de l'été: rien n'est créé.")
    rows[2].update(title="2030 !!! 100 000")
    examples = _found(rows, "NC007").examples
    assert [example.record for example in examples] == [rows[1]["id"], rows[2]["id"]]


@pytest.mark.parametrize(
    ("written", "read", "told"),
    [
        ("utf-8", "latin-1", "UTF-8 read as Latin-1"),
        ("utf-8", "cp1256", "UTF-8 read as Windows Arabic"),
        ("cp1256", "latin-1", "Windows Arabic read as Latin-1"),
        ("cp1256", "cp1252", "Windows Arabic read as Latin-1"),
        ("ascii", "ascii", "written in an encoding without Arabic"),
    ],
)
@pytest.mark.parametrize("column", ["title", "body"])
def test_garbled_texts(written: str, read: str, told: str, column: str) -> None:
    rows = clean_rows()
    rows[1][column] = rows[1][column].encode(written, "replace").decode(read)
    (example,) = _found(rows, "NC008").examples
    assert (example.record, example.detail) == (rows[1]["id"], told)


_ARABIC_WORDS = st.lists(st.text("ابتثجحخدذرزسشصضطظعغفقكلمنهويىةءأإآؤئ", min_size=3, max_size=9), min_size=3)
_OTHER_WORDS = st.sampled_from(
    ["CAN 2025", "créée à l'été", "«Réunion»", "؟؟؟", "???", "ط، ظ، ع؛", "Ø", "3–1", "ڭ پ", "\ufffd"]
)


@given(_ARABIC_WORDS, _OTHER_WORDS)
@settings(max_examples=60)
def test_every_misreading_is_seen_and_nothing_else(words: list[str], other: str) -> None:
    text = f"{other} {' '.join(words)}"
    misread = [
        text.encode("utf-8").decode("latin-1"),
        text.encode("utf-8").decode("cp1252", "ignore"),
        text.encode("utf-8").decode("cp1256"),
        " ".join(words).encode("cp1256").decode("latin-1"),
        "\ufffd".join(text),
    ]
    # A fifth-letter word of Arabic is enough for the shortest pattern.
    misread = misread if any(len(word) > 3 for word in words) else []
    rows = clean_rows()[: len(misread) + 1]
    for row, title in zip(rows, [text, *misread], strict=True):
        row["title"] = title
    answer = CHECKS["NC008"].find(corpus(rows))
    seen = [example.record for example in answer.examples] if isinstance(answer, Evidence) else []
    assert sorted(seen) == sorted(row["id"] for row in rows[1:])


def test_an_outlet_name_that_gives_the_category_away() -> None:
    rows = clean_rows()
    for row in _of(rows, "published", "security")[1::2]:
        row["body"] += f" ل{OUTLET}"
    # Where other categories and sources know the name too, it tells all the same.
    for row in [*_of(rows, "published", "sport")[1:9:2], *_of(rows, "written", "security")[1:9:2]]:
        row["body"] += f" ل{OUTLET}"
    (example,) = _found(rows, "NC009").examples
    assert example.text == OUTLET
    assert example.detail == "published: 60 of 120 security, 4 of 480 others"


def test_an_outlet_name_that_stands_everywhere_gives_nothing_away() -> None:
    rows = clean_rows()
    for row in rows:
        row["body"] = f"{OUTLET} {row['body']}" if row["body"] else ""
    assert codes(audited(rows)) == []
    # Part of another word is not the name.
    rows = clean_rows()
    for row in _of(rows, "published", "security")[1::2]:
        row["body"] += f" {OUTLET}ات"
    assert codes(audited(rows)) == ["NC010"]


def test_a_word_of_one_source_and_one_category() -> None:
    rows = clean_rows()
    for row in _of(rows, "published", "politics")[1::2]:
        row["body"] = f"بوليتيكاما: {row['body']}"
    (example,) = _found(rows, "NC010").examples
    assert example.text == "بوليتيكاما"
    assert example.detail == "in 60 of 120 records of published that are politics"
    # What titles say of it as well is the topic.
    for row in _of(rows, "published", "politics")[:60]:
        row["title"] += " بوليتيكاما"
    assert codes(audited(rows)) == []


def test_log_odds_are_those_of_the_textbook() -> None:
    ratio, errors = log_odds_ratio(np.array(9.5), np.array(19.0), np.array(4.5), np.array(18.0))
    assert ratio == pytest.approx(np.log((10 / 10) / (5 / 14)))
    assert errors == pytest.approx(ratio / np.sqrt(1 / 10 + 1 / 10 + 1 / 5 + 1 / 14))


def test_too_short() -> None:
    rows = clean_rows()
    rows[0]["title"] = "طقس الجمعة"
    rows[1]["body"] = "يتبع لاحقا"
    rows[2]["title"] = " ".join(rows[2]["title"].split()[:3])
    examples = _found(rows, "NC011").examples
    assert [(example.record, example.detail) for example in examples] == [
        (rows[0]["id"], "title of 2 words"),
        (rows[1]["id"], "body of 2 words"),
    ]


def test_too_long() -> None:
    rows = clean_rows()
    rows[0]["title"] = " ".join(COMMON_WORDS[:31])
    rows[2]["title"] = " ".join(COMMON_WORDS[40:70])
    (example,) = _found(rows, "NC012").examples
    assert (example.record, example.detail) == (rows[0]["id"], "title of 31 words")


def test_a_set_phrase_of_a_source() -> None:
    rows = clean_rows()
    phrase = "لمتابعة اخر الاخبار حملوا تطبيقنا الان على هاتفكم المحمول"
    for row in [row for row in rows if row["source"] == "published" and row["body"]][:9]:
        row["body"] += f" {phrase}"
    # Two overlapping runs of eight words are one phrase.
    (example,) = _found(rows, "NC013").examples
    assert example.text == "لمتابعة اخر الاخبار حملوا تطبيقنا الان علي هاتفكم"
    assert example.detail == "in 9 records of published"


@pytest.mark.parametrize("number", [8, 9])
def test_a_template(number: int) -> None:
    rows = clean_rows()
    written = [row for row in rows if row["source"] == "written"]
    for place, row in enumerate(written[:number]):
        column = "body" if row["body"] and place > 2 else "title"
        row[column] = f"{row[column]} وزارة الصحة تعلن عن"
        if row["body"] and column == "title":
            # Twice in one record is once.
            row["body"] += " وزارة الصحة تعلن عن"
    if number == 8:
        assert codes(audited(rows)) == []
    else:
        (example,) = _found(rows, "NC014").examples
        assert (example.text, example.detail) == ("وزارة الصحة تعلن عن", "in 9 records")


def test_a_template_does_not_reach_from_title_to_body() -> None:
    rows = clean_rows()
    for row in [row for row in rows if row["source"] == "written" and row["body"]][:20]:
        row.update(title=f"{row['title']} وزارة الصحة", body=f"تعلن عن {row['body']}")
    assert codes(audited(rows)) == []


def test_published_texts_may_share_four_words() -> None:
    rows = clean_rows()
    for row in [row for row in rows if row["source"] == "published"][:20]:
        row["title"] += " رئيس الحكومة يستقبل وفدا"
    assert codes(audited(rows)) == []


@pytest.mark.parametrize("number", [5, 6])
def test_written_texts_that_repeat_each_other(number: int) -> None:
    rows = clean_rows()
    trained = [row for row in _of(rows, "written", "sport") if row["split"] == "train" and not row["body"]]
    for first, second in zip(trained[:number], trained[number : 2 * number], strict=True):
        second["title"] = " ".join(sorted(first["title"].split())[1:])
    if number == 5:
        # Under one in a hundred.
        assert codes(audited(rows)) == []
    else:
        assert len(_found(rows, "NC015").examples) == 6


def test_few_distinct_words() -> None:
    rows = clean_rows()
    draw = random.Random(3)
    many = [
        rows[-1] | {"id": str(place), "group": str(place), "title": " ".join(draw.sample(COMMON_WORDS, 9))}
        for place in range(5000)
    ]
    answer = CHECKS["NC016"].find(corpus(many))
    assert isinstance(answer, Evidence)
    assert answer.summary.startswith("5,000 written records use 2,0")
    # Short of that number nothing is asked; with words of its own in each, all is well.
    assert isinstance(CHECKS["NC016"].find(corpus(many[1:])), NotApplicable)
    rich = [row | {"title": f"ا{row['id']} ب{row['id']} ج{row['id']}"} for row in many]
    assert CHECKS["NC016"].find(corpus(rich)) is None


def test_wrong_categories_are_suspected() -> None:
    rows = clean_rows()
    wrong = _of(rows, "published", "economy")[3:9:2] + _of(rows, "written", "sport")[3:7:2]
    for row in wrong:
        row["category"] = "politics"
    # Known to be on a border, or disputed: no news.
    wrong[0]["second"] = "economy"
    wrong[1]["disputed"] = True
    audit = run_checks(corpus(rows))
    assert codes(audit) == ["NC017"]
    (finding,) = audit.findings
    assert {example.record for example in finding.examples} == {row["id"] for row in wrong[2:]}
    for example in finding.examples:
        suggested = example.record.split("-")[1]
        assert re.fullmatch(rf"politics 0\.[0-4]\d, suggested {suggested} (0\.[5-9]\d|1\.00)", example.detail)


def test_learning_that_loses_against_keywords() -> None:
    # Every group speaks of its category in one word of its own, which only a list of keywords can know.
    rows = clean_rows()
    for row in rows:
        place = int(row["id"].rpartition("-")[2])
        word = TOPIC_WORDS[row["category"]][place % 10]
        group = f"{row['category']}-{place % 10}"
        common = COMMON_WORDS[place : place + 4]
        row.update(title=" ".join([word, *common]), body="", kind="headline", group=group, split="train")
    broken = corpus(rows)
    broken = type(broken)(broken.records, [OUTLET], {name: words[:10] for name, words in TOPIC_WORDS.items()})
    answer = CHECKS["NC018"].find(broken)
    assert isinstance(answer, Evidence)
    assert answer.summary.endswith("a list of keywords on 100.0%")


def test_too_few_records_to_train_on() -> None:
    rows = [row for row in clean_rows() if row["category"] in ("sport", "other")]
    for few in (rows[:90], rows[:NUMBER]):
        for code in ("NC017", "NC018"):
            assert isinstance(CHECKS[code].find(corpus(few)), NotApplicable)
