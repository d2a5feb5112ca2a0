"""Words: what is folded, what is kept, and that splitting many texts at once changes nothing."""

from __future__ import annotations

import unicodedata

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsclf.text import has_arabic_letter, normalise, split, words

# Letters, marks, digits and signs of the texts we meet, and anything else that Unicode has.
news_signs = st.sampled_from(
    list("ابتثجحخدذرزسشصضطظعغفقكلمنهويىةءأإآٱؤئًٌٍَُِّْٰـ٠١٢۳،؛؟.…“”«»\"'-_abÀéİß0 9\t\n\u200f\ufeff😀ﻻﷲ")
)
texts = st.text(st.one_of(news_signs, st.characters(exclude_categories=["Cs"])), max_size=150)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("إلى أمن آخر ٱلرباط", ["الي", "امن", "اخر", "الرباط"]),
        ("مُدَرِّبٌ", ["مدرب"]),
        ("عاجـــــل", ["عاجل"]),
        ("مصرى", ["مصري"]),
        ("کرة", ["كرة"]),
        ("٢٠٣٠ و۱۲", ["2030", "و12"]),
        ("\u200fالمغرب\u200e", ["المغرب"]),
        ("كوفيد-19", ["كوفيد", "19"]),
        ("snake_case", ["snake", "case"]),
        ("PSG", ["psg"]),
        ("ﷲ ﻻ", ["الله", "لا"]),
        ("İstanbul", ["istanbul"]),
        ("“داعش”،", ["داعش"]),
        ("مسؤول هيئة ماء", ["مسؤول", "هيئة", "ماء"]),
        ("😀 … ؟", []),
        ("ط" * 64, ["ط" * 64]),
        ("و " + "ط" * 65 + " PSG", ["و", "ط" * 64, "psg"]),
        ("", []),
    ],
)
def test_words_are_folded_as_the_model_expects(raw: str, expected: list[str]) -> None:
    assert words(raw) == expected


@given(texts)
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


@given(texts)
def test_words_hold_letters_marks_and_digits_only(text: str) -> None:
    for word in words(text):
        assert word
        assert not any(sign.isspace() or unicodedata.category(sign) in {"Mn", "Mc", "Me", "Cf"} for sign in word)


@given(texts)
def test_words_of_a_text_are_the_words_of_its_chunks_in_order(text: str) -> None:
    # What lets a distinct chunk be normalised once for all texts.
    found = split(pa.array([text]))
    chunks = [found.chunks[code].as_py() for code in found.codes.tolist()]
    assert [word for chunk in chunks for word in words(chunk)] == words(text)


@given(st.lists(texts, max_size=8))
def test_splitting_many_texts_is_splitting_each(many: list[str]) -> None:
    found = split(pa.array(many, pa.string()))
    chunks = found.chunks.to_pylist()
    assert len(set(chunks)) == len(chunks)
    assert found.starts.tolist()[0] == 0
    assert len(found.starts) == len(many) + 1
    for begin, end, text in zip(found.starts[:-1], found.starts[1:], many, strict=True):
        assert end > begin
        rejoined = [word for code in found.codes[begin:end].tolist() for word in words(chunks[code])]
        assert rejoined == words(text)


def test_splitting_a_slice_gives_the_slice_only() -> None:
    array = pa.array(["طنجة", "فاس مكناس", "وجدة"])
    found = split(array.slice(1, 1))
    assert found.chunks.to_pylist() == ["فاس", "مكناس"]
    assert found.starts.tolist() == [0, 2]


def test_large_strings_are_split_too() -> None:
    assert split(pa.array(["فاس فاس"], pa.large_string())).codes.tolist() == [0, 0]


@pytest.mark.parametrize(
    ("word", "expected"), [("ئ", True), ("پاريس", True), ("psg", False), ("2030", False), ("", False)]
)
def test_arabic_words_are_told_from_others(word: str, expected: bool) -> None:
    assert has_arabic_letter(word) is expected
