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

from newsclf.dates import parse_date
from newsclf.errors import InputError
from newsclf.sources.item import Item
from newsclf.sources.textfile import read_text
from newsclf.text import has_arabic_letter, normalise, words

if TYPE_CHECKING:
    from newsclf.sources.card import Card

# Direction marks and byte order marks print nothing, and stand in front of bullets.
_INVISIBLE = re.compile(r"[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\u061c]")
_BULLET = re.compile(r"(?:[•●○▪▫■□◆◇◦‣⁃∙·►▶▸➤➔➜★☆✦✔❖⬤][\uFE0E\uFE0F]?\s*|(?:[-–—*+>]|\d{1,2}[.)\-])\s+)(?=\S)")
_BREAKING = "عاجل"
_BREAKING_BEFORE = re.compile(r"#?(?:خبر )?عاجل\s*(?:[:|/!،]|\.\.+|…|[-–—]+\s)\s*")
_MARKUP = re.compile(r"<(?:!doctype|html|head|body|div|p|rss|\?xml)\b", re.IGNORECASE)
_SENTENCE_END = (".", ":", "،", "؛", "…")
_HEADING_WORDS = 10
_HEADLINE_WORDS = 40
_RUNNING_TEXT_WORDS = 12


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
        In UTC; None where the page has no date line.
    headline : str
    blocks : tuple of Block
        Paragraphs and headings of the article, in order.
    """

    ticker: tuple[str, ...]
    breaking: bool
    published_at: datetime | None
    headline: str
    blocks: tuple[Block, ...]

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
    lines = [line for raw in text.splitlines() if (line := _INVISIBLE.sub("", raw).strip())]
    if not lines:
        raise InputError(f"{name} is empty")
    if not any(has_arabic_letter(line) for line in lines):
        raise InputError(f"{name} is no news page: it holds no Arabic text")

    ticker: list[str] = []
    breaking = False
    published_at: datetime | None = None
    headline = ""
    printed_again = False
    rest = 0
    for rest, line in enumerate(lines):  # noqa: B007 (where the article's text begins, once the loop is left)
        if normalise(line) in {_BREAKING, f"خبر {_BREAKING}"}:
            breaking = True
        elif (moment := parse_date(line, zone)) is not None:
            published_at = published_at or moment
        elif not headline and (bullet := _BULLET.match(line)):
            ticker.append(line[bullet.end() :])
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
    return Page(tuple(ticker), breaking, published_at, headline, blocks)


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
    published_at = page.published_at.isoformat() if page.published_at else ""
    kind = "article" if page.blocks else "headline"
    yield Item(place=kind, kind=kind, title=page.headline, body=page.body, published_at=published_at)
