"""`ScoreTable`: adding up the scores of the words of many texts.

Scores are kept in fixed point, so that sums are exact: the result does not depend on the order of
the words, on which other texts stand beside a text, or on how many are scored at once.
"""

from __future__ import annotations

import threading

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from newsclf.arrays import number_array
from newsclf.chunkindex import ChunkIndex
from newsclf.text import split, words
from newsclf.topicmodel import TopicModel

# One unit of the fixed-point scores. 64-bit sums then hold 2 billion units of score, more than any text has.
_UNIT = 2.0**-32
_TEXT_BYTES_AT_ONCE = 8_000_000


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
        # One line for each category, then one for the number of telling words.
        self._table = np.zeros((len(self._model.categories) + 1, 1024), dtype=np.int64)

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
        total = np.empty((self._table.shape[0], len(texts)), dtype=np.int64)
        if len(texts):
            at_once = max(1, _TEXT_BYTES_AT_ONCE * len(texts) // max(texts.nbytes, 1))
            with self._lock:
                for begin in range(0, len(texts), at_once):
                    self._add_up(texts.slice(begin, at_once), total[:, begin : begin + at_once])
        return np.multiply(total[:-1], _UNIT, dtype=np.float64), total[-1]

    def _add_up(self, texts: pa.Array, out: npt.NDArray[np.int64]) -> None:
        found = split(texts)
        rows = self._rows(found.chunks)[found.codes]
        begins = found.starts[:-1]
        gathered = np.empty(rows.size, dtype=np.int64)
        for line, of_line in zip(self._table, out, strict=True):
            line.take(rows, out=gathered, mode="clip")
            np.add.reduceat(gathered, begins, out=of_line)

    def _rows(self, chunks: pa.Array) -> npt.NDArray[np.int32]:
        """Return the table row of each chunk, scoring the ones that were never met."""
        if self._index.size + len(chunks) > self._most_chunks and self._index.size:
            known = self._index.find(chunks)
            if self._index.size + int((known < 0).sum()) > self._most_chunks:
                self._forget()
        rows, unseen = self._index.find_or_add(chunks)
        if unseen.size:
            self._score(chunks.take(number_array(unseen)).to_pylist(), rows[unseen])
        return rows

    def _score(self, chunks: list[str], rows: npt.NDArray[np.int32]) -> None:
        """Fill the given rows of the table with the scores of chunks."""
        if self._index.size > self._table.shape[1]:
            larger = np.zeros((self._table.shape[0], 2 * self._index.size), dtype=np.int64)
            larger[:, : self._table.shape[1]] = self._table
            self._table = larger
        words_of_chunk = [words(chunk) for chunk in chunks]
        distinct = list(dict.fromkeys(word for several in words_of_chunk for word in several))
        if not distinct:
            self._table[:, rows] = 0
            return
        scores, telling = self._model.scores_of_words(distinct)
        lines = np.vstack([np.rint(scores.T / _UNIT).astype(np.int64), telling.astype(np.int64)])
        place = {word: number for number, word in enumerate(distinct)}
        numbers = np.fromiter((place[word] for several in words_of_chunk for word in several), dtype=np.int64)
        how_many = np.fromiter(map(len, words_of_chunk), dtype=np.int64, count=len(chunks))
        ends = np.cumsum(how_many)
        running = np.zeros((lines.shape[0], numbers.size + 1), dtype=np.int64)
        np.cumsum(lines[:, numbers], axis=1, out=running[:, 1:])
        self._table[:, rows] = running[:, ends] - running[:, ends - how_many]
