"""Checks of how categories are spread: over splits, over sources, over time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from scipy.stats import chi2_contingency

from newsclf.audit.corpus import Corpus
from newsclf.audit.finding import Check, Evidence, Example, NotApplicable, Severity, counted
from newsclf.taxonomy import category_ids

FEWEST_TRAINED = 50
FEWEST_TESTED = 20
# A smaller source may be of one category by chance.
FEWEST_OF_SOURCE = 20
# For drift: records of a source, the later part of them, how far shares move, and how unlikely by chance.
FEWEST_DATED = 200
LATER_SHARE = 0.2
LARGEST_MOVE = 0.15
_UNLIKELY = 0.001


def _tiny_categories(corpus: Corpus) -> Evidence | None:
    splits = corpus.column("split")
    examples = []
    for name in category_ids():
        of_category = corpus.categories == name
        trained = int((of_category & (splits == "train")).sum())
        tested = int((of_category & (splits == "test")).sum())
        if of_category.any() and (trained < FEWEST_TRAINED or tested < FEWEST_TESTED):
            examples.append(Example(name, detail=f"{counted(trained, 'record')} to train on, {tested} to test on"))
    if not examples:
        return None
    return Evidence(
        f"{counted(len(examples), 'category', 'categories')} with fewer than {FEWEST_TRAINED} records to train on or "
        f"{FEWEST_TESTED} to test on",
        tuple(examples),
    )


def _missing_categories(corpus: Corpus) -> Evidence | None:
    missing = [name for name in category_ids() if not (corpus.categories == name).any()]
    if not missing:
        return None
    return Evidence(f"no record has the category {' or '.join(missing)}", tuple(map(Example, missing)))


def _sources_of_one_category(corpus: Corpus) -> Evidence | None:
    outlets = corpus.column("outlet")
    names = np.array(
        [f"{source}, {outlet}" if outlet else source for source, outlet in zip(corpus.sources, outlets, strict=True)],
        dtype=object,
    )
    examples = []
    for name in np.unique(names[corpus.labelled]):
        given = corpus.categories[corpus.labelled & (names == name)]
        if given.size >= FEWEST_OF_SOURCE and np.unique(given).size == 1:
            examples.append(Example(name, detail=f"{given.size:,} records, all {given[0]}"))
    if not examples:
        return None
    return Evidence(
        f"{counted(len(examples), 'source or outlet', 'sources or outlets')} with one category only", tuple(examples)
    )


def _drift(corpus: Corpus) -> Evidence | NotApplicable | None:
    times = _years(corpus)
    dated = corpus.labelled & ~np.isnan(times)
    judged = 0
    examples = []
    for source in np.unique(corpus.sources[dated]):
        rows = np.flatnonzero(dated & (corpus.sources == source))
        distinct = np.unique(times[rows])
        if rows.size < FEWEST_DATED or distinct.size == 1:
            continue
        # Where only years are known, all of the last year is later.
        later = times[rows] > min(np.quantile(times[rows], 1 - LATER_SHARE), distinct[-2])
        judged += 1
        counts = np.array([_counts(corpus, rows[~later]), _counts(corpus, rows[later])])
        shares = counts / counts.sum(axis=1, keepdims=True)
        move = float(np.abs(shares[1] - shares[0]).sum() / 2)
        if move >= LARGEST_MOVE and chi2_contingency(counts[:, counts.sum(axis=0) > 0]).pvalue < _UNLIKELY:
            moved = [
                f"{name} {before:.0%} to {after:.0%}"
                for name, before, after in zip(category_ids(), *shares, strict=True)
                if round(100 * before) != round(100 * after)
            ]
            examples.append((move, Example(source, detail=", ".join(moved))))
    if not judged:
        return NotApplicable(f"no source has {FEWEST_DATED} records with a date and a category")
    if not examples:
        return None
    examples.sort(key=lambda pair: -pair[0])
    return Evidence(
        f"{counted(len(examples), 'source')} whose latest records have other shares of categories than the earlier",
        tuple(example for _, example in examples),
    )


def _years(corpus: Corpus) -> npt.NDArray[np.float64]:
    """Return when each record was published, in years, NaN where that is not known."""
    moments = corpus.records["published_at"]
    exact = pc.add(
        pc.cast(pc.year(moments), pa.float64()), pc.divide(pc.cast(pc.day_of_year(moments), pa.float64()), 367)
    )
    years = pc.coalesce(exact, pc.cast(corpus.records["year"], pa.float64()), float("nan"))
    return np.asarray(years.to_numpy(), dtype=np.float64)


def _counts(corpus: Corpus, rows: npt.NDArray[np.int64]) -> list[int]:
    return [int((corpus.categories[rows] == name).sum()) for name in category_ids()]


CHECKS = (
    Check(
        code="NC003",
        title="A category with very few records",
        severity=Severity.ERROR,
        explanation="So few records teach next to nothing of a category, and its accuracy on a test is chance.",
        fix="Label more records of it, or leave it out: [training] categories in the experiment's TOML.",
        find=_tiny_categories,
    ),
    Check(
        code="NC004",
        title="A category without records",
        severity=Severity.NOTE,
        explanation="A model trained on these records never answers with it, and every text of it gets a wrong one.",
        fix="Add a source that has it, or name the others under [training] categories in the experiment's TOML.",
        find=_missing_categories,
    ),
    Check(
        code="NC005",
        title="A source of one category only",
        severity=Severity.WARNING,
        explanation=(
            "Whatever sets the source apart, its style, its year, its country, then speaks for the category, and "
            "nothing in the data contradicts it."
        ),
        fix="Add records of the source's other sections, or weigh the source down in the experiment's TOML.",
        find=_sources_of_one_category,
    ),
    Check(
        code="NC006",
        title="Shares of categories change with time",
        severity=Severity.WARNING,
        explanation=(
            "A test on the latest records then measures another mixture than the training had, and a model that "
            "counts on the old shares is wrong more often than need be."
        ),
        fix="Gather every category over the same months, or balance them: class_weight under [model].",
        find=_drift,
    ),
)
