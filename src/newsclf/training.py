"""From records to a calibrated model: training texts and their weights, out-of-fold scores."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from multiprocessing import resource_tracker

import joblib
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from sklearn.model_selection import GroupKFold

from newsclf.calibration import fit_calibration
from newsclf.classifier import TopicClassifier
from newsclf.configuration import Experiment
from newsclf.contextvectors import ContextVectors, context_vectors
from newsclf.errors import InputError
from newsclf.estimators import TextClassifier, make_estimator
from newsclf.evaluation import Judged
from newsclf.predictor import Predictor
from newsclf.sources.card import repository_root
from newsclf.text import split
from newsclf.topicmodel import Calibration, TopicModel
from newsclf.views import stacked_views, whole_texts

Matrix = npt.NDArray[np.float64]
Progress = Callable[[str], None]

# The views a text reaches a calibrated model in: short and long.
_CALIBRATED_VIEWS = ("headline", "article")


@dataclass(frozen=True)
class Trained:
    """A trained model and how long it took.

    Attributes
    ----------
    estimator : TextClassifier
    calibration : Calibration
    precision : str
        Of the saved scores.
    texts : int
        Number of training texts.
    fit_seconds : float
        Time to fit, calibration not included.
    """

    estimator: TextClassifier
    calibration: Calibration
    precision: str
    texts: int
    fit_seconds: float

    @cached_property
    def vocabulary(self) -> frozenset[str] | None:
        """The words the model has scores of their own for; None for a baseline."""
        if isinstance(self.estimator, TopicClassifier):
            return frozenset(self.estimator.vectoriser_.known_words())
        return None

    @property
    def categories(self) -> tuple[str, ...]:
        """The categories, in the order of the columns of the scores."""
        return tuple(map(str, self.estimator.classes_))

    def topic_model(self) -> TopicModel | None:
        """Return the table of word scores, or None for a baseline that has none."""
        if isinstance(self.estimator, TopicClassifier):
            return self.estimator.to_topic_model(calibration=self.calibration, precision=self.precision)
        return None

    def judge(self, texts: pa.Array, truth: npt.NDArray[np.str_]) -> Judged:
        """Return calibrated predictions beside the truth."""
        scores, lengths = _scores(self.estimator, texts, self.precision)
        probabilities = self.calibration.probabilities(scores.T, lengths).T
        confident = (probabilities.max(axis=1) >= self.calibration.threshold) & (lengths > 0)
        return Judged(self.categories, truth, probabilities, confident)


def train(
    experiment: Experiment,
    records: pa.Table,
    mask: npt.NDArray[np.bool_],
    progress: Progress,
    calibration: Calibration | None = None,
) -> Trained:
    """Train and calibrate the model of an experiment.

    Parameters
    ----------
    experiment : Experiment
    records : pyarrow.Table
        A record table.
    mask : ndarray of bool, shape (len(records),)
        Records that may be learnt from, labelled or not.
    progress : callable
        Is told in a few words what is being done.
    calibration : Calibration, optional
        To be used as it is; fitted where not given.

    Returns
    -------
    Trained

    Raises
    ------
    InputError
        If there is too little to learn from.
    """
    learnable = records.filter(pa.array(mask))
    begin = time.perf_counter()
    estimator, texts = _fit(experiment, learnable, progress)
    seconds = time.perf_counter() - begin
    if calibration is None:
        calibration = _fitted_calibration(experiment, estimator, records, learnable, progress)
    return Trained(estimator, calibration, experiment.saving.precision, texts, seconds)


def _fitted_calibration(
    experiment: Experiment,
    estimator: TextClassifier,
    records: pa.Table,
    learnable: pa.Table,
    progress: Progress,
) -> Calibration:
    scores, lengths, truth = _calibration_scores(experiment, estimator, records, learnable, progress)
    place = {name: column for column, name in enumerate(map(str, estimator.classes_))}
    columns = np.array([place[name] for name in truth])
    return fit_calibration(scores, lengths, columns, experiment.calibration.precision)


def labelled(records: pa.Table, experiment: Experiment) -> npt.NDArray[np.bool_]:
    """Return which records have a category that the experiment trains."""
    known = pc.is_in(records["category"], pa.array(experiment.training.categories, pa.string()))
    return np.asarray(known.to_numpy(), dtype=np.bool_)


def record_weights(records: pa.Table, experiment: Experiment) -> Matrix:
    """Return the weight of each record's texts, by its source and the origin of its label."""
    settings = experiment.training
    by_source = [settings.source_weights.get(name, 1.0) for name in records["source"].to_pylist()]
    by_origin = [settings.origin_weights.get(name or "", 1.0) for name in records["label_origin"].to_pylist()]
    return np.array(by_source, dtype=np.float64) * np.array(by_origin, dtype=np.float64)


