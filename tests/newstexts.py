"""Texts such as a news desk may send, for hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st

_KNOWN = ("فوز", "الرجاء", "توقيف", "لص", "البورصة", "الحكومة", "مهرجان", "طنجة", "في", "PSG", "3-1", "٢٠٣٠")
_SIGNS = st.sampled_from(list("ابتجحدرسشطعفقكلمنهويىةءأإآَُّـ٠٢،؛؟.…“”\"'-_abZé9\t\u200f\ufeff😀ﻻ"))
_WORD = st.one_of(
    st.sampled_from(_KNOWN),
    st.text(_SIGNS, min_size=1, max_size=12),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6),
)

# Known words, made-up ones, signs, and now and then anything that Unicode has.
news_texts = st.lists(_WORD, max_size=14).map(" ".join)
