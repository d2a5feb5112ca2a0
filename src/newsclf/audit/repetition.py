"""Checks of texts that are made from one mould: set phrases of an outlet, templates of a writer."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from newsclf.audit.corpus import Corpus
from newsclf.audit.finding import Check, Evidence, Example, NotApplicable, Severity, counted
from newsclf.audit.words import Run

# Published text: a run of this many words in more than this share of a source's records.
PHRASE_WORDS = 8
PHRASE_SHARE = 0.01
# Text written to train on.
TEMPLATE_WORDS = 4
MOST_WITH_TEMPLATE = 8
MOST_DUPLICATES = 0.01
FEWEST_DISTINCT_WORDS = 15_000
# A smaller corpus can't have so many words.
FEWEST_WRITTEN = 5_000


def _set_phrases(corpus: Corpus) -> Evidence | None:
    examples = []
    for source in np.unique(corpus.sources):
        inside = (corpus.sources == source) & ~corpus.written
        more_than = max(MOST_WITH_TEMPLATE, int(PHRASE_SHARE * inside.sum()))
        runs = corpus.words_of(inside).repeated_runs(PHRASE_WORDS, more_than, copies=len(corpus))
        examples += [_example(corpus, run, source) for run in _without_overlaps(runs)]
    if not examples:
        return None
    number = counted(len(examples), "run")
    return Evidence(
        f"{number} of {PHRASE_WORDS} words in more than {PHRASE_SHARE:.0%} of a source's records", tuple(examples)
    )


def _templates(corpus: Corpus) -> Evidence | NotApplicable | None:
    if not corpus.written.any():
        return _nothing_written()
    words = corpus.words_of(corpus.written)
    runs = words.repeated_runs(TEMPLATE_WORDS, MOST_WITH_TEMPLATE, copies=len(corpus))
    if not runs:
        return None
    return Evidence(
        f"{counted(len(runs), 'run')} of {TEMPLATE_WORDS} words in more than {MOST_WITH_TEMPLATE} written records",
        tuple(_example(corpus, run) for run in runs),
    )


def _written_twice(corpus: Corpus) -> Evidence | NotApplicable | None:
    rows = np.flatnonzero(corpus.written)
    if not rows.size:
        return _nothing_written()
    groups = corpus.duplicate_groups[rows]
    _, first = np.unique(groups, return_index=True)
    repeated = np.setdiff1d(np.arange(rows.size), first)
    if repeated.size < MOST_DUPLICATES * rows.size:
        return None
    examples = [
        Example(
            corpus.shown(rows[place]),
            corpus.ids[rows[place]],
            f"like {corpus.shown(int(groups[place]))} [{corpus.ids[groups[place]]}]",
        )
        for place in repeated.tolist()
    ]
    return Evidence(
        f"{repeated.size:,} of {rows.size:,} written records ({repeated.size / rows.size:.1%}) nearly repeat another",
        tuple(examples),
    )


def _few_words(corpus: Corpus) -> Evidence | NotApplicable | None:
    number = int(corpus.written.sum())
    if number < FEWEST_WRITTEN:
        return NotApplicable(
            f"{counted(number, 'record')} written to train on; their words are counted from {FEWEST_WRITTEN:,} on"
        )
    distinct = corpus.words_of(corpus.written).distinct()
    if distinct >= FEWEST_DISTINCT_WORDS:
        return None
    return Evidence(f"{number:,} written records use {distinct:,} distinct words, under {FEWEST_DISTINCT_WORDS:,}", ())


def _nothing_written() -> NotApplicable:
    return NotApplicable("no record was written to train on (label_origin author)")


def _example(corpus: Corpus, run: Run, source: str = "") -> Example:
    detail = f"in {run.texts.size:,} records" + (f" of {source}" if source else "")
    return Example(" ".join(run.words), corpus.ids[run.texts[0]], detail)


def _without_overlaps(runs: Iterable[Run]) -> Iterable[Run]:
    """Yield the runs less those that share half of their words, in a row, with an earlier one."""
    seen: set[tuple[str, ...]] = set()
    for run in runs:
        half = len(run.words) // 2
        parts = {run.words[start : start + half] for start in range(len(run.words) - half + 1)}
        if not parts & seen:
            yield run
        seen |= parts


CHECKS = (
    Check(
        code="NC013",
        title="Set phrases",
        severity=Severity.WARNING,
        explanation=(
            "An outlet's boilerplate, a standing sentence or a form teaches the form. Where it goes with one section, "
            "it stands for the topic."
        ),
        fix="Name it under mask in the source's card, or under bylines where it opens the body.",
        find=_set_phrases,
    ),
    Check(
        code="NC014",
        title="Written by template",
        severity=Severity.ERROR,
        explanation=(
            "Texts written to train on that share whole phrases are one text with the nouns exchanged: they count "
            "many times and teach once."
        ),
        fix="Rewrite or delete the items that share the words.",
        find=_templates,
    ),
    Check(
        code="NC015",
        title="Written texts that repeat each other",
        severity=Severity.ERROR,
        explanation="A near-copy of a written text brings no new words, and weighs its first writing twice.",
        fix="Delete all but one of each.",
        find=_written_twice,
    ),
    Check(
        code="NC016",
        title="Written texts with few distinct words",
        severity=Severity.ERROR,
        explanation="Written data is worth the words it brings: places, institutions, matters, ways of saying.",
        fix="Write of other places, years and matters, in other outlets' ways.",
        find=_few_words,
    ),
)
