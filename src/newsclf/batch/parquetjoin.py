"""Putting Parquet files of the same columns one behind another without decoding them.

A Parquet file is row groups and, at the end, a footer that says where every part of them stands. The
row groups are copied as they are and the footer is written anew with every position moved
(https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift).
"""

from __future__ import annotations

import io
from typing import IO, Any

from newsclf.batch.thrift import I64, LIST, STRUCT, Field, Struct, read_struct, struct_bytes

_MAGIC = b"PAR1"
_COPY_BYTES = 1 << 20
# Field numbers in parquet.thrift.
_FILE_ROWS, _FILE_ROW_GROUPS = 3, 4
_GROUP_COLUMNS, _GROUP_OFFSET, _GROUP_ORDINAL = 1, 5, 7
_CHUNK_OFFSET, _CHUNK_META = 2, 3
_CHUNK_INDEX_OFFSETS = (4, 6)
_META_OFFSETS = (9, 10, 11, 14)


class ParquetJoin:
    """A Parquet file that grows by the row groups of others.

    Parameters
    ----------
    out : binary file
    empty : bytes-like
        A Parquet file without rows, for its columns.
    """

    def __init__(self, out: IO[bytes], empty: Any) -> None:
        self._out = out
        self._footer = _footer(io.BytesIO(empty))[0]
        self._groups: list[Struct] = []
        self._rows = 0
        out.write(_MAGIC)
        self._end = len(_MAGIC)

    def add(self, part: IO[bytes]) -> None:
        """Copy the row groups of a Parquet file."""
        footer, data_end = _footer(part)
        moved = self._end - len(_MAGIC)
        for group in footer[_FILE_ROW_GROUPS].value.value:
            _move(group, moved)
            self._groups.append(group)
        self._rows += footer[_FILE_ROWS].value
        part.seek(len(_MAGIC))
        _copy(part, self._out, data_end - len(_MAGIC))
        self._end += data_end - len(_MAGIC)

    def finish(self) -> None:
        """Write the footer."""
        footer = {
            **self._footer,
            _FILE_ROWS: Field(I64, self._rows),
            _FILE_ROW_GROUPS: Field(LIST, Field(STRUCT, self._groups)),
        }
        content = struct_bytes(footer)
        self._out.write(content + len(content).to_bytes(4, "little") + _MAGIC)


def _footer(file: IO[bytes]) -> tuple[Struct, int]:
    """Return a file's footer and where it begins."""
    end = file.seek(-8, io.SEEK_END)
    size = int.from_bytes(file.read(4), "little")
    file.seek(end - size)
    return read_struct(io.BytesIO(file.read(size))), end - size


def _move(group: Struct, by: int) -> None:
    _move_field(group, _GROUP_OFFSET, by)
    # Optional, and only right in the file the group comes from.
    group.pop(_GROUP_ORDINAL, None)
    for chunk in group[_GROUP_COLUMNS].value.value:
        for number in (_CHUNK_OFFSET, *_CHUNK_INDEX_OFFSETS):
            _move_field(chunk, number, by)
        for number in _META_OFFSETS:
            _move_field(chunk[_CHUNK_META].value, number, by)


def _move_field(fields: Struct, number: int, by: int) -> None:
    # A position of 0 means that there is none.
    if number in fields and fields[number].value:
        fields[number] = Field(fields[number].kind, fields[number].value + by)


def _copy(source: IO[bytes], target: IO[bytes], size: int) -> None:
    while size > 0:
        chunk = source.read(min(size, _COPY_BYTES))
        if not chunk:
            raise EOFError("a part is shorter than its footer says")
        target.write(chunk)
        size -= len(chunk)
