"""What a job does with its rows, decided once before the first of them is tagged."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from newsclf.batch.filekinds import JSONL, PARQUET, TEXT, FileKind
from newsclf.batch.jsonlines import infer_schema
from newsclf.batch.reading import Block, Source
from newsclf.errors import InputError

ANSWERS = ("category", "probability", "second", "second_probability", "confident")
DEFAULT_COLUMN = "text"
_NAMES_BYTES = 1_000_000


@dataclass(frozen=True)
class Plan:
    """How rows become tagged rows.

    Attributes
    ----------
    reader, writer : FileKind
    encoding : str
        Of the blocks' bytes.
    text_columns : tuple of str
        The columns that make up the text, in order.
    answers : tuple of str
        Names of the five columns that are added.
    schema : pyarrow.Schema
        The columns of the input; for JSON Lines, those that the first rows have.
    """

    reader: FileKind
    writer: FileKind
    encoding: str
    text_columns: tuple[str, ...]
    answers: tuple[str, ...]
    schema: pa.Schema

    @property
    def passes_rows_on(self) -> bool:
        """Whether a row is passed on as it stands, with our answers added: from JSON Lines to JSON Lines."""
        return self.reader.format == JSONL and self.writer.format == JSONL


def make_plan(
    source: Source, first: Block | None, reader: FileKind, writer: FileKind, columns: tuple[str, ...], prefix: str
) -> Plan:
    """Decide what becomes of the rows of a source.

    Parameters
    ----------
    source : Source
    first : Block or None
        Its first block; the columns and types of JSON Lines are those of the rows in it.
    reader, writer : FileKind
    columns : tuple of str
        The columns that make up the text; empty for the one called ``text``.
    prefix : str
        Put before the names of the columns that are added.

    Returns
    -------
    Plan

    Raises
    ------
    InputError
        If a column is not there, holds no text, or would be there twice.
    """
    chosen = columns or (DEFAULT_COLUMN,)
    if reader.format == TEXT:
        if columns not in {(), (DEFAULT_COLUMN,)}:
            raise InputError("plain text has no columns; leave the column options out")
        schema = pa.schema([(DEFAULT_COLUMN, pa.string())])
    elif reader.format == JSONL:
        # Where rows are passed on as they stand, their types don't matter and a few tell the names.
        enough = _NAMES_BYTES if writer.format == JSONL else None
        schema = _schema_of_json(first, source.encoding, chosen, enough)
    elif source.columns is not None:
        schema = pa.schema([(name, pa.string()) for name in source.columns])
    else:
        schema = source.schema
    answers = tuple(prefix + name for name in ANSWERS)
    # Without a first row nothing is known of JSON Lines, and nothing needs to be.
    if schema.names:
        _check_columns(schema, chosen, answers, writer)
    return Plan(reader, writer, source.encoding, chosen, answers, schema)


def _schema_of_json(first: Block | None, encoding: str, columns: tuple[str, ...], enough: int | None) -> pa.Schema:
    content = first.content if first else b""
    if enough is not None and len(content) > enough:
        content = content[: content.find(b"\n", enough) + 1] or content
    return infer_schema(content.decode(encoding, "replace").encode(), columns)


def _check_columns(schema: pa.Schema, chosen: tuple[str, ...], answers: tuple[str, ...], writer: FileKind) -> None:
    shown = ", ".join(schema.names)
    for name in chosen:
        if name not in schema.names:
            raise InputError(
                f"there is no column {name!r}; say which holds the text with --text-column (columns: {shown})"
            )
        kind = schema.field(name).type
        if pa.types.is_dictionary(kind):
            kind = kind.value_type
        if not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)):
            raise InputError(f"column {name!r} holds {kind}, not text ({shown})")
    for field in schema:
        if writer.format != PARQUET and _is_binary(field.type):
            raise InputError(f"column {field.name!r} holds binary data, which only Parquet can hold as output")
    for name in answers:
        if name in schema.names:
            raise InputError(f"there is a column {name!r} already; say --prefix newsclf_ to call ours otherwise")


def _is_binary(kind: pa.DataType) -> bool:
    return any(
        is_such(kind)
        for is_such in (
            pa.types.is_binary,
            pa.types.is_large_binary,
            pa.types.is_fixed_size_binary,
            pa.types.is_binary_view,
        )
    )
