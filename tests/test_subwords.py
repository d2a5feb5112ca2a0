"""Character n-grams: all of them, in the bucket they always have, whatever stands beside them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsclf.errors import ConfigurationError
from newsclf.subwords import SubwordSettings, subwords

words = st.text(st.characters(exclude_categories=["Cs", "Z"]), min_size=1, max_size=20)
settings = st.builds(
    lambda shortest, more, bits: SubwordSettings(shortest, shortest + more, bits),
    st.integers(1, 6),
    st.integers(0, 4),
    st.integers(1, 20),
)


def buckets_of(word: str, chosen: SubwordSettings) -> list[int]:
    """The buckets of a word by the formula, one n-gram and one step at a time."""
    marked = f"<{word}>"
    low = 2**64 - 1
    found = []
    for length in range(chosen.shortest, chosen.longest + 1):
        for begin in range(len(marked) - length + 1):
            rolling = 0
            for sign in marked[begin : begin + length]:
                rolling = (rolling * 0x9E3779B97F4A7C15 + ord(sign)) & low
            mixed = rolling * 0xBF58476D1CE4E5B9 & low
            mixed = (mixed ^ (mixed >> 31)) * 0x9E3779B97F4A7C15 & low
            found.append(mixed >> (64 - chosen.bucket_bits))
    return found


@given(st.lists(words, max_size=6), settings)
def test_every_ngram_of_every_word_is_in_its_bucket(many: list[str], chosen: SubwordSettings) -> None:
    found = subwords(many, chosen)
    assert found.starts.tolist()[0] == 0
    assert len(found.starts) == len(many) + 1
    for number, word in enumerate(many):
        of_word = found.buckets[found.starts[number] : found.starts[number + 1]].tolist()
        assert sorted(of_word) == sorted(buckets_of(word, chosen))


def test_buckets_never_change() -> None:
    # Saved models hold weights by bucket: another hash would silently make nonsense of them.
    found = subwords(["طنجة"], SubwordSettings(shortest=3, longest=3, bucket_bits=18))
    assert found.buckets.tolist() == buckets_of("طنجة", SubwordSettings(3, 3, 18)) == [75299, 109815, 39336, 204052]


def test_buckets_are_spread_evenly() -> None:
    rng = np.random.default_rng(0)
    letters = np.array(list("ابتثجحخدذرزسشصضطظعغفقكلمنهوي"))
    many = ["".join(rng.choice(letters, 6)) for _ in range(4000)]
    chosen = SubwordSettings(4, 5, 6)
    distinct = {gram for word in many for n in (4, 5) for gram in (f"<{word}>"[i : i + n] for i in range(9 - n))}
    found = subwords(many, chosen)
    counts = np.bincount(found.buckets, minlength=64)
    assert counts.min() > 0.7 * len(found.buckets) / 64
    assert counts.max() < 1.3 * len(found.buckets) / 64
    assert len(distinct) > 64


@pytest.mark.parametrize("lengths", [(0, 3), (4, 3), (2, 17)])
def test_lengths_that_make_no_sense_are_refused(lengths: tuple[int, int]) -> None:
    with pytest.raises(ConfigurationError, match="1 <= shortest <= longest <= 16"):
        SubwordSettings(*lengths)


@pytest.mark.parametrize("bits", [0, 27])
def test_numbers_of_buckets_that_make_no_sense_are_refused(bits: int) -> None:
    with pytest.raises(ConfigurationError, match="bucket_bits"):
        SubwordSettings(bucket_bits=bits)
