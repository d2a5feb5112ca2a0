"""What company words keep: vectors learnt from text that nobody needs to label.

Labelled headlines hold few words; the articles around them hold many. Words that stand in the same
articles get vectors that point the same way, so that what is learnt of one is known of the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import scipy.sparse as sp
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfTransformer
from threadpoolctl import threadpool_limits

from newsclf.errors import InputError, ModelError
from newsclf.files import replaced_file
from newsclf.npz import npz_arrays, npz_bytes
from newsclf.wordcounts import count_words, narrow

# A number is saved as a whole number from minus this to this.
_STEPS = 127


@dataclass(frozen=True)
class ContextVectors:
    """A vector of length 1 for each of many words.

    Parameters
    ----------
    words : tuple of str
        Normalised, in sorted order.
    vectors : ndarray of float32, shape (len(words), d)
    """

    words: tuple[str, ...]
    vectors: npt.NDArray[np.float32]

    @property
    def dimensions(self) -> int:
        """The number d."""
        return int(self.vectors.shape[1])

    def save(self, path: Path) -> None:
        """Write the vectors to an ``.npz`` file, each number as one of 255 steps of its dimension's range.

        The same vectors give the same bytes.

        Raises
        ------
        InputError
            If the file can't be written.
        """
        steps = np.abs(self.vectors).max(axis=0) / _STEPS
        numbers = np.rint(self.vectors / np.maximum(steps, np.finfo(np.float32).tiny)).astype(np.int8)
        words = np.frombuffer("\n".join(self.words).encode(), dtype=np.uint8)
        with replaced_file(path) as aside:
            aside.write_bytes(npz_bytes({"words": words, "numbers": numbers, "steps": steps}))

    @classmethod
    def load(cls, path: Path) -> ContextVectors:
        """Read vectors that `save` wrote, brought to length 1 again.

        Raises
        ------
        InputError
            If the file can't be read.
        ModelError
            If it is damaged, or no file of context vectors.
        """
        try:
            arrays = npz_arrays(path.read_bytes(), path)
        except OSError as error:
            raise InputError(f"{path} can't be read: {error.strerror}; 'newsclf vectors' makes it") from error
        try:
            words = tuple(arrays["words"].tobytes().decode().split("\n"))
            vectors = arrays["numbers"].astype(np.float32) * arrays["steps"]
        except (KeyError, UnicodeDecodeError, ValueError) as error:
            raise ModelError(f"{path} is no file of context vectors ({error}); 'newsclf vectors' makes one") from error
        if vectors.ndim != 2 or len(vectors) != len(words):
            raise ModelError(f"{path} has {len(words)} words, but vectors of the shape {vectors.shape}")
        return cls(words, _of_length_1(vectors))

    @cached_property
    def _place(self) -> dict[str, int]:
        return {word: row for row, word in enumerate(self.words)}

    def of(self, words: Sequence[str]) -> sp.csr_array:
        """Return the vectors of words; a word without one has zeros.

        Parameters
        ----------
        words : sequence of str
            Normalised.

        Returns
        -------
        scipy.sparse.csr_array of float64, shape (len(words), d)
        """
        rows = np.fromiter((self._place.get(word, -1) for word in words), dtype=np.int64, count=len(words))
        known = rows >= 0
        starts = np.concatenate([[0], np.cumsum(known * self.dimensions)])
        columns = np.tile(np.arange(self.dimensions, dtype=np.int32), int(known.sum()))
        data = self.vectors[rows[known]].ravel().astype(np.float64)
        return sp.csr_array((data, columns, narrow(starts)), shape=(len(words), self.dimensions))


def context_vectors(texts: pa.Array, dimensions: int, min_document_frequency: int = 5) -> ContextVectors | None:
    """Learn vectors of words from the texts they stand in.

    Latent semantic analysis (Deerwester et al., 1990, "Indexing by Latent Semantic Analysis"): the
    right singular vectors of the TF-IDF matrix, each scaled by the square root of its singular value;
    then each word's vector is brought to length 1. The same texts in the same order give the same
    vectors to the bit on one machine.

    Parameters
    ----------
    texts : pyarrow.StringArray
        Articles, the longer the better; labels don't matter.
    dimensions : int
        Length of the vectors; shorter where there are too few texts or words.
    min_document_frequency : int
        A word in fewer texts has no vector.

    Returns
    -------
    ContextVectors or None
        None where there are not two words and two texts to compare.

    Examples
    --------
    >>> texts = ["فوز الرجاء في الديربي", "فوز الوداد في الديربي", "توقيف لص", "توقيف مروج"] * 3
    >>> found = context_vectors(pa.array(texts), dimensions=2)
    >>> one, other, third = (found.of([word]).toarray()[0] for word in ("فوز", "الديربي", "توقيف"))
    >>> bool(one @ other > 0.9), bool(abs(one @ third) < 0.1)
    (True, True)
    """
    counts, distinct = count_words(texts)
    document_frequency = np.bincount(counts.indices, minlength=len(distinct))
    kept = np.flatnonzero(document_frequency >= min_document_frequency)
    most = min(len(texts), kept.size) - 1
    if most < 1:
        return None
    # Sums of products depend on how many threads share them.
    with threadpool_limits(limits=1):
        weighted = TfidfTransformer(sublinear_tf=True).fit_transform(counts[:, kept])
        found = TruncatedSVD(min(dimensions, most), n_iter=4, random_state=0).fit(weighted)
    vectors = found.components_.T * np.sqrt(found.singular_values_)
    return ContextVectors(tuple(distinct[place] for place in kept), _of_length_1(vectors).astype(np.float32))


def _of_length_1(vectors: npt.NDArray[Any]) -> npt.NDArray[Any]:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, np.finfo(vectors.dtype).tiny))
