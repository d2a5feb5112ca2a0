"""Dates must come out as the moment they name: chronological tests of models stand on them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsclf.dates import parse_date
from newsclf.errors import ConfigurationError

CASABLANCA = "Africa/Casablanca"


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        # Morocco is an hour ahead of UTC, but not during Ramadan.
        ("الخميس 23 أبريل 2020 - 17:21", CASABLANCA, "2020-04-23T17:21"),
        ("الاثنين 24 غشت 2020 - 09:05", CASABLANCA, "2020-08-24T08:05"),
        ("الجمعة 03 ديسمبر 2021 على الساعة 12:30", CASABLANCA, "2021-12-03T11:30"),
        ("الثلاثاء 07 يوليوز 2020", CASABLANCA, "2020-07-06T23:00"),
        ("18 جانفي 2017", "UTC", "2017-01-18T00:00"),
        ("5 فيفري 2016، 10:00", "Africa/Tunis", "2016-02-05T09:00"),
        ("٢ كانون الأول ٢٠١٩ الساعة ٨:٠٥", "UTC", "2019-12-02T08:05"),
        ("12 تشرين الأول/أكتوبر 2018", "UTC", "2018-10-12T00:00"),
        ("نشر في: 9 ماي 2015، 5:30 مساءً", "UTC", "2015-05-09T17:30"),
        ("9 أيار 2015 12:10 صباحا", "UTC", "2015-05-09T00:10"),
        ("02 غشت 2019 الساعة 10:00 (بتوقيت غرينتش)", CASABLANCA, "2019-08-02T10:00"),
        ("2018-02-18 17:35", "UTC", "2018-02-18T17:35"),
        ("2013-01-23T21:28:59+02:00", CASABLANCA, "2013-01-23T19:28:59"),
        ("2013/01/23 21:28", "UTC", "2013-01-23T21:28"),
        ("الجمعة 03 ديسمبر 2021 على الساعة 12", "UTC", "2021-12-03T12:00"),
        ("3 دجنبر 2021 الساعة 5 مساءً", "UTC", "2021-12-03T17:00"),
        ("3 دجنبر 2021 على الساعة 12:30 زوالا", "UTC", "2021-12-03T12:30"),
        ("23/04/2020 17h21", "UTC", "2020-04-23T17:21"),
        # Marks of direction and vocalisation are in the wild.
        ("\u200fالسبت \u200e28 أغسطِس 2020", "UTC", "2020-08-28T00:00"),
    ],
)
def test_dates_as_outlets_print_them(text: str, zone: str, expected: str) -> None:
    assert parse_date(text, zone) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "الجمعة",
        "31 فبراير 2020",
        "45/13/2020",
        "12 رمضان 2020",
        "أيلول أكتوبر 2018",
        "3 مارس 2020 25:00",
        "3 مارس 2020 الساعة 25",
        "3 مارس 2020 17",
        "مونديال 2030",
        "البرلمان يصادق على القانون في 23 أبريل 2020",
    ],
)
def test_what_is_no_date_gives_none(text: str) -> None:
    assert parse_date(text) is None


def test_every_name_of_a_month_is_known() -> None:
    names = (
        ["يناير", "فبراير", "مارس", "أبريل", "ماي", "يونيو", "يوليوز", "غشت", "شتنبر", "أكتوبر", "نونبر", "دجنبر"],
        ["يناير", "فبراير", "مارس", "إبريل", "مايو", "يونيو", "يوليو", "أغسطس", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر"],
        [
            "كانون الثاني",
            "شباط",
            "آذار",
            "نيسان",
            "أيار",
            "حزيران",
            "تموز",
            "آب",
            "أيلول",
            "تشرين الأول",
            "تشرين الثاني",
            "كانون الأول",
        ],
        ["جانفي", "فيفري", "مارس", "أفريل", "ماي", "جوان", "جويلية", "أوت", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر"],
    )
    for calendar in names:
        months = [parse_date(f"15 {name} 2019") for name in calendar]
        assert [month.month if month else None for month in months] == list(range(1, 13))


def test_unknown_time_zone_is_refused_by_name() -> None:
    with pytest.raises(ConfigurationError, match="'Africa/Casa' is not known"):
        parse_date("2020-01-01", "Africa/Casa")


@given(st.text())
def test_any_text_is_a_utc_moment_or_none(text: str) -> None:
    moment = parse_date(text)
    assert moment is None or moment.tzinfo is UTC
