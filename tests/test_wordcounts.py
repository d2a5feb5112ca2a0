"""Word counts are those that counting one text after the other gives."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from newsclf.text import words
from newsclf.wordcounts import count_words, narrow
from tests.newstexts import news_texts


@given(texts=st.lists(news_texts, max_size=8))
def test_counts_are_those_of_counting_one_by_one(texts: list[str]) -> None:
    counts, distinct = count_words(pa.array(texts, pa.string()))
    assert distinct == sorted({word for text in texts for word in words(text)})
    for row, text in enumerate(texts):
        found = dict(zip(distinct, counts[[row]].toarray()[0], strict=True))
        assert {word: count for word, count in found.items() if count} == Counter(words(text))


def test_places_stay_wide_where_32_bits_are_too_few() -> None:
    assert narrow(np.array([0, 5])).dtype == np.int32
    assert narrow(np.array([0, 2**31])).dtype == np.int64
