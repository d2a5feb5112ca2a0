"""Telling texts that were read in another encoding than they were written in."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Mask = npt.NDArray[np.bool_]


def _second_bytes(encoding: str) -> str:
    """Return, for a regular expression, what an encoding shows for the bytes that UTF-8 puts second."""
    shown = bytes(range(0x80, 0xC0)).decode(encoding, "ignore")
    return re.escape("".join(sorted(set(shown))))


# From what happened to the pattern it leaves behind; the first that fits is told. In UTF-8 the first of the two bytes
# of an Arabic letter is one of D8 to DB. No language puts three of these pairs, nor four accented letters, in a row.
_MISREADINGS = {
    # Control characters among the second bytes may be gone.
    "UTF-8 read as Latin-1": f"(?:[ØÙÚÛ][\u0080-\u00bf{_second_bytes('cp1252')}]?){{3}}",
    "UTF-8 read as Windows Arabic": f"(?:[طظعغ][{_second_bytes('cp1256')}]){{3}}",
    "Windows Arabic read as Latin-1": "[À-ÖØ-öø-ÿ]{4}",
    # One sign that was lost harms one word; question marks may be meant.
    "written in an encoding without Arabic": "(?s:\ufffd.*\ufffd.*\ufffd)|\\?\\?+[ \n]\\?\\?+[ \n]\\?\\?+",
}


def misreadings(texts: pa.ChunkedArray) -> dict[str, Mask]:
    """Return, for each way of misreading Arabic, which texts show it.

    Parameters
    ----------
    texts : pyarrow.ChunkedArray of strings
        Without nulls.

    Returns
    -------
    dict of str to ndarray of bool
        A text shows one misreading at most.

    Examples
    --------
    >>> found = misreadings(pa.chunked_array([["الأمن", "الأمن".encode("cp1256").decode("latin-1")]]))
    >>> [name for name, texts in found.items() if texts[1]], any(texts[0] for texts in found.values())
    (['Windows Arabic read as Latin-1'], False)
    """
    told = np.zeros(len(texts), dtype=np.bool_)
    found = {}
    for name, pattern in _MISREADINGS.items():
        found[name] = pc.match_substring_regex(texts, pattern).to_numpy() & ~told
        told |= found[name]
    return found
