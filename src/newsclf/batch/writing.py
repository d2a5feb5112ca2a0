"""Tagged rows as bytes. Arrow puts the lines of CSV and JSON Lines together, column by column."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from newsclf.arrays import boolean_array, number_array, string_array
from newsclf.batch.filekinds import GZIP, JSONL, PARQUET, TEXT, ZSTD
from newsclf.batch.plan import Plan
from newsclf.batch.reading import DELIMITERS
from newsclf.predictor import BatchPrediction

# Higher levels would take longer than tagging, for an eighth of the size at the most.
_GZIP_LEVEL = 1
_ZSTD_LEVEL = 1
_SAMPLE_ROWS = 1000
_JSON_SPECIAL = bytes(range(0x20)) + b'"\\'


def header(plan: Plan) -> Any:
    """Return what stands before the first row: the names of the columns in CSV and TSV, nothing elsewhere."""
    delimiter = DELIMITERS.get(plan.writer.format)
    if delimiter is None:
        return b""
    line = io.StringIO()
    csv.writer(line, delimiter=delimiter, lineterminator="\n").writerow([*plan.schema.names, *plan.answers])
    return compressed(line.getvalue().encode(), plan.writer.compression)


def written_schema(plan: Plan) -> pa.Schema:
    """Return the columns of a Parquet output."""
    name = pa.dictionary(pa.int8(), pa.string())
    types = (name, pa.float32(), name, pa.float32(), pa.bool_())
    schema = plan.schema
    for answer, kind in zip(plan.answers, types, strict=True):
        schema = schema.append(pa.field(answer, kind))
    return schema


def write_rows(plan: Plan, table: pa.Table | None, lines: pa.Array | None, batch: BatchPrediction) -> Any:
    """Return tagged rows as they stand in the output.

    Parameters
    ----------
    plan : Plan
    table : pyarrow.Table or None
        The input's columns.
    lines : pyarrow.StringArray or None
        The input's rows, where they are passed on as they stand.
    batch : BatchPrediction

    Returns
    -------
    bytes-like
        A whole file in Parquet, in other formats a piece that the next can be put behind.
    """
    if len(batch.probability) == 0:
        return b""
    if plan.writer.format == TEXT:
        return compressed(_joined([batch.categories.dictionary_decode(), "\n"]), plan.writer.compression)
    answers = (
        batch.categories,
        number_array(batch.probability),
        batch.second,
        number_array(batch.second_probability),
        boolean_array(batch.confident),
    )
    if plan.writer.format == PARQUET:
        assert table is not None
        return parquet_bytes(pa.table([*table.columns, *answers], schema=written_schema(plan)))
    columns = {} if table is None else {name: _one_chunk(table.column(name)) for name in plan.schema.names}
    columns.update(zip(plan.answers, answers, strict=True))
    if plan.writer.format == JSONL:
        content = _json_lines(columns, None if lines is None else _without_brace(lines))
    else:
        content = _csv_lines(columns, DELIMITERS[plan.writer.format])
    return compressed(content, plan.writer.compression)


def parquet_without_rows(plan: Plan) -> pa.Buffer:
    """Return a Parquet output of no rows."""
    sink = pa.BufferOutputStream()
    pq.ParquetWriter(sink, written_schema(plan), compression=ZSTD).close()
    return sink.getvalue()


def parquet_bytes(table: pa.Table) -> pa.Buffer:
    """Return a table as a Parquet file of one row group."""
    sink = pa.BufferOutputStream()
    repeating = [name for name in table.column_names if _repeats(table.column(name))]
    pq.write_table(table, sink, compression=ZSTD, use_dictionary=repeating, row_group_size=max(len(table), 1))
    return sink.getvalue()


def _repeats(column: pa.ChunkedArray) -> bool:
    """Tell whether a column is likely to say the same again and again, from its first rows."""
    if pa.types.is_dictionary(column.type):
        return True
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return False
    seen = column.slice(0, _SAMPLE_ROWS)
    return bool(2 * len(seen.unique()) < len(seen))


def compressed(content: Any, compression: str | None) -> Any:
    """Return bytes compressed so that compressed pieces can be put one behind another."""
    if compression == GZIP:
        return gzip.compress(content, _GZIP_LEVEL, mtime=0)
    if compression == ZSTD:
        return pa.Codec(ZSTD, compression_level=_ZSTD_LEVEL).compress(content)
    return content


def _one_chunk(column: pa.ChunkedArray) -> pa.Array:
    return column.unify_dictionaries().combine_chunks()


def _csv_lines(columns: Mapping[str, pa.Array], delimiter: str) -> pa.Buffer:
    special = f'"\r\n{delimiter}'.encode()
    pieces: list[Any] = []
    for column in columns.values():
        values = _text(column)
        if not _is_number(column.type):
            # An empty text is quoted, so that it is not taken for a missing one.
            values = _replaced(values, special, lambda value: '"' + value.replace('"', '""') + '"', empty=True)
        pieces += [values, delimiter]
    return _joined([*pieces[:-1], "\n"], null="")


def _json_lines(columns: Mapping[str, pa.Array], heads: pa.Array | None) -> pa.Buffer:
    """Return columns as JSON Lines, behind rows that lack only their closing brace where there are such."""
    pieces: list[Any] = [] if heads is None else [heads]
    for name, column in columns.items():
        pieces += [f"{', ' if pieces else '{'}{json.dumps(name, ensure_ascii=False)}: ", _json_values(column)]
    return _joined([*pieces, "}\n"], null="null")


def _without_brace(lines: pa.Array) -> pa.Array:
    return pc.binary_slice(lines.view(pa.binary()), 0, -1).view(pa.string())


def _json_values(column: pa.Array) -> pa.Array:
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    values = _text(column)
    if pa.types.is_floating(kind):
        finite = pc.is_finite(column)
        return values if pc.all(finite).as_py() else pc.if_else(finite, values, None)
    if _is_number(kind) or pa.types.is_nested(kind):
        return values
    values = _replaced(values, _JSON_SPECIAL, lambda value: json.dumps(value, ensure_ascii=False)[1:-1])
    quote, nothing = string_array(['"', ""])
    return pc.binary_join_element_wise(quote, values, quote, nothing)


def _is_number(kind: pa.DataType) -> bool:
    """Tell whether values look the same in CSV and JSON and need no quotes."""
    tests = (pa.types.is_boolean, pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal)
    return any(is_such(kind) for is_such in tests)


def _text(column: pa.Array) -> pa.Array:
    """Return values as strings; lists and objects as JSON."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    try:
        return column.cast(pa.string())
    except pa.ArrowNotImplementedError:
        values = column.to_pylist()
        as_json = [None if v is None else json.dumps(v, ensure_ascii=False, default=str) for v in values]
        return pa.array(as_json, pa.string())


