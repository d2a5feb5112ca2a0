"""Checks of what is the same text twice: across splits, and with two categories."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from newsclf.audit.corpus import Corpus
from newsclf.audit.finding import Check, Evidence, Example, Severity, counted
from newsclf.duplicates import SIMILARITY
from newsclf.text import normalise


def _across_splits(corpus: Corpus) -> Evidence | None:
    splits = corpus.column("split")
    members: defaultdict[int, list[int]] = defaultdict(list)
    for row, root in enumerate(corpus.duplicate_groups.tolist()):
        members[root].append(row)
    torn = [rows for rows in members.values() if np.unique(splits[rows]).size > 1]
    if not torn:
        return None
    examples = []
    for rows in torn:
        first = rows[0]
        other = next(row for row in rows if splits[row] != splits[first])
        detail = f"{splits[first]}; in {splits[other]}: {corpus.shown(other)} [{corpus.ids[other]}]"
        examples.append(Example(corpus.shown(first), corpus.ids[first], detail))
    records = sum(map(len, torn))
    return Evidence(
        f"{counted(len(torn), 'group')} of near-duplicates, {records:,} records, in more than one split",
        tuple(examples),
    )


def _two_categories(corpus: Corpus) -> Evidence | None:
    rows_of_title: defaultdict[str, list[int]] = defaultdict(list)
    for row in np.flatnonzero(corpus.labelled & (corpus.titles != "")).tolist():
        rows_of_title[normalise(corpus.titles[row])].append(row)
    examples = []
    for title, rows in rows_of_title.items():
        given = corpus.categories[rows]
        if title and np.unique(given).size > 1:
            other = rows[int(np.argmax(given != given[0]))]
            detail = f"{given[0]}; {corpus.categories[other]} as [{corpus.ids[other]}]"
            examples.append(Example(corpus.titles[rows[0]], corpus.ids[rows[0]], detail))
    if not examples:
        return None
    return Evidence(f"{counted(len(examples), 'title')} with more than one category", tuple(examples))


CHECKS = (
    Check(
        code="NC001",
        title="Near-duplicates in two splits",
        severity=Severity.ERROR,
        explanation=(
            f"Texts that share {SIMILARITY:.0%} of their words are in the training set and in a test set. The model "
            "is tested on what it was trained on, and the test says too much good of it."
        ),
        fix="Run 'newsclf prepare': it gives near-duplicates one group, and a group one split.",
        find=_across_splits,
    ),
    Check(
        code="NC002",
        title="One title, two categories",
        severity=Severity.ERROR,
        explanation="The same words can't teach two answers; at least one of the records has the wrong category.",
        fix="Read them by data/LABELLING.md and label the title in data/labels: a label wins over the section.",
        find=_two_categories,
    ),
)
