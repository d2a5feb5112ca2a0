"""Checks of texts that are no Arabic: in another script, or read in the wrong encoding."""

from __future__ import annotations

import numpy as np
import pyarrow.compute as pc

from newsclf.audit.corpus import Corpus
from newsclf.audit.finding import Check, Evidence, Example, Severity, counted

_ARABIC = "[\u0620-\u064a\u066e-\u06d3\u06fa-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufefc]"


def _without_arabic(corpus: Corpus) -> Evidence | None:
    titles, bodies = (pc.match_substring_regex(corpus.records[name], _ARABIC).to_numpy() for name in ("title", "body"))
    rows = np.flatnonzero(~(titles | bodies | corpus.garbled)).tolist()
    if not rows:
        return None
    examples = tuple(Example(corpus.shown(row), corpus.ids[row]) for row in rows)
    return Evidence(f"{counted(len(rows), 'record')} without an Arabic letter", examples)


def _mojibake(corpus: Corpus) -> Evidence | None:
    examples = [
        Example(corpus.shown(row), corpus.ids[row], name)
        for name, found in corpus.misread.items()
        for row in np.flatnonzero(found).tolist()
    ]
    if not examples:
        return None
    return Evidence(f"{counted(len(examples), 'record')} with garbled text", tuple(examples))


CHECKS = (
    Check(
        code="NC007",
        title="No Arabic letters",
        severity=Severity.WARNING,
        explanation="The model is for Arabic. Texts in other scripts teach it that script means topic.",
        fix="Take them out of the source, or check that the card's columns name the Arabic text.",
        find=_without_arabic,
    ),
    Check(
        code="NC008",
        title="Garbled text",
        severity=Severity.ERROR,
        explanation=(
            "The file was read in another encoding than it was written in, so its words are no words. A model "
            "learns from them whatever goes with the fault."
        ),
        fix=(
            'Set the encoding in the source\'s card ("utf-8" or "cp1256"). Where the file itself is garbled, get it '
            "again from where it is whole; question marks can't be turned back."
        ),
        find=_mojibake,
    ),
)
