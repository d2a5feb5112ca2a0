"""The kinds of model an experiment can train: ours, and the baselines to hold it against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline, make_union
from sklearn.svm import LinearSVC

from newsclf.classifier import TopicClassifier
from newsclf.errors import ConfigurationError, InputError
from newsclf.text import normalise, words
from newsclf.tomlfile import nearest, settings_from

Matrix = npt.NDArray[np.float64]


class TextClassifier(Protocol):
    """What every kind of model can do."""

    classes_: npt.NDArray[np.str_]

    def fit(self, X: Sequence[str], y: Sequence[str], sample_weight: Matrix | None = None) -> Any:
        """Learn from texts and their categories."""

    def decision_function(self, X: Sequence[str]) -> Matrix:
        """Return a score for each text and category, shape (n, k)."""

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters, those that were left at their defaults too."""


class MajorityClassifier(ClassifierMixin, BaseEstimator):
    """Answers every text with the most frequent category; scores are log frequencies."""

    def fit(self, X: Sequence[str], y: Sequence[str], sample_weight: Matrix | None = None) -> Self:
        """Count the categories."""
        self.classes_, place = np.unique(np.asarray(y), return_inverse=True)
        counted = np.bincount(place, weights=sample_weight)
        self.log_frequency_ = np.log(counted / counted.sum())
        return self

    def decision_function(self, X: Sequence[str]) -> Matrix:
        """Return the log frequency of each category, the same for every text."""
        return np.tile(self.log_frequency_, (len(X), 1))


class KeywordClassifier(ClassifierMixin, BaseEstimator):
    """Counts the words of each category's list; with no hit, or a tie, frequency decides.

    Parameters
    ----------
    keywords : mapping of str to sequence of str
        The beginnings of words that speak for each category.
    """

    def __init__(self, keywords: Mapping[str, Sequence[str]]) -> None:
        self.keywords = keywords

    def fit(self, X: Sequence[str], y: Sequence[str], sample_weight: Matrix | None = None) -> Self:
        """Learn only how frequent the categories are."""
        self.majority_ = MajorityClassifier().fit(X, y, sample_weight)
        self.classes_ = self.majority_.classes_
        self.beginnings_ = [
            tuple(normalise(word) for word in self.keywords.get(str(name), ())) for name in self.classes_
        ]
        return self

    def decision_function(self, X: Sequence[str]) -> Matrix:
        """Return how many words of each text begin as a keyword of each category."""
        hits = [
            [sum(_bare(word).startswith(beginnings) for word in found) for beginnings in self.beginnings_]
            for found in map(words, X)
        ]
        return np.array(hits, dtype=np.float64) + 0.1 * self.majority_.decision_function(X)


def _bare(word: str) -> str:
    """Return a word without the article and the particles written in front of it."""
    for particle in ("وال", "بال", "فال", "كال", "لل", "ال"):
        if word.startswith(particle) and len(word) > len(particle) + 2:
            return word[len(particle) :]
    return word


class TextbookClassifier(ClassifierMixin, BaseEstimator):
    """A textbook recipe of scikit-learn over normalised texts.

    Parameters
    ----------
    features : {"words", "union"}
        TF-IDF of words, or the union of TF-IDF of words and word pairs with TF-IDF of character
        3- to 5-grams inside words.
    linear : {"logistic", "svm"}
        LogisticRegression or LinearSVC.
    C : float
    """

    def __init__(self, features: str = "words", linear: str = "logistic", C: float = 1.0) -> None:
        self.features = features
        self.linear = linear
        self.C = C

    def fit(self, X: Sequence[str], y: Sequence[str], sample_weight: Matrix | None = None) -> Self:
        """Fit vectoriser and linear model."""
        common = {"token_pattern": None, "lowercase": False, "sublinear_tf": True}
        vectorisers = {
            "words": lambda: TfidfVectorizer(tokenizer=words, **common),
            "union": lambda: make_union(
                TfidfVectorizer(tokenizer=words, **common, ngram_range=(1, 2), min_df=2),
                TfidfVectorizer(
                    preprocessor=normalise, analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True, min_df=2
                ),
            ),
        }
        models = {
            "logistic": lambda: LogisticRegression(C=self.C, max_iter=1000),
            "svm": lambda: LinearSVC(C=self.C),
        }
        vectoriser = _chosen(vectorisers, self.features, "features")()
        linear = _chosen(models, self.linear, "linear")()
        self.pipeline_: Pipeline = make_pipeline(vectoriser, linear)
        weight_name = f"{self.pipeline_.steps[-1][0]}__sample_weight"
        try:
            self.pipeline_.fit(X, y, **{weight_name: sample_weight})
        except ValueError as error:
            raise InputError(f"scikit-learn can't learn from these texts so: {str(error).splitlines()[0]}") from error
        self.classes_ = self.pipeline_.classes_
        return self

    def decision_function(self, X: Sequence[str]) -> Matrix:
        """Return the linear model's scores, with a column for each of two categories too."""
        scores = np.asarray(self.pipeline_.decision_function(X))
        return np.column_stack([-scores, scores]) if scores.ndim == 1 else scores


FAMILIES: dict[str, type[TextClassifier]] = {
    "newsclf": TopicClassifier,
    "majority": MajorityClassifier,
    "keyword": KeywordClassifier,
    "scikit-learn": TextbookClassifier,
}


def make_estimator(family: str, parameters: Mapping[str, Any], where: str = "[model]") -> TextClassifier:
    """Return an untrained model.

    Parameters
    ----------
    family : str
        A key of `FAMILIES`.
    parameters : mapping
        Its parameters.
    where : str
        What to call the parameters in errors.

    Raises
    ------
    ConfigurationError
        If the family or a parameter is unknown (naming the nearest right one), a parameter is
        missing, or a value is of the wrong type.
    """
    kind: type[TextClassifier] = _chosen(FAMILIES, family, "family")
    return settings_from(kind, parameters, where)


def _chosen(options: Mapping[str, Any], name: str, what: str) -> Any:
    if name not in options:
        raise ConfigurationError(f"{what} {name!r} is not known; {nearest(name, options)}")
    return options[name]
