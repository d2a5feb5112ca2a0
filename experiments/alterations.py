"""What the ablation tries that is no setting of newsclf, because it has not earned its place there.

Each alteration is a context manager that makes newsclf train and answer differently until it ends: see
`newsclf.sweepalteration`. Sizes are kept as they are in the base, so that C and the weights of n-grams and
context vectors mean what they mean there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import scipy.sparse as sp
from pyarabic import araby

from newsclf import classifier, estimators, predictions, predictor, scoretable, text, training, wordcounts
from newsclf.classifier import TopicClassifier
from newsclf.configuration import Experiment
from newsclf.contextvectors import ContextVectors
from newsclf.features import SubwordTfidf
from newsclf.text import words
from newsclf.textinput import as_texts
from newsclf.topicmodel import TopicModel
from newsclf.views import whole_texts
from newsclf.wordcounts import count_words

Matrix = npt.NDArray[np.float64]
Factors = tuple[sp.csr_array, sp.csr_array]

# Modules that look `words` up under a name of their own.
_USERS_OF_WORDS = (estimators, predictions, predictor, scoretable, wordcounts)

# Between a headline and a lead: a text of so many words is as long a vector as in the base.
_WORDS_OF_A_TEXT = 16

# The softmax of scores this far on the right side of 0 is about as sure as that of the base.
_MARGIN = 2.0

# As they are before anything is altered.
_FOLDED = dict(text._FOLDED)

# Leah S. Larkey, Lisa Ballesteros, Margaret E. Connell (2007), "Light Stemming for Arabic Information Retrieval".
_ARTICLES = ("وال", "بال", "كال", "فال", "لل", "ال")
_ENDINGS = ("ها", "ان", "ات", "ون", "ين", "يه", "ية", "ه", "ة", "ي")


# Weights of words


@contextmanager
def no_idf() -> Iterator[None]:
    """Give every word the idf of the average word, every n-gram that of the average n-gram."""
    fit_factors = SubwordTfidf.fit_factors

    def fitted(self: SubwordTfidf, X: Iterable[str], context: ContextVectors | None = None) -> Factors:
        texts = as_texts(X)
        by_word, by_feature = fit_factors(self, texts, context)
        sums = by_feature.T @ by_word.sum(axis=0)
        first = len(self.vocabulary_)
        of_word = _mean_idf(self.word_idf_, sums[:first])
        self.unseen_idf_ = of_word
        self.word_idf_ = np.full_like(self.word_idf_, of_word)
        of_bucket = _mean_idf(self.bucket_idf_, sums[first : first + self.bucket_idf_.size])
        self.bucket_idf_ = np.full_like(self.bucket_idf_, of_bucket)
        return self.factors(texts)

    with patch.object(SubwordTfidf, "fit_factors", fitted):
        yield


def _mean_idf(idf: Matrix, sums: Matrix) -> float:
    """Return the idf of features, averaged over their occurrences, from the sums of their tf-idf."""
    occurrences = float((sums / idf).sum())
    return float(sums.sum()) / occurrences if occurrences else 1.0


@contextmanager
def length_to_the(power: float) -> Iterator[None]:
    """Multiply the sum over a text's n words by n to a power other than -1/2."""
    factors, scores = SubwordTfidf._factors, TopicModel.scores

    def longer(lengths: npt.NDArray[Any]) -> Matrix:
        return np.asarray((np.maximum(lengths, 1) / _WORDS_OF_A_TEXT) ** (power + 0.5))

    def altered_factors(self: SubwordTfidf, *arguments: Any) -> Factors:
        by_word, by_feature = factors(self, *arguments)
        # A row sums to the square root of n.
        lengths = by_word.sum(axis=1) ** 2
        return (sp.diags_array(longer(lengths)) @ by_word).tocsr(), by_feature

    def altered_scores(self: TopicModel, sums: Matrix, lengths: npt.NDArray[Any]) -> Matrix:
        return scores(self, sums * longer(lengths), lengths)

    with patch.object(SubwordTfidf, "_factors", altered_factors), patch.object(TopicModel, "scores", altered_scores):
        yield


# Words


@contextmanager
def stripped(strip: Callable[[str], str]) -> Iterator[None]:
    """Make something shorter of every normalised word."""

    def altered(raw: str) -> list[str]:
        return [strip(word) for word in words(raw)]

    def pairs(vectors: ContextVectors, _: pa.Table) -> Iterator[tuple[str, str]]:
        return ((strip(word), word) for word in vectors.words)

    to_topic_model = TopicClassifier.to_topic_model

    def table(self: TopicClassifier, **settings: Any) -> TopicModel:
        # It is made of the vocabulary, whose words must not be made shorter a second time.
        with patch.object(wordcounts, "words", words):
            return to_topic_model(self, **settings)

    with ExitStack() as patches:
        for module in _USERS_OF_WORDS:
            patches.enter_context(patch.object(module, "words", altered))
        patches.enter_context(patch.object(TopicClassifier, "to_topic_model", table))
        patches.enter_context(patch.object(training, "_context", _regrouping(pairs)))
        yield


def without_article(word: str) -> str:
    """Return a word without the article and what is written together with it before it.

    Examples
    --------
    >>> [without_article(word) for word in ("والحكومة", "للمغرب", "وزير", "الا")]
    ['حكومة', 'مغرب', 'وزير', 'الا']
    """
    for article in _ARTICLES:
        if word.startswith(article) and len(word) >= len(article) + 3:
            return word[len(article) :]
    return word


