"""Small record tables for tests of training and testing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from newsclf.records import SCHEMA, validate
from tests.conftest import headlines

_BLANK: Mapping[str, Any] = dict.fromkeys(SCHEMA.names) | {
    "kind": "headline",
    "body": "",
    "source": "a",
    "disputed": False,
    "split": "train",
}


def record_table(rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Return a record table of rows that say only what matters to the test.

    An id and a group are made up, a title too where there is no body, and the origin of a label is the author.
    """
    whole = []
    for number, row in enumerate(rows):
        made_up = {"id": f"r-{number}", "group": f"g-{number}", "title": "" if "body" in row else f"عنوان {number}"}
        if row.get("category") is not None:
            made_up["label_origin"] = "author"
        whole.append({**_BLANK, **made_up, **row})
    table = pa.Table.from_pylist(whole, SCHEMA)
    validate(table)
    return table


def headline_records(**columns: Any) -> pa.Table:
    """Return the headlines as records, every fourth one with a body and every fifth one in split test.

    Parameters
    ----------
    **columns : value or callable
        What else each row holds; a callable is given the row's number.
    """
    rows = []
    for number, (title, category) in enumerate(zip(*headlines(), strict=True)):
        row = {"title": title, "category": category, "split": "test" if number % 5 == 0 else "train"}
        if number % 4 == 0:
            row["body"] = f"أفاد مصدر أن {title}."
        row |= {name: value(number) if callable(value) else value for name, value in columns.items()}
        rows.append(row)
    return record_table(rows)


def moment(year: int, month: int = 1, day: int = 1) -> datetime:
    """Return a moment as a record's published_at has it."""
    return datetime(year, month, day, tzinfo=UTC)
