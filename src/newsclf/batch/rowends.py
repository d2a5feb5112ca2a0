"""Where rows end in the bytes of a line-based or comma-separated file."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Positions = npt.NDArray[np.int64]

_QUOTE, _NEWLINE, _RETURN = 34, 10, 13


@dataclass(frozen=True)
class RowEnds:
    """The ends of the rows in some bytes that begin where a row begins.

    Attributes
    ----------
    ends : ndarray of int64
        For each row that is complete, the position after its line end.
    open_quote : bool
        Whether what follows the last end stands in quotes that are not closed.
    """

    ends: Positions
    open_quote: bool


def line_ends(content: bytes) -> Positions:
    r"""Return the position after each ``\n``.

    Examples
    --------
    >>> line_ends("طنجة\nفاس".encode()).tolist()
    [9]
    """
    return np.flatnonzero(np.frombuffer(content, dtype=np.uint8) == _NEWLINE) + 1


def csv_line_ends(content: bytes, *, whole: bool) -> Positions:
    r"""Return the position after each ``\n``, ``\r\n`` or lone ``\r``.

    Parameters
    ----------
    content : bytes
    whole : bool
        Whether nothing follows `content`; if something may, a ``\r`` at its end is left open.
    """
    if content.count(b"\r") == content.count(b"\r\n") + (not whole and content.endswith(b"\r")):
        return line_ends(content)
    view = np.frombuffer(content, dtype=np.uint8)
    following = np.append(view[1:], np.uint8(0 if whole else _NEWLINE))
    return np.flatnonzero((view == _NEWLINE) | ((view == _RETURN) & (following != _NEWLINE))) + 1


def csv_line_count(content: bytes) -> int:
    r"""Return how many lines end in bytes that nothing follows.

    Examples
    --------
    >>> csv_line_count(b"a\nb\r\nc\rd")
    3
    """
    return content.count(b"\n") + content.count(b"\r") - content.count(b"\r\n")


def csv_row_ends(content: bytes, delimiter: str, *, whole: bool) -> RowEnds:
    r"""Find the row ends of CSV, where line ends inside quotes are part of a value.

    A quote opens a value only where a value begins, and closes it when it is not doubled: the rule
    of RFC 4180 and of Arrow's parser.

    Parameters
    ----------
    content : bytes
        Begins where a row begins.
    delimiter : str
    whole : bool
        Whether nothing follows `content`.

    Returns
    -------
    RowEnds

    Examples
    --------
    >>> csv_row_ends(b'a,"b\nc"\nd,e\n', ",", whole=True).ends.tolist()
    [8, 12]
    """
    ends = csv_line_ends(content, whole=whole)
    view = np.frombuffer(content, dtype=np.uint8)
    quotes = np.flatnonzero(view == _QUOTE)
    if not quotes.size:
        return RowEnds(ends, open_quote=False)
    if _alternate(view, quotes, ord(delimiter)):
        inside = np.searchsorted(quotes, ends) % 2 == 1
        return RowEnds(ends[~inside], open_quote=quotes.size % 2 == 1)
    begins, closes, open_quote = _quoted_spans(content, delimiter)
    inside = np.searchsorted(begins, ends) != np.searchsorted(closes, ends)
    return RowEnds(ends[~inside], open_quote)


def _alternate(view: npt.NDArray[np.uint8], quotes: Positions, delimiter: int) -> bool:
    """Tell whether every other quote opens and the rest close, so that counting them is enough."""
    may_touch = np.zeros(256, dtype=np.bool_)
    may_touch[[delimiter, _QUOTE, _NEWLINE, _RETURN]] = True
    opening, closing = quotes[0::2], quotes[1::2]
    before = may_touch[view[opening - 1]] | (opening == 0)
    after = may_touch[view[np.minimum(closing + 1, view.size - 1)]]
    return bool(before.all() and after.all())


def _quoted_spans(content: bytes, delimiter: str) -> tuple[Positions, Positions, bool]:
    """Return where each quoted value begins and closes, and whether the last one never does."""
    pattern = rb'(?:\A|(?<=[\r\n%s]))"[^"]*(?:""[^"]*)*(?:"|\Z)' % re.escape(delimiter.encode())
    spans = [match.span() for match in re.finditer(pattern, content)]
    begins = np.array([begin for begin, _ in spans], dtype=np.int64)
    closes = np.array([end for _, end in spans], dtype=np.int64)
    # The quotes of a closed value are even in number.
    open_quote = bool(spans) and spans[-1][1] == len(content) and content.count(b'"', *spans[-1]) % 2 == 1
    if open_quote:
        closes[-1] = len(content) + 1
    return begins, closes, open_quote
