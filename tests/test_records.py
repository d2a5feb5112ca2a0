"""The record table is what everything after it trusts: what is not one must be refused, and its hash must hold."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsclf.errors import InputError
from newsclf.records import SCHEMA, fingerprint, read_records, split_of_group, validate, write_records


def _row(number: int, **changes: Any) -> dict[str, Any]:
    row = {
        "id": f"a-{number}",
        "kind": "article",
        "title": f"عنوان {number}",
        "body": "نص",
        "category": "sport",
        "second": None,
        "section": "رياضة",
        "source": "a",
        "outlet": None,
        "published_at": datetime(2020, 1, number, 12, 30, tzinfo=UTC),
        "year": 2020,
        "url": None,
        "label_origin": "section",
        "style": None,
        "disputed": False,
        "role": None,
        "group": f"a-{number}",
        "split": "train",
    }
    return row | changes


def _table(*rows: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), SCHEMA)


GOOD = _table(_row(1), _row(2, category=None, label_origin=None, role="test", split="test"), _row(3))


def test_written_records_are_read_back(tmp_path: Path) -> None:
    path = tmp_path / "new" / "records.parquet"
    write_records(GOOD, path)
    assert read_records(path).equals(GOOD)


def test_the_fingerprint_is_of_the_content_only() -> None:
    print_of_good = fingerprint(GOOD)
    assert fingerprint(GOOD.take([2, 0, 1])) == print_of_good
    assert fingerprint(pa.concat_tables([GOOD.slice(0, 1), GOOD.slice(1)])) == print_of_good
    # Kept for good: an experiment of last year must find that it had this data.
    assert print_of_good == "67e1e27cc75c1158bc86e09dd9d606c216a3ce802a0676ee89581cd4143db04c"


@pytest.mark.parametrize("name", SCHEMA.names)
def test_the_fingerprint_sees_every_column(name: str) -> None:
    others = {"published_at": datetime(2020, 1, 1, 12, 31, tzinfo=UTC), "year": 2019, "disputed": True}
    other = _table(_row(1, **{name: others.get(name, "politics")}))
    assert fingerprint(other) != fingerprint(_table(_row(1)))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([_row(1, kind="story")], "'a-1' .row 0. has a kind that is none of headline"),
        ([_row(1), _row(2, category="sports")], "'a-2' .row 1. has a category that is none of security"),
        ([_row(1, second="sport")], "category again"),
        ([_row(1, label_origin="guess")], "label_origin that is none"),
        ([_row(1, category=None)], "both or neither"),
        ([_row(1, label_origin=None)], "both or neither"),
        ([_row(1, split="valid")], "split that is none"),
        ([_row(1, role="dev")], "has a role and yet is in split train"),
        ([_row(1, title="", body="")], "neither title nor body"),
        ([_row(1), _row(1)], "'a-1' is given 2 times"),
        ([_row(1), _row(2, group="a-1", split="test")], "group 'a-1' is in more than one split"),
    ],
)
def test_what_makes_no_sense_is_refused(rows: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(InputError, match=message):
        validate(_table(*rows))


def test_missing_values_and_columns_are_refused() -> None:
    missing = GOOD.set_column(0, "id", pa.array(["a-1", None, "a-3"]))
    with pytest.raises(InputError, match="has no id"):
        validate(missing)
    with pytest.raises(InputError, match="column 'group' is missing"):
        validate(GOOD.drop_columns(["group"]))
    with pytest.raises(InputError, match="column 'url' is int64, not string"):
        validate(GOOD.set_column(SCHEMA.get_field_index("url"), "url", pa.array([1, 2, 3])))


def test_files_that_hold_no_records_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is missing; 'newsclf prepare' makes it"):
        read_records(tmp_path / "none.parquet")
    with pytest.raises(InputError, match="is a folder"):
        read_records(tmp_path)
    text = tmp_path / "text.parquet"
    text.write_text("id,title\n")
    with pytest.raises(InputError, match=r"text\.parquet is no Parquet file"):
        read_records(text)
    other = tmp_path / "other.parquet"
    pq.write_table(pa.table({"title": ["خبر"]}), other)
    with pytest.raises(InputError, match=r"other\.parquet: not a record table"):
        read_records(other)


def test_a_table_that_is_no_record_table_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        write_records(_table(_row(1), _row(1)), tmp_path / "records.parquet")
    assert list(tmp_path.iterdir()) == []


@given(st.text(), st.floats(0, 0.5), st.floats(0, 0.5))
def test_a_larger_test_share_only_ever_adds_to_the_test_set(group: str, share: float, more: float) -> None:
    if split_of_group(group, share) == "test":
        assert split_of_group(group, share + more) == "test"


def test_splits_have_the_shares_that_were_asked_for() -> None:
    splits = [split_of_group(f"group {number}", 1 / 3, 0.1) for number in range(6000)]
    assert splits.count("test") / 6000 == pytest.approx(1 / 3, abs=0.03)
    assert splits.count("dev") / 6000 == pytest.approx(0.1, abs=0.02)
    # Kept for good: a record must not change sides between versions.
    assert splits[:8] == ["test", "train", "train", "test", "train", "test", "train", "train"]
