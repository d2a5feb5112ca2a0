"""Thrift's compact protocol, as far as the footer of a Parquet file uses it.

A structure is a dict from field number to `Field`. The bytes that are read and not changed are
written back the same. Written from
https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md.
"""

from __future__ import annotations

import io
from typing import Any, NamedTuple

TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, _MAP, STRUCT = range(1, 13)


class Field(NamedTuple):
    """A value and its type; of a list, the type is that of what it holds."""

    kind: int
    value: Any


Struct = dict[int, Field]


def read_struct(stream: io.BytesIO) -> Struct:
    """Read one structure.

    Raises
    ------
    ValueError
        If there is something that the footer of a Parquet file has not.
    """
    fields: Struct = {}
    number = 0
    while head := stream.read(1)[0]:
        delta, kind = head >> 4, head & 0x0F
        number = number + delta if delta else _read_integer(stream)
        fields[number] = Field(kind, _read_value(stream, kind))
    return fields


def _read_value(stream: io.BytesIO, kind: int) -> Any:
    if kind in (TRUE, FALSE):
        return None
    if kind in (I16, I32, I64):
        return _read_integer(stream)
    if kind == BINARY:
        return stream.read(_read_unsigned(stream))
    if kind == BYTE:
        return stream.read(1)
    if kind == DOUBLE:
        return stream.read(8)
    if kind == STRUCT:
        return read_struct(stream)
    if kind in (LIST, SET):
        head = stream.read(1)[0]
        size = head >> 4
        if size == 15:
            size = _read_unsigned(stream)
        held = head & 0x0F
        # In a list, true and false are a byte each.
        read_as = BYTE if held in (TRUE, FALSE) else held
        return Field(held, [_read_value(stream, read_as) for _ in range(size)])
    raise ValueError(f"there is a Thrift value of type {kind}")


def _read_unsigned(stream: io.BytesIO) -> int:
    value = shift = 0
    while True:
        byte = stream.read(1)[0]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value
        shift += 7


def _read_integer(stream: io.BytesIO) -> int:
    value = _read_unsigned(stream)
    return (value >> 1) ^ -(value & 1)


def struct_bytes(fields: Struct) -> bytes:
    """Return a structure as bytes."""
    out = bytearray()
    before = 0
    for number, field in sorted(fields.items()):
        delta = number - before
        if 1 <= delta <= 15:
            out.append(delta << 4 | field.kind)
        else:
            out.append(field.kind)
            out += _integer_bytes(number)
        before = number
        out += _value_bytes(field.kind, field.value)
    out.append(0)
    return bytes(out)


def _value_bytes(kind: int, value: Any) -> bytes:
    if kind in (TRUE, FALSE):
        return b""
    if kind in (I16, I32, I64):
        return _integer_bytes(value)
    if kind == BINARY:
        return _unsigned_bytes(len(value)) + bytes(value)
    if kind == STRUCT:
        return struct_bytes(value)
    if kind in (LIST, SET):
        size = len(value.value)
        head = bytes([size << 4 | value.kind]) if size < 15 else bytes([0xF0 | value.kind]) + _unsigned_bytes(size)
        written_as = BYTE if value.kind in (TRUE, FALSE) else value.kind
        return head + b"".join(_value_bytes(written_as, item) for item in value.value)
    return bytes(value)


def _unsigned_bytes(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _integer_bytes(value: int) -> bytes:
    return _unsigned_bytes(value << 1 if value >= 0 else (-value << 1) - 1)
