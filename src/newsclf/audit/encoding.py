"""Checks of texts that are no Arabic: in another script, or read in the wrong encoding."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from newsclf.audit.corpus import Corpus
from newsclf.audit.finding import Check, Evidence, Example, Severity, counted
from newsclf.audit.words import Mask

_ARABIC = "[\u0620-\u064a\u066e-\u06d3\u06fa-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufefc]"


def _second_bytes(encoding: str) -> str:
    """Return, for a regular expression, what an encoding shows for the bytes that UTF-8 puts second."""
    shown = bytes(range(0x80, 0xC0)).decode(encoding, "ignore")
    return re.escape("".join(sorted(set(shown))))


# From what happened to the pattern it leaves behind; the first that fits is told. In UTF-8 the first of the two bytes
# of an Arabic letter is one of D8 to DB. No language puts three of these pairs, nor four accented letters, in a row.
_MISREADINGS = {
    # Control characters among the second bytes may be gone.
    "UTF-8 read as Latin-1": f"(?:[ØÙÚÛ][\u0080-\u00bf{_second_bytes('cp1252')}]?){{3}}",
    "UTF-8 read as Windows Arabic": f"(?:[طظعغ][{_second_bytes('cp1256')}]){{3}}",
    "Windows Arabic read as Latin-1": "[À-ÖØ-öø-ÿ]{4}",
    "written in an encoding without Arabic": r"\ufffd|\?\?+[ \n]\?\?+[ \n]\?\?+",
}


def _misread(corpus: Corpus) -> dict[str, Mask]:
    """Return, for each misreading, which records show it."""
    texts = [corpus.records[name] for name in ("title", "body")]
    return {name: _any_matches(texts, pattern) for name, pattern in _MISREADINGS.items()}


def _any_matches(texts: list[pa.ChunkedArray], pattern: str) -> Mask:
    # RE2 takes the characters themselves; it knows no \uXXXX.
    pattern = pattern.replace(r"\ufffd", "\ufffd")
    found = [pc.match_substring_regex(column, pattern).to_numpy() for column in texts]
    return np.asarray(np.logical_or.reduce(found), dtype=np.bool_)


def _mojibake(corpus: Corpus) -> Evidence | None:
    examples = []
    told = np.zeros(len(corpus), dtype=np.bool_)
    for name, found in _misread(corpus).items():
        rows = np.flatnonzero(found & ~told)
        examples += [Example(corpus.shown(row), corpus.ids[row], name) for row in rows.tolist()]
        told |= found
    if not examples:
        return None
    return Evidence(f"{counted(len(examples), 'record')} with garbled text", tuple(examples))


def _without_arabic(corpus: Corpus) -> Evidence | None:
    arabic = _any_matches([corpus.records[name] for name in ("title", "body")], _ARABIC)
    garbled = np.logical_or.reduce(list(_misread(corpus).values()))
    rows = np.flatnonzero(~arabic & ~garbled).tolist()
    if not rows:
        return None
    examples = tuple(Example(corpus.shown(row), corpus.ids[row]) for row in rows)
    return Evidence(f"{counted(len(rows), 'record')} without an Arabic letter", examples)


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
