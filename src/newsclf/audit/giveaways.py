"""Checks of words that give a category away without being about it: names of outlets, what one source always writes."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from newsclf.audit.corpus import Corpus
from newsclf.audit.finding import Check, Evidence, Example, NotApplicable, Severity, counted
from newsclf.cleaning import Cleaner, tidy

# An outlet's name gives a category away if it stands in this share of its records and has these times the odds that it
# has in the source's other categories, by so many standard errors.
NAME_SHARE = 0.02
NAME_ODDS = 2.0
_NAME_ERRORS = 4.0
FEWEST_WITH_NAME = 10
# A word belongs to one source and category if it stands in this share of its records, hardly ever in titles, with
# these times the odds that it has in the source's other categories and in the category's other sources.
WORD_SHARE = 0.05
WORD_ODDS_TO_CATEGORIES = 2.0
WORD_ODDS_TO_SOURCES = 100.0
_WORD_ERRORS = 3.3
_SHARE_IN_TITLES = 0.1
# Fewer records, of a source and category or outside of them, are not compared.
_FEWEST_COMPARED = 50

Matrix = npt.NDArray[np.float64]


def log_odds_ratio(hits: Matrix, number: Matrix, other_hits: Matrix, other_number: Matrix) -> tuple[Matrix, Matrix]:
    """Return the logarithms of odds ratios, and each divided by its standard error.

    A half is added to every count (Haldane and Anscombe), so that none is infinite.

    Parameters
    ----------
    hits, number : ndarray
        Of how many texts, how many have the word.
    other_hits, other_number : ndarray
        The same for the texts to compare with.

    Examples
    --------
    >>> ratio, errors = log_odds_ratio(np.array(30.0), np.array(100.0), np.array(10.0), np.array(100.0))
    >>> round(float(ratio), 2), round(float(errors), 1)
    (1.32, 3.4)
    """
    cells = [hits + 0.5, number - hits + 0.5, other_hits + 0.5, other_number - other_hits + 0.5]
    with_word, without, other_with, other_without = (np.asarray(cell, dtype=np.float64) for cell in cells)
    ratio = np.log(with_word / without) - np.log(other_with / other_without)
    return ratio, ratio / np.sqrt(sum(1 / cell for cell in (with_word, without, other_with, other_without)))


def _outlet_names(corpus: Corpus) -> Evidence | NotApplicable | None:
    if not corpus.outlet_names:
        return NotApplicable("no names of outlets are known; they stand under mask in the cards of data/sources")
    found = []
    rows_of_name = {name: _rows_with(corpus, name) for name in corpus.outlet_names}
    for source in np.unique(corpus.sources[corpus.labelled]):
        inside = corpus.labelled & (corpus.sources == source)
        for name, rows in rows_of_name.items():
            with_name = rows[inside[rows]]
            if with_name.size >= FEWEST_WITH_NAME:
                found += _told_by_name(corpus, source, inside, name, with_name)
    if not found:
        return None
    found.sort(key=lambda pair: -pair[0])
    return Evidence(
        f"{counted(len(found), 'name')} of outlets or agencies that speak for a category",
        tuple(example for _, example in found),
    )


def _told_by_name(
    corpus: Corpus, source: str, inside: npt.NDArray[np.bool_], name: str, rows: npt.NDArray[np.int64]
) -> list[tuple[float, Example]]:
    found = []
    for category in np.unique(corpus.categories[rows]):
        number = (inside & (corpus.categories == category)).sum()
        hits = (corpus.categories[rows] == category).sum()
        ratio, errors = log_odds_ratio(hits, number, rows.size - hits, inside.sum() - number)
        if hits >= NAME_SHARE * number and ratio >= math.log(NAME_ODDS) and errors >= _NAME_ERRORS:
            detail = f"{source}: {hits} of {number} {category}, {rows.size - hits} of {inside.sum() - number} others"
            found.append((float(errors), Example(name, corpus.ids[rows[0]], detail)))
    return found


def _rows_with(corpus: Corpus, name: str) -> npt.NDArray[np.int64]:
    """Return the records that the name stands in, written as a name and not inside another word."""
    cleaner = Cleaner([name], [])
    rows = [
        row
        for column, texts in (("title", corpus.titles), ("body", corpus.bodies))
        for row in np.flatnonzero(pc.match_substring(corpus.records[column], name).to_numpy()).tolist()
        if cleaner.title(texts[row]) != tidy(texts[row])
    ]
    return np.unique(np.array(rows, dtype=np.int64))


def _words_of_one_source(corpus: Corpus) -> Evidence | NotApplicable | None:
    sources, source = np.unique(corpus.sources, return_inverse=True)
    categories, category = np.unique(corpus.categories, return_inverse=True)
    cells = len(sources) * len(categories)
    cell = source * len(categories) + category
    sizes = np.bincount(cell[corpus.labelled], minlength=cells).reshape(len(sources), len(categories))
    others_of_source = sizes.sum(axis=1, keepdims=True) - sizes
    others_of_category = sizes.sum(axis=0, keepdims=True) - sizes
    compared = np.minimum(np.minimum(sizes, others_of_source), others_of_category) >= _FEWEST_COMPARED
    if not compared.any():
        return NotApplicable(f"no category has {_FEWEST_COMPARED} records of one source and as many of others")

    words, hits, in_titles = _record_counts(corpus, cell, cells)
    hits = hits.reshape(len(sources), len(categories), -1)
    everywhere = np.maximum(hits.sum(axis=(0, 1)), 1)
    found: list[tuple[float, Example]] = []
    for row, column in np.argwhere(compared):
        here, size = hits[row, column], sizes[row, column]
        within, within_errors = log_odds_ratio(here, size, hits[row].sum(axis=0) - here, others_of_source[row, column])
        across, across_errors = log_odds_ratio(
            here, size, hits[:, column].sum(axis=0) - here, others_of_category[row, column]
        )
        telling = (
            (here / size >= WORD_SHARE)
            & (in_titles / everywhere < _SHARE_IN_TITLES)
            & (within >= math.log(WORD_ODDS_TO_CATEGORIES))
            & (across >= math.log(WORD_ODDS_TO_SOURCES))
            & (np.minimum(within_errors, across_errors) >= _WORD_ERRORS)
        )
        for place in np.flatnonzero(telling).tolist():
            detail = f"in {here[place]:.0f} of {size} records of {sources[row]} that are {categories[column]}"
            found.append((float(across[place]), Example(words[place], detail=detail)))
    if not found:
        return None
    found.sort(key=lambda pair: -pair[0])
    return Evidence(
        f"{counted(len(found), 'word')} frequent in one source and category, and hardly known to any other source",
        tuple(example for _, example in found),
    )


def _record_counts(
    corpus: Corpus, cell: npt.NDArray[np.int64], cells: int
) -> tuple[Sequence[str], Matrix, npt.NDArray[np.int64]]:
    """Return words, in how many records of each cell each word stands, and in how many titles.

    Only labelled records are counted, and only words that stand in enough of them to be told of.
    """
    table = corpus.words_of(corpus.labelled)
    size = np.int64(len(table.vocabulary))
    number = len(corpus)
    records, codes = np.divmod(np.unique(table.texts % number * size + table.codes), size)
    frequent = np.flatnonzero(np.bincount(codes, minlength=size) >= WORD_SHARE * _FEWEST_COMPARED)
    place = np.full(size, -1)
    place[frequent] = np.arange(frequent.size)
    kept = place[codes] >= 0
    flat = cell[records[kept]] * frequent.size + place[codes[kept]]
    hits = np.bincount(flat, minlength=cells * frequent.size).astype(np.float64)
    of_title = table.texts < number
    in_titles = np.unique(table.texts[of_title] * size + table.codes[of_title]) % size
    words = [table.vocabulary[code] for code in frequent]
    return words, hits.reshape(cells, frequent.size), np.bincount(in_titles, minlength=size)[frequent]


CHECKS = (
    Check(
        code="NC009",
        title="An outlet's name gives the category away",
        severity=Severity.ERROR,
        explanation=(
            "A model learns the name instead of the topic: it looks better at home than it is, and errs where "
            "another outlet's name stands."
        ),
        fix="Name it under mask in the source's card, and prepare again.",
        find=_outlet_names,
    ),
    Check(
        code="NC010",
        title="Words of one source and one category",
        severity=Severity.NOTE,
        explanation=(
            "Among them are names of programmes, bylines, set phrases and agencies that say nothing of the topic, "
            "beside words of the country, the year and the matter, which do."
        ),
        fix="Read the list; what is a name or a set phrase goes under mask or bylines in the source's card.",
        find=_words_of_one_source,
    ),
)
