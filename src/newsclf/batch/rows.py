"""The rows of a block, ready to be tagged, and those that can't be."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from newsclf.arrays import boolean_array, booleans, integers, string_array

Indices = npt.NDArray[np.int64]

_MOST_SHOWN = 1000


@dataclass(frozen=True)
class Reject:
    """A row that can't be tagged.

    Attributes
    ----------
    place : int
        Number of its line (of its row in Parquet) in the input, from 1.
    reason : str
    content : str
        The row, or the beginning of a long one.
    encoding : bool
        Whether the reason is bytes that are no text in the encoding the input is read in.
    """

    place: int
    reason: str
    content: str
    encoding: bool = False


@dataclass(frozen=True)
class Rows:
    """The rows of a block that can be read.

    Attributes
    ----------
    texts : pyarrow.StringArray
        Their texts, null or blank where a row has none.
    table : pyarrow.Table or None
        Their columns.
    lines : pyarrow.StringArray or None
        The rows as they stand, where they are passed on so.
    rejects : list of Reject
        The rows that can't be read.
    locate : callable
        Gives place and content of some of the rows, by index.
    """

    texts: pa.Array
    table: pa.Table | None
    lines: pa.Array | None
    rejects: list[Reject]
    locate: Callable[[Indices], list[tuple[int, str]]]


def without_silent(rows: Rows) -> Rows:
    """Return the rows that have a text, those that have none set aside."""
    texts = rows.texts
    blank = is_blank(texts)
    if not blank.any():
        return rows
    silent = np.flatnonzero(blank)
    rejects = [Reject(place, "the row has no text", content) for place, content in rows.locate(silent)]
    kept = boolean_array(~blank)
    return Rows(
        texts=texts.filter(kept),
        table=None if rows.table is None else rows.table.filter(kept),
        lines=None if rows.lines is None else rows.lines.filter(kept),
        rejects=sorted(rows.rejects + rejects, key=lambda reject: reject.place),
        locate=rows.locate,
    )


def is_blank(texts: pa.Array) -> npt.NDArray[np.bool_]:
    """Tell which texts are missing, empty or nothing but blanks."""
    if not len(texts):
        return np.empty(0, dtype=np.bool_)
    seen = booleans(texts.is_valid()) & (integers(pc.binary_length(texts)) > 0)
    return ~seen | booleans(pc.utf8_is_space(texts))


def joined_text(table: pa.Table, columns: tuple[str, ...]) -> pa.Array:
    """Return the text of each row: its text column, or title and body with a line end between them."""
    parts = [_strings(table.column(name)) for name in columns]
    if len(parts) == 1:
        return parts[0]
    # "skip" as null handling would leave out rows in which all parts are missing.
    line_end = string_array(["\n"])[0]
    return pc.binary_join_element_wise(*parts, line_end, null_handling="replace", null_replacement="")


def _strings(column: pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays(column.cast(pa.string()).chunks) if column.num_chunks else string_array([])


def valid_strings(values: pa.Array) -> tuple[pa.Array, Indices]:
    r"""Return binary values as strings, null where they are not UTF-8, and the places of those.

    Examples
    --------
    >>> strings, wrong = valid_strings(pa.array(["فاس".encode(), b"\xc7"], pa.binary()))
    >>> strings.to_pylist(), wrong.tolist()
    (['فاس', None], [1])
    """
    try:
        return values.cast(pa.string()), np.empty(0, dtype=np.int64)
    except pa.ArrowInvalid:
        strings = [_decoded(value) for value in values.to_pylist()]
        right = pa.array([text is not None for text in strings])
        wrong = np.flatnonzero(pc.and_(pc.invert(right), values.is_valid()).to_numpy(zero_copy_only=False))
        return pa.array(strings, pa.string()), wrong


def _decoded(value: bytes | None) -> str | None:
    try:
        return None if value is None else value.decode("utf-8")
    except UnicodeDecodeError:
        return None


def shown(content: bytes | str | dict[str, Any]) -> str:
    """Return a row as the rejects file shows it: as text, not too long."""
    if isinstance(content, dict):
        content = json.dumps(content, ensure_ascii=False, default=str)
    elif isinstance(content, bytes):
        content = content[: 4 * _MOST_SHOWN + 4].decode("utf-8", "replace").rstrip("\r\n")
    return content if len(content) <= _MOST_SHOWN else content[:_MOST_SHOWN] + "…"
