"""`ChunkIndex` is a dict from strings to numbers, whatever the strings and however many calls."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsclf.chunkindex import ChunkIndex

# Shorter than a key, exactly as long, longer, empty, with NUL, and alike in all but the end or the length.
sizes = st.sampled_from([0, 1, 7, 8, 9, 15, 16, 24, 31, 32, 33, 40, 64, 100])
sized = st.builds(
    lambda size, sign, end: (sign * size)[:size] + end,
    sizes,
    st.sampled_from("aب\0"),
    st.sampled_from(["", "x", "\0", "\0\0"]),
)
strings = st.one_of(sized, st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
calls = st.lists(st.lists(strings, max_size=12, unique=True), max_size=6)


@given(calls, st.booleans())
def test_it_gives_the_numbers_a_dict_would(many: list[list[str]], large: bool) -> None:
    index = ChunkIndex()
    expected: dict[str, int] = {}
    for chunks in many:
        array = pa.array(chunks, pa.large_string() if large else pa.string())
        before = [expected.get(chunk, -1) for chunk in chunks]
        assert index.find(array).tolist() == before
        new = [chunk for chunk in chunks if chunk not in expected]
        expected.update(zip(new, range(index.size, index.size + len(new)), strict=True))
        assert index.add(pa.array(new, array.type)).tolist() == [expected[chunk] for chunk in new]
        assert index.size == len(expected)
        assert index.find(array).tolist() == [expected[chunk] for chunk in chunks]


@pytest.mark.parametrize("count", [1023, 1024, 1025, 5000, 70_000])
def test_it_grows(count: int) -> None:
    names = [f"كلمة{number}" for number in range(count)]
    index = ChunkIndex()
    rows = index.add(pa.array(names))
    assert np.array_equal(rows, np.arange(count))
    assert np.array_equal(index.find(pa.array(names[::-1])), rows[::-1])
    assert index.find(pa.array(["غيرها"])).tolist() == [-1]
    assert index.add(pa.array(["غيرها"])).tolist() == [count]


def test_it_grows_call_by_call() -> None:
    index = ChunkIndex()
    seen: list[str] = []
    for step in range(60):
        fresh = [f"{step}-{number}-{'ط' * (number % 20)}" for number in range(97)]
        index.add(pa.array(fresh))
        seen += fresh
        assert index.size == len(seen)
    rows = index.find(pa.array(seen))
    assert np.array_equal(np.sort(rows), np.arange(len(seen)))


def test_strings_of_one_hash_neighbourhood_are_told_apart() -> None:
    # Trailing NUL bytes look like the padding of shorter strings.
    names = ["", "\0", "\0\0", "\0" * 31, "\0" * 32, "\0" * 33, "a", "a\0", "a" + "\0" * 31, "a" + "\0" * 32]
    index = ChunkIndex()
    index.add(pa.array(names))
    assert index.find(pa.array(names)).tolist() == list(range(len(names)))


def test_a_slice_is_indexed_as_the_slice() -> None:
    array = pa.array(["طنجة", "فاس", "ط" * 40, "وجدة"])
    index = ChunkIndex()
    rows = index.add(array.slice(1, 2))
    assert index.find(pa.array(["فاس", "ط" * 40])).tolist() == rows.tolist()
    assert index.find(array).tolist() == [-1, *rows.tolist(), -1]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_no_strings_are_no_trouble(kind: pa.DataType) -> None:
    index = ChunkIndex()
    assert index.find(pa.array([], kind)).tolist() == []
    assert (index.add(pa.array([], kind)).tolist(), index.size) == ([], 0)
