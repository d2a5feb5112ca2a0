"""From sources to records: every row is accounted for, labels and roles hold, the same input gives the same bytes."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from newsclf.datasummary import readable
from newsclf.errors import ConfigurationError, InputError
from newsclf.labels import Label, title_key, write_labels
from newsclf.prepare import Prepared, prepare
from newsclf.records import fingerprint, read_records
from newsclf.sources.card import Card

COLUMNS = {"title": "title", "body": "body", "section": "section", "published_at": "date"}
OUTLET = Card(
    "outlet",
    "table",
    ("outlet/*.csv",),
    columns=COLUMNS,
    sections={"مجتمع": "unlabelled", "حوادث وجرائم": "security"},
    time_zone="Africa/Casablanca",
    mask=("موقع الساحل",),
)
WRITTEN = Card("written", "written", ("written/*.jsonl",), label_origin="author", test_share=1.0, dev_share=0.0)
ROWS = [
    (
        "توقيف سارق دراجات نارية بأكادير",
        "أوقف الأمن شابا، وفق ما علمه موقع الساحل.",
        "حوادث وجرائم",
        "الأحد 05 يناير 2020 - 12:30",
    ),
    ("حسنية أكادير تنهزم بميدانها", "", "رياضة", "أمس"),
    ("سكان دوار يطالبون بالماء", "", "مجتمع", ""),
    ("توقيف سارق دراجات نارية أمس بأكادير", "", "حوادث وجرائم", "2020-01-06"),
    ("", "", "رياضة", ""),
    ("… !", "", "رياضة", ""),
    ("حسنية أكادير تنهزم بميدانها", "", "رياضة", "أمس"),
]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A data root with one outlet's CSV and one file of written texts."""
    (tmp_path / "outlet").mkdir()
    _write(tmp_path / "outlet" / "a.csv", ROWS)
    (tmp_path / "written").mkdir()
    row = {"id": "s-1", "kind": "headline", "title": "غابة معمورة تحترق", "category": "security", "second": "other"}
    (tmp_path / "written" / "security-headlines.jsonl").write_text(json.dumps(row), encoding="utf-8")
    return tmp_path


