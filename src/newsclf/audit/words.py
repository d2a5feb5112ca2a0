"""The words of many texts as numbers, so that millions of them are counted and compared without a loop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from newsclf.text import normalise, split

Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Run:
    """A run of words that stands in several texts.

    Attributes
    ----------
    words : tuple of str
    texts : ndarray of int64
        The texts it stands in, each once.
    """

    words: tuple[str, ...]
    texts: Integers


@dataclass(frozen=True)
class WordTable:
    """Every normalised word of many texts, in order.

    Attributes
    ----------
    vocabulary : tuple of str
        The distinct words.
    codes : ndarray of int64
        For every word of every text, its place in the vocabulary.
    texts : ndarray of int64
        For every word, the number of its text. It never falls.
    """

    vocabulary: tuple[str, ...]
    codes: Integers
    texts: Integers

    @classmethod
    def of(cls, texts: Sequence[str]) -> WordTable:
        """Return the words of texts.

        Examples
        --------
        >>> table = WordTable.of(["عاجل: زلزال", "", "زلزال"])
        >>> table.vocabulary, table.codes.tolist(), table.texts.tolist()
        (('عاجل', 'زلزال'), [0, 1, 1], [0, 0, 2])
        """
        chunked = split(pa.array(texts, pa.large_string()))
        numbers: dict[str, int] = {}
        words_of_chunks = [
            [numbers.setdefault(word, len(numbers)) for word in normalise(chunk).split()]
            for chunk in chunked.chunks.to_pylist()
        ]
        lengths = np.fromiter(map(len, words_of_chunks), dtype=np.int64, count=len(words_of_chunks))
        words = (word for words in words_of_chunks for word in words)
        flat = np.fromiter(words, dtype=np.int64, count=int(lengths.sum()))
        begins = np.cumsum(lengths) - lengths

        # The words of every text, one after the other: for each chunk of a text, the words of that chunk.
        counts = lengths[chunked.codes]
        steps = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
        owners = np.repeat(np.arange(len(texts)), np.diff(chunked.starts))
        codes = flat[np.repeat(begins[chunked.codes], counts) + steps]
        return cls(tuple(numbers), codes, np.repeat(owners, counts))

    def only(self, wanted: Mask) -> WordTable:
        """Return the words of the texts that a mask over texts selects; texts keep their numbers."""
        inside = wanted[self.texts]
        return WordTable(self.vocabulary, self.codes[inside], self.texts[inside])

    def lengths(self, number: int) -> Integers:
        """Return how many words each of the first `number` texts has."""
        return np.bincount(self.texts, minlength=number)

    def distinct(self) -> int:
        """Return how many distinct words there are."""
        return int(np.unique(self.codes).size)

    def repeated_runs(self, length: int, more_than: int, copies: int | None = None) -> list[Run]:
        """Return the runs of words that stand in more than so many texts, the most frequent first.

        Parameters
        ----------
        length : int
            Words in a run: 2, 4, 8, 16, …
        more_than : int
        copies : int, optional
            Texts whose numbers are equal modulo this count as one, as the title and the body of a record.

        Examples
        --------
        >>> table = WordTable.of(["بلاغ للديوان الملكي", "جاء في بلاغ للديوان الملكي"])
        >>> [(" ".join(run.words), run.texts.tolist()) for run in table.repeated_runs(2, more_than=1)]
        [('بلاغ للديوان', [0, 1]), ('للديوان الملكي', [0, 1])]
        """
        ids, reach = self.codes, 1
        while reach < length:
            # A run is named by the names of its halves, so two runs with one name are equal word for word.
            pairs = ids[:-reach] * np.int64(ids.max(initial=0) + 1) + ids[reach:]
            _, ids = np.unique(pairs, return_inverse=True)
            reach *= 2
        if not ids.size:
            return []
        places = np.flatnonzero(self.texts[: ids.size] == self.texts[length - 1 :])
        texts = self.texts[places] if copies is None else self.texts[places] % copies
        order = np.lexsort((texts, ids[places]))
        names, texts, places = ids[places][order], texts[order], places[order]
        first_in_text = np.append(True, (np.diff(names) != 0) | (np.diff(texts) != 0))[: names.size]
        names, texts, places = names[first_in_text], texts[first_in_text], places[first_in_text]
        starts = np.flatnonzero(np.append(True, np.diff(names) != 0)[: names.size])
        counts = np.diff(np.append(starts, names.size))
        frequent = np.flatnonzero(counts > more_than)
        # Equally frequent runs come in the order of the texts.
        frequent = frequent[np.lexsort((places[starts[frequent]], -counts[frequent]))]
        return [
            Run(
                tuple(self.vocabulary[code] for code in self.codes[places[start] : places[start] + length]),
                texts[start : start + count],
            )
            for start, count in zip(starts[frequent], counts[frequent], strict=True)
        ]
