"""What models say of records that they were not trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from sklearn.model_selection import GroupKFold

from newsclf.classifier import TopicClassifier
from newsclf.estimators import TextClassifier
from newsclf.views import view_texts

FOLDS = 5
# With fewer, a model says more of chance than of the records.
FEWEST_RECORDS = 100

Matrix = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class OutOfFold:
    """Predictions by grouped cross-validation.

    Attributes
    ----------
    rows : ndarray of int64, shape (m,)
        The records predicted: those with a category.
    texts : ndarray of str, shape (m,)
        Title and lead of each, as the models saw them.
    categories : ndarray of str, shape (k,)
        Sorted.
    given : ndarray of int64, shape (m,)
        The place of each record's own category among `categories`.
    probabilities : ndarray of shape (m, k)
    folds : list of pairs of ndarray of int64
        The places, among the m, of the training records and the others of each fold.
    """

    rows: Integers
    texts: npt.NDArray[np.object_]
    categories: npt.NDArray[np.str_]
    given: Integers
    probabilities: Matrix
    folds: Sequence[tuple[Integers, Integers]]

    @property
    def accuracy(self) -> float:
        """Share of the records for which the models say their own category."""
        return float((self.probabilities.argmax(axis=1) == self.given).mean())

    def accuracy_of(self, classifier: TextClassifier) -> float:
        """Return the share that another kind of model gets right on the same folds."""
        right = 0
        for inside, held in self.folds:
            classifier.fit(self.texts[inside].tolist(), self.categories[self.given[inside]].tolist())
            said = classifier.classes_[classifier.decision_function(self.texts[held].tolist()).argmax(axis=1)]
            right += int((said == self.categories[self.given[held]]).sum())
        return right / self.rows.size


def out_of_fold(records: pa.Table) -> OutOfFold | str:
    """Return what models that did not see them say of the labelled records.

    Parameters
    ----------
    records : pyarrow.Table
        A record table.

    Returns
    -------
    OutOfFold or str
        Or why there can be none.
    """
    rows = np.flatnonzero(pc.is_valid(records["category"]).to_numpy())
    if rows.size < FEWEST_RECORDS:
        return f"records with a category: {rows.size}; models are trained from {FEWEST_RECORDS} on"
    chosen = records.take(pa.array(rows))
    categories, given = np.unique(np.array(chosen["category"].to_pylist(), dtype=str), return_inverse=True)
    if categories.size < 2:
        return f"every record has the category {categories[0]}"
    groups = np.array(chosen["group"].to_pylist(), dtype=str)
    if np.unique(groups).size < FOLDS:
        return f"the records are of fewer than {FOLDS} groups"
    lead = pc.coalesce(view_texts(chosen, "lead"), view_texts(chosen, "headline"))
    texts = np.array(lead.to_pylist(), dtype=object)
    folds = list(GroupKFold(FOLDS).split(texts, groups=groups))
    probabilities = np.zeros((rows.size, categories.size))
    for inside, held in folds:
        if np.unique(given[inside]).size < 2:
            return "a single group holds nearly all records"
        classifier = TopicClassifier(C=1.0, subword_weight=0.05, tolerance=1e-4)
        classifier.fit(texts[inside].tolist(), categories[given[inside]].tolist())
        columns = np.searchsorted(categories, np.asarray(classifier.classes_, dtype=str))
        probabilities[np.ix_(held, columns)] = classifier.predict_proba(texts[held].tolist())
    return OutOfFold(rows, texts, categories, given, probabilities, folds)
