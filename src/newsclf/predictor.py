"""`Predictor`: categories, probabilities and explanations for texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from newsclf.arrays import number_array, string_array
from newsclf.scoretable import ScoreTable
from newsclf.text import words
from newsclf.textinput import as_texts
from newsclf.topicmodel import TopicModel


@dataclass(frozen=True)
class Prediction:
    """What a predictor says of one text.

    Attributes
    ----------
    text : str
    category : str
        The most probable category.
    probability : float
        Its calibrated probability.
    second : str
        The next most probable category.
    second_probability : float
    confident : bool
        Whether the probability reaches the model's threshold and the text has a word that tells
        anything. The threshold is chosen so that confident predictions are right 95 times in 100.
    """

    text: str
    category: str
    probability: float
    second: str
    second_probability: float
    confident: bool


@dataclass(frozen=True)
class BatchPrediction:
    """What a predictor says of many texts, as columns.

    Attributes
    ----------
    categories : pyarrow.DictionaryArray of str
        The most probable category of each text.
    probability : ndarray of float32
    second : pyarrow.DictionaryArray of str
    second_probability : ndarray of float32
    confident : ndarray of bool
    """

    categories: pa.DictionaryArray
    probability: npt.NDArray[np.float32]
    second: pa.DictionaryArray
    second_probability: npt.NDArray[np.float32]
    confident: npt.NDArray[np.bool_]


class Predictor:
    """Tags texts with a topic model.

    A predictor remembers the words it has met and may be shared between threads.

    Parameters
    ----------
    model : TopicModel
    """

    def __init__(self, model: TopicModel) -> None:
        self.model = model
        self._table = ScoreTable(model)

    @property
    def categories(self) -> tuple[str, ...]:
        """The categories, in the order of the columns of `predict_proba`."""
        return self.model.categories

    def predict(self, texts: Any) -> list[str]:
        """Return the most probable category of each text, in order.

        Parameters
        ----------
        texts : list, tuple, pandas Series, Arrow array or numpy array of str, or one str

        Returns
        -------
        list of str

        Raises
        ------
        InputError
            If something is not a text, naming its position.
        """
        winners, _ = _largest(self._probabilities(as_texts(texts))[0])
        return np.array(self.categories, dtype=object)[winners].tolist()  # type: ignore[no-any-return]

    def predict_proba(self, texts: Any) -> npt.NDArray[np.float32]:
        """Return the calibrated probability of each category for each text.

        Parameters
        ----------
        texts : as for `predict`

        Returns
        -------
        ndarray of float32, shape (n, k)
            Columns in the order of `categories`; rows sum to 1.

        Raises
        ------
        InputError
            If something is not a text, naming its position.
        """
        return np.ascontiguousarray(self._probabilities(as_texts(texts))[0].T)

    def decision_function(self, texts: Any) -> npt.NDArray[np.float64]:
        """Return the score of each category for each text, before calibration.

        Parameters
        ----------
        texts : as for `predict`

        Returns
        -------
        ndarray of float64, shape (n, k)

        Raises
        ------
        InputError
            If something is not a text, naming its position.
        """
        return self.scores_and_lengths(texts)[0]

    def scores_and_lengths(self, texts: Any) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
        """Return what `decision_function` does, and the number of telling words of each text.

        Parameters
        ----------
        texts : as for `predict`

        Returns
        -------
        scores : ndarray of float64, shape (n, k)
        lengths : ndarray of int64, shape (n,)

        Raises
        ------
        InputError
            If something is not a text, naming its position.
        """
        sums, lengths = self._table.sums(as_texts(texts))
        return np.ascontiguousarray(self.model.scores(sums, lengths).T), lengths

    def predict_batch(self, texts: Any) -> BatchPrediction:
        """Return category, runner-up, their probabilities and confidence for many texts, as columns.

        Parameters
        ----------
        texts : as for `predict`

        Returns
        -------
        BatchPrediction

        Raises
        ------
        InputError
            If something is not a text, naming its position.
        """
        probabilities, lengths = self._probabilities(as_texts(texts))
        first, probability = _largest(probabilities)
        probabilities[first, np.arange(lengths.size)] = -1.0
        second, second_probability = _largest(probabilities)
        names = string_array(list(self.categories))
        return BatchPrediction(
            categories=pa.DictionaryArray.from_arrays(number_array(first.astype(np.int8)), names),
            probability=probability,
            second=pa.DictionaryArray.from_arrays(number_array(second.astype(np.int8)), names),
            second_probability=second_probability,
            confident=(probability >= self.model.calibration.threshold) & (lengths > 0),
        )

    def tag(self, text: str) -> Prediction:
        """Return what there is to say of one text.

        Parameters
        ----------
        text : str

        Returns
        -------
        Prediction

        Raises
        ------
        InputError
            If it is not a text.
        """
        # Not by `predict_batch`: a live line would wait for Arrow to build columns of one.
        columns, lengths = self._probabilities(as_texts([text]))
        probabilities = columns[:, 0].tolist()
        first, second = sorted(range(len(probabilities)), key=lambda row: -probabilities[row])[:2]
        return Prediction(
            text=text,
            category=self.categories[first],
            probability=probabilities[first],
            second=self.categories[second],
            second_probability=probabilities[second],
            confident=probabilities[first] >= self.model.calibration.threshold and bool(lengths[0]),
        )

    def explain(self, text: str) -> list[tuple[str, dict[str, float]]]:
        """Return what each word of a text adds to the score of each category.

        Parameters
        ----------
        text : str

        Returns
        -------
        list of (word, {category: contribution})
            In the order of the text, the words normalised. Contributions sum to the scores less
            the model's bias.

        Raises
        ------
        InputError
            If it is not a text.
        """
        found = words(as_texts([text])[0].as_py())
        scores, telling = self.model.scores_of_words(found)
        scores /= np.sqrt(max(int(telling.sum()), 1))
        return [
            (word, dict(zip(self.categories, map(float, row), strict=True)))
            for word, row in zip(found, scores, strict=True)
        ]

    def _probabilities(self, texts: pa.Array) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
        """Return probabilities, one column for each text, and the number of telling words of each."""
        sums, lengths = self._table.sums(texts)
        return self.model.calibration.probabilities(self.model.scores(sums, lengths), lengths), lengths


def _largest(probabilities: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.float32]]:
    """Return, for each column, the first row with the largest number, and that number.

    What `argmax` does, row by row over all columns at once: numpy's goes column by column.
    """
    largest = probabilities[0].copy()
    rows = np.zeros(largest.size, dtype=np.int16)
    for row in range(1, len(probabilities)):
        larger = probabilities[row] > largest
        np.maximum(rows, larger * np.int16(row), out=rows)
        np.maximum(largest, probabilities[row], out=largest)
    return rows, largest
