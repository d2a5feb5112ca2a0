"""`ScoreTable`: adding up the scores of the words of many texts.

Scores are kept in fixed point, so that sums are exact: the result does not depend on the order of
the words, on which other texts stand beside a text, or on how many are scored at once.
"""

from __future__ import annotations

import threading

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from newsclf.arrays import integers, number_array
from newsclf.chunkindex import ChunkIndex
from newsclf.text import flat_chunks, words
from newsclf.topicmodel import TopicModel

# One unit of the fixed-point scores. 64-bit sums then hold 2 billion units of score, more than any text has.
_UNIT = 2.0**-32
# Few enough that what is held of them stays in the processor's caches.
_TEXT_BYTES_AT_ONCE = 2_000_000


class ScoreTable:
    """The scores of every chunk of text met so far, and their sums over texts.

    Parameters
    ----------
    model : TopicModel
    most_chunks : int
        How many distinct chunks are remembered; when there would be more, all are forgotten first.
    """

    def __init__(self, model: TopicModel, most_chunks: int = 1 << 20) -> None:
        self._model = model
        self._most_chunks = most_chunks
        self._lock = threading.Lock()
        self._forget()

    def _forget(self) -> None:
        self._index = ChunkIndex()
        # For each chunk its scores, then its number of telling words.
        self._table = np.zeros((1024, len(self._model.categories) + 1), dtype=np.int64)

    def sums(self, texts: pa.Array) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
        """Return, for each text, the sum of its words' scores and the number of its telling words.

        Parameters
        ----------
        texts : pyarrow.StringArray or pyarrow.LargeStringArray
            Texts without nulls.

        Returns
        -------
        sums : ndarray of float64, shape (k, n)
        lengths : ndarray of int64, shape (n,)
        """
        total = np.empty((len(self._model.categories) + 1, len(texts)), dtype=np.int64)
        if len(texts):
            at_once = max(1, _TEXT_BYTES_AT_ONCE * len(texts) // max(texts.nbytes, 1))
            with self._lock:
                for begin in range(0, len(texts), at_once):
                    self._add_up(texts.slice(begin, at_once), total[:, begin : begin + at_once])
        return np.multiply(total[:-1], _UNIT, dtype=np.float64), total[-1]

    def _add_up(self, texts: pa.Array, out: npt.NDArray[np.int64]) -> None:
        chunks, starts = flat_chunks(texts)
        rows = self._rows(chunks)
        scores = self._table.take(rows, axis=0, mode="clip")
        # A text's sum is the difference of two running ones: exact, for these are whole numbers, and faster than
        # adding up text by text.
        running = np.zeros(rows.size + 1, dtype=np.int64)
        for column, of_column in zip(scores.T, out, strict=True):
            np.cumsum(column, out=running[1:])
            at_starts = running.take(starts)
            np.subtract(at_starts[1:], at_starts[:-1], out=of_column)

    def _rows(self, chunks: pa.Array) -> npt.NDArray[np.int32]:
        """Return the table row of each chunk, scoring the ones that were never met."""
        rows = self._index.find(chunks)
        unseen = np.flatnonzero(rows < 0)
        if unseen.size:
            encoded = chunks.take(number_array(unseen)).dictionary_encode()
            if self._index.size and self._index.size + len(encoded.dictionary) > self._most_chunks:
                self._forget()
                return self._rows(chunks)
            added = self._index.add(encoded.dictionary)
            self._score(encoded.dictionary.to_pylist(), added)
            rows[unseen] = added[integers(encoded.indices)]
        return rows

    def _score(self, chunks: list[str], rows: npt.NDArray[np.int32]) -> None:
        """Fill the given rows of the table with the scores of chunks."""
        if self._index.size > len(self._table):
            larger = np.zeros((2 * self._index.size, self._table.shape[1]), dtype=np.int64)
            larger[: len(self._table)] = self._table
            self._table = larger
        words_of_chunk = [words(chunk) for chunk in chunks]
        distinct = list(dict.fromkeys(word for several in words_of_chunk for word in several))
        if not distinct:
            self._table[rows] = 0
            return
        scores, telling = self._model.scores_of_words(distinct)
        of_word = np.column_stack([np.rint(scores / _UNIT).astype(np.int64), telling])
        place = {word: number for number, word in enumerate(distinct)}
        numbers = np.fromiter((place[word] for several in words_of_chunk for word in several), dtype=np.int64)
        ends = np.cumsum(np.fromiter(map(len, words_of_chunk), dtype=np.int64, count=len(chunks)))
        running = np.zeros((numbers.size + 1, of_word.shape[1]), dtype=np.int64)
        np.cumsum(of_word[numbers], axis=0, out=running[1:])
        self._table[rows] = np.diff(running[ends], axis=0, prepend=0)
