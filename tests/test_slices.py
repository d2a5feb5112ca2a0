"""A table of predictions is cut so that no text is counted twice or forgotten."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsclf.predictor import Predictor
from newsclf.slices import SMALLEST_SLICE, parts, slices
from tests.prediction_tables import run_predictions


def sizes(table: pa.Table, group: str) -> dict[str, int]:
    return {each.name: int(each.mask.sum()) for each in slices(table) if each.group == group}


def test_parts_hold_every_row_once_and_the_test_comes_first(tiny_predictor: Predictor) -> None:
    predictions = run_predictions(tiny_predictor)
    found = parts(predictions)
    assert [(part.split, part.view) for part in found] == [
        ("test", "headline"),
        ("test", "article"),
        ("dev", "headline"),
    ]
    ids = [name for part in found for name in part.predictions["id"].to_pylist()]
    assert sorted(ids) == sorted(predictions["id"].to_pylist())


def test_a_part_is_judged_with_its_own_rows(tiny_predictor: Predictor) -> None:
    part = parts(run_predictions(tiny_predictor))[0]
    assert part.judged.truth.tolist() == part.predictions["category"].to_pylist()
    assert part.judged.predicted.tolist() == part.predictions["predicted"].to_pylist()


def test_splits_and_views_without_a_place_of_their_own_come_last() -> None:
    table = pa.table({"split": ["mine", "folds", "dev"], "view": ["headline"] * 3})
    assert [part.split for part in parts(table)] == ["folds", "dev", "mine"]


@given(st.lists(st.sampled_from(["a", "b", "c", None]), max_size=150))
def test_slices_of_a_group_are_the_values_with_enough_texts(values: list[str | None]) -> None:
    found = [each for each in slices(pa.table({"source": pa.array(values, pa.string())})) if each.group == "source"]
    distinct = set(values)
    counts = {name: values.count(name) for name in distinct - {None}}
    wanted = {name: count for name, count in counts.items() if count >= SMALLEST_SLICE} if len(distinct) > 1 else {}
    assert {each.name: int(each.mask.sum()) for each in found} == wanted
    assert [int(each.mask.sum()) for each in found] == sorted(wanted.values(), reverse=True)
    for each in found:
        assert {values[place] for place in np.flatnonzero(each.mask)} == {each.name}


def test_years_are_in_order_and_a_missing_year_is_in_no_slice() -> None:
    years = [2024] * 30 + [None] * 5 + [2016] * 20 + [2020] * 3
    assert list(sizes(pa.table({"year": pa.array(years, pa.int32())}), "year").items()) == [("2016", 20), ("2024", 30)]


@pytest.mark.parametrize(
    ("words", "name"), [(0, "up to 6"), (6, "up to 6"), (7, "7 to 9"), (19, "14 to 19"), (60, "60 and more")]
)
def test_length_is_the_number_of_words(words: int, name: str) -> None:
    texts = [" ".join(["كلمة"] * words)] * 20 + [" ".join(["كلمة"] * 25)] * 20
    assert sizes(pa.table({"text": texts}), "length in words") == {name: 20, "20 to 59": 20}


def test_shares_of_unknown_words() -> None:
    shares = [0.0] * 20 + [0.1] * 20 + [0.1001] * 20 + [1.0] * 20 + [None] * 20
    assert sizes(pa.table({"unknown_share": pa.array(shares, pa.float32())}), "words the model doesn't know") == {
        "none": 20,
        "up to a tenth": 20,
        "a tenth to a quarter": 20,
        "more than a quarter": 20,
    }


def test_a_group_that_does_not_divide_the_texts_is_left_out() -> None:
    everywhere = {"kind": ["ticker"] * 40, "label_origin": ["author"] * 40, "style": pa.nulls(40, pa.string())}
    shares = {"unknown_share": pa.nulls(40, pa.float32())}
    assert slices(pa.table(everywhere | shares)) == []
