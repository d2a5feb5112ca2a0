"""Groups of texts that say the same: exact copies, near-duplicates, one article under two headlines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from datasketch import MinHash, MinHashLSH, sha1_hash32

from newsclf.text import normalise, split

Integers = npt.NDArray[np.int64]

SIMILARITY = 0.6
# Bands and rows of the index. A pair of similarity s becomes a candidate with probability 1 - (1 - s**4)**24: 0.96 at
# 0.6. A miss lets a copy of a training text into the test set; a false candidate costs one exact comparison.
_BANDS, _ROWS = 24, 4


def duplicate_groups(titles: Sequence[str], bodies: Sequence[str]) -> Integers:
    """Return, for every text, the number of the first text of its group.

    Two texts are in one group if their titles, or their titles and bodies together, share at least
    `SIMILARITY` of their distinct words (Jaccard), or if a third text is in a group with both.
    Candidates come from MinHash and are compared exactly, so no two texts are joined by chance.

    Parameters
    ----------
    titles, bodies : sequence of str
        Of the same length; a text may lack either.

    Returns
    -------
    ndarray of int64
        The same groups come out whatever the order of the texts.

    Examples
    --------
    >>> titles = ["حريق في مصنع للنسيج بطنجة", "فوز الوداد في الديربي", "حريق مهول في مصنع للنسيج بطنجة"]
    >>> duplicate_groups(titles, ["", "", ""]).tolist()
    [0, 1, 0]
    """
    forest = _Forest(len(titles))
    # Titles by themselves too: a headline alone must find the article that it stands over.
    _join(_word_sets(list(titles)), forest)
    _join(_word_sets([f"{title}\n{body}" for title, body in zip(titles, bodies, strict=True)]), forest)
    return np.array([forest.root(place) for place in range(len(titles))], dtype=np.int64)


class _Forest:
    """Union-find in which the smallest number is always the root."""

    def __init__(self, size: int) -> None:
        self._parents = list(range(size))

    def root(self, place: int) -> int:
        while (parent := self._parents[place]) != place:
            self._parents[place] = place = self._parents[parent]
        return place

    def join(self, one: int, other: int) -> None:
        low, high = sorted((self.root(one), self.root(other)))
        self._parents[high] = low


class _WordSets:
    """The distinct words of many texts, as numbers, and the hash of each word."""

    def __init__(self, numbers: Integers, starts: Integers, hashes: Integers) -> None:
        self._numbers = numbers
        self._starts = starts
        self._hashes = hashes

    def __len__(self) -> int:
        return len(self._starts) - 1

    def __getitem__(self, place: int) -> Integers:
        return self._numbers[self._starts[place] : self._starts[place + 1]]

    def hashes(self, places: Sequence[int]) -> Iterator[Integers]:
        return (self._hashes[self[place]] for place in places)


def _word_sets(texts: list[str]) -> _WordSets:
    chunked = split(pa.array(texts, pa.large_string()))
    numbers: dict[str, int] = {}
    words_of_chunks = [
        [numbers.setdefault(word, len(numbers)) for word in normalise(chunk).split()]
        for chunk in chunked.chunks.to_pylist()
    ]
    lengths = np.fromiter(map(len, words_of_chunks), dtype=np.int64, count=len(words_of_chunks))
    flat = np.fromiter((word for words in words_of_chunks for word in words), dtype=np.int64, count=int(lengths.sum()))
    begins = np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64)

    # The words of every text, one after the other: for each chunk of a text, the words of that chunk.
    counts = lengths[chunked.codes]
    steps = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
    words = flat[np.repeat(begins[chunked.codes], counts) + steps]
    chunk_owners = np.repeat(np.arange(len(texts)), np.diff(chunked.starts))
    owners = np.repeat(chunk_owners, counts)
    # By sorting: numpy's unique hashes, and is far slower at this size.
    pairs = np.sort(owners * np.int64(len(numbers)) + words)
    distinct = pairs[np.diff(pairs, prepend=-1) != 0]
    owners, words = np.divmod(distinct, np.int64(max(len(numbers), 1)))
    starts = np.searchsorted(owners, np.arange(len(texts) + 1))
    hashes = np.fromiter((sha1_hash32(word.encode()) for word in numbers), dtype=np.int64, count=len(numbers))
    return _WordSets(words, starts, hashes)


def _join(sets: _WordSets, forest: _Forest) -> None:
    distinct: dict[bytes, int] = {}
    for place in range(len(sets)):
        words = sets[place]
        if words.size:
            first = distinct.setdefault(words.tobytes(), place)
            if first != place:
                forest.join(first, place)
    places = list(distinct.values())
    index = MinHashLSH(num_perm=_BANDS * _ROWS, params=(_BANDS, _ROWS))
    sketches = MinHash.generator(sets.hashes(places), num_perm=_BANDS * _ROWS, hashfunc=int)
    for place, sketch in zip(places, sketches, strict=True):
        for candidate in index.query(sketch):
            if forest.root(candidate) != forest.root(place) and _jaccard(sets[candidate], sets[place]) >= SIMILARITY:
                forest.join(candidate, place)
        index.insert(place, sketch, check_duplication=False)


def _jaccard(one: Integers, other: Integers) -> float:
    shared = np.intersect1d(one, other, assume_unique=True).size
    return shared / (one.size + other.size - shared)
