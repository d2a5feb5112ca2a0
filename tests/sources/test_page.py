"""The page reader must read pages of the seed's shape, whatever they lack, and refuse what is no page."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsclf.errors import InputError
from newsclf.sources.card import Card
from newsclf.sources.page import Page, read_items, read_page
from newsclf.sources.textfile import read_text

SEED = Path(__file__).parents[2] / "seeds" / "000_a6a047dd21cfc6cd.txt"
TICKER = ("الأمن يوقف مروج مخدرات بوجدة", "هبوط حقينة السدود إلى الثلث", "المنتخب يواجه غانا وديا.. متى وأين؟")
HEADLINE = "انهيار منزل آيل للسقوط بالمدينة القديمة"
FIRST = "تدخلت عناصر الوقاية المدنية، صباح اليوم الأحد، لإنقاذ أسرة حوصرت تحت أنقاض منزل انهار بالمدينة القديمة."
SECOND = "وأفادت السلطات المحلية بأن المنزل كان ضمن لائحة البنايات المهددة التي صدر قرار بإفراغها."
HEADING = "قرار لم ينفذ"
DATE = "الأحد 05 يناير 2020 على الساعة 12:30"
MOMENT = datetime(2020, 1, 5, 11, 30, tzinfo=UTC)


def _page(*lines: str, bullet: str = "• ", ticker: tuple[str, ...] = TICKER, end: str = "\n") -> str:
    return end.join([*(f"  {bullet}{item}" for item in ticker), *lines])


WHOLE = _page("عاجل", DATE, "", HEADLINE, "", HEADLINE, "", FIRST, "", HEADING, "", SECOND)


def test_the_seed_page_is_read_whole() -> None:
    page = read_page(read_text(SEED))
    assert len(page.ticker) == 5
    assert page.ticker[1].startswith("تشابي خلفا")
    assert page.breaking
    assert page.published_at == datetime(2021, 12, 3, 11, 30, tzinfo=UTC)
    assert page.headline == "إلى جانب أمريكا وإيطاليا.. المغرب ضمن قادة التحالف الدولي لهزيمة “داعش”"
    assert page.headings == ("المغرب.. شريك استراتيجي", "هزيمة داعش.. تحالف دولي")
    assert len(page.paragraphs) == 9
    # Everything under the headline is in the body, in order, once.
    assert page.body.startswith("انضم المغرب")
    assert page.body.endswith("للتنظيم.")
    assert page.body.count("\n") == 10
    assert page.headline not in page.body


def test_a_whole_page() -> None:
    page = read_page(WHOLE)
    assert page == Page(TICKER, True, MOMENT, HEADLINE, page.blocks, DATE)
    assert page.paragraphs == (FIRST, SECOND)
    assert page.headings == (HEADING,)


@pytest.mark.parametrize(
    "bullet",
    [
        *("•", "• ", "- ", "– ", "* ", "▪ ", "►", "■\t", "1. ", "12) ", "٣- ", "\u200f• ", "★ "),
        *("◄ ", "◀", "← ", "⇐ ", "« ", "» ", "› ", "\uf0b7\t", "o ", "•\n", "-\n\n"),
    ],
)
def test_other_bullets(bullet: str) -> None:
    assert read_page(_page(HEADLINE, FIRST, bullet=bullet)).ticker == TICKER


def test_quotation_marks_are_no_bullets() -> None:
    assert read_page(_page("« داعش » تتبنى الهجوم", FIRST)).headline == "« داعش » تتبنى الهجوم"


def test_a_ticker_without_bullets_stands_over_a_headline_that_is_printed_twice() -> None:
    page = read_page(WHOLE.replace("• ", ""))
    assert page == read_page(WHOLE)
    long = " ".join([HEADLINE] * 3)
    assert read_page(_page(DATE, long, long, FIRST, bullet="")).headline == long


def test_a_line_that_is_twice_in_the_article_is_no_headline() -> None:
    page = read_page(_page(HEADLINE, DATE, FIRST, HEADING, HEADING, SECOND, ticker=()))
    assert (page.ticker, page.headline) == ((), HEADLINE)


@pytest.mark.parametrize(
    "date", ["الأحد 5 يناير على الساعة 12:30", "الأحد 30 فبراير 2020", "30 شباط/فبراير 2020 12:30"]
)
def test_a_date_line_that_names_no_moment_is_no_headline(date: str, tmp_path: Path) -> None:
    text = _page(date, HEADLINE, FIRST)
    page = read_page(text)
    assert (page.headline, page.published_at, page.date_line) == (HEADLINE, None, date)
    (tmp_path / "page.txt").write_text(text, encoding="utf-8")
    # Handed on as it is, so that preparing counts it among the dates that could not be read.
    *_, article = read_items(tmp_path / "page.txt", Card("pages", "page", ("page.txt",)))
    assert article.published_at == date


@pytest.mark.parametrize("line", ["الوداد يفوز ", "1 ", "عاجل ", "12 مارس ", "•", "ا"])
def test_a_line_of_megabytes_costs_no_time(line: str) -> None:
    begin = time.process_time()
    with pytest.raises(InputError, match="is no news page"):
        read_page(line * (5_000_000 // len(line)) + "\nخبر")
    # Taking it apart word by word takes ten seconds and more.
    assert time.process_time() - begin < 3


def test_line_ends_and_marks_of_other_systems_change_nothing() -> None:
    assert read_page("\ufeff" + WHOLE.replace("\n", "\r\n")) == read_page(WHOLE)
    assert read_page("\n\n".join(WHOLE.split("\n"))) == read_page(WHOLE)


def test_what_a_page_lacks_it_may_lack() -> None:
    page = read_page(_page(HEADLINE, "", FIRST, ticker=()))
    assert page == Page((), False, None, HEADLINE, page.blocks)
    assert page.paragraphs == (FIRST,)


def test_the_date_may_stand_under_the_headline_and_be_of_another_country() -> None:
    page = read_page(_page(HEADLINE, "5 كانون الثاني 2020 - 13:30", HEADLINE, FIRST), zone="Asia/Beirut")
    assert page.published_at == MOMENT
    assert page.paragraphs == (FIRST,)


@pytest.mark.parametrize(
    "headline", [f"عاجل: {HEADLINE}", f"عاجل.. {HEADLINE}", f"#عاجل | {HEADLINE}", f"(عاجل) {HEADLINE}"]
)
def test_the_mark_may_stand_in_the_headline(headline: str) -> None:
    page = read_page(_page(headline, headline, FIRST))
    assert (page.breaking, page.headline, page.paragraphs) == (True, HEADLINE, (FIRST,))


def test_a_word_that_only_begins_like_the_mark_is_no_mark() -> None:
    page = read_page(_page("عاجل الدعم لسكان الجبال يصل غدا", FIRST))
    assert not page.breaking
    assert page.headline == "عاجل الدعم لسكان الجبال يصل غدا"


def test_breaking_news_without_an_article() -> None:
    page = read_page(_page("عاجل", DATE, HEADLINE))
    assert (page.breaking, page.headline, page.blocks) == (True, HEADLINE, ())


def test_lists_and_dates_inside_the_article_are_text() -> None:
    page = read_page(_page(HEADLINE, FIRST, "- إخلاء البنايات المجاورة", DATE, SECOND))
    assert page.ticker == TICKER
    assert page.published_at is None
    assert [block.text for block in page.blocks] == [FIRST, "- إخلاء البنايات المجاورة", DATE, SECOND]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        (" \n\ufeff\n", "is empty"),
        ("<!DOCTYPE html><html><body>خبر</body></html>", "HTML or XML"),
        ("Breaking news from Rabat.\nNothing else.", "no Arabic text"),
        (_page(), "it has a ticker but no headline"),
        (_page("عاجل", DATE), "it has a ticker but no headline"),
        (DATE, "it has no headline"),
        ("\n".join(TICKER), "nothing under the line 'الأمن يوقف"),
        (HEADLINE, "nothing under the line"),
        (f"{FIRST} {SECOND} {FIRST} {SECOND}", "opens with 60 words of text instead of a headline"),
    ],
)
def test_what_is_no_page_is_refused_with_the_reason(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_page(text, name="page.txt")


@given(st.text(alphabet="عاجل• -\n:.خبر 2020\r\u200f\u2028\x1c", max_size=200))
def test_any_text_is_a_page_or_refused(text: str) -> None:
    try:
        page = read_page(text)
    except InputError:
        return
    assert page.headline.strip()


def test_a_page_becomes_ticker_items_and_an_article(tmp_path: Path) -> None:
    path = tmp_path / "page.txt"
    path.write_text(WHOLE, encoding="utf-8")
    items = list(read_items(path, Card("pages", "page", ("*.txt",), time_zone="Africa/Casablanca")))
    assert [item.kind for item in items] == ["ticker", "ticker", "ticker", "article"]
    assert items[0].title == TICKER[0]
    assert items[3].published_at == "2020-01-05T11:30:00+00:00"
    assert items[3].body == f"{FIRST}\n{HEADING}\n{SECOND}"


def test_reading_a_page_needs_no_training_library() -> None:
    code = (
        "import sys, newsclf.sources.page; "
        "print([name for name in ('pandas', 'sklearn', 'scipy', 'mlflow', 'datasketch') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
