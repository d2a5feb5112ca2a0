"""What callers may hand over as texts, and what is refused by name and position."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from newsclf.errors import InputError
from newsclf.textinput import as_texts

TEXTS = ["فوز الرجاء", "", "توقيف لص"]


@pytest.mark.parametrize(
    "given",
    [
        TEXTS,
        tuple(TEXTS),
        iter(TEXTS),
        np.array(TEXTS),
        np.array(TEXTS, dtype=object),
        pd.Series(TEXTS),
        pd.Series(TEXTS, dtype=object, index=[7, 7, 7]),
        pd.Series(TEXTS, dtype="category"),
        pa.array(TEXTS),
        pa.array(TEXTS, pa.large_string()),
        pa.array(TEXTS, pa.string_view()),
        pa.array(TEXTS).dictionary_encode(),
        pa.chunked_array([TEXTS[:1], TEXTS[1:]]),
    ],
    ids=lambda value: f"{type(value).__name__}",
)
def test_every_kind_of_sequence_is_taken(given: Any) -> None:
    assert as_texts(given).to_pylist() == TEXTS


def test_one_text_counts_as_one() -> None:
    assert as_texts("فوز").to_pylist() == ["فوز"]


@pytest.mark.parametrize(
    "given", [[], (), np.array([], dtype=object), pd.Series([], dtype=object), pa.array([], pa.null())]
)
def test_no_texts_are_no_texts(given: Any) -> None:
    assert as_texts(given).to_pylist() == []


@pytest.mark.parametrize("missing", [None, float("nan"), np.nan, pd.NA])
@pytest.mark.parametrize("container", [list, pd.Series, lambda values: np.array(values, dtype=object)])
def test_a_missing_text_is_named_by_position(missing: Any, container: Any) -> None:
    with pytest.raises(InputError, match=r"text 1 is "):
        as_texts(container(["فوز", missing, "لص"]))


def test_a_missing_text_in_arrow_is_named_by_position() -> None:
    with pytest.raises(InputError, match=r"text 1 is None"):
        as_texts(pa.array(["فوز", None]))
    with pytest.raises(InputError, match=r"text 0 is None"):
        as_texts(pa.array([None, None]))


@pytest.mark.parametrize(("missing", "shown"), [(pd.NA, "NA"), (pd.NaT, "NaT"), (np.float32("nan"), "NaN")])
def test_what_pandas_calls_missing_is_told_as_missing(missing: Any, shown: str) -> None:
    with pytest.raises(InputError, match=f"text 1 is {shown}; remove missing texts"):
        as_texts(pd.Series(["فوز", missing], dtype=object))


@pytest.mark.parametrize("wrong", [7, b"bytes", ["list"], 1.5, True])
def test_what_is_no_text_is_named_by_position_and_type(wrong: Any) -> None:
    with pytest.raises(InputError, match=f"text 2 is {type(wrong).__name__}, not str"):
        as_texts(["فوز", "لص", wrong])


def test_numbers_are_not_taken_for_texts() -> None:
    with pytest.raises(InputError, match="text 0 is int, not str"):
        as_texts([1, 2])
    with pytest.raises(InputError, match="strings, not int64"):
        as_texts(pa.array([1, 2]))


@pytest.mark.parametrize(
    "table", [pd.DataFrame({"title": TEXTS, "id": 1}), pa.table({"title": TEXTS, "id": [1, 2, 3]})]
)
def test_a_table_is_refused_with_its_columns(table: Any) -> None:
    # A table's column names, tagged in place of its rows, would look like an answer.
    with pytest.raises(InputError, match=r"table\[\"title\"\].*'title', 'id'"):
        as_texts(table)


@pytest.mark.parametrize("wrong", [b"bytes", {"a": "b"}, 7, None, object()])
def test_what_is_no_sequence_of_texts_is_refused(wrong: Any) -> None:
    with pytest.raises(InputError, match="not"):
        as_texts(wrong)


def test_two_dimensions_are_refused() -> None:
    with pytest.raises(InputError, match="one dimension, not 2"):
        as_texts(np.array([["فوز"], ["لص"]]))


def test_more_text_than_one_string_array_holds_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("newsclf.textinput._MOST_STRING_BYTES", 10)
    found = as_texts(pa.chunked_array([TEXTS, TEXTS]))
    assert found.type == pa.large_string()
    assert found.to_pylist() == TEXTS + TEXTS


def test_half_a_surrogate_pair_becomes_a_question_mark() -> None:
    assert as_texts(["فوز \ud800"]).to_pylist() == ["فوز ?"]
    assert as_texts("\udc80").to_pylist() == ["?"]
