"""`SubwordTfidf`: the features of the topic model as a scikit-learn transformer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from newsclf.contextvectors import ContextVectors
from newsclf.errors import ConfigurationError, InputError
from newsclf.subwords import SubwordSettings, subwords
from newsclf.text import has_arabic_letter
from newsclf.textinput import as_texts
from newsclf.wordcounts import count_words, narrow

FloatMatrix = npt.NDArray[np.float64]


# The matrix is sparse, which no data frame is: no `set_output`.
class SubwordTfidf(TransformerMixin, BaseEstimator, auto_wrap_output_keys=None):  # type: ignore[call-arg]
    """TF-IDF over words, their character n-grams and the company they keep, written as a sum over words.

    For a text with words w1 … wn,

        x = n^(-1/2) · Σ_w idf(w) · ( e_w + a · Σ_{g in grams(w)} idf(g) · e_g + b · v(w) )

    with e the unit vectors, a the subword weight, b the context weight, v(w) the word's context
    vector (where `fit` is given any) and idf smoothed as in scikit-learn:
    ``ln((1 + N) / (1 + df)) + 1``. The document frequency of an n-gram is bounded from above by the
    sum over the words that hold it, which needs no pass over the texts. A word that is not in the
    vocabulary has its n-grams and its context vector only; one that has none of the three says
    nothing and does not count in n. Only words in Arabic letters have n-grams.

    Parameters
    ----------
    shortest, longest : int
        Lengths of the character n-grams, boundary signs included.
    bucket_bits : int
        N-grams are hashed into ``2 ** bucket_bits`` columns.
    subword_weight : float
        The weight a of n-grams against words.
    min_document_frequency : int
        A word enters the vocabulary when it is in at least this many texts.
    context_weight : float
        The weight b of context vectors.

    Attributes
    ----------
    vocabulary_ : list of str
        Words with a column of their own, in sorted order.
    word_idf_ : ndarray of shape (len(vocabulary_),)
    unseen_idf_ : float
        Idf of a word that is not in the vocabulary.
    bucket_idf_ : ndarray of shape (2 ** bucket_bits,)
    context_ : ContextVectors or None
        The d-dimensional vectors that `fit` was given.
    n_features_out_ : int
        ``len(vocabulary_) + 2 ** bucket_bits + d``.

    Examples
    --------
    >>> vectoriser = SubwordTfidf(bucket_bits=8, min_document_frequency=1)
    >>> vectoriser.fit_transform(["فوز الرجاء", "توقيف مروج"]).shape
    (2, 260)
    """

    def __init__(
        self,
        *,
        shortest: int = 2,
        longest: int = 5,
        bucket_bits: int = 18,
        subword_weight: float = 0.25,
        min_document_frequency: int = 2,
        context_weight: float = 0.25,
    ) -> None:
        self.shortest = shortest
        self.longest = longest
        self.bucket_bits = bucket_bits
        self.subword_weight = subword_weight
        self.min_document_frequency = min_document_frequency
        self.context_weight = context_weight

    def settings(self) -> SubwordSettings:
        """Return which n-grams count."""
        return SubwordSettings(self.shortest, self.longest, self.bucket_bits)

    def known_words(self) -> list[str]:
        """Return the words that have a column of their own or a context vector, in sorted order."""
        check_is_fitted(self)
        return sorted({*self.vocabulary_, *(self.context_.words if self.context_ else ())})

    def fit(self, X: Iterable[str], y: Any = None, context: ContextVectors | None = None) -> Self:
        """Learn the vocabulary and the document frequencies.

        Parameters
        ----------
        X : iterable of str
            Texts.
        y : ignored
        context : ContextVectors, optional
            Learnt elsewhere, of more text than there are labels for.

        Returns
        -------
        SubwordTfidf

        Raises
        ------
        InputError
            If there are no texts, or something is not a text.
        ConfigurationError
            If a parameter makes no sense.
        """
        self.fit_factors(X, context)
        return self

    def fit_factors(self, X: Iterable[str], context: ContextVectors | None = None) -> tuple[sp.csr_array, sp.csr_array]:
        """Fit, and return the two factors of the training texts: see `factors`."""
        for name, weight in (("subword_weight", self.subword_weight), ("context_weight", self.context_weight)):
            if not 0 <= weight < np.inf:
                raise ConfigurationError(f"{name} must be 0 or more, not {weight}")
        if self.min_document_frequency < 1:
            raise ConfigurationError(f"min_document_frequency must be 1 or more, not {self.min_document_frequency}")
        texts = as_texts(X)
        if len(texts) == 0:
            raise InputError("there are no texts to learn from")
        counts, distinct = count_words(texts)
        document_frequency = np.bincount(counts.indices, minlength=len(distinct))
        documents = counts.shape[0]

        known = np.flatnonzero(document_frequency >= self.min_document_frequency)
        self.vocabulary_ = [distinct[place] for place in known]
        self.word_idf_ = _smooth_idf(documents, document_frequency[known])
        self.unseen_idf_ = float(_smooth_idf(documents, np.zeros(1))[0])

        grams = self._subword_counts(distinct)
        at_most = np.minimum(grams.T @ document_frequency, documents)
        self.bucket_idf_ = _smooth_idf(documents, at_most)
        self.context_ = context
        self.n_features_out_ = len(self.vocabulary_) + self.bucket_idf_.size + (context.dimensions if context else 0)
        return self._factors(counts, distinct, grams)

    def get_feature_names_out(self, input_features: Any = None) -> npt.NDArray[np.object_]:
        """Return a name for each column: the word, ``#`` and an n-gram bucket, or ``@`` and a place in context vectors.

        Parameters
        ----------
        input_features : ignored
            Texts have no columns to name the features after.

        Returns
        -------
        ndarray of str, shape (n_features_out_,)
        """
        check_is_fitted(self)
        buckets = [f"#{number}" for number in range(self.bucket_idf_.size)]
        context = [f"@{number}" for number in range(self.context_.dimensions if self.context_ else 0)]
        return np.array(self.vocabulary_ + buckets + context, dtype=object)

    def transform(self, X: Iterable[str]) -> sp.csr_array:
        """Return the explicit feature matrix.

        Parameters
        ----------
        X : iterable of str
            Texts.

        Returns
        -------
        scipy.sparse.csr_array of shape (n_texts, n_features_out_)
        """
        by_word, by_feature = self.factors(X)
        return sp.csr_array(by_word @ by_feature)

    def factors(self, X: Iterable[str]) -> tuple[sp.csr_array, sp.csr_array]:
        """Return D and F with ``transform(X) == D @ F``.

        Parameters
        ----------
        X : iterable of str
            Texts.

        Returns
        -------
        by_word : scipy.sparse.csr_array of shape (n_texts, n_distinct_words)
            How often each distinct word is in each text, over the square root of the text's length.
        by_feature : scipy.sparse.csr_array of shape (n_distinct_words, n_features_out_)
            The features of each distinct word.
        """
        check_is_fitted(self)
        counts, distinct = count_words(as_texts(X))
        return self._factors(counts, distinct, self._subword_counts(distinct))

    def _subword_counts(self, distinct: list[str]) -> sp.csr_array:
        """Return how often each n-gram bucket is in each distinct word; nothing for words without Arabic letters."""
        found = subwords([word if has_arabic_letter(word) else "" for word in distinct], self.settings())
        arabic = np.fromiter(map(has_arabic_letter, distinct), dtype=np.float64, count=len(distinct))
        data = np.repeat(arabic, np.diff(found.starts))
        starts = narrow(found.starts)
        grams = sp.csr_array((data, found.buckets, starts), shape=(len(distinct), self.settings().buckets))
        grams.sum_duplicates()
        grams.eliminate_zeros()
        return grams

    def _factors(
        self, counts: sp.csr_array, distinct: list[str], grams: sp.csr_array
    ) -> tuple[sp.csr_array, sp.csr_array]:
        place = {word: column for column, word in enumerate(self.vocabulary_)}
        columns = np.fromiter((place.get(word, -1) for word in distinct), dtype=np.int32, count=len(distinct))
        known = columns >= 0
        idf = np.where(known, self.word_idf_[np.maximum(columns, 0)] if self.vocabulary_ else 0.0, self.unseen_idf_)

        own = sp.csr_array(
            (idf[known], (narrow(np.flatnonzero(known)), columns[known])),
            shape=(len(distinct), len(self.vocabulary_)),
        )
        weighted = sp.diags_array(idf * self.subword_weight) @ grams @ sp.diags_array(self.bucket_idf_)
        parts = [own, weighted]
        telling = known | (np.diff(grams.indptr) > 0)
        if self.context_:
            context = self.context_.of(distinct)
            parts.append(sp.diags_array(idf * self.context_weight) @ context)
            telling |= np.diff(context.indptr) > 0
        by_feature = sp.hstack(parts, format="csr")

        by_word = (counts @ sp.diags_array(telling.astype(np.float64))).tocsr()
        by_word.eliminate_zeros()
        length = np.maximum(by_word.sum(axis=1), 1.0)
        return (sp.diags_array(length**-0.5) @ by_word).tocsr(), by_feature

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.input_tags.one_d_array = True
        return tags


def _smooth_idf(documents: int, document_frequency: npt.NDArray[Any]) -> FloatMatrix:
    return np.asarray(np.log((1.0 + documents) / (1.0 + document_frequency)) + 1.0, dtype=np.float64)