def without_clitics(word: str) -> str:
    """Return a word without و or ف, then ب, ك or ل, then ال, if three letters are left.

    Without a dictionary a first letter of the word itself goes too.

    Examples
    --------
    >>> [without_clitics(word) for word in ("وبالحكومة", "للمغرب", "فبرلمان", "وزير", "كرة")]
    ['حكومة', 'مغرب', 'رلمان', 'زير', 'كرة']
    """
    for clitics in ("وف", "بكل"):
        if word.startswith("لل") and len(word) >= 5:
            return word[2:]
        if word[:1] in {*clitics} and len(word) >= 4:
            word = word[1:]
    return word[2:] if word.startswith("ال") and len(word) >= 5 else word


def light_stem(word: str) -> str:
    """Return a word's stem by the stemmer Light10.

    Examples
    --------
    >>> [light_stem(word) for word in ("والحكومية", "لاعبون", "اللاعبين", "حكومات", "كرة")]
    ['حكوم', 'لاعب', 'لاعب', 'حكوم', 'كر']
    """
    if word.startswith("و") and len(word) >= 4:
        word = word[1:]
    for article in _ARTICLES:
        if word.startswith(article) and len(word) >= len(article) + 2:
            word = word[len(article) :]
            break
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) >= len(ending) + 2:
            word = word[: -len(ending)]
    return word


# Letters and signs


@contextmanager
def tashkeel_kept() -> Iterator[None]:
    """Leave tashkeel where an author wrote it."""
    mark_or_blank = text._mark_or_blank

    def kept(match: Any) -> str:
        return match[0] if "\u064b" <= match[0] <= "\u0652" else mark_or_blank(match)

    with (
        patch.object(text, "araby", SimpleNamespace(strip_tashkeel=lambda whole: whole)),
        patch.object(text, "_mark_or_blank", kept),
        patch.object(training, "_context", _regrouping(_pairs_as_written)),
    ):
        yield


@contextmanager
def letters_kept(letters: str) -> Iterator[None]:
    """Leave letters as they are that newsclf takes for another."""
    folded = {point: letter for point, letter in text._FOLDED.items() if chr(point) not in letters}
    with (
        patch.object(text, "_FOLDED", folded),
        patch.object(training, "_context", _regrouping(_pairs_as_written)),
    ):
        yield


def _pairs_as_written(vectors: ContextVectors, records: pa.Table) -> Iterator[tuple[str, str]]:
    """Yield the forms of words that stand in records, each with the form that has a vector."""
    for word in {*vectors.words, *count_words(whole_texts(records))[1]}:
        yield word, araby.strip_tashkeel(word).translate(_FOLDED)


# Context vectors


def _regrouping(pairs: Callable[[ContextVectors, pa.Table], Iterable[tuple[str, str]]]) -> Callable[..., Any]:
    """Return what finds context vectors, with those from a file given to words in their altered form."""
    found_context = training._context

    def context(experiment: Experiment, records: pa.Table, progress: Any) -> ContextVectors | None:
        vectors = found_context(experiment, records, progress)
        # What is learnt here and now is learnt of altered words.
        if vectors is None or not experiment.training.context.file:
            return vectors
        return _regrouped(vectors, pairs(vectors, records))

    return context


def _regrouped(vectors: ContextVectors, pairs: Iterable[tuple[str, str]]) -> ContextVectors:
    """Return a vector for each altered word: that of its only form, or the mean direction of several."""
    row = {word: place for place, word in enumerate(vectors.words)}
    known = [(altered, row[word]) for altered, word in pairs if word in row]
    altered = sorted({word for word, _ in known})
    place = {word: number for number, word in enumerate(altered)}
    sums = np.zeros((len(altered), vectors.dimensions))
    rows = np.array([(place[word], number) for word, number in known], dtype=np.int64).reshape(-1, 2)
    np.add.at(sums, rows[:, 0], vectors.vectors[rows[:, 1]])
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    return ContextVectors(tuple(altered), (sums / np.maximum(lengths, 1e-12)).astype(np.float32))


# Loss


@contextmanager
def squared_hinge(strength: float = 1.0) -> Iterator[None]:
    """Fit one category against the rest by squared hinge loss; the strength multiplies C."""

    def loss(scores: Matrix, target: Matrix, share: Matrix) -> tuple[float, Matrix]:
        sign = 2 * target - 1
        short = np.maximum(0.0, _MARGIN - sign * scores)
        # At scores of 0 the derivative is 1/2 up or down, as that of cross entropy is for two categories.
        weight = strength * share / (4 * _MARGIN)
        return float((weight * short**2).sum()), -2 * weight * sign * short

    with patch.object(classifier, "_cross_entropy", loss):
        yield


ALTERATIONS: Mapping[str, Callable[[], AbstractContextManager[None]]] = {
    "no-idf": no_idf,
    "length-1": partial(length_to_the, -1.0),
    "length-0": partial(length_to_the, 0.0),
    "article-stripped": partial(stripped, without_article),
    "clitics-stripped": partial(stripped, without_clitics),
    "light-stemmer": partial(stripped, light_stem),
    "tashkeel-kept": tashkeel_kept,
    "alef-kept": partial(letters_kept, "أإآٱ"),
    "yeh-kept": partial(letters_kept, "ى"),
    "squared-hinge": squared_hinge,
    "squared-hinge-third": partial(squared_hinge, 1 / 3),
    "squared-hinge-triple": partial(squared_hinge, 3.0),
}
