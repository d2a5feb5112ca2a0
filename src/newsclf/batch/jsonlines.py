"""JSON Lines: which columns they have, and their rows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json

from newsclf.arrays import boolean_array, number_array
from newsclf.batch.rows import Indices, Reject, Rows, is_blank, joined_text, shown, valid_strings
from newsclf.errors import InputError

if TYPE_CHECKING:
    from newsclf.batch.plan import Plan

# A column whose values are of several kinds, or lists or objects, is kept as JSON text; its field is marked so.
_AS_JSON = {b"content": b"json"}
_INT64 = range(-(2**63), 2**63)
_MOST_DIGITS = 4000
_CALLED = {"bool": "true or false", "int": "a number", "float": "a number", "list": "a list", "dict": "an object"}


def infer_schema(content: bytes, text_columns: tuple[str, ...]) -> pa.Schema:
    """Return the columns of JSON Lines, from some of their rows; lines that are no JSON objects don't count.

    Parameters
    ----------
    content : bytes
        Lines, in UTF-8.
    text_columns : tuple of str
        Columns that are text whatever is in them.

    Returns
    -------
    pyarrow.Schema
        Text, whole numbers, numbers or booleans where all values are; JSON as text otherwise.

    Examples
    --------
    >>> infer_schema('{"title": "فوز الرجاء", "id": 7}'.encode(), ("title",)).types
    [DataType(string), DataType(int64)]
    """
    kinds: dict[str, set[str]] = {}
    for line in content.splitlines():
        try:
            row = _object(line.decode("utf-8", "replace"))
        except InputError:
            continue
        for name, value in row.items():
            kinds.setdefault(name, set()).add(_kind(value))
    return pa.schema([_field(name, found, name in text_columns) for name, found in kinds.items()])


def _kind(value: Any) -> str:
    if isinstance(value, int) and value not in _INT64:
        return "huge"
    return type(value).__name__


def _field(name: str, kinds: set[str], is_text: bool) -> pa.Field:
    kinds = kinds - {"NoneType"}
    if is_text or kinds <= {"str"}:
        return pa.field(name, pa.string())
    if kinds == {"bool"}:
        return pa.field(name, pa.bool_())
    if kinds == {"int"}:
        return pa.field(name, pa.int64())
    if kinds <= {"int", "float"}:
        return pa.field(name, pa.float64())
    return pa.field(name, pa.string(), metadata=_AS_JSON)


def parse_json_lines(content: bytes, lines: pa.Array, first: int, plan: Plan) -> Rows:
    """Return the rows of JSON Lines; a line of nothing but blanks is no row.

    Parameters
    ----------
    content : bytes
    lines : pyarrow.BinaryArray
        The lines of `content`.
    first : int
        Number of the first line.
    plan : Plan

    Returns
    -------
    Rows
    """
    strings, wrong = valid_strings(lines)
    rejects = [
        Reject(first + int(i), f"the row is not {plan.encoding}", shown(lines[int(i)].as_py()), encoding=True)
        for i in wrong
    ]
    strings = pc.ascii_trim_whitespace(strings)
    is_row = ~is_blank(strings)
    numbers = np.flatnonzero(is_row)
    strings = strings.filter(boolean_array(is_row))

    schema = pa.schema([(name, pa.string()) for name in plan.text_columns]) if plan.passes_rows_on else plan.schema
    table = None if wrong.size else _read_at_once(content, strings, schema, plan)
    if table is None:
        table, kept, misread = _read_one_by_one(strings.to_pylist(), schema, plan)
        rejects += [Reject(first + int(numbers[i]), reason, shown(strings[i].as_py())) for i, reason in misread]
        strings, numbers = strings.take(number_array(kept)), numbers[kept]

    def locate(rows: Indices) -> list[tuple[int, str]]:
        return [(first + int(numbers[row]), shown(strings[int(row)].as_py())) for row in rows]

    return Rows(
        texts=joined_text(table, plan.text_columns),
        table=None if plan.passes_rows_on else table,
        lines=strings if plan.passes_rows_on else None,
        rejects=sorted(rejects, key=lambda reject: reject.place),
        locate=locate,
    )


def _read_at_once(content: bytes, strings: pa.Array, schema: pa.Schema, plan: Plan) -> pa.Table | None:
    """Return the wanted columns as Arrow reads them; None if there is anything that wants a closer look."""
    if any(field.metadata for field in schema):
        return None
    if plan.passes_rows_on and any(json.dumps(name, ensure_ascii=False).encode() in content for name in plan.answers):
        return None
    # Arrow does not mind two objects on a line or one on two lines, but then an end is no brace or the count is off.
    if not (pc.all(pc.starts_with(strings, "{")).as_py() and pc.all(pc.ends_with(strings, "}")).as_py()):
        return None
    try:
        table = pyarrow.json.read_json(
            pa.BufferReader(content),
            read_options=pyarrow.json.ReadOptions(use_threads=False, block_size=len(content) + 1),
            parse_options=pyarrow.json.ParseOptions(
                explicit_schema=schema, unexpected_field_behavior="ignore" if plan.passes_rows_on else "error"
            ),
        )
    except pa.ArrowInvalid:
        return None
    return table.select(schema.names) if table.num_rows == len(strings) else None


def _read_one_by_one(
    lines: list[str], schema: pa.Schema, plan: Plan
) -> tuple[pa.Table, Indices, list[tuple[int, str]]]:
    """Return the wanted columns, which lines they are of, and the lines that can't be read with the reason."""
    columns: dict[str, list[Any]] = {name: [] for name in schema.names}
    kept: list[int] = []
    misread: list[tuple[int, str]] = []
    for number, line in enumerate(lines):
        try:
            row = _object(line)
            if plan.passes_rows_on:
                _refuse_clash(row, plan.answers)
            else:
                _refuse_strange(row, schema)
            values = [_value(row.get(field.name), field) for field in schema]
        except InputError as error:
            misread.append((number, str(error)))
            continue
        kept.append(number)
        for column, value in zip(columns.values(), values, strict=True):
            column.append(value)
    table = pa.table({field.name: pa.array(columns[field.name], field.type) for field in schema}, schema=schema)
    return table, np.array(kept, dtype=np.int64), misread


