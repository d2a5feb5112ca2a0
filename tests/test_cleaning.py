"""Outlet names and bylines must not reach training; nothing else of a text may be lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsclf.cleaning import Cleaner, tidy

MASK = ["CNN", "CNN بالعربية", "هسبريس", "جريدة هسبريس", '"العربية"']
BYLINES = [r"[^\n()]{0,60}\(CNN\)\s*[-—–]*\s*", r"كتبت?\s*[-–]+\s*[^:\n]{2,80}:\s*"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("تصريح لهسبريس حول الجفاف", "تصريح حول الجفاف"),
        ("قال وهسبريس حاضرة", "قال حاضرة"),
        ("عاينته لـ هسبريس ولـهسبريس", "عاينته لـ"),
        ("خبير لـCNN بالعربية: النفط يتعافى", "خبير : النفط يتعافى"),
        ("في حديث لجريدة  هسبريس أمس", "في حديث أمس"),
        ('أفادت "العربية" بالخبر', "أفادت بالخبر"),
        ("أفادت (هسبريس) بالخبر", "أفادت بالخبر"),
        # A name inside a longer word, or the same word without its quotes, is another word.
        ("الدول العربية وهسبريسيون وCNNMoney", "الدول العربية وهسبريسيون وCNNMoney"),
    ],
)
def test_masked_names_go_with_what_is_written_onto_them(text: str, expected: str) -> None:
    assert Cleaner(MASK, []).title(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("دبي، الإمارات العربية المتحدة (CNN)-- ارتفع النفط", "ارتفع النفط"),
        ("كتبت – مراسلة الجهة: انهار المنزل", "انهار المنزل"),
        ("كتبت - مراسلة: كتب - الوزير: رسالة", "كتب - الوزير: رسالة"),
        ("كتب الوزير في رسالة: سنستمر", "كتب الوزير في رسالة: سنستمر"),
    ],
)
def test_bylines_go_once_from_the_beginning_of_a_body(text: str, expected: str) -> None:
    assert Cleaner([], BYLINES).body(text) == expected


def test_without_mask_a_text_is_only_tidied() -> None:
    assert Cleaner([], []).body("\ufeffخبر\t \u200fأول\r\n\r\nخبر\x07 ثان") == "خبر أول\nخبر ثان"


@given(st.text(alphabet=st.characters()))
def test_tidy_twice_is_tidy_once_and_can_be_encoded(text: str) -> None:
    once = tidy(text)
    assert tidy(once) == once
    once.encode()
