"""From a block of bytes to rows."""

from __future__ import annotations

import codecs

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from newsclf.arrays import binary_value, number_array, string_array
from newsclf.batch.filekinds import JSONL, PARQUET, TEXT
from newsclf.batch.jsonlines import parse_json_lines
from newsclf.batch.plan import DEFAULT_COLUMN, Plan
from newsclf.batch.reading import DELIMITERS, Block
from newsclf.batch.rowends import csv_line_ends, csv_row_ends
from newsclf.batch.rows import Indices, Reject, Rows, joined_text, shown, valid_strings


def parse(block: Block, plan: Plan) -> Rows:
    """Return the rows of a block.

    Parameters
    ----------
    block : Block
    plan : Plan

    Returns
    -------
    Rows
    """
    if plan.reader.format == PARQUET:
        return _parquet_rows(block, plan)
    content = block.content
    if plan.encoding != "utf-8":
        # Bytes that are no text stay as they are, and so are found where UTF-8 is checked.
        content = content.decode(plan.encoding, "surrogateescape").encode("utf-8", "surrogateescape")
    if plan.reader.format in DELIMITERS:
        return _csv_rows(content, block, plan)
    lines = _lines(content)
    if plan.reader.format == JSONL:
        return parse_json_lines(content, lines, block.first, plan)
    assert plan.reader.format == TEXT
    return _text_rows(lines, block, plan)


def _lines(content: bytes) -> pa.Array:
    r"""Return the lines of some bytes, without their ends (``\n`` or ``\r\n``)."""
    if b"\r" in content:
        content = content.replace(b"\r\n", b"\n")
    lines = pc.split_pattern(binary_value(content), b"\n").flatten()
    return lines[:-1] if content.endswith(b"\n") else lines


def _not_encoded(encoding: str) -> str:
    return f"the row is not {encoding}"


def _text_rows(lines: pa.Array, block: Block, plan: Plan) -> Rows:
    strings, wrong = valid_strings(lines)
    rejects = [
        Reject(block.first + int(i), _not_encoded(plan.encoding), shown(lines[int(i)].as_py()), encoding=True)
        for i in wrong
    ]
    strings = strings.drop_null()
    table = pa.table({DEFAULT_COLUMN: strings})
    return Rows(strings, table, None, rejects, locate=lambda _: [])


def _parquet_rows(block: Block, plan: Plan) -> Rows:
    table: pa.Table = block.content

    def locate(rows: Indices) -> list[tuple[int, str]]:
        return [(block.first + int(row), shown(table.slice(int(row), 1).to_pylist()[0])) for row in rows]

    return Rows(joined_text(table, plan.text_columns), table, None, [], locate)


def _csv_rows(content: bytes, block: Block, plan: Plan) -> Rows:
    names = plan.schema.names
    delimiter = DELIMITERS[plan.reader.format]
    if block.unclosed:
        reject = Reject(block.first, "a quote is opened here and never closed", shown(content))
        return Rows(string_array([]), plan.schema.empty_table(), None, [reject], locate=lambda _: [])
    misfits: list[tuple[int, int]] = []

    def set_aside(row: pyarrow.csv.InvalidRow) -> str:
        misfits.append((row.number - 1, row.actual_columns))
        return "skip"

    # Arrow takes a mark at the beginning for that of a file; here it is part of a value.
    given = codecs.BOM_UTF8 + content if content.startswith(codecs.BOM_UTF8) else content
    raw = pyarrow.csv.read_csv(
        pa.BufferReader(given),
        read_options=pyarrow.csv.ReadOptions(use_threads=False, block_size=len(given) + 1, column_names=names),
        parse_options=pyarrow.csv.ParseOptions(
            delimiter=delimiter,
            newlines_in_values=True,
            ignore_empty_lines=len(names) > 1,
            invalid_row_handler=set_aside,
        ),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.binary()),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
    # What number a row of the table has among all rows.
    numbers = np.setdiff1d(np.arange(raw.num_rows + len(misfits)), [row for row, _ in misfits], assume_unique=True)

    def locate_numbers(rows: Indices) -> list[tuple[int, str]]:
        if not rows.size:
            return []
        ends = csv_row_ends(content, delimiter, whole=True).ends
        if not ends.size or ends[-1] < len(content):
            ends = np.append(ends, len(content))
        begins = np.concatenate([[0], ends[:-1]])
        if len(names) > 1:
            blank = [not content[b:e].strip(b"\r\n") for b, e in zip(begins, ends, strict=True)]
            begins, ends = begins[np.invert(blank)], ends[np.invert(blank)]
        before = np.searchsorted(csv_line_ends(content, whole=True), begins[rows], side="right")
        return [
            (block.first + int(lines), shown(content[b:e]))
            for lines, b, e in zip(before, begins[rows], ends[rows], strict=True)
        ]

    columns, wrong = {}, set()
    for name in names:
        columns[name], wrong_here = _column(raw.column(name))
        wrong.update(wrong_here.tolist())
    table = pa.table(columns, schema=plan.schema)
    rejects = [
        Reject(place, f"the row has {found} field{'s' * (found > 1)} where the header has {len(names)}", text)
        for (place, text), (_, found) in zip(
            locate_numbers(np.array([row for row, _ in misfits], dtype=np.int64)), misfits, strict=True
        )
    ]
    if wrong:
        places = np.array(sorted(wrong), dtype=np.int64)
        reason = _not_encoded(plan.encoding)
        rejects += [Reject(place, reason, text, encoding=True) for place, text in locate_numbers(numbers[places])]
        kept = np.setdiff1d(np.arange(table.num_rows), places, assume_unique=True)
        table, numbers = table.take(number_array(kept)), numbers[kept]
    return Rows(
        joined_text(table, plan.text_columns),
        table,
        None,
        sorted(rejects, key=lambda reject: reject.place),
        locate=lambda rows: locate_numbers(numbers[rows]),
    )


def _column(column: pa.ChunkedArray) -> tuple[pa.Array, Indices]:
    return valid_strings(pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], pa.binary()))
