"""Calibration finds the temperature that made the scores and the threshold that gives the precision."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsclf.calibration import fit_calibration, threshold_for_precision
from newsclf.evaluation import calibration_error
from newsclf.topicmodel import Calibration


def drawn(
    rng: np.random.Generator, log_temperature: float, slope: float, count: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return scores, lengths and truth of texts, where the truth is drawn by the calibrated probabilities."""
    lengths = rng.integers(4, 80, count) if slope else np.full(count, 9)
    honest = rng.normal(scale=2.5, size=(count, 4))
    scores = honest * np.exp(log_temperature + slope * np.log(lengths))[:, None]
    probabilities = Calibration(log_temperature, slope).probabilities(scores.T, lengths).T
    truth = (probabilities.cumsum(axis=1) < rng.random((count, 1))).sum(axis=1).clip(max=3)
    return scores, lengths, truth


@pytest.mark.parametrize("log_temperature", [-1.0, 0.0, 0.7])
def test_a_known_temperature_is_found(log_temperature: float) -> None:
    scores, lengths, truth = drawn(np.random.default_rng(1), log_temperature, 0.0, 6000)
    found = fit_calibration(scores, lengths, truth)
    assert found.log_temperature == pytest.approx(log_temperature, abs=0.06)
    assert found.length_slope == 0.0


@pytest.mark.parametrize("slope", [0.3, -0.2])
def test_a_temperature_that_follows_the_length_is_found(slope: float) -> None:
    scores, lengths, truth = drawn(np.random.default_rng(2), 0.4, slope, 8000)
    found = fit_calibration(scores, lengths, truth)
    # Slope and level trade off against each other; at the lengths there are, the temperature is right.
    for length in (6, 40):
        wanted = 0.4 + slope * np.log(length)
        assert found.log_temperature + found.length_slope * np.log(length) == pytest.approx(wanted, abs=0.1)
    probabilities = found.probabilities(scores.T, lengths)
    assert calibration_error(probabilities.max(axis=0), probabilities.argmax(axis=0) == truth) < 0.03


def test_a_weight_of_two_is_the_text_twice() -> None:
    scores, lengths, truth = drawn(np.random.default_rng(3), 0.4, 0.2, 300)
    twice = np.r_[np.arange(300), np.arange(40)]
    weight = np.where(np.arange(300) < 40, 2.0, 1.0)
    weighted = fit_calibration(scores, lengths, truth, weight=weight)
    repeated = fit_calibration(scores[twice], lengths[twice], truth[twice])
    assert weighted.log_temperature == pytest.approx(repeated.log_temperature, abs=0.01)
    assert weighted.length_slope == pytest.approx(repeated.length_slope, abs=0.01)


def test_the_threshold_gives_the_precision_on_texts_not_seen() -> None:
    rng = np.random.default_rng(4)
    found = fit_calibration(*drawn(rng, 0.5, 0.0, 6000), precision=0.9)
    scores, lengths, truth = drawn(rng, 0.5, 0.0, 6000)
    probabilities = found.probabilities(scores.T, lengths)
    confident = probabilities.max(axis=0) >= found.threshold
    right = probabilities.argmax(axis=0) == truth
    assert right.mean() < 0.8
    assert right[confident].mean() == pytest.approx(0.9, abs=0.02)
    assert 0.2 < confident.mean() < 0.9


@given(
    pairs=st.lists(st.tuples(st.sampled_from([0.3, 0.5, 0.6, 0.8, 0.9]), st.booleans()), min_size=1, max_size=120),
    precision=st.sampled_from([0.5, 0.8, 0.95]),
)
def test_the_threshold_is_the_least_that_gives_the_precision(pairs: list[tuple[float, bool]], precision: float) -> None:
    probability, right = np.array([pair[0] for pair in pairs]), np.array([pair[1] for pair in pairs])
    found = threshold_for_precision(probability, right, precision)
    enough = [
        each
        for each in np.unique(probability)
        if (probability >= each).sum() >= 20 and right[probability >= each].mean() >= precision
    ]
    assert found == min(enough, default=1.0)


def test_weights_count_in_the_threshold() -> None:
    probability, right = np.repeat([0.9, 0.5], 30), np.repeat([True, False], 30)
    light = np.where(right, 1.0, 0.001)
    assert threshold_for_precision(probability, right, 0.95) == 0.9
    assert threshold_for_precision(probability, right, 0.95, light) == 0.5


def test_nothing_is_confident_where_no_threshold_is_good_enough() -> None:
    assert threshold_for_precision(np.full(100, 0.9), np.arange(100) % 2 == 0, 0.95) == 1.0
    # Too few to tell.
    assert threshold_for_precision(np.full(10, 0.9), np.ones(10, dtype=bool), 0.95) == 1.0
