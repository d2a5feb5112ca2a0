"""News pages saved as text: a ticker, the breaking-news mark, a date line, a headline, paragraphs and headings.

The shape is that of the page in seeds/. Whatever a page lacks (ticker, date, second printing of the
headline, headings) it may lack; what has no headline and no running text is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from newsclf.dates import is_date_line, parse_date
from newsclf.errors import InputError
from newsclf.sources.item import Item
from newsclf.sources.textfile import read_text
from newsclf.text import has_arabic_letter, normalise, words

if TYPE_CHECKING:
    from newsclf.sources.card import Card

# Direction marks and byte order marks print nothing, and stand in front of bullets.
_INVISIBLE = re.compile(r"[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\u061c]")
# Dots, arrows, geometric shapes and dingbats, those of old word processors too.
_BULLET_SIGN = (
    r"[•‣⁃∙·●⁌⁍§\u2190-\u21ff\u25a0-\u25ff\u2605\u2606\u2660-\u2667\u2700-\u27bf\u2b00-\u2bff\uf0a7\uf0b7\uf0d8]\uFE0F?"
)
_BULLET = re.compile(rf"(?:{_BULLET_SIGN}\s*|(?:[-–—*+>o›]|[«»](?!.*[«»])|\d{{1,2}}[.)\-])\s+)(?=\S)")
_BULLET_ALONE = re.compile(rf"{_BULLET_SIGN}|[-–—*+›]")
_BREAKING = "عاجل"
_BREAKING_BEFORE = re.compile(r"(?:[(\[](?:خبر )?عاجل[)\]]|#?(?:خبر )?عاجل\s*(?:[:|/!،]|\.\.+|…|[-–—]+\s))\s*")
_MARKUP = re.compile(r"<(?:!doctype|html|head|body|div|p|rss|\?xml)\b", re.IGNORECASE)
_SENTENCE_END = (".", ":", "،", "؛", "…")
_HEADING_WORDS = 10
_HEADLINE_WORDS = 40
_RUNNING_TEXT_WORDS = 12
# No mark, date, ticker item or headline has more characters; what has need not be looked at word by word.
_LONGEST_HEAD_LINE = 1000
_MOST_HEAD_LINES = 100


@dataclass(frozen=True)
class Block:
    """One block of an article's text.

    Attributes
    ----------
    text : str
    heading : bool
        Whether it is a section heading rather than a paragraph.
    """

    text: str
    heading: bool = False


@dataclass(frozen=True)
class Page:
    """What stands on a news page.

    Attributes
    ----------
    ticker : tuple of str
        The items of the news ticker, without bullets.
    breaking : bool
        Whether the page carries the breaking-news mark.
    published_at : datetime or None
        In UTC; None where the page has no date line, or one that names no moment.
    headline : str
    blocks : tuple of Block
        Paragraphs and headings of the article, in order.
    date_line : str
        As printed.
    """

    ticker: tuple[str, ...]
    breaking: bool
    published_at: datetime | None
    headline: str
    blocks: tuple[Block, ...]
    date_line: str = ""

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The paragraphs of the article."""
        return tuple(block.text for block in self.blocks if not block.heading)

    @property
    def headings(self) -> tuple[str, ...]:
        """The section headings inside the article."""
        return tuple(block.text for block in self.blocks if block.heading)

    @property
    def body(self) -> str:
        """The article under its headline, one block a line."""
        return "\n".join(block.text for block in self.blocks)


