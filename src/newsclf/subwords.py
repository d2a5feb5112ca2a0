"""The character n-grams of words, hashed into buckets, for many words at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from newsclf.errors import ConfigurationError

# Odd multiplier of the polynomial over code points, and of the finishing mix: the 64-bit golden ratio and a
# constant of SplitMix64 (Steele, Lea and Flood, 2014), which spreads neighbouring values over all bits.
_POLYNOMIAL = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xBF58476D1CE4E5B9)


@dataclass(frozen=True)
class SubwordSettings:
    """Which n-grams of a word count, and into how many buckets they are hashed.

    Parameters
    ----------
    shortest, longest : int
        Lengths of the n-grams in characters, the word's boundary signs ``<`` and ``>`` included.
    bucket_bits : int
        There are ``2 ** bucket_bits`` buckets.

    Raises
    ------
    ConfigurationError
        If the lengths or the number of buckets make no sense.
    """

    shortest: int = 2
    longest: int = 5
    bucket_bits: int = 18

    def __post_init__(self) -> None:
        if not 1 <= self.shortest <= self.longest <= 16:
            raise ConfigurationError(
                f"subword lengths must satisfy 1 <= shortest <= longest <= 16, not {self.shortest} and {self.longest}"
            )
        if not 1 <= self.bucket_bits <= 26:
            raise ConfigurationError(f"bucket_bits must be from 1 to 26, not {self.bucket_bits}")

    @property
    def buckets(self) -> int:
        """The number of buckets."""
        return 1 << self.bucket_bits


@dataclass(frozen=True)
class Subwords:
    """The n-grams of many words, as bucket numbers.

    Attributes
    ----------
    buckets : ndarray of int32, shape (total number of n-grams,)
        Bucket of each n-gram, word by word.
    starts : ndarray of int64, shape (number of words + 1,)
        The n-grams of word i are ``buckets[starts[i]:starts[i + 1]]``.
    """

    buckets: npt.NDArray[np.int32]
    starts: npt.NDArray[np.int64]


def subwords(words: Sequence[str], settings: SubwordSettings) -> Subwords:
    """Return the hashed character n-grams of ``<word>`` for every word.

    An n-gram that occurs twice in a word is given twice. The hash is a polynomial over code points
    with a mixing step; it does not depend on the platform, the process or the other words.

    Parameters
    ----------
    words : sequence of str
        Normalised words.
    settings : SubwordSettings

    Returns
    -------
    Subwords

    Examples
    --------
    >>> found = subwords(["امن", "و"], SubwordSettings(shortest=2, longest=3, bucket_bits=10))
    >>> found.starts.tolist()  # <ا ام من ن> <ام امن من> and <و و> <و>
    [0, 7, 10]
    """
    count = len(words)
    marked = "".join(f"<{word}>" for word in words)
    points = np.frombuffer(marked.encode("utf-32-le"), dtype="<u4").astype(np.uint64)
    lengths = np.fromiter(map(len, words), dtype=np.int64, count=count) + 2
    begins = np.zeros(count, dtype=np.int64)
    np.cumsum(lengths[:-1], out=begins[1:])
    # For each character, how many characters its word still has from there on.
    left = np.repeat(begins + lengths, lengths) - np.arange(points.size)
    owner = np.repeat(np.arange(count), lengths)

    per_length: list[tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]] = []
    rolling = np.zeros(points.size, dtype=np.uint64)
    for length in range(1, settings.longest + 1):
        usable = max(points.size - length + 1, 0)
        rolling = rolling[:usable] * _POLYNOMIAL + points[length - 1 :]
        if length >= settings.shortest:
            inside = np.flatnonzero(left[:usable] >= length)
            mixed = rolling[inside] * _MIX
            mixed = (mixed ^ (mixed >> np.uint64(31))) * _POLYNOMIAL
            buckets = (mixed >> np.uint64(64 - settings.bucket_bits)).astype(np.int32)
            per_length.append((buckets, owner[inside]))

    owners = np.concatenate([owned for _, owned in per_length])
    order = np.argsort(owners, kind="stable")
    starts = np.zeros(count + 1, dtype=np.int64)
    np.cumsum(np.bincount(owners, minlength=count), out=starts[1:])
    return Subwords(np.concatenate([buckets for buckets, _ in per_length])[order], starts)