def _object(line: str) -> dict[str, Any]:
    try:
        row = json.loads(line, parse_int=_integer)
    except json.JSONDecodeError as error:
        raise InputError(f"the row is not JSON ({error.msg}, character {error.colno})") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"the row is not JSON that can be read ({error})") from None
    if not isinstance(row, dict):
        raise InputError("the row is no JSON object")
    return row


def _integer(digits: str) -> int | str:
    # Python refuses to make a number of thousands of digits; as JSON it is none the worse.
    return int(digits) if len(digits) < _MOST_DIGITS else digits


def _refuse_clash(row: dict[str, Any], answers: tuple[str, ...]) -> None:
    for name in answers:
        if name in row:
            raise InputError(f"the row has a key {name!r} already; say --prefix newsclf_ to call ours otherwise")


def _refuse_strange(row: dict[str, Any], schema: pa.Schema) -> None:
    for name in row:
        if name not in schema.names:
            raise InputError(f"the row has a key {name!r} that no early row has; JSON Lines as output would keep it")


def _value(value: Any, field: pa.Field) -> Any:
    """Return a value as its column holds it."""
    if value is None:
        return None
    if field.metadata:
        return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode()
    kind = field.type
    if pa.types.is_string(kind) and isinstance(value, str):
        # Half of a surrogate pair is no character; Arrow and every file format refuse it.
        return value.encode("utf-8", "replace").decode()
    if pa.types.is_boolean(kind) and isinstance(value, bool):
        return value
    if not isinstance(value, bool):
        if pa.types.is_int64(kind) and isinstance(value, int) and value in _INT64:
            return value
        if pa.types.is_float64(kind) and (isinstance(value, float) or (isinstance(value, int) and value in _INT64)):
            return float(value)
    called = _CALLED.get(type(value).__name__, "text")
    raise InputError(f"{field.name!r} is {called} where the column holds {_column_holds(kind)}")


def _column_holds(kind: pa.DataType) -> str:
    if pa.types.is_string(kind):
        return "text"
    return {"bool": "true or false", "int64": "whole numbers"}.get(str(kind), "numbers")
