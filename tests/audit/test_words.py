"""Words as numbers must be the words of `newsclf.text`, and repeated runs those that counting one by one finds."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from newsclf.audit.words import WordTable
from newsclf.text import words
from tests.newstexts import news_texts

_FEW_WORDS = st.lists(st.sampled_from(["في", "وزارة", "الصحة", "تعلن"]), max_size=12).map(" ".join)


@given(st.lists(news_texts, max_size=6))
def test_the_words_are_those_of_the_texts(texts: list[str]) -> None:
    table = WordTable.of(texts)
    rebuilt: list[list[str]] = [[] for _ in texts]
    for code, text in zip(table.codes, table.texts, strict=True):
        rebuilt[text].append(table.vocabulary[code])
    assert rebuilt == [words(text) for text in texts]
    assert table.lengths(len(texts)).tolist() == [len(words(text)) for text in texts]
    assert table.distinct() == len(table.vocabulary) == len(set(table.vocabulary))


@given(st.lists(_FEW_WORDS, max_size=8), st.sampled_from([1, 2, 4, 8]), st.integers(0, 3), st.integers(1, 4))
def test_runs_are_those_that_counting_finds(texts: list[str], length: int, more_than: int, copies: int) -> None:
    places: defaultdict[tuple[str, ...], set[int]] = defaultdict(set)
    for number, text in enumerate(texts):
        found = words(text)
        for start in range(len(found) - length + 1):
            places[tuple(found[start : start + length])].add(number % copies)
    expected = {run: sorted(where) for run, where in places.items() if len(where) > more_than}

    runs = WordTable.of(texts).repeated_runs(length, more_than, copies)
    assert {run.words: run.texts.tolist() for run in runs} == expected
    counts = [run.texts.size for run in runs]
    assert counts == sorted(counts, reverse=True)


@given(st.lists(_FEW_WORDS, min_size=1, max_size=8), st.data())
def test_a_part_of_the_texts(texts: list[str], data: st.DataObject) -> None:
    wanted = np.array(data.draw(st.lists(st.booleans(), min_size=len(texts), max_size=len(texts))))
    part = WordTable.of(texts).only(wanted)
    blanked = WordTable.of([text if keep else "" for text, keep in zip(texts, wanted, strict=True)])
    assert [part.vocabulary[code] for code in part.codes] == [blanked.vocabulary[code] for code in blanked.codes]
    assert part.texts.tolist() == blanked.texts.tolist()
    assert part.distinct() == blanked.distinct()
