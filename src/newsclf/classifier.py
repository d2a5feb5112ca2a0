"""`TopicClassifier`: fits the topic model, as a scikit-learn estimator."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.optimize import minimize
from scipy.special import logsumexp, softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d

from newsclf.contextvectors import ContextVectors
from newsclf.errors import ConfigurationError, InputError
from newsclf.features import SubwordTfidf
from newsclf.taxonomy import category_ids
from newsclf.textinput import as_texts
from newsclf.tomlfile import nearest
from newsclf.topicmodel import Calibration, TopicModel

Matrix = npt.NDArray[np.float64]


class TopicClassifier(ClassifierMixin, BaseEstimator):
    """Multinomial logistic regression on `SubwordTfidf` features, fitted through their factors.

    Minimises, by L-BFGS, ``C · Σ_i s_i · loss_i + ||W||² / 2`` over the weights W and an
    unpenalised bias, where loss_i is the cross entropy of text i and s_i its weight. With
    X = D·F the gradient is Fᵀ(Dᵀr), so the n-gram matrix of the texts is never built and a step
    costs as much as the texts have words. There is no randomness: the same texts in the same
    order give the same weights to the bit on one machine.

    Parameters
    ----------
    C : float
        Inverse strength of regularisation, as in scikit-learn's LogisticRegression of three and more
        categories. Of two categories, its C is twice ours for the same model.
    shortest, longest, bucket_bits, subword_weight, min_document_frequency, context_weight
        As for `SubwordTfidf`.
    class_weight : None, "balanced" or dict
        As in scikit-learn.
    max_iterations : int
        L-BFGS steps at the most.
    tolerance : float
        Stop when no component of the gradient, per unit of text weight, is larger.

    Attributes
    ----------
    classes_ : ndarray of str
        The categories, in taxonomy order where they are the taxonomy's, else sorted.
    vectoriser_ : SubwordTfidf
    coef_ : ndarray of shape (n_features, k)
    intercept_ : ndarray of shape (k,)
    loss_curve_ : list of float
        The objective, per unit of text weight, after each step.
    n_iter_ : int

    Examples
    --------
    >>> texts = ["فوز الرجاء في الديربي", "تعادل الوداد", "توقيف مروج مخدرات", "اعتقال لص"]
    >>> classifier = TopicClassifier(bucket_bits=10).fit(texts, ["sport", "sport", "security", "security"])
    >>> classifier.predict(["توقيف لص"]).tolist()
    ['security']
    """

    def __init__(
        self,
        *,
        C: float = 10.0,
        shortest: int = 2,
        longest: int = 5,
        bucket_bits: int = 18,
        subword_weight: float = 0.25,
        min_document_frequency: int = 2,
        context_weight: float = 0.25,
        class_weight: str | Mapping[str, float] | None = None,
        max_iterations: int = 200,
        tolerance: float = 1e-5,
    ) -> None:
        self.C = C
        self.shortest = shortest
        self.longest = longest
        self.bucket_bits = bucket_bits
        self.subword_weight = subword_weight
        self.min_document_frequency = min_document_frequency
        self.context_weight = context_weight
        self.class_weight = class_weight
        self.max_iterations = max_iterations
        self.tolerance = tolerance

    def fit(
        self,
        X: Iterable[str],
        y: Any,
        sample_weight: npt.ArrayLike | None = None,
        context: ContextVectors | None = None,
    ) -> Self:
        """Fit the features and the weights.

        Parameters
        ----------
        X : iterable of str, length n
            Texts.
        y : array-like of shape (n,)
            Their categories.
        sample_weight : array-like of shape (n,), optional
            Weight of each text in the loss; 1 where not given. The document frequencies count every
            text once, as scikit-learn's TfidfVectorizer does.
        context : ContextVectors, optional
            What is known of words from text without labels.

        Returns
        -------
        TopicClassifier

        Raises
        ------
        InputError
            If there are no texts, lengths differ, there are fewer than two categories, or weights
            are negative or all 0.
        ConfigurationError
            If a parameter makes no sense.
        """
        self._refuse_parameters()
        texts = as_texts(X)
        if len(texts) == 0:
            raise InputError("there are no texts to learn from")
        categories = _as_categories(y)
        if categories.size != len(texts):
            raise InputError(f"there are {len(texts)} texts but {categories.size} categories")
        self.classes_ = _ordered(categories)
        if len(self.classes_) < 2:
            raise InputError(
                f"there is one class only, {str(self.classes_[0])!r}; texts of at least two categories are needed"
            )
        weight = self._weights(categories, sample_weight)

        self.vectoriser_ = SubwordTfidf(
            shortest=self.shortest,
            longest=self.longest,
            bucket_bits=self.bucket_bits,
            subword_weight=self.subword_weight,
            min_document_frequency=self.min_document_frequency,
            context_weight=self.context_weight,
        )
        by_word, by_feature = self.vectoriser_.fit_factors(texts, context)
        target = (categories[:, None] == self.classes_[None, :]).astype(np.float64)
        self._minimise(by_word, by_feature, target, weight)
        return self

    def _refuse_parameters(self) -> None:
        """Refuse values that make no sense; `SubwordTfidf` looks after its own."""
        if not self.C > 0:
            raise ConfigurationError(f"C must be more than 0, not {self.C}")
        if self.max_iterations < 1:
            raise ConfigurationError(f"max_iterations must be 1 or more, not {self.max_iterations}")
        if not self.tolerance >= 0:
            raise ConfigurationError(f"tolerance must be 0 or more, not {self.tolerance}")

    def _weights(self, categories: npt.NDArray[Any], sample_weight: npt.ArrayLike | None) -> Matrix:
        """Return what each text counts: its own weight times that of its category."""
        if isinstance(self.class_weight, Mapping):
            names = self.classes_.tolist()
            for name in self.class_weight:
                if name not in names:
                    hint = nearest(str(name), map(str, names))
                    raise ConfigurationError(f"class_weight: {name!r} is no category of the texts; {hint}")
        elif self.class_weight not in {None, "balanced"}:
            raise ConfigurationError(f'class_weight must be "balanced" or a table, not {self.class_weight!r}')
        weight = np.asarray(compute_sample_weight(self.class_weight, categories), dtype=np.float64)
        if sample_weight is not None:
            given = np.asarray(sample_weight, dtype=np.float64)
            if given.shape != categories.shape:
                raise InputError(f"sample_weight has shape {given.shape}; it must hold one number for each text")
            weight = weight * given
        if not np.isfinite(weight).all() or weight.min() < 0 or weight.sum() == 0:
            raise InputError("sample_weight must be finite numbers, none negative, not all zero")
        return weight

    def _minimise(self, by_word: sp.csr_array, by_feature: sp.csr_array, target: Matrix, weight: Matrix) -> None:
        # Columns that no training text has keep a weight of 0; leaving them out shortens every step.
        used = np.flatnonzero(np.bincount(by_feature.indices, minlength=by_feature.shape[1]))
        features = by_feature[:, used].tocsr()
        features_transposed = features.T.tocsr()
        by_word_transposed = by_word.T.tocsr()
        k = target.shape[1]
        scale = weight.sum()
        penalty = 1.0 / (self.C * scale)
        share = weight[:, None] / scale

        def objective(flat: Matrix) -> tuple[float, Matrix]:
            weights, bias = flat[:-k].reshape(-1, k), flat[-k:]
            loss, residual = _cross_entropy(by_word @ (features @ weights) + bias, target, share)
            gradient = features_transposed @ (by_word_transposed @ residual) + penalty * weights
            loss += 0.5 * penalty * float((weights * weights).sum())
            return loss, np.concatenate([gradient.ravel(), residual.sum(axis=0)])

        self.loss_curve_: list[float] = []
        found = minimize(
            objective,
            np.zeros(used.size * k + k),
            jac=True,
            method="L-BFGS-B",
            callback=lambda intermediate_result: self.loss_curve_.append(float(intermediate_result.fun)),
            options={"maxiter": self.max_iterations, "gtol": self.tolerance, "ftol": 0.0, "maxcor": 10},
        )
        self.n_iter_ = int(found.nit)
        self.coef_ = np.zeros((by_feature.shape[1], k))
        self.coef_[used] = found.x[:-k].reshape(-1, k)
        # Only differences between categories count; centred numbers read and round better.
        self.coef_ -= self.coef_.mean(axis=1, keepdims=True)
        self.intercept_ = found.x[-k:] - found.x[-k:].mean()

    def decision_function(self, X: Iterable[str]) -> Matrix:
        """Return the score of each category for each text.

        Parameters
        ----------
        X : iterable of str

        Returns
        -------
        ndarray of shape (n, k), or (n,) for two categories
            As in scikit-learn, two categories have one score: how far the second is ahead.
        """
        scores = self._scores(X)
        return scores[:, 1] - scores[:, 0] if len(self.classes_) == 2 else scores

    def predict_proba(self, X: Iterable[str]) -> Matrix:
        """Return the probability of each category for each text, not calibrated.

        Parameters
        ----------
        X : iterable of str

        Returns
        -------
        ndarray of shape (n, k)
        """
        return np.asarray(softmax(self._scores(X), axis=1))

    def predict(self, X: Iterable[str]) -> npt.NDArray[Any]:
        """Return the most probable category of each text.

        Parameters
        ----------
        X : iterable of str

        Returns
        -------
        ndarray of shape (n,)
        """
        scores = self._scores(X)
        return np.asarray(self.classes_[scores.argmax(axis=1)])

    def _scores(self, X: Iterable[str]) -> Matrix:
        check_is_fitted(self)
        by_word, by_feature = self.vectoriser_.factors(X)
        return np.asarray(by_word @ (by_feature @ self.coef_) + self.intercept_)

    def to_topic_model(
        self,
        *,
        calibration: Calibration | None = None,
        precision: str = "float32",
        manifest: Mapping[str, Any] | None = None,
    ) -> TopicModel:
        """Return the fitted model as a table of word scores.

        Parameters
        ----------
        calibration : Calibration, optional
        precision : {"float32", "float16"}
            Type of the scores on disk.
        manifest : mapping, optional
            What to write of its training beside it.

        Returns
        -------
        TopicModel
        """
        check_is_fitted(self)
        vectoriser = self.vectoriser_
        # `factors` sorts the words of what it is given.
        vocabulary = vectoriser.known_words()
        _, by_feature = vectoriser.factors(vocabulary)
        word_scores = by_feature @ self.coef_
        first = len(vectoriser.vocabulary_)
        bucket_scores = self.coef_[first : first + vectoriser.bucket_idf_.size] * (
            vectoriser.unseen_idf_ * vectoriser.subword_weight * vectoriser.bucket_idf_[:, None]
        )
        return TopicModel(
            categories=tuple(map(str, self.classes_)),
            vocabulary=tuple(vocabulary),
            word_scores=word_scores.astype(np.float32),
            bucket_scores=bucket_scores.astype(np.float32),
            bias=self.intercept_,
            subword_settings=vectoriser.settings(),
            calibration=calibration or Calibration(),
            precision=precision,
            manifest=dict(manifest or {}),
        )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.input_tags.one_d_array = True
        return tags


def _cross_entropy(scores: Matrix, target: Matrix, share: Matrix) -> tuple[float, Matrix]:
    """Return the loss of texts, of which each has a share, and its derivative by their scores."""
    log_probability = scores - logsumexp(scores, axis=1, keepdims=True)
    return -float((share * target * log_probability).sum()), share * (np.exp(log_probability) - target)


def _as_categories(y: Any) -> npt.NDArray[Any]:
    """Return categories as an array, or refuse what is none."""
    categories = column_or_1d(y, warn=True)
    for place, name in enumerate(categories.tolist()):
        if name is None or name != name:
            raise InputError(f"category {place} is missing; leave texts without a category out")
    check_classification_targets(categories)
    return np.asarray(categories.tolist())


def _ordered(categories: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the distinct categories, in taxonomy order where they are the taxonomy's."""
    distinct = np.unique(categories)
    order = {name: place for place, name in enumerate(category_ids())}
    if all(str(name) in order for name in distinct):
        return np.array(sorted(distinct, key=lambda name: order[str(name)]))
    return distinct
