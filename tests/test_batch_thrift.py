"""Footers of Parquet files, read and written back."""

from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from newsclf.batch.parquetjoin import ParquetJoin
from newsclf.batch.thrift import read_struct, struct_bytes

TABLE = pa.table(
    {
        "id": pa.array(range(300)),
        "title": [None if i % 7 == 0 else f"عنوان {i}" for i in range(300)],
        "price": [i / 3 for i in range(300)],
        "live": [i % 2 == 0 for i in range(300)],
        "tags": [[f"وسم{i % 3}"] * (i % 4) for i in range(300)],
        "place": [{"city": "فاس", "code": i} for i in range(300)],
        "section": pa.array([f"قسم {i % 5}" for i in range(300)]).dictionary_encode(),
        "at": pa.array(range(300), pa.timestamp("ms", "UTC")),
    }
)


def written(table: pa.Table, **options: object) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink, **options)
    return sink.getvalue()


VARIETIES = [
    {},
    {"compression": "none", "use_dictionary": False},
    {"compression": "snappy", "data_page_version": "2.0"},
    {"write_page_index": True, "write_page_checksum": True},
    {"write_statistics": False, "store_schema": False},
    {"sorting_columns": [pq.SortingColumn(0)]},
    {"row_group_size": 50, "store_decimal_as_integer": True},
]


@pytest.mark.parametrize("options", VARIETIES, ids=str)
def test_a_footer_that_is_not_changed_is_the_same_bytes(options: dict[str, object]) -> None:
    content = written(TABLE, **options)
    size = int.from_bytes(content[-8:-4], "little")
    footer = content[-8 - size : -8]
    assert struct_bytes(read_struct(io.BytesIO(footer))) == footer


@pytest.mark.parametrize("options", VARIETIES, ids=str)
@pytest.mark.parametrize("parts", [0, 1, 3, 20])
def test_files_put_together_are_read_as_one(options: dict[str, object], parts: int) -> None:
    out = io.BytesIO()
    joined = ParquetJoin(out, written(TABLE.schema.empty_table(), **options))
    for _ in range(parts):
        joined.add(io.BytesIO(written(TABLE, **options)))
    joined.finish()
    found = pq.ParquetFile(io.BytesIO(out.getvalue()), page_checksum_verification=True)
    expected = pa.concat_tables([TABLE.slice(0, 0), *[TABLE] * parts])
    assert found.metadata.num_rows == len(expected)
    if options.get("store_schema", True):
        assert found.read().equals(expected)
    else:
        assert found.read().to_pylist() == expected.to_pylist()
    # Skipping row groups by their statistics goes by positions too.
    some = pq.read_table(io.BytesIO(out.getvalue()), filters=[("id", ">=", 290)], columns=["id"])
    assert some["id"].to_pylist() == [*range(290, 300)] * parts


def test_a_part_that_is_cut_short_is_an_error() -> None:
    content = written(TABLE)
    joined = ParquetJoin(io.BytesIO(), written(TABLE.schema.empty_table()))
    with pytest.raises((EOFError, ValueError, IndexError, KeyError)):
        joined.add(io.BytesIO(content[:100] + content[-400:]))