def _write(path: Path, rows: list[tuple[str, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("title", "body", "section", "date"), *rows])


def _run(root: Path, *cards: Card, labels: tuple[Label, ...] = (), out: str = "out") -> Prepared:
    files = [root / "labels.csv"] if labels else []
    if labels:
        write_labels(labels, files[0])
    return prepare(cards or (OUTLET, WRITTEN), root, root / out, files)


def _rows(prepared: Prepared) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = read_records(prepared.records).to_pylist()
    return rows


def _find(prepared: Prepared, title: str) -> dict[str, Any]:
    return next(row for row in _rows(prepared) if row["title"].startswith(title))


def test_a_row_becomes_a_record(root: Path) -> None:
    record = _find(_run(root), "توقيف سارق دراجات")
    assert record["id"].startswith("outlet-")
    assert record["kind"] == "article"
    assert record["body"] == "أوقف الأمن شابا، وفق ما علمه ."
    assert (record["category"], record["section"], record["label_origin"]) == ("security", "حوادث وجرائم", "section")
    assert record["published_at"] == datetime(2020, 1, 5, 11, 30, tzinfo=UTC)
    written = _find(_run(root), "غابة")
    assert (written["id"], written["source"], written["label_origin"]) == ("written-s-1", "written", "author")
    assert (written["second"], written["split"]) == ("other", "test")


def test_every_row_is_a_record_or_set_aside_with_its_reason(root: Path) -> None:
    prepared = _run(root)
    summary = prepared.summary
    with prepared.quarantine.open(encoding="utf-8", newline="") as file:
        aside = list(csv.DictReader(file))
    assert [(row["file"], row["place"], row["reason"]) for row in aside] == [
        ("outlet/a.csv", "line 6", "has no text"),
        ("outlet/a.csv", "line 7", "has no word in its text"),
        ("outlet/a.csv", "line 8", "says the same as outlet/a.csv, line 3"),
    ]
    assert summary["rows"] == len(ROWS) + 1 == summary["records"] + summary["quarantined"]
    assert len(_rows(prepared)) == summary["records"]
    outlet = summary["sources"]["outlet"]
    assert (outlet["rows"], outlet["records"], outlet["quarantined"], outlet["unread_dates"]) == (7, 4, 3, 2)
    assert summary["fingerprint"] == fingerprint(read_records(prepared.records))
    text = readable(summary)
    assert "outlet: 2 dates could not be read" in text
    assert "set aside: 1 × has no text" in text
    assert (prepared.records.parent / "summary.txt").read_text(encoding="utf-8") == text


def test_near_duplicates_share_group_and_split(root: Path) -> None:
    prepared = _run(root)
    groups = {row["title"]: row["group"] for row in _rows(prepared)}
    assert groups["توقيف سارق دراجات نارية بأكادير"] != groups["حسنية أكادير تنهزم بميدانها"]
    _write(root / "outlet" / "b.csv", [("توقيف سارق دراجات نارية أمس بضواحي أكادير", "", "مجتمع", "")])
    groups = {row["title"]: row["group"] for row in _rows(_run(root))}
    same = [title for title, group in groups.items() if group == groups["توقيف سارق دراجات نارية أمس بضواحي أكادير"]]
    assert sorted(same) == sorted(title for title in groups if title.startswith("توقيف"))


def test_the_same_input_gives_the_same_bytes_wherever_it_lies(
    root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    first = _run(root)
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "moved"
    root.rename(elsewhere)
    second = prepare([WRITTEN, OUTLET], elsewhere, elsewhere / "again")
    for name in ("records.parquet", "quarantine.csv", "summary.json", "summary.txt"):
        assert (elsewhere / "out" / name).read_bytes() == (elsewhere / "again" / name).read_bytes()
    assert first.summary == second.summary


def test_nothing_is_done_twice_and_nothing_stale_is_kept(root: Path) -> None:
    first = _run(root)
    assert not first.reused
    before = first.records.stat().st_mtime_ns
    again = _run(root)
    assert again.reused
    assert again.summary == first.summary
    assert first.records.stat().st_mtime_ns == before

    changes: list[Callable[[], Prepared]] = [
        lambda: _run(root, replace(OUTLET, mask=()), WRITTEN),
        lambda: _run(root, labels=(Label(title_key("س"), "other", "", "outlet", "r", ""),)),
        lambda: _run(root),
    ]
    for change in changes:
        assert not change().reused
    (root / "outlet" / "a.csv").write_bytes((root / "outlet" / "a.csv").read_bytes() + b"x,,,\r\n")
    assert not _run(root).reused
    first.records.write_bytes(b"damaged")
    assert not _run(root).reused
    assert _run(root).reused


def test_what_else_lies_in_the_output_folder_is_left_alone(root: Path) -> None:
    (root / "out").mkdir()
    (root / "out" / "notes.txt").write_text("mine")
    _run(root)
    assert sorted(path.name for path in (root / "out").iterdir()) == [
        *("notes.txt", "quarantine.csv", "records.parquet", "summary.json", "summary.txt")
    ]


def test_a_label_by_reading_wins_over_the_section(root: Path) -> None:
    # The key is of the title as published, the outlet's name included.
    _write(root / "outlet" / "b.csv", [("موقع الساحل يحصد جائزة", "", "رياضة", "")])
    labels = (
        Label(title_key("سكان دوار يطالبون بالماء"), "politics", "economy", "outlet", "r1", ""),
        Label(title_key("موقع الساحل يحصد جائزة"), "other", "", "outlet", "r1", ""),
        Label(title_key("خبر ليس هنا"), "other", "", "outlet", "r1", ""),
        Label(title_key("خبر آخر ليس هنا"), "other", "", "elsewhere", "r1", ""),
    )
    prepared = _run(root, labels=labels)
    record = _find(prepared, "سكان")
    assert (record["category"], record["second"], record["label_origin"]) == ("politics", "economy", "annotator")
    assert record["role"] is None
    assert _find(prepared, "يحصد")["category"] == "other"
    assert prepared.summary["labels"] == {
        "elsewhere": {"given": 1, "matched": 0},
        "outlet": {"given": 3, "matched": 2},
    }
    assert "labels by reading, outlet: 2 of 3 matched" in readable(prepared.summary)
    assert "labels by reading, elsewhere" not in readable(prepared.summary)


@pytest.mark.parametrize("role", ["dev", "test"])
def test_the_guideline_set_and_its_near_duplicates_never_train(root: Path, role: str) -> None:
    always_train = replace(OUTLET, test_share=0.0, dev_share=0.0)
    label = Label(title_key("توقيف سارق دراجات نارية أمس بأكادير"), "security", "", "outlet", "r1", role)
    _write(root / "outlet" / "b.csv", [("توقيف سارق دراجات نارية أمس بضواحي أكادير", "", "مجتمع", "")])
    prepared = _run(root, always_train, labels=(label,))
    family = [row for row in _rows(prepared) if row["title"].startswith("توقيف")]
    assert [row["split"] for row in family] == [role] * 3
    assert sorted(str(row["role"]) for row in family) == ["None", "None", role]
    assert _find(prepared, "حسنية")["split"] == "train"


def test_where_a_group_has_both_roles_it_is_test(root: Path) -> None:
    _write(root / "outlet" / "b.csv", [("توقيف سارق دراجات نارية أمس بضواحي أكادير", "", "مجتمع", "")])
    labels = (
        Label(title_key("توقيف سارق دراجات نارية أمس بضواحي أكادير"), "security", "", "outlet", "r1", "dev"),
        Label(title_key("توقيف سارق دراجات نارية بأكادير"), "security", "", "outlet", "r1", "test"),
    )
    family = [row for row in _rows(_run(root, OUTLET, labels=labels)) if row["title"].startswith("توقيف")]
    assert {row["split"] for row in family} == {"test"}


def test_a_card_may_keep_its_whole_source_out_of_training(root: Path) -> None:
    rows = _rows(_run(root, replace(OUTLET, role="test")))
    assert {row["split"] for row in rows} == {"test"} == {row["role"] for row in rows}


def test_records_keep_their_ids_and_splits_as_data_grows(root: Path) -> None:
    before = {row["id"]: row["split"] for row in _rows(_run(root))}
    _write(root / "outlet" / "b.csv", [(f"موضوع جديد رقم {n} حول أمر{n} وشأن{n}", "", "رياضة", "") for n in range(50)])
    after = {row["id"]: row["split"] for row in _rows(_run(root))}
    assert len(after) == len(before) + 50
    assert {name: after[name] for name in before} == before


def test_sections_that_mean_nothing_are_all_named_with_the_fix(root: Path) -> None:
    _write(root / "outlet" / "b.csv", [("أ ب", "", "سيارات", ""), ("ت ث", "", "سيارات", ""), ("ج ح", "", "صحتي", "")])
    with pytest.raises(
        ConfigurationError,
        match=r"card outlet: .*'سيارات' \(2 rows\), 'صحتي' \(1 rows\); .*\[sections\].*سيارات.* = .*unlabelled",
    ):
        _run(root)
    assert not (root / "out").exists()


def test_a_source_without_one_usable_row_is_refused(root: Path) -> None:
    _write(root / "outlet" / "a.csv", [("", "", "رياضة", ""), ("", "", "", "")])
    with pytest.raises(
        InputError, match=r"card outlet: no row can be used; the first of 2 rows, .*line 2: has no text"
    ):
        _run(root)


def test_written_files_without_lines_or_with_one_id_for_two_texts_are_refused(root: Path) -> None:
    path = root / "written" / "security-articles.jsonl"
    row = {"id": "s-1", "kind": "article", "title": "خبر", "body": "نص", "category": "security"}
    path.write_text(json.dumps(row), encoding="utf-8")
    with pytest.raises(InputError, match=r"has the id of another text, 'written-s-1' in written/security-articles"):
        _run(root, WRITTEN)
    for each in (path, path.with_name("security-headlines.jsonl")):
        each.write_text("\n", encoding="utf-8")
    with pytest.raises(InputError, match="card written: its files hold no rows"):
        _run(root, WRITTEN)


def test_control_characters_and_lone_surrogates_do_no_harm(root: Path) -> None:
    row = {"id": "s-2", "kind": "headline", "title": "حريق \ud800\x07 بغابة", "category": "security"}
    (root / "written" / "security-headlines.jsonl").write_text(json.dumps(row), encoding="utf-8")
    assert _find(_run(root), "حريق")["title"] == "حريق ? بغابة"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda root: (root / "outlet" / "a.csv").unlink(), r"card outlet: no file in .* matches 'outlet/\*.csv'"),
        (lambda root: (root / "outlet" / "b.csv").touch(), r"b.csv is empty"),
        (lambda root: (root / "outlet" / "b.csv").write_bytes("title\nخبر".encode("cp1256")), r"b.csv, line 2, byte 7"),
        (
            lambda root: (root / "outlet" / "b.csv").write_text("titel,body\n"),
            "no column 'title'.*did you mean 'titel'",
        ),
        (lambda root: (root / "out").touch(), "out is a file; name a folder"),
        (lambda root: (root / "out" / "records.parquet").mkdir(parents=True), "records.parquet is a folder"),
    ],
)
def test_bad_input_is_refused_by_name_and_leaves_nothing(
    root: Path, change: Callable[[Path], object], message: str
) -> None:
    change(root)
    with pytest.raises(InputError, match=message):
        _run(root)
    assert not list(root.glob("out/*.json"))
    assert not list(root.rglob("*.part"))


