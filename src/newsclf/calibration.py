"""Fitting what turns scores into honest probabilities."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from newsclf.topicmodel import Calibration

# A threshold says nothing below this many confident predictions.
_FEWEST_CONFIDENT = 20


def fit_calibration(
    scores: npt.NDArray[np.float64],
    lengths: npt.NDArray[np.integer],
    truth: npt.NDArray[np.integer],
    precision: float = 0.95,
    weight: npt.NDArray[np.float64] | None = None,
) -> Calibration:
    """Return the temperature with the least log loss and the threshold that gives a precision.

    Parameters
    ----------
    scores : ndarray of shape (n, k)
        Of texts that the scoring model was not trained on.
    lengths : ndarray of shape (n,)
        Number of telling words of each text.
    truth : ndarray of int, shape (n,)
        Column of the right category.
    precision : float
        The share of confident predictions that should be right.
    weight : ndarray of shape (n,), optional
        Weight of each text.

    Returns
    -------
    Calibration
        With threshold 1 (nothing is confident) where no threshold gives the precision.
    """
    every = np.arange(truth.size)
    log_length = np.log(np.maximum(lengths, 1)).astype(np.float64)
    share = np.ones(truth.size) if weight is None else weight
    share = share / share.sum()
    # Texts of one length can't tell a slope.
    sloping = bool(np.ptp(log_length) > 0.5)

    def loss(flat: npt.NDArray[np.float64]) -> float:
        scaled = scores / np.exp(flat[0] + (flat[1] * log_length if sloping else 0.0))[..., None]
        scaled = scaled - scaled.max(axis=1, keepdims=True)
        log_probability = scaled[every, truth] - np.log(np.exp(scaled).sum(axis=1))
        return float(-(share * log_probability).sum() + 1e-4 * (flat**2).sum())

    found = minimize(loss, np.zeros(2), method="Nelder-Mead", options={"xatol": 1e-4, "fatol": 1e-7})
    temperature = Calibration(float(found.x[0]), float(found.x[1]) if sloping else 0.0)
    probabilities = temperature.probabilities(scores.T, lengths)
    right = probabilities.argmax(axis=0) == truth
    threshold = threshold_for_precision(probabilities.max(axis=0), right, precision, share)
    return Calibration(temperature.log_temperature, temperature.length_slope, threshold)


def threshold_for_precision(
    probability: npt.NDArray[np.floating],
    right: npt.NDArray[np.bool_],
    precision: float,
    weight: npt.NDArray[np.float64] | None = None,
) -> float:
    """Return the least probability such that predictions at least so probable are right often enough.

    Parameters
    ----------
    probability : ndarray of shape (n,)
    right : ndarray of bool, shape (n,)
    precision : float
    weight : ndarray of shape (n,), optional

    Returns
    -------
    float
        1 where there is none.

    Examples
    --------
    >>> probability = np.repeat([0.9, 0.5], 50)
    >>> round(threshold_for_precision(probability, np.repeat([True, False], 50), 0.95), 2)
    0.9
    """
    share = np.ones(probability.size) if weight is None else weight
    order = np.argsort(-probability, kind="stable")
    ordered = probability[order]
    reached = np.cumsum((share * right)[order]) / np.cumsum(share[order])
    last_of_ties = np.append(ordered[1:] != ordered[:-1], True)
    good = np.flatnonzero((reached >= precision) & last_of_ties & (np.arange(order.size) + 1 >= _FEWEST_CONFIDENT))
    return float(ordered[good[-1]]) if good.size else 1.0
