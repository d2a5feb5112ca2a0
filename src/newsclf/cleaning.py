"""Taking out of a source's texts what would teach a model the outlet instead of the topic."""

from __future__ import annotations

import re
from collections.abc import Sequence

# Signs that print nothing (direction marks, byte order marks), and control characters other than line ends.
_INVISIBLE = re.compile(r"[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\u061c\x00-\x08\x0b-\x1f\x7f-\x9f]")
_BLANKS = re.compile(r"[^\S\n]+")
_LINE_ENDS = re.compile(r"\s*\n\s*")
_EMPTY_QUOTES = re.compile(r"\(\s*\)|\[\s*\]|«\s*»|“\s*”|\"\s*\"|'\s*'")
# What Arabic writes onto the front of a name: and, so, in, to, as, the.
_BEFORE_A_NAME = r"(?<!\w)(?:[وف]?(?:[بلك]|ال|لل)?ـ*)"


def tidy(text: str) -> str:
    r"""Return a text without signs that print nothing, with single blanks.

    Examples
    --------
    >>> tidy("  \u200fطنجة \t تستعد\r\n\n للمونديال ")
    'طنجة تستعد\nللمونديال'
    """
    # A lone surrogate is no character; Arrow and every file format refuse it.
    text = text.replace("\r\n", "\n").encode("utf-8", "replace").decode("utf-8")
    return _LINE_ENDS.sub("\n", _BLANKS.sub(" ", _INVISIBLE.sub("", text))).strip()


class Cleaner:
    r"""Cleans the texts of one source.

    Parameters
    ----------
    mask : sequence of str
        Names to remove, with what is written onto their front.
    bylines : sequence of str
        Regular expressions; what they match at the beginning of a body is removed, each once, in
        order.

    Examples
    --------
    >>> cleaner = Cleaner(["هسبريس"], [r"كتب\s*-\s*[^:]*:"])
    >>> cleaner.title("مصدر لهسبريس: الأشغال انتهت")
    'مصدر : الأشغال انتهت'
    >>> cleaner.body("كتب- مراسل طنجة: انتهت الأشغال")
    'انتهت الأشغال'
    """

    def __init__(self, mask: Sequence[str], bylines: Sequence[str]) -> None:
        # Longest first, so that "CNN بالعربية" goes before "CNN".
        names = [r"\s+".join(map(re.escape, name.split())) for name in sorted(mask, key=len, reverse=True)]
        self._mask = re.compile(rf"{_BEFORE_A_NAME}(?:{'|'.join(names)})(?!\w)") if names else None
        self._bylines = [re.compile(pattern) for pattern in bylines]

    def title(self, text: str) -> str:
        """Return a title, tidied, without the masked names."""
        return self._masked(tidy(text))

    def body(self, text: str) -> str:
        """Return a body, tidied, without its byline and the masked names."""
        text = tidy(text)
        for byline in self._bylines:
            if found := byline.match(text):
                text = text[found.end() :].lstrip()
        return self._masked(text)

    def _masked(self, text: str) -> str:
        if self._mask is None or not self._mask.search(text):
            return text
        return tidy(_EMPTY_QUOTES.sub(" ", self._mask.sub("", text)))
