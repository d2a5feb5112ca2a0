"""Tables: CSV, TSV, JSON Lines and Parquet files, one text a row, with a map from fields to columns."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from newsclf.errors import ConfigurationError, InputError
from newsclf.sources.card import Card
from newsclf.sources.item import Item
from newsclf.sources.textfile import read_bytes, read_text
from newsclf.tomlfile import nearest

# A row of the file: its place, and its fields by column or what is wrong with it.
Row = tuple[str, dict[str, str] | str]

_LAST_LINE = "newsclf: end of table"


def read_items(path: Path, card: Card) -> Iterator[Item]:
    """Yield the texts of a table, one a row.

    Parameters
    ----------
    path : Path
        Ending in .csv, .tsv, .jsonl, .ndjson or .parquet.
    card : Card

    Returns
    -------
    iterator of Item
        A row that can't be read is an item with a `fault`.

    Raises
    ------
    InputError
        If the file is missing, empty, in another encoding or format, or has no such column.
    """
    read = _FORMATS.get(path.suffix.lower())
    if read is None:
        raise ConfigurationError(f"{path} is no table that can be read; known are {', '.join(_FORMATS)}")
    rows = 0
    for place, row in read(path, card):
        rows += 1
        if isinstance(row, str):
            yield Item(place=place, fault=row)
        else:
            cells = ((field, row[column].strip()) for field, column in card.columns.items())
            fields: dict[str, Any] = {field: cell for field, cell in cells if cell}
            kind = "article" if "body" in fields else card.kind
            yield Item(place, kind)._replace(**fields)
    if not rows:
        raise InputError(f"{path} has no rows under its header")


def _csv(path: Path, card: Card) -> Iterator[Row]:
    text = read_text(path, card.encoding)
    delimiter = card.delimiter or ("\t" if path.suffix.lower() == ".tsv" else _delimiter_of(text))
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))
    # A quote that opens and never closes would swallow the rest of the table, this last line included.
    lines = (*io.StringIO(text if text.endswith("\n") else text + "\n", newline=""), _LAST_LINE)
    reader = csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_MINIMAL if card.quoting else csv.QUOTE_NONE)
    header = [name.strip() for name in next(reader)]
    _refuse_missing_columns(header, path, card)
    line = reader.line_num + 1
    for fields in reader:
        place = f"line {line}"
        line = reader.line_num + 1
        if fields == [_LAST_LINE]:
            return
        if fields and fields[-1].endswith(_LAST_LINE):
            raise InputError(f"{path}, {place}: a quote opens here and never closes; mend it, or set quoting = false")
        if len(fields) == len(header):
            yield place, dict(zip(header, fields, strict=True))
        elif fields:
            yield place, f"has {len(fields)} fields where the header has {len(header)}"


def _delimiter_of(text: str) -> str:
    """Return the separator that the header uses most: spreadsheets in French write semicolons."""
    header = text.split("\n", 1)[0]
    return max(",;\t", key=header.count)


def _json_lines(path: Path, card: Card) -> Iterator[Row]:
    rows: list[Row] = []
    columns: dict[str, None] = {}
    for number, line in enumerate(read_text(path, card.encoding).split("\n"), 1):
        if not line.strip():
            continue
        place = f"line {number}"
        try:
            value = json.loads(line)
        except json.JSONDecodeError as error:
            rows.append((place, f"is not JSON: {error.msg} at column {error.colno}"))
            continue
        if not isinstance(value, dict):
            rows.append((place, f"is a JSON {type(value).__name__}, not an object"))
            continue
        columns.update(dict.fromkeys(value))
        rows.append((place, {name: _plain(part) for name, part in value.items()}))
    if columns:
        _refuse_missing_columns(list(columns), path, card)
    for place, row in rows:
        # A line may leave out a key that it has nothing for.
        yield place, row if isinstance(row, str) else {name: row.get(name, "") for name in columns}


def _plain(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _parquet(path: Path, card: Card) -> Iterator[Row]:
    content = read_bytes(path)
    try:
        file = pq.ParquetFile(pa.BufferReader(content))
        _refuse_missing_columns(file.schema_arrow.names, path, card)
        wanted = sorted(set(card.columns.values()))
        number = 0
        for batch in file.iter_batches(columns=wanted):
            values = [_as_texts(batch.column(name), name, path) for name in wanted]
            for fields in zip(*values, strict=True):
                number += 1
                yield f"row {number}", dict(zip(wanted, fields, strict=True))
    except pa.ArrowException as error:
        raise InputError(f"{path} is no Parquet file: {str(error).splitlines()[0]}") from error


def _as_texts(column: pa.Array, name: str, path: Path) -> Sequence[str]:
    try:
        texts = pc.fill_null(pc.cast(column, pa.large_string()), "")
    except pa.ArrowException as error:
        raise InputError(f"{path}: column {name!r} is {column.type}, not text") from error
    return texts.to_pylist()  # type: ignore[no-any-return]


def _refuse_missing_columns(columns: Sequence[str], path: Path, card: Card) -> None:
    for field, column in card.columns.items():
        if column not in columns:
            raise InputError(
                f"{path} has no column {column!r}, which card {card.name} names for {field}; "
                f"{nearest(column, columns)} (columns: {', '.join(columns)})"
            )
        if columns.count(column) > 1:
            raise InputError(f"{path} has {columns.count(column)} columns {column!r}; rename all but one")


_FORMATS: dict[str, Callable[[Path, Card], Iterable[Row]]] = {
    ".csv": _csv,
    ".tsv": _csv,
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
    ".parquet": _parquet,
}
