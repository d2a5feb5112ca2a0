"""How often each word is in each of many texts, as a sparse matrix."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import scipy.sparse as sp

from newsclf.text import split, words


def count_words(texts: pa.Array) -> tuple[sp.csr_array, list[str]]:
    """Return how often each distinct word is in each text.

    Parameters
    ----------
    texts : pyarrow.StringArray or pyarrow.LargeStringArray
        Without nulls.

    Returns
    -------
    counts : scipy.sparse.csr_array of shape (n_texts, n_distinct_words)
    distinct : list of str
        The normalised words, in sorted order.

    Examples
    --------
    >>> counts, distinct = count_words(pa.array(["فوز الرجاء", "فوز، فوز!"]))
    >>> distinct, counts.toarray().tolist()
    (['الرجاء', 'فوز'], [[1.0, 1.0], [0.0, 2.0]])
    """
    found = split(texts)
    words_of_chunk = [words(chunk) for chunk in found.chunks.to_pylist()]
    distinct = sorted({word for several in words_of_chunk for word in several})
    place = {word: column for column, word in enumerate(distinct)}
    chunk_starts = np.cumsum([0, *map(len, words_of_chunk)])
    chunk_words = np.array([place[word] for several in words_of_chunk for word in several], dtype=np.int32)

    by_chunk = sp.csr_array(
        (np.ones(found.codes.size), found.codes, narrow(found.starts)), shape=(len(texts), len(words_of_chunk))
    )
    of_chunk = sp.csr_array(
        (np.ones(chunk_words.size), chunk_words, narrow(chunk_starts)), shape=(len(words_of_chunk), len(distinct))
    )
    counts = (by_chunk @ of_chunk).tocsr()
    counts.sort_indices()
    return counts, distinct


def narrow(places: npt.NDArray[np.int64]) -> npt.NDArray[np.integer]:
    """Return rising numbers in 32 bits where they fit: faster, and all that many a linear model takes."""
    fits = places.size == 0 or places[-1] <= np.iinfo(np.int32).max
    return places.astype(np.int32) if fits else places
