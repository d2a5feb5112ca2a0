"""Comparing two models: the right difference, an honest interval, and a verdict that is not led by luck."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score

from newsclf.comparison import compare
from newsclf.errors import InputError
from tests.runfolders import predictions

CATEGORIES = ("security", "sport", "politics")
labels = st.sampled_from(CATEGORIES)


def tables(rows: list[tuple[str, str, str]]) -> tuple[pa.Table, pa.Table, list[str]]:
    texts = [f"خبر {place}" for place in range(len(rows))]
    truth = [row[0] for row in rows]
    first, second = (predictions([row[at] for row in rows], texts=texts, truth=truth) for at in (1, 2))
    return first, second, truth


@given(st.lists(st.tuples(labels, labels, labels), min_size=1, max_size=60))
@settings(max_examples=30, deadline=None)
def test_point_estimates_are_those_of_scikit_learn(rows: list[tuple[str, str, str]]) -> None:
    first, second, truth = tables(rows)
    whole = compare(first, second).views[0].overall
    said = [[row[at] for row in rows] for at in (1, 2)]
    assert [whole.accuracy.first, whole.accuracy.second] == pytest.approx([accuracy_score(truth, s) for s in said])
    for value, each in zip((whole.macro_f1.first, whole.macro_f1.second), said, strict=True):
        assert value == pytest.approx(f1_score(truth, each, average="macro", zero_division=0))
    assert whole.accuracy.low <= whole.accuracy.difference <= whole.accuracy.high


@given(st.lists(st.tuples(labels, labels, labels), min_size=1, max_size=40))
@settings(max_examples=15, deadline=None)
def test_turned_round_it_says_the_opposite(rows: list[tuple[str, str, str]]) -> None:
    first, second, _ = tables(rows)
    there, back = (compare(*pair).views[0].overall for pair in ((first, second), (second, first)))
    assert there.accuracy.difference == pytest.approx(-back.accuracy.difference)
    assert there.p_value == back.p_value
    assert (there.only_first_right, there.only_second_right) == (back.only_second_right, back.only_first_right)


def test_interval_is_that_of_drawing_texts() -> None:
    """The multinomial over cells must give the interval that resampling the texts one by one gives."""
    generator = np.random.default_rng(1)
    rows = [
        (
            "sport",
            "sport" if generator.random() < 0.80 else "politics",
            "sport" if generator.random() < 0.88 else "other",
        )
        for _ in range(400)
    ]
    first, second, _ = tables(rows)
    found = compare(first, second).views[0].overall.accuracy
    gain = np.array([(row[2] == row[0]) - (row[1] == row[0]) for row in rows], dtype=float)
    drawn = gain[generator.integers(0, gain.size, size=(5000, gain.size))].mean(axis=1)
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(drawn, [0.025, 0.975])), abs=0.01)


def test_interval_is_that_of_drawing_whole_groups() -> None:
    """Near-duplicates are right or wrong together; drawn one by one they would feign certainty."""
    generator = np.random.default_rng(2)
    rows: list[tuple[str, str, str]] = []
    groups: list[str | None] = []
    for number in range(60):
        second = "sport" if generator.random() < 0.6 else "politics"
        size = 1 + number % 8
        rows += [("sport", "sport" if generator.random() < 0.5 else "politics", second) for _ in range(size)]
        groups += [f"g{number}"] * size
    rows += [("politics", "politics", "sport")] * 3
    groups += [None] * 3
    first, second, _ = tables(rows)
    column = pa.array(groups, pa.string())
    found = compare(first.append_column("group", column), second.append_column("group", column))
    gain = np.array([(row[2] == row[0]) - (row[1] == row[0]) for row in rows], dtype=float)
    own = [group or f"alone {place}" for place, group in enumerate(groups)]
    names = sorted(set(own))
    sums = np.array([sum(g for g, each in zip(gain, own, strict=True) if each == name) for name in names])
    sizes = np.array([own.count(name) for name in names])
    drawn = generator.integers(0, len(names), size=(5000, len(names)))
    wanted = np.quantile(sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1), [0.025, 0.975])
    accuracy = found.views[0].overall.accuracy
    assert (accuracy.low, accuracy.high) == pytest.approx(tuple(wanted), abs=0.015)
    one_by_one = compare(first, second).views[0].overall.accuracy
    assert accuracy.high - accuracy.low > 1.2 * (one_by_one.high - one_by_one.low)
    assert accuracy.difference == one_by_one.difference


def test_mcnemar_is_the_exact_binomial() -> None:
    rows = [("sport", "sport", "politics")] * 2 + [("sport", "politics", "sport")] * 10 + [("sport",) * 3] * 30
    first, second, _ = tables(rows)
    whole = compare(first, second).views[0].overall
    assert (whole.only_first_right, whole.only_second_right) == (2, 10)
    # 2 · P(at most 2 heads in 12 throws) = 2 · (1 + 12 + 66) / 4096
    assert whole.p_value == pytest.approx(2 * 79 / 4096)


def test_three_lucky_texts_are_no_real_difference() -> None:
    rows = [("sport", "politics", "sport")] * 3 + [("sport",) * 3] * 20
    first, second, _ = tables(rows)
    found = compare(first, second)
    assert found.verdict(found.views[0]).startswith("no real difference")


def test_a_clear_gain_is_named_with_its_winner_and_interval() -> None:
    rows = [("sport", "politics", "sport")] * 30 + [("sport",) * 3] * 170
    first, second, _ = tables(rows)
    better = compare(first, second, names=("old", "new"))
    assert better.verdict(better.views[0]).startswith("new better by 15.0 points, 95 % 10.")
    worse = compare(second, first, names=("old", "new"))
    assert worse.verdict(worse.views[0]).startswith("old better by 15.0 points, 95 % 10.")


def test_models_that_agree_do_not_differ() -> None:
    first, second, _ = tables([("sport", "sport", "sport"), ("politics", "sport", "sport")])
    found = compare(first, second)
    assert found.same_records
    assert found.views[0].overall.p_value == 1.0
    assert found.views[0].overall.accuracy.low == found.views[0].overall.accuracy.high == 0.0
    assert found.views[0].disagreements == ()


def test_only_common_records_count_and_the_rest_is_told() -> None:
    first, second, _ = tables([("sport", "sport", "politics")] * 10)
    found = compare(first.slice(0, 8), second.slice(3), fingerprints=("x", "y"))
    assert not found.same_records
    assert (found.only_first, found.only_second, found.views[0].overall.texts) == (3, 2, 5)


def test_another_fingerprint_is_told_even_where_the_texts_agree() -> None:
    first, second, _ = tables([("sport", "sport", "sport")] * 3)
    assert not compare(first, second, fingerprints=("x", "y")).same_records


def test_records_with_a_new_category_are_left_out() -> None:
    first, second, _ = tables([("sport", "sport", "sport")] * 4)
    second = second.set_column(
        second.column_names.index("category"), "category", pa.array(["politics", "sport", "sport", "sport"])
    )
    found = compare(first, second)
    assert (found.relabelled, found.views[0].overall.texts, found.same_records) == (1, 3, False)


def test_slices_are_shown_where_they_hold_enough_texts() -> None:
    first, second, _ = tables([("sport", "sport", "politics")] * 60)
    names = {part.name for part in compare(first, second).views[0].slices}
    assert names == {"source=seed_page", "source=written", "year=2020", "year=2021"}


def test_disagreements_that_one_gets_right_come_first() -> None:
    first, second, _ = tables([("sport", "politics", "security"), ("sport", "sport", "politics")])
    assert [each.id for each in compare(first, second).views[0].disagreements] == ["h1", "h0"]


def test_the_same_comparison_twice_is_the_same() -> None:
    first, second, _ = tables([("sport", "sport", "politics"), ("politics", "sport", "politics")] * 20)
    assert compare(first, second) == compare(first, second)
    json.dumps(compare(first, second).as_dict())


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda table: table.drop_columns(["predicted"]), "no column predicted"),
        (lambda table: pa.concat_tables([table, table]), "two predictions"),
        (lambda table: table.set_column(1, "split", pa.array(["dev"] * len(table))), "it has predictions for dev"),
        (lambda table: table.set_column(0, "id", pa.array(["x", "y"])), "no text of the split 'test' in common"),
    ],
)
def test_predictions_that_cannot_be_compared_are_refused(spoil: object, said: str) -> None:
    first, second, _ = tables([("sport", "sport", "sport"), ("politics", "sport", "sport")])
    with pytest.raises(InputError, match=said):
        compare(first, spoil(second))  # type: ignore[operator]