def read_page(text: str, zone: str = "Africa/Casablanca", name: str = "the text") -> Page:
    """Return what stands on a news page that was saved as text.

    Parameters
    ----------
    text : str
    zone : str
        Time zone of the date line.
    name : str
        What to call the page in an error.

    Returns
    -------
    Page

    Raises
    ------
    InputError
        If it is no such page, saying why.

    Examples
    --------
    >>> page = read_page('''• الوداد يتعاقد مع مدرب جديد
    ... عاجل
    ... الأحد 05 يناير 2014 على الساعة 12:30
    ... انهيار منزل بالمدينة القديمة
    ...
    ... انهيار منزل بالمدينة القديمة
    ...
    ... تدخلت مصالح الوقاية المدنية صباح اليوم لإنقاذ أسرة حوصرت تحت الأنقاض.''')
    >>> page.ticker, page.breaking, page.headline
    (('الوداد يتعاقد مع مدرب جديد',), True, 'انهيار منزل بالمدينة القديمة')
    >>> read_page("• الوداد يتعاقد مع مدرب جديد")
    Traceback (most recent call last):
    newsclf.errors.InputError: the text is no news page: it has a ticker but no headline; give its lines as texts
    """
    if _MARKUP.search(text[:2000]):
        raise InputError(f"{name} is HTML or XML; save the page as plain text")
    lines = _lines(text)
    if not lines:
        raise InputError(f"{name} is empty")
    if not any(has_arabic_letter(line) for line in lines):
        raise InputError(f"{name} is no news page: it holds no Arabic text")

    ticker: list[str] = []
    breaking = False
    published_at: datetime | None = None
    date_line = headline = ""
    twice = _printed_twice(lines, zone)
    printed_again = False
    rest = 0
    for rest, line in enumerate(lines):  # noqa: B007 (where the article's text begins, once the loop is left)
        if len(line) > _LONGEST_HEAD_LINE:
            break
        if _is_breaking(line):
            breaking = True
        elif (moment := parse_date(line, zone)) is not None or is_date_line(line):
            published_at, date_line = published_at or moment, date_line or line
        elif not headline and (bullet := _BULLET.match(line)):
            ticker.append(line[bullet.end() :])
        elif not headline and twice and normalise(line) != twice:
            ticker.append(line)
        elif not headline:
            headline = line
        elif normalise(line) == normalise(headline):
            printed_again = True
        else:
            break
    else:
        rest = len(lines)
    if mark := _BREAKING_BEFORE.match(headline):
        breaking, headline = True, headline[mark.end() :]

    _refuse_if_no_headline(headline, ticker, name)
    blocks = _blocks(lines[rest:])
    if not _runs(blocks) and (blocks or not (breaking or published_at or printed_again)):
        raise InputError(
            f"{name} is no news page: nothing under the line {headline[:40]!r} reads like an article; "
            "give its lines as texts"
        )
    return Page(tuple(ticker), breaking, published_at, headline, blocks, date_line)


def _lines(text: str) -> list[str]:
    """Return the lines that print something; a bullet on a line of its own belongs to the next line."""
    lines: list[str] = []
    bullet = ""
    for raw in text.splitlines():
        line = _INVISIBLE.sub("", raw).strip()
        if _BULLET_ALONE.fullmatch(line):
            bullet = f"{line} "
        elif line:
            lines.append(bullet + line)
            bullet = ""
    return lines


def _is_breaking(line: str) -> bool:
    return normalise(line) in {_BREAKING, f"خبر {_BREAKING}"}


def _printed_twice(lines: list[str], zone: str) -> str:
    """Return, normalised, the line that stands twice right under the mark or date: the headline, "" if none is.

    Plain lines above it are then a ticker that lost its bullets.
    """
    under_a_mark = False
    first = ""
    for line in lines[:_MOST_HEAD_LINES]:
        if len(line) > _LONGEST_HEAD_LINE:
            break
        if _is_breaking(line) or parse_date(line, zone) is not None or is_date_line(line):
            under_a_mark, first = True, ""
            continue
        plain = normalise(line)
        if first and plain == first:
            return plain
        under_a_mark, first = False, plain if under_a_mark else ""
    return ""


def _refuse_if_no_headline(headline: str, ticker: list[str], name: str) -> None:
    if not words(headline):
        has = "it has a ticker but no headline" if ticker else "it has no headline"
        raise InputError(f"{name} is no news page: {has}; give its lines as texts")
    count = len(words(headline))
    if count > _HEADLINE_WORDS:
        raise InputError(f"{name} is no news page: it opens with {count} words of text instead of a headline")


def _blocks(lines: list[str]) -> tuple[Block, ...]:
    """Return lines as blocks: a short line that ends no sentence and has text under it is a heading."""
    short = [len(line.split()) <= _HEADING_WORDS and not line.endswith(_SENTENCE_END) for line in lines]
    followed = [*(not each for each in short[1:]), False]
    return tuple(Block(line, short[i] and followed[i]) for i, line in enumerate(lines))


def _runs(blocks: tuple[Block, ...]) -> bool:
    """Tell whether there is running text: a paragraph with the length or the full stop of one."""
    return any(
        not block.heading and (len(block.text.split()) >= _RUNNING_TEXT_WORDS or block.text.endswith("."))
        for block in blocks
    )


def read_items(path: Path, card: Card) -> Iterator[Item]:
    """Yield the ticker items and the article of a page.

    Raises
    ------
    InputError
        If the file can't be read or is no such page.
    """
    page = read_page(read_text(path, card.encoding), card.time_zone, str(path))
    for number, text in enumerate(page.ticker, 1):
        yield Item(place=f"ticker item {number}", kind="ticker", title=text)
    published_at = page.published_at.isoformat() if page.published_at else page.date_line
    kind = "article" if page.blocks else "headline"
    yield Item(place=kind, kind=kind, title=page.headline, body=page.body, published_at=published_at)
