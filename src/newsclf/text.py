"""Words of Arabic news text: normalising them, and splitting many texts into them at once.

A *word* is a run of letters and digits after normalisation. A *chunk* is what stands between two
ASCII blanks in the raw text ("“داعش”،" is one chunk and one word; "كوفيد-19" is one chunk and two
words). Blanks never take part in normalisation, so the words of a text are the words of its chunks
in order: that is what lets many texts be split at machine speed, and each distinct chunk be
normalised once.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyarabic import araby

from newsclf.arrays import integers

_ARABIC_INDIC_DIGITS = "٠١٢٣٤٥٦٧٨٩"
_PERSIAN_DIGITS = "۰۱۲۳۴۵۶۷۸۹"

_FOLDED = str.maketrans(
    {
        # Outlets write these alike or leave the sign out; no topic hangs on them.
        "أ": "ا",
        "إ": "ا",
        "آ": "ا",
        "ٱ": "ا",
        # Egyptian and Levantine outlets write final yeh without dots, Persian keyboards write their own letters.
        "ى": "ي",
        "ی": "ي",
        "ک": "ك",
        araby.TATWEEL: None,
        **{
            digit: str(value)
            for digits in (_ARABIC_INDIC_DIGITS, _PERSIAN_DIGITS)
            for value, digit in enumerate(digits)
        },
    }
)
# Nothing longer is a word, and megabytes without a blank must not cost gigabytes of n-grams.
_LONGEST_WORD = 64
_NOT_A_LETTER_OR_DIGIT = re.compile(r"[\W_]")
_ARABIC_LETTER = re.compile(r"[\u0620-\u064a\u066e-\u06d3\u06fa-\u06ff\u0750-\u077f]")


def _mark_or_blank(match: re.Match[str]) -> str:
    """Return nothing for a mark or an invisible sign (they stand inside words), a blank for the rest."""
    return "" if unicodedata.category(match[0]) in {"Mn", "Mc", "Me", "Cf"} else " "


def normalise(text: str) -> str:
    """Return the words of a text, normalised, with one blank between them.

    Compatibility forms are folded (NFKC); tashkeel, tatweel, every other combining mark and
    invisible direction signs are taken out; أ إ آ ٱ become ا and ى becomes ي; Arabic-Indic digits
    become Western ones; Latin letters become lower-case; everything else becomes a blank. Words are
    cut after 64 characters.

    Examples
    --------
    >>> normalise("إلى جانبِ أمريكا.. هزيمة “داعـــش”")
    'الي جانب امريكا هزيمة داعش'
    >>> normalise("كوفيد-١٩ و PSG")
    'كوفيد 19 و psg'
    """
    if text.isalnum() and unicodedata.is_normalized("NFKC", text):
        folded = text.translate(_FOLDED)
    else:
        folded = araby.strip_tashkeel(unicodedata.normalize("NFKC", text)).translate(_FOLDED)
        folded = _NOT_A_LETTER_OR_DIGIT.sub(_mark_or_blank, folded)
    # Lower-casing can bring in marks of its own (İ), hence the second look.
    lowered = folded.lower()
    if lowered != folded:
        lowered = _NOT_A_LETTER_OR_DIGIT.sub(_mark_or_blank, lowered)
    if len(lowered) <= _LONGEST_WORD:
        return " ".join(lowered.split())
    return " ".join([word[:_LONGEST_WORD] for word in lowered.split()])


def words(text: str) -> list[str]:
    """Return the normalised words of a text, in order.

    Examples
    --------
    >>> words("الأمـن يُوقف ثلاثينياً!")
    ['الامن', 'يوقف', 'ثلاثينيا']
    >>> words("😀 …")
    []
    """
    return normalise(text).split()


def has_arabic_letter(word: str) -> bool:
    """Tell whether a word holds at least one Arabic letter.

    Examples
    --------
    >>> has_arabic_letter("المغرب"), has_arabic_letter("psg"), has_arabic_letter("2030")
    (True, False, False)
    """
    return _ARABIC_LETTER.search(word) is not None


@dataclass(frozen=True)
class ChunkedTexts:
    """Many texts split at ASCII blanks, each distinct chunk kept once.

    Attributes
    ----------
    chunks : pyarrow.StringArray
        The distinct raw chunks, in order of first appearance.
    codes : ndarray of int32, shape (total number of chunks,)
        For every chunk of every text, its place in `chunks`.
    starts : ndarray of int64, shape (number of texts + 1,)
        The chunks of text i are ``codes[starts[i]:starts[i + 1]]``; every text has at least one
        (an empty text has one empty chunk).
    """

    chunks: pa.Array
    codes: npt.NDArray[np.int32]
    starts: npt.NDArray[np.int64]


def split(texts: pa.Array) -> ChunkedTexts:
    """Split many texts at ASCII blanks and encode the chunks, in two passes over the bytes.

    Parameters
    ----------
    texts : pyarrow.StringArray or pyarrow.LargeStringArray
        The texts, without nulls.

    Returns
    -------
    ChunkedTexts

    Examples
    --------
    >>> found = split(pa.array(["عاجل عاجل طنجة", ""]))
    >>> found.chunks.to_pylist(), found.codes.tolist(), found.starts.tolist()
    (['عاجل', 'طنجة', ''], [0, 0, 1, 2], [0, 3, 4])
    """
    chunks, starts = flat_chunks(texts)
    encoded = chunks.dictionary_encode()
    return ChunkedTexts(encoded.dictionary, integers(encoded.indices), starts)


def flat_chunks(texts: pa.Array) -> tuple[pa.Array, npt.NDArray[np.int64]]:
    """Split many texts at ASCII blanks, in one pass over the bytes.

    Parameters
    ----------
    texts : pyarrow.StringArray or pyarrow.LargeStringArray
        The texts, without nulls.

    Returns
    -------
    chunks : pyarrow.StringArray or pyarrow.LargeStringArray
        The chunks of all texts, one text behind the other.
    starts : ndarray of int64, shape (number of texts + 1,)
        The chunks of text i are ``chunks[starts[i]:starts[i + 1]]``.

    Examples
    --------
    >>> chunks, starts = flat_chunks(pa.array(["عاجل طنجة", ""]))
    >>> chunks.to_pylist(), starts.tolist()
    (['عاجل', 'طنجة', ''], [0, 2, 3])
    """
    lists = pc.ascii_split_whitespace(texts)
    offsets = integers(lists.offsets).astype(np.int64)
    return lists.flatten(), offsets - offsets[0]
