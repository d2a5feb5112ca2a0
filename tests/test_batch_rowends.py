"""Where rows of CSV end: quotes by the rule that Arrow's parser has."""

from __future__ import annotations

import itertools

import pyarrow as pa
import pyarrow.csv
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsclf.batch.rowends import csv_line_count, csv_line_ends, csv_row_ends, line_ends

signs = st.sampled_from([b'"', b'"', b",", b"\n", b"\r", b"\r\n", b"a", "ط".encode()])
contents = st.lists(signs, max_size=40).map(b"".join)


def slow_row_ends(content: bytes) -> tuple[list[int], bool]:
    """The rule, one byte at a time: a quote opens where a value begins and closes when it is not doubled."""
    ends: list[int] = []
    begins_value, inside = True, False
    i = 0
    while i < len(content):
        sign = content[i : i + 1]
        if inside:
            if sign == b'"':
                if content[i + 1 : i + 2] == b'"':
                    i += 1
                else:
                    inside = False
            begins_value = False
        elif sign == b'"' and begins_value:
            inside, begins_value = True, False
        elif sign == b"\n" or (sign == b"\r" and content[i + 1 : i + 2] != b"\n"):
            ends.append(i + 1)
            begins_value = True
        else:
            begins_value = sign == b","
        i += 1
    return ends, inside


@given(contents)
@example(b'"a""b"\n"c\nd",e\n')
@example(b'5" screen,6" screen\nb\n')
@example(b'"open\nand never closed,\n')
@example(b'"a" b,"\n",c\n')
@example(b'"a""')
def test_rows_end_where_the_rule_says(content: bytes) -> None:
    found = csv_row_ends(content, ",", whole=True)
    assert (found.ends.tolist(), found.open_quote) == slow_row_ends(content)


@given(contents)
def test_arrow_reads_as_many_rows(content: bytes) -> None:
    found = csv_row_ends(content, ",", whole=True)
    if found.open_quote or not content.strip(b"\r\n"):
        return
    bounds = [0, *found.ends.tolist(), len(content)]
    rows = [content[a:b].rstrip(b"\r\n") for a, b in itertools.pairwise(bounds)]
    odd = []

    def set_aside(row: pyarrow.csv.InvalidRow) -> str:
        odd.append(row.number)
        return "skip"

    table = pyarrow.csv.read_csv(
        pa.BufferReader(content),
        read_options=pyarrow.csv.ReadOptions(use_threads=False, column_names=["a", "b"]),
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True, invalid_row_handler=set_aside),
    )
    assert table.num_rows + len(odd) == sum(bool(row) for row in rows)


@given(contents)
def test_a_return_at_the_end_is_left_open_while_more_may_come(content: bytes) -> None:
    ends = csv_line_ends(content, whole=False).tolist()
    whole = csv_line_ends(content, whole=True).tolist()
    assert csv_line_count(content) == len(whole)
    assert ends == [end for end in whole if not (end == len(content) and content.endswith(b"\r"))]


@pytest.mark.parametrize(
    ("content", "expected"), [(b"", []), (b"a", []), (b"a\n", [2]), (b"\n\n", [1, 2]), (b"a\r\nb\rc\n", [3, 7])]
)
def test_lines_of_plain_text_end_at_newlines(content: bytes, expected: list[int]) -> None:
    assert line_ends(content).tolist() == expected
