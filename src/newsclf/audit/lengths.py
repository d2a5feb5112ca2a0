"""Checks of texts that are too short or too long to be what they are said to be."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from newsclf.audit.corpus import Corpus
from newsclf.audit.finding import Check, Evidence, Example, Severity, counted

SHORTEST_TITLE, LONGEST_TITLE = 3, 30
SHORTEST_BODY, LONGEST_BODY = 10, 5000

Integers = npt.NDArray[np.int64]


def _lengths(corpus: Corpus) -> tuple[Integers, Integers]:
    """Return the number of words of each title and of each body."""
    number = len(corpus)
    both = corpus.words.lengths(2 * number)
    return both[:number], both[number:]


def _too_short(corpus: Corpus) -> Evidence | None:
    titles, bodies = _lengths(corpus)
    short_title = (titles < SHORTEST_TITLE) & (corpus.titles != "")
    short_body = (bodies < SHORTEST_BODY) & (corpus.bodies != "")
    summary = f"a title under {SHORTEST_TITLE} words or a body under {SHORTEST_BODY}"
    return _evidence(corpus, short_title, short_body, summary)


def _too_long(corpus: Corpus) -> Evidence | None:
    titles, bodies = _lengths(corpus)
    summary = f"a title over {LONGEST_TITLE} words or a body over {LONGEST_BODY}"
    return _evidence(corpus, titles > LONGEST_TITLE, bodies > LONGEST_BODY, summary)


def _evidence(
    corpus: Corpus, by_title: npt.NDArray[np.bool_], by_body: npt.NDArray[np.bool_], summary: str
) -> Evidence | None:
    titles, bodies = _lengths(corpus)
    rows = np.flatnonzero((by_title | by_body) & ~corpus.garbled).tolist()
    if not rows:
        return None
    examples = [
        Example(
            corpus.shown(row),
            corpus.ids[row],
            f"title of {counted(int(titles[row]), 'word')}"
            if by_title[row]
            else f"body of {counted(int(bodies[row]), 'word')}",
        )
        for row in rows
    ]
    return Evidence(f"{counted(len(rows), 'record')} with {summary}", tuple(examples))


CHECKS = (
    Check(
        code="NC011",
        title="Too short",
        severity=Severity.WARNING,
        explanation="So few words seldom say what a text is about; they are often cut off, or a rubric's name.",
        fix="Look at what the card's columns name as title and body; take such rows out of the source.",
        find=_too_short,
    ),
    Check(
        code="NC012",
        title="Too long",
        severity=Severity.WARNING,
        explanation="A title of that length is the text itself; a body of that length is several texts in one.",
        fix="Look at what the card's columns name as title and body, and how the file separates its rows.",
        find=_too_long,
    ),
)