def test_a_folder_where_a_file_should_be_and_other_wrong_roots(root: Path) -> None:
    with pytest.raises(InputError, match="outlet is a folder, not a file"):
        prepare([replace(OUTLET, paths=("outlet",))], root, root / "out")
    with pytest.raises(InputError, match="nowhere is missing; name the data root's folder"):
        prepare([OUTLET], root / "nowhere", root / "out")
    with pytest.raises(ConfigurationError, match="card outlet is given twice"):
        prepare([OUTLET, OUTLET], root, root / "out")
    with pytest.raises(ConfigurationError, match="no source cards"):
        prepare([], root, root / "out")


def test_an_unwritable_output_is_refused(root: Path) -> None:
    with pytest.raises(InputError, match=r"a.csv is a file; name a folder"):
        prepare([OUTLET], root, root / "outlet" / "a.csv" / "out")
    if os.geteuid() != 0:  # The superuser may write anywhere.
        (root / "locked").mkdir(mode=0o500)
        with pytest.raises(InputError, match=r"no permission to write in .*locked"):
            prepare([OUTLET], root, root / "locked" / "out")


CORPORA = Path(os.environ.get("NEWSCLF_CORPORA", Path(__file__).parents[2] / "shared" / "corpora"))


@pytest.mark.corpora
@pytest.mark.slow
@pytest.mark.skipif(not (CORPORA / "hespress").is_dir(), reason="the corpora are not beside the repository")
def test_the_hespress_card_reads_hespress(tmp_path: Path) -> None:
    prepared = prepare(["hespress"], CORPORA, tmp_path / "out")
    source = prepared.summary["sources"]["hespress"]
    assert (source["rows"], source["quarantined"], source["unread_dates"]) == (4800, 0, 0)
    assert source["categories"] == {
        **{"security": 800, "sport": 800, "politics": 800, "economy": 800, "other": 0, "unlabelled": 1600}
    }
    table = read_records(prepared.records)
    texts = pa.concat_arrays([*table["title"].chunks, *table["body"].chunks]).to_pylist()
    assert sum("هسبريس" in text or "هسبورت" in text for text in texts) <= 1
