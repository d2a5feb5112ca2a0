"""Dates as Arabic outlets print them, with Moroccan, Egyptian, Levantine and Tunisian names of months."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from newsclf.errors import ConfigurationError
from newsclf.text import normalise

_NAMES_OF_MONTHS = (
    ("يناير", "كانون الثاني", "جانفي"),
    ("فبراير", "شباط", "فيفري"),
    ("مارس", "آذار"),
    ("أبريل", "نيسان", "أفريل"),
    ("ماي", "مايو", "أيار"),
    ("يونيو", "يونيه", "حزيران", "جوان"),
    ("يوليوز", "يوليو", "يوليه", "تموز", "جويلية"),
    ("غشت", "أغسطس", "آب", "أوت"),
    ("شتنبر", "سبتمبر", "أيلول"),
    ("أكتوبر", "تشرين الأول"),
    ("نونبر", "نوفمبر", "تشرين الثاني"),
    ("دجنبر", "ديسمبر", "كانون الأول"),
)
_MONTHS = {normalise(name): number for number, names in enumerate(_NAMES_OF_MONTHS, 1) for name in names}
_BEFORE_A_DATE = "|".join(
    normalise(word)
    for word in (
        *("الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت", "الأحد", "يوم"),
        *("في", "بتاريخ", "تاريخ", "نشر", "نشرت", "النشر", "آخر", "تحديث"),
    )
)
_YEAR = r"(?P<year>(?:19|20)\d\d)"
# A number alone is an hour only where the line says so: "على الساعة 12".
_TIME = (
    r"(?:(?: (?:علي )?(?:الساعة|الساعه)| h)? (?P<hour>\d{1,2})[ h](?P<minute>\d\d)(?: (?P<second>\d\d))?"
    r"| (?:علي )?(?:الساعة|الساعه) (?P<whole_hour>\d{1,2})h?)"
    r"(?: (?P<half>صباحا|ص|زوالا|ظهرا|مساء|م|am|pm))?(?P<greenwich> (?:بتوقيت )?(?:غرينتش|جرينتش|gmt|utc))?"
)
# All are matched against the normalised text, where every sign between numbers and words is one blank.
_PATTERNS = tuple(
    re.compile(rf"(?:(?:{_BEFORE_A_DATE}) )*{date}(?:{_TIME})?", re.ASCII)
    for date in (
        rf"(?P<day>\d{{1,2}}) (?P<name>[^\d]+?) {_YEAR}",
        rf"(?P<day>\d{{1,2}}) (?P<month>\d{{1,2}}) {_YEAR}",
        rf"{_YEAR} (?P<month>\d{{1,2}}) (?P<day>\d{{1,2}})",
    )
)
# A day and a month with a weekday before or a year behind: what only a date line says.
_NAME = f"(?:{'|'.join(sorted(_MONTHS, key=len, reverse=True))})"
_DAY_AND_MONTH = rf"\d{{1,2}} {_NAME}(?: {_NAME})?"
_LIKE_A_DATE_LINE = re.compile(
    rf"(?:(?:(?:{_BEFORE_A_DATE}) )+{_DAY_AND_MONTH}(?: \d{{4}})?|{_DAY_AND_MONTH} \d{{4}})(?:{_TIME})?", re.ASCII
)


def is_date_line(text: str) -> bool:
    """Tell whether a line says nothing but when, though perhaps no moment that there is (no year, 30 February).

    Examples
    --------
    >>> is_date_line("الجمعة 3 دجنبر على الساعة 12:30"), is_date_line("3 مارس يوم وطني")
    (True, False)
    """
    return _LIKE_A_DATE_LINE.fullmatch(normalise(text)) is not None


def parse_date(text: str, zone: str = "UTC") -> datetime | None:
    """Return the moment that a date line or date column names, or None if it names none.

    Parameters
    ----------
    text : str
        A whole date: ``الخميس 23 أبريل 2020 - 17:21``, ``03 ديسمبر 2021 على الساعة 12:30``,
        ``2018-02-18 17:35``, ``23/04/2020``. Day comes before month where both are numbers.
    zone : str
        IANA name of the time zone that the text is in, where it does not say.

    Returns
    -------
    datetime or None
        In UTC. Midnight in `zone` where the text has no time.

    Raises
    ------
    ConfigurationError
        If the time zone is not known.

    Examples
    --------
    >>> parse_date("الأحد 05 يناير 2014 على الساعة 12:30", "Africa/Casablanca").isoformat()
    '2014-01-05T12:30:00+00:00'
    >>> parse_date("١٨ كانون الثاني 2017").isoformat()
    '2017-01-18T00:00:00+00:00'
    >>> parse_date("الوداد يفوز في 23 أبريل") is None
    True
    """
    local = _zone(zone)
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return _parse_words(normalise(text), local)
    return (moment if moment.tzinfo else moment.replace(tzinfo=local)).astimezone(UTC)


@cache
def _zone(name: str) -> tzinfo:
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ConfigurationError(
            f"time zone {name!r} is not known; write an IANA name such as Africa/Casablanca "
            "(where the system has no time zones, install the package tzdata)"
        ) from error


def _parse_words(words: str, local: tzinfo) -> datetime | None:
    found = next((match for pattern in _PATTERNS if (match := pattern.fullmatch(words))), None)
    if found is None:
        return None
    parts = found.groupdict()
    month = int(parts["month"]) if "month" in parts else _month(parts["name"])
    if month is None:
        return None
    hour = int(parts["hour"] or parts["whole_hour"] or 0)
    if parts["half"] is not None and hour <= 12:
        hour = hour % 12 + (12 if parts["half"] in {"زوالا", "ظهرا", "مساء", "م", "pm"} else 0)
    try:
        moment = datetime(
            int(parts["year"]),
            month,
            int(parts["day"]),
            hour,
            int(parts["minute"] or 0),
            int(parts["second"] or 0),
            tzinfo=UTC if parts["greenwich"] else local,
        )
    except ValueError:
        return None
    return moment.astimezone(UTC)


def _month(name: str) -> int | None:
    """Return the number of a month, also where it is named twice (تشرين الأول/أكتوبر)."""
    if name in _MONTHS:
        return _MONTHS[name]
    words = name.split()
    for cut in range(1, len(words)):
        first, second = (_MONTHS.get(" ".join(half)) for half in (words[:cut], words[cut:]))
        if first is not None and first == second:
            return first
    return None
