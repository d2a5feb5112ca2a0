"""What of a record a model is given: title, lead, article; nothing where the record doesn't have it."""

from __future__ import annotations

import pyarrow as pa
import pytest

from newsclf.errors import ConfigurationError
from newsclf.views import VIEWS, stacked_views, view_texts
from tests.recordtables import record_table

RECORDS = record_table(
    [
        {"title": "عنوان"},
        {"title": "عنوان", "body": "كلمة كلمتان\nثلاث  أربع"},
        {"title": "", "body": "متن وحده هنا"},
    ]
)


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        ("headline", ["عنوان", "عنوان", None]),
        ("lead", [None, "عنوان كلمة كلمتان ثلاث", "متن وحده هنا"]),
        ("article", [None, "عنوان كلمة كلمتان\nثلاث  أربع", "متن وحده هنا"]),
    ],
)
def test_a_view_is_what_the_record_has_of_it(view: str, expected: list[str | None]) -> None:
    assert view_texts(RECORDS, view, lead_words=3).to_pylist() == expected
    # Tables of several chunks, as reading and filtering make them, give the same.
    chunked = pa.concat_tables([RECORDS.slice(0, 1), RECORDS.slice(1)])
    assert view_texts(chunked, view, lead_words=3).to_pylist() == expected


@pytest.mark.parametrize("view", VIEWS)
def test_no_records_have_no_texts(view: str) -> None:
    texts = view_texts(RECORDS.slice(0, 0), view)
    assert (len(texts), texts.type) == (0, pa.string())


def test_an_unknown_view_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="view 'body' is none of headline, lead, article"):
        view_texts(RECORDS, "body")


def test_stacked_views_know_the_record_each_text_is_of() -> None:
    texts, rows = stacked_views(RECORDS, ("headline", "lead"), lead_words=1)
    assert texts.to_pylist() == ["عنوان", "عنوان", "عنوان كلمة", "متن"]
    assert rows.tolist() == [0, 1, 1, 2]
    texts, rows = stacked_views(RECORDS.slice(0, 0), VIEWS)
    assert (len(texts), rows.size) == (0, 0)