def _fit(experiment: Experiment, records: pa.Table, progress: Progress) -> tuple[TextClassifier, int]:
    """Fit on the records that have a category and a weight; return also the number of texts."""
    context = _context(experiment, records, progress)
    weights = record_weights(records, experiment)
    used = labelled(records, experiment) & (weights > 0)
    if not used.any():
        raise InputError("no record can be learnt from: none has a category and a weight above 0")
    training = experiment.training
    taught, weights = records.filter(pa.array(used)), weights[used]
    texts, rows = stacked_views(taught, training.views, training.lead_words)
    if len(texts) == 0:
        raise InputError(f"no record can be learnt from: none has a text for the views {', '.join(training.views)}")
    names = taught["category"].take(pa.array(rows)).to_numpy().astype(str)
    if len(np.unique(names)) < 2:
        raise InputError(f"there is one class only, {str(names[0])!r}; texts of at least two categories are needed")
    progress(f"fitting {experiment.family} on {len(texts):,} texts of {len(taught):,} records")
    estimator = make_estimator(experiment.family, experiment.model)
    if isinstance(estimator, TopicClassifier):
        estimator.fit(texts, names, sample_weight=weights[rows], context=context)
    else:
        estimator.fit(texts.to_pylist(), names, sample_weight=weights[rows])
    return estimator, len(texts)


def _context(experiment: Experiment, records: pa.Table, progress: Progress) -> ContextVectors | None:
    """Return what is known of words from text without labels: from a file, or from all of the records."""
    settings = experiment.training.context
    if settings.file:
        return ContextVectors.load(repository_root() / settings.file)
    if not settings.dimensions:
        return None
    progress(f"learning context vectors from {len(records):,} records")
    return context_vectors(whole_texts(records), settings.dimensions, settings.min_document_frequency)


def _scores(estimator: TextClassifier, texts: pa.Array, precision: str) -> tuple[Matrix, npt.NDArray[np.int64]]:
    """Return scores of shape (n, k) and the number of telling words of each text."""
    if isinstance(estimator, TopicClassifier):
        return Predictor(estimator.to_topic_model(precision=precision)).scores_and_lengths(texts)
    if len(texts) == 0:
        return np.zeros((0, len(estimator.classes_))), np.zeros(0, dtype=np.int64)
    return estimator.decision_function(texts.to_pylist()), np.diff(split(texts).starts)


def _calibration_scores(
    experiment: Experiment,
    estimator: TextClassifier,
    records: pa.Table,
    learnable: pa.Table,
    progress: Progress,
) -> tuple[Matrix, npt.NDArray[np.int64], Sequence[str]]:
    """Return scores, lengths and truth of texts that the scoring model was not trained on."""
    if experiment.calibration.by == "dev":
        in_guideline = pc.and_(pc.equal(records["split"], "dev"), pc.is_valid(records["role"]))
        held_out = records.filter(in_guideline)
        held_out = held_out.filter(pc.is_in(held_out["category"], pa.array(map(str, estimator.classes_))))
        if len(held_out) == 0:
            raise InputError('calibration by "dev" needs records of the dev half of the guideline set; there are none')
        texts, rows = stacked_views(held_out, _CALIBRATED_VIEWS)
        scores, lengths = _scores(estimator, texts, experiment.saving.precision)
        return scores, lengths, held_out["category"].take(pa.array(rows)).to_pylist()
    folds = _folds(learnable, experiment)
    progress(f"calibrating on {len(folds)} folds")
    classes = tuple(map(str, estimator.classes_))
    with joblib.Parallel(n_jobs=-1, return_as="generator") as parallel:
        # Ctrl-C reaches all processes. Those started here leave it to this one, also while they begin or wait for work.
        with _interruption_blocked():
            found = parallel(joblib.delayed(_out_of_fold)(experiment, learnable, held, classes) for held in folds)
        parts = list(found)
    return (
        np.concatenate([scores for scores, _, _ in parts]),
        np.concatenate([lengths for _, lengths, _ in parts]),
        [name for _, _, truth in parts for name in truth],
    )


@contextmanager
def _interruption_blocked() -> Iterator[None]:
    """Let Ctrl-C wait until the block is done; the processes that it starts never see it."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    # Python's first process starts this one along with it, after which nothing is blocked any more.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _folds(records: pa.Table, experiment: Experiment) -> list[npt.NDArray[np.int64]]:
    """Return the rows of each fold's held-out records."""
    together = records["source" if experiment.calibration.by == "source" else "group"].to_numpy()
    distinct = np.unique(together).size
    number = experiment.calibration.folds
    if experiment.calibration.by == "source":
        number = min(number, distinct)
    if distinct < number or distinct < 2:
        raise InputError(
            f"calibration on {max(number, 2)} folds needs as many {experiment.calibration.by}s of records, and there "
            f"are {distinct}; add records or lower calibration.folds"
        )
    return [held for _, held in GroupKFold(number).split(np.zeros(len(records)), groups=together)]


def _out_of_fold(
    experiment: Experiment, records: pa.Table, held: npt.NDArray[np.int64], classes: tuple[str, ...]
) -> tuple[Matrix, npt.NDArray[np.int64], list[str]]:
    tested = records.take(pa.array(held))
    # Sources share groups: one agency text is in several outlets.
    inside = pc.invert(pc.is_in(records["group"], tested["group"].combine_chunks()))
    estimator, _ = _fit(experiment, records.filter(inside), lambda _: None)
    lacking = sorted(set(classes) - set(map(str, estimator.classes_)))
    if lacking:
        raise InputError(
            f"category {lacking[0]!r} is in too few {experiment.calibration.by}s of records: one fold of calibration "
            "holds them all; add records of it"
        )
    tested = tested.filter(pa.array(labelled(tested, experiment)))
    texts, rows = stacked_views(tested, _CALIBRATED_VIEWS)
    scores, lengths = _scores(estimator, texts, experiment.saving.precision)
    return scores, lengths, tested["category"].take(pa.array(rows)).to_pylist()
