"""Copies and near-copies must be found, or a model is tested on what it was trained on."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from newsclf.duplicates import SIMILARITY, duplicate_groups

WORDS = ["حريق", "مصنع", "طنجة", "فوز", "الوداد", "برلمان", "قانون", "أسعار", "زيت", "مطر"]


def test_copies_near_copies_and_shared_bodies_are_one_group() -> None:
    body = "تدخلت عناصر الوقاية المدنية لإخماد النيران التي اندلعت في مستودع للمواد البلاستيكية بعد منتصف الليل"
    titles = [
        "حريق في مصنع للنسيج بطنجة",
        "الوداد يفوز في الديربي",
        "حــريق في مصنعِ للنسيج بطنجة!",
        "حريق مهول في مصنع للنسيج بطنجة",
        "ألسنة اللهب تلتهم مستودعا",
        "النيران تأتي على مخزن للبلاستيك",
        "الوداد يفوز في الديربي",
    ]
    bodies = ["", "نتيجة مستحقة أمام جمهور غفير", "", "", body, f"{body} أمس", ""]
    # The headline alone (6) finds its article (1); two headlines over one body (4, 5) are one story.
    assert duplicate_groups(titles, bodies).tolist() == [0, 1, 0, 0, 4, 4, 1]


def test_texts_without_words_are_no_duplicates_of_each_other() -> None:
    assert duplicate_groups(["", "…", "!"], ["", "", ""]).tolist() == [0, 1, 2]
    assert duplicate_groups([], []).tolist() == []


def _groups(texts: list[str]) -> set[frozenset[str]]:
    roots = duplicate_groups(texts, [""] * len(texts))
    return {frozenset(texts[place] for place in np.flatnonzero(roots == root)) for root in set(roots.tolist())}


@given(
    st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join), max_size=12, unique=True),
    st.randoms(use_true_random=False),
)
@settings(deadline=None)
def test_order_changes_nothing_and_nobody_joins_without_a_near_copy(texts: list[str], random: object) -> None:
    groups = _groups(texts)
    shuffled = list(texts)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert _groups(shuffled) == groups
    for group in groups:
        for text in group:
            words = set(text.split())
            others = [set(other.split()) for other in group if other != text]
            assert not others or max(len(words & other) / len(words | other) for other in others) >= SIMILARITY


def test_one_word_changed_in_eight_is_found_nearly_always() -> None:
    numbers = [f"كلمة{number}" for number in range(2400)]
    originals = [" ".join(numbers[start : start + 8]) for start in range(0, 2400, 8)]
    changed = [" ".join([*text.split()[:-1], "أخرى"]) for text in originals]
    roots = duplicate_groups(originals + changed, [""] * 600)
    found = np.mean(roots[300:] == np.arange(300))
    assert found >= 0.99