def _replaced(strings: pa.Array, special: bytes, replace: Callable[[str], str], *, empty: bool = False) -> pa.Array:
    """Return strings, those that hold one of some ASCII bytes (or are empty, if asked) replaced."""
    if not len(strings):
        return strings
    offsets, content = _parts(strings)
    is_special = np.zeros(256, dtype=np.bool_)
    is_special[list(special)] = True
    wanted = np.diff(offsets) == 0 if empty else np.zeros(len(strings), dtype=np.bool_)
    positions = np.flatnonzero(is_special[content]) + offsets[0]
    wanted[np.searchsorted(offsets, positions, side="right") - 1] = True
    if strings.null_count:
        wanted &= strings.is_valid().to_numpy(zero_copy_only=False)
    if not wanted.any():
        return strings
    mask = boolean_array(wanted)
    replacements = string_array([replace(value) for value in strings.filter(mask).to_pylist()])
    return pc.replace_with_mask(strings, mask, replacements)


def _parts(strings: pa.Array) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8]]:
    """Return the offsets of strings in their buffer, and the part of the buffer that they take."""
    _, offset_buffer, data = strings.buffers()
    offsets = np.frombuffer(offset_buffer, dtype=np.int32)[strings.offset : strings.offset + len(strings) + 1]
    content = np.frombuffer(data or b"", dtype=np.uint8)[offsets[0] : offsets[-1]]
    return offsets, content


def _joined(pieces: list[Any], null: str = "") -> pa.Buffer:
    """Return the bytes of all rows of some columns, one piece behind another."""
    scalars = [string_array([piece])[0] if isinstance(piece, str) else piece for piece in [*pieces, ""]]
    lines = pc.binary_join_element_wise(*scalars, null_handling="replace", null_replacement=null)
    offsets, _ = _parts(lines)
    return lines.buffers()[2].slice(int(offsets[0]), int(offsets[-1] - offsets[0]))
