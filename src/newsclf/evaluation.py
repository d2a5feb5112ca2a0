"""How good predictions are: accuracy, F1, calibration and coverage, with intervals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support, roc_auc_score

from newsclf.taxonomy import OTHER

CALIBRATION_BINS = 15
BOOTSTRAP_DRAWS = 2000

Matrix = npt.NDArray[np.float64]
_Metric = Callable[[Matrix], Matrix]


@dataclass(frozen=True)
class Judged:
    """Predictions beside the truth.

    Attributes
    ----------
    categories : tuple of str
        The k categories, in the order of the columns of `probabilities`.
    truth : ndarray of str, shape (n,)
    probabilities : ndarray of shape (n, k)
    confident : ndarray of bool, shape (n,)
    """

    categories: tuple[str, ...]
    truth: npt.NDArray[np.str_]
    probabilities: npt.NDArray[np.floating]
    confident: npt.NDArray[np.bool_]

    @property
    def predicted(self) -> npt.NDArray[np.str_]:
        """The most probable category of each text."""
        return np.asarray(np.array(self.categories)[self.probabilities.argmax(axis=1)])

    @property
    def right(self) -> npt.NDArray[np.bool_]:
        """Whether each prediction is right."""
        return np.asarray(self.predicted == self.truth)

    def where(self, mask: npt.NDArray[np.bool_]) -> Judged:
        """Return the part that a mask of shape (n,) selects."""
        return Judged(self.categories, self.truth[mask], self.probabilities[mask], self.confident[mask])

    def among(self, categories: Sequence[str]) -> Judged:
        """Return the texts that are of some categories, judged as if there were no others.

        Probabilities are those given that one of these categories is right.
        """
        columns = [self.categories.index(name) for name in categories]
        rows = np.isin(self.truth, categories)
        part = self.probabilities[rows][:, columns].astype(np.float64)
        part /= np.maximum(part.sum(axis=1, keepdims=True), np.finfo(np.float64).tiny)
        return Judged(tuple(categories), self.truth[rows], part, self.confident[rows])


def measure(judged: Judged, seed: int = 0) -> dict[str, float]:
    """Return every metric of some predictions, by name.

    Parameters
    ----------
    judged : Judged
        At least one prediction.
    seed : int
        Of the bootstrap.

    Returns
    -------
    dict of str to float
        ``accuracy`` and ``macro_f1`` with ``.low`` and ``.high`` (95 % bootstrap interval),
        ``log_loss``, ``calibration_error``, ``coverage`` (share confident),
        ``confident_accuracy``, ``count``, ``precision.<category>``, ``recall.<category>``,
        ``f1.<category>`` and ``support.<category>``; with `other` among the categories and in the
        truth also ``in_scope_auroc``, ``in_scope_lost`` (share of in-scope texts taken for
        `other`), ``in_scope_accuracy`` and ``in_scope_macro_f1`` (among the rest).

    Examples
    --------
    >>> judged = Judged(("sport", "economy"), np.array(["sport", "economy"]),
    ...                 np.array([[0.9, 0.1], [0.6, 0.4]]), np.array([True, False]))
    >>> found = measure(judged)
    >>> found["accuracy"], found["coverage"], found["confident_accuracy"]
    (0.5, 0.5, 1.0)
    """
    categories = list(judged.categories)
    matrix = confusion_matrix(judged.truth, judged.predicted, labels=categories).astype(np.float64)
    metrics = {"count": float(judged.truth.size)}
    metrics |= _with_interval("accuracy", matrix, _accuracy, seed)
    metrics |= _with_interval("macro_f1", matrix, _macro_f1, seed)
    precision, recall, f1, support = precision_recall_fscore_support(
        judged.truth, judged.predicted, labels=categories, zero_division=0.0
    )
    for place, name in enumerate(categories):
        metrics[f"precision.{name}"] = float(precision[place])
        metrics[f"recall.{name}"] = float(recall[place])
        metrics[f"f1.{name}"] = float(f1[place])
        metrics[f"support.{name}"] = float(support[place])
    metrics["log_loss"] = log_loss(judged)
    metrics["calibration_error"] = calibration_error(judged.probabilities.max(axis=1), judged.right)
    metrics["coverage"] = float(judged.confident.mean())
    if judged.confident.any():
        metrics["confident_accuracy"] = float(judged.right[judged.confident].mean())
    if OTHER in categories:
        metrics |= _scope_metrics(judged, seed)
    return metrics


def _scope_metrics(judged: Judged, seed: int) -> dict[str, float]:
    """Return how well in-scope texts are told from `other`, and how well they are told apart."""
    in_scope = judged.truth != OTHER
    if not in_scope.any():
        return {}
    inside = judged.among([name for name in judged.categories if name != OTHER])
    matrix = confusion_matrix(inside.truth, inside.predicted, labels=list(inside.categories)).astype(np.float64)
    metrics = _with_interval("in_scope_accuracy", matrix, _accuracy, seed)
    metrics |= _with_interval("in_scope_macro_f1", matrix, _macro_f1, seed)
    metrics["in_scope_lost"] = float((judged.predicted[in_scope] == OTHER).mean())
    if not in_scope.all():
        other = judged.probabilities[:, judged.categories.index(OTHER)]
        metrics["in_scope_auroc"] = float(roc_auc_score(in_scope, -other))
    return metrics


def _with_interval(name: str, matrix: Matrix, metric: _Metric, seed: int) -> dict[str, float]:
    low, high = np.quantile(metric(_resampled(matrix, seed)), [0.025, 0.975])
    return {name: float(metric(matrix[None])[0]), f"{name}.low": float(low), f"{name}.high": float(high)}


def _resampled(matrix: Matrix, seed: int) -> Matrix:
    """Return confusion matrices of bootstrap samples.

    Drawing n texts with replacement and counting them is drawing the cells from a multinomial, so
    no text need be drawn. Shape (draws, k, k).
    """
    total = matrix.sum()
    generator = np.random.default_rng(seed)
    draws = generator.multinomial(int(total), (matrix / total).ravel(), size=BOOTSTRAP_DRAWS)
    return draws.reshape(-1, *matrix.shape).astype(np.float64)


def _accuracy(matrices: Matrix) -> Matrix:
    return np.asarray(matrices.trace(axis1=1, axis2=2) / matrices.sum(axis=(1, 2)))


def _macro_f1(matrices: Matrix) -> Matrix:
    """Return the mean F1 over the categories that occur in truth or prediction."""
    hits = np.diagonal(matrices, axis1=1, axis2=2)
    both = matrices.sum(axis=1) + matrices.sum(axis=2)
    f1 = np.divide(2 * hits, both, out=np.zeros_like(both), where=both > 0)
    return np.asarray(f1.sum(axis=1) / np.maximum((both > 0).sum(axis=1), 1))


def log_loss(judged: Judged) -> float:
    """Return the mean negative log probability of the truth, in nats; probabilities floored at 1e-6."""
    columns = np.array([judged.categories.index(str(name)) for name in judged.truth])
    given = judged.probabilities[np.arange(columns.size), columns].astype(np.float64)
    return float(-np.log(np.maximum(given, 1e-6)).mean())


def calibration_error(probability: npt.NDArray[np.floating], right: npt.NDArray[np.bool_]) -> float:
    """Return the expected calibration error over 15 bins of equal width.

    The mean, weighted by bin size, of the distance between the mean probability of a bin and the
    share of it that is right (Naeini, Cooper and Hauskrecht, 2015).

    Parameters
    ----------
    probability : ndarray of shape (n,)
        Of the predicted category.
    right : ndarray of bool, shape (n,)

    Examples
    --------
    >>> round(calibration_error(np.array([0.9, 0.9]), np.array([True, False])), 3)
    0.4
    """
    return float(sum(part.share * abs(part.probability - part.accuracy) for part in reliability(probability, right)))


@dataclass(frozen=True)
class ReliabilityBin:
    """One bar of a reliability plot: share of the texts, mean probability, share of them right."""

    share: float
    probability: float
    accuracy: float


def reliability(probability: npt.NDArray[np.floating], right: npt.NDArray[np.bool_]) -> list[ReliabilityBin]:
    """Return the bins that hold any text, in order of probability. Parameters as for `calibration_error`."""
    number = np.minimum((probability * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    return [
        ReliabilityBin(
            float((number == place).mean()),
            float(probability[number == place].astype(np.float64).mean()),
            float(right[number == place].mean()),
        )
        for place in np.unique(number)
    ]


def coverage_curve(probability: npt.NDArray[np.floating], right: npt.NDArray[np.bool_]) -> tuple[Matrix, Matrix]:
    """Return, for each share of the texts answered from the most probable down, the share right.

    Parameters
    ----------
    probability : ndarray of shape (n,)
    right : ndarray of bool, shape (n,)

    Returns
    -------
    coverage, accuracy : ndarrays of shape (n,)
    """
    order = np.argsort(-probability, kind="stable")
    answered = np.arange(1, order.size + 1)
    return answered / order.size, np.cumsum(right[order]) / answered
