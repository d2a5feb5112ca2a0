"""Metrics against scikit-learn's, calibration error by hand, and intervals that hold the truth as often as they say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import (
    accuracy_score,
    classification_report,
    f1_score,
    log_loss,
    roc_auc_score,
)

from newsclf.evaluation import (
    Judged,
    calibration_error,
    coverage_curve,
    measure,
    reliability,
)

CATEGORIES = ("security", "sport", "politics", "economy", "other")


def judged_at_random(seed: int, count: int, right: float = 0.7) -> Judged:
    """Return predictions of which about a share is right."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 5, count)
    probabilities = rng.dirichlet(np.ones(5), count)
    best = probabilities.argmax(axis=1)
    wanted = np.where(rng.random(count) < right, truth, rng.integers(0, 5, count))
    rows = np.arange(count)
    probabilities[rows, best], probabilities[rows, wanted] = (
        probabilities[rows, wanted].copy(),
        probabilities[rows, best].copy(),
    )
    return Judged(CATEGORIES, np.array(CATEGORIES)[truth], probabilities, rng.random(count) < 0.6)


@settings(max_examples=25)
@given(seed=st.integers(0, 10_000), count=st.integers(2, 60))
def test_metrics_are_those_of_scikit_learn(seed: int, count: int) -> None:
    judged = judged_at_random(seed, count)
    found = measure(judged)
    assert found["count"] == count
    assert found["accuracy"] == accuracy_score(judged.truth, judged.predicted)
    occurring = sorted({*judged.truth, *judged.predicted})
    assert found["macro_f1"] == pytest.approx(
        f1_score(judged.truth, judged.predicted, labels=occurring, average="macro", zero_division=0)
    )
    report = classification_report(judged.truth, judged.predicted, labels=CATEGORIES, output_dict=True, zero_division=0)
    for name in CATEGORIES:
        assert found[f"precision.{name}"] == report[name]["precision"]
        assert found[f"recall.{name}"] == report[name]["recall"]
        assert found[f"f1.{name}"] == pytest.approx(report[name]["f1-score"])
        assert found[f"support.{name}"] == report[name]["support"]
    by_name = np.argsort(CATEGORIES)
    assert found["log_loss"] == pytest.approx(
        log_loss(judged.truth, judged.probabilities[:, by_name], labels=sorted(CATEGORIES))
    )
    assert found["coverage"] == judged.confident.mean()
    if judged.confident.any():
        assert found["confident_accuracy"] == pytest.approx(judged.right[judged.confident].mean())
    else:
        assert "confident_accuracy" not in found
    for name in ("accuracy", "macro_f1"):
        assert 0 <= found[f"{name}.low"] <= found[f"{name}.high"] <= 1


def test_the_scope_is_measured_apart() -> None:
    judged = judged_at_random(3, 400)
    found = measure(judged)
    in_scope = judged.truth != "other"
    assert found["in_scope_auroc"] == roc_auc_score(in_scope, 1 - judged.probabilities[:, 4])
    assert found["in_scope_lost"] == (judged.predicted[in_scope] == "other").mean()
    best_of_four = np.array(CATEGORIES)[judged.probabilities[:, :4].argmax(axis=1)]
    assert found["in_scope_accuracy"] == (best_of_four == judged.truth)[in_scope].mean()
    only_inside = measure(judged.where(in_scope))
    assert "in_scope_auroc" not in only_inside
    assert only_inside["in_scope_accuracy"] == found["in_scope_accuracy"]
    assert "in_scope_accuracy" not in measure(judged.where(~in_scope))


def test_among_some_categories_the_others_do_not_exist() -> None:
    judged = judged_at_random(5, 200)
    among = judged.among(["economy", "sport"])
    assert among.categories == ("economy", "sport")
    assert {*among.truth} == {"economy", "sport"}
    rows = np.isin(judged.truth, ["economy", "sport"])
    assert among.probabilities.sum(axis=1) == pytest.approx(1.0)
    odds = judged.probabilities[rows, 3] / judged.probabilities[rows, 1]
    assert among.probabilities[:, 0] / among.probabilities[:, 1] == pytest.approx(odds)
    assert np.array_equal(among.confident, judged.confident[rows])


def test_a_text_that_is_surely_of_another_category_is_still_judged_among_some() -> None:
    judged = Judged(CATEGORIES, np.array(["sport"]), np.array([[0.0, 0.0, 0.0, 0.0, 1.0]]), np.array([True]))
    assert np.isfinite(judged.among(["sport", "economy"]).probabilities).all()
    assert measure(judged)["log_loss"] == pytest.approx(-np.log(1e-6))


def test_intervals_hold_the_true_accuracy_as_often_as_they_say() -> None:
    # The truth is drawn at 0.8 in each of 200 small tests; 95 % intervals may miss it in about 10.
    missed = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        right = rng.random(150) < 0.8
        said = np.array([[0.9, 0.1], [0.1, 0.9]])[(~right).astype(int)]
        found = measure(Judged(("a", "b"), np.full(150, "a"), said, right), seed)
        missed += not found["accuracy.low"] <= 0.8 <= found["accuracy.high"]
    assert 2 <= missed <= 20


def test_intervals_are_the_same_each_time_and_shrink_with_more_texts() -> None:
    few, many = judged_at_random(1, 50), judged_at_random(1, 5000)
    assert measure(few) == measure(few)

    def width(judged: Judged) -> float:
        return measure(judged)["macro_f1.high"] - measure(judged)["macro_f1.low"]

    assert width(many) < width(few) / 5


def test_the_calibration_error_by_hand() -> None:
    # Bins are fifteenths: 0.50 and 0.52 share one, half of it right; 0.9 stands alone, wrong; 1.0 is in the last.
    probability = np.array([0.50, 0.52, 0.9, 1.0])
    right = np.array([True, False, False, True])
    expected = (2 * abs(0.51 - 0.5) + abs(0.9 - 0.0) + abs(1.0 - 1.0)) / 4
    assert calibration_error(probability, right) == pytest.approx(expected)
    bars = reliability(probability, right)
    assert [(bar.share, bar.accuracy) for bar in bars] == [(0.5, 0.5), (0.25, 0.0), (0.25, 1.0)]
    assert [bar.probability for bar in bars] == pytest.approx([0.51, 0.9, 1.0])


def test_honest_probabilities_have_no_calibration_error() -> None:
    rng = np.random.default_rng(0)
    probability = rng.uniform(0.2, 1, 200_000)
    assert calibration_error(probability, rng.random(200_000) < probability) < 0.01
    assert calibration_error(probability, np.zeros(200_000, dtype=bool)) == pytest.approx(probability.mean())


def test_single_precision_of_large_tests_is_not_lost() -> None:
    probability = np.full(3_000_000, 0.7, dtype=np.float32)
    assert calibration_error(probability, np.arange(3_000_000) % 10 < 7) == pytest.approx(0.0, abs=1e-6)


def test_coverage_goes_from_the_surest_down() -> None:
    coverage, accuracy = coverage_curve(np.array([0.6, 0.9, 0.7]), np.array([False, True, True]))
    assert coverage == pytest.approx([1 / 3, 2 / 3, 1])
    assert accuracy == pytest.approx([1, 1, 2 / 3])
