"""Two models on the same texts: how far apart they are, and whether that is more than luck."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from scipy.stats import binomtest

from newsclf.errors import InputError

BOOTSTRAP_DRAWS = 5000
SLICE_COLUMNS = ("kind", "source", "label_origin", "style", "year")
SMALLEST_SLICE = 20
SIGNIFICANCE = 0.05

_NEEDED = ("id", "split", "view", "text", "category", "predicted")
# Texts of one group are near-duplicates of each other, and no news to each other.
GROUP = "group"
Numbers = npt.NDArray[np.float64]
Places = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Difference:
    """A metric of both models, and the second less the first with its 95 % interval.

    Attributes
    ----------
    first, second : float
    difference, low, high : float
    """

    first: float
    second: float
    difference: float
    low: float
    high: float


@dataclass(frozen=True)
class Slice:
    """Both models on some of the texts.

    Attributes
    ----------
    name : str
        Such as ``all`` or ``source=written``.
    texts : int
    accuracy, macro_f1 : Difference
    only_first_right, only_second_right : int
        Texts that only one of the models gets right.
    p_value : float
        McNemar's exact test: how likely so uneven a pair of numbers is if neither model is better.
    """

    name: str
    texts: int
    accuracy: Difference
    macro_f1: Difference
    only_first_right: int
    only_second_right: int
    p_value: float

    @property
    def significant(self) -> bool:
        """Whether the interval of the accuracy difference leaves 0 out and McNemar's test agrees.

        With few texts the bootstrap alone finds differences where there are none.
        """
        return (self.accuracy.low > 0 or self.accuracy.high < 0) and self.p_value < SIGNIFICANCE


@dataclass(frozen=True)
class CategoryDifference:
    """Both models on one category.

    Attributes
    ----------
    category : str
    texts : int
        That are of this category.
    precision, recall, f1 : Difference
    """

    category: str
    texts: int
    precision: Difference
    recall: Difference
    f1: Difference


@dataclass(frozen=True)
class Disagreement:
    """A text on which the models differ.

    Attributes
    ----------
    id, text, category : str
    first, second : str
        What each model says.
    """

    id: str
    text: str
    category: str
    first: str
    second: str


@dataclass(frozen=True)
class ViewComparison:
    """Both models given the same part of each record (headline, article).

    Attributes
    ----------
    view : str
    overall : Slice
    categories : tuple of CategoryDifference
    slices : tuple of Slice
    disagreements : tuple of Disagreement
        Those that one model gets right first.
    """

    view: str
    overall: Slice
    categories: tuple[CategoryDifference, ...]
    slices: tuple[Slice, ...]
    disagreements: tuple[Disagreement, ...]


@dataclass(frozen=True)
class Comparison:
    """Two models compared.

    Attributes
    ----------
    first, second : str
        Their names.
    same_records : bool
        Whether both were tested on the same records; if not, only the common ones are compared.
    only_first, only_second : int
        Evaluated texts that were left out because the other model was not tested on them.
    relabelled : int
        Texts left out because the two runs hold different categories for right, or different texts.
    views : tuple of ViewComparison
        Headlines first.
    """

    first: str
    second: str
    same_records: bool
    only_first: int
    only_second: int
    relabelled: int
    views: tuple[ViewComparison, ...]

    def verdict(self, view: ViewComparison) -> str:
        """Return what a comparison comes to, in one sentence.

        Parameters
        ----------
        view : ViewComparison
            One of this comparison's.
        """
        whole = view.overall
        if not whole.significant:
            return f"no real difference (McNemar p = {whole.p_value:.2g}, {whole.texts} texts)"
        gain = whole.accuracy
        ends = sorted((abs(gain.low), abs(gain.high)))
        better = self.second if gain.difference > 0 else self.first
        return (
            f"{better} better by {100 * abs(gain.difference):.1f} points, "
            f"95 % {100 * ends[0]:.1f} to {100 * ends[1]:.1f} (McNemar p = {whole.p_value:.2g})"
        )

    def as_dict(self) -> dict[str, Any]:
        """Return everything as dictionaries, lists, texts and numbers, verdicts included."""
        views = [{"verdict": self.verdict(view), **dataclasses.asdict(view)} for view in self.views]
        return {**dataclasses.asdict(self), "views": views}


def compare(
    first: pa.Table,
    second: pa.Table,
    *,
    names: tuple[str, str] = ("A", "B"),
    fingerprints: tuple[str | None, str | None] = (None, None),
    split: str = "test",
    seed: int = 0,
) -> Comparison:
    """Compare two models' predictions on the records that both were tested on.

    Parameters
    ----------
    first, second : pyarrow.Table
        A row for each evaluated text, with the columns id, split, view, text, category and
        predicted; and, where there are any, those of `SLICE_COLUMNS` to slice by, and group: the
        bootstrap draws groups, because their texts are not independent. McNemar's test counts texts.
    names : pair of str
    fingerprints : pair of str or None
        Of the records that each was tested on.
    split : str
    seed : int
        Of the bootstrap.

    Returns
    -------
    Comparison

    Raises
    ------
    InputError
        If a column is missing, a text was evaluated twice, or the models have no text in common.

    Examples
    --------
    >>> rows = {"id": ["1", "2"], "split": ["test"] * 2, "view": ["headline"] * 2,
    ...         "text": ["فوز الوداد", "توقيف لص"], "category": ["sport", "security"]}
    >>> found = compare(pa.table({**rows, "predicted": ["sport", "sport"]}),
    ...                 pa.table({**rows, "predicted": ["sport", "security"]}))
    >>> found.views[0].overall.accuracy.difference, found.verdict(found.views[0])
    (0.5, 'no real difference (McNemar p = 1, 2 texts)')
    """
    left, right = _rows(first, names[0], split), _rows(second, names[1], split)
    both = left.join(right[["text", "category", "predicted"]].add_suffix("_second"), how="inner")
    if both.empty:
        raise InputError(
            f"{names[0]} and {names[1]} have no text of the split {split!r} in common; "
            "train both on the same records, then compare"
        )
    agreed = (both["category"] == both["category_second"]) & (both["text"] == both["text_second"])
    relabelled = int((~agreed).sum())
    pairs = both[agreed].reset_index()
    if pairs.empty:
        raise InputError(f"{names[0]} and {names[1]} hold different categories for right on every common text")
    only = len(left) - len(both), len(right) - len(both)
    differ = fingerprints[0] is not None and fingerprints[1] is not None and fingerprints[0] != fingerprints[1]
    generator = np.random.default_rng(seed)
    views = sorted(pairs["view"].unique(), key=lambda view: (view != "headline", view))
    return Comparison(
        first=names[0],
        second=names[1],
        same_records=not (differ or any(only) or relabelled),
        only_first=only[0],
        only_second=only[1],
        relabelled=relabelled,
        views=tuple(_view(str(view), pairs[pairs["view"] == view], generator) for view in views),
    )


def _rows(table: pa.Table, name: str, split: str) -> pd.DataFrame:
    missing = [column for column in _NEEDED if column not in table.column_names]
    if missing:
        raise InputError(f"the predictions of {name} have no column {', '.join(missing)}; train again")
    columns = [*_NEEDED, *(column for column in (GROUP, *SLICE_COLUMNS) if column in table.column_names)]
    rows: pd.DataFrame = table.select(columns).to_pandas()
    splits = ", ".join(sorted(rows["split"].unique()))
    rows = rows[rows["split"] == split].set_index(["id", "view"])
    if rows.empty:
        raise InputError(
            f"{name} was tested on nothing in the split {split!r}; it has predictions for {splits or 'none'}"
        )
    twice = rows.index.duplicated()
    if twice.any():
        raise InputError(f"{name} has two predictions for {rows.index[twice][0]}; train again")
    return rows


def _view(view: str, pairs: pd.DataFrame, generator: np.random.Generator) -> ViewComparison:
    slices = []
    for column in SLICE_COLUMNS:
        if column in pairs and pairs[column].nunique() > 1:
            for value, part in pairs.groupby(column, sort=True):
                if len(part) >= SMALLEST_SLICE:
                    shown = str(int(value)) if isinstance(value, float) else str(value)
                    slices.append(_Cells(part).slice(f"{column}={shown}", generator))
    cells = _Cells(pairs)
    return ViewComparison(
        view=view,
        overall=cells.slice("all", generator),
        categories=cells.by_category(generator),
        slices=tuple(slices),
        disagreements=_disagreements(pairs),
    )


def _disagreements(pairs: pd.DataFrame) -> tuple[Disagreement, ...]:
    differing = pairs[pairs["predicted"] != pairs["predicted_second"]]
    both_wrong = (differing["predicted"] != differing["category"]) & (
        differing["predicted_second"] != differing["category"]
    )
    ordered = differing.iloc[np.lexsort((differing["id"], differing["category"], both_wrong))]
    columns = ["id", "text", "category", "predicted", "predicted_second"]
    return tuple(Disagreement(*map(str, row)) for row in ordered[columns].itertuples(index=False))


class _Cells:
    """Texts counted by truth and both predictions.

    Groups of texts with the same counts are of one make. Drawing groups with replacement and counting
    them by make is drawing from a multinomial, so a bootstrap sample costs as much as there are makes,
    however many texts. Of groups of one text there are as many makes as cells.
    """

    def __init__(self, pairs: pd.DataFrame) -> None:
        by_cell = pairs.groupby(["category", "predicted", "predicted_second"], observed=True)
        counted = by_cell.size()
        self.counts = counted.to_numpy(dtype=np.float64)
        groups = pd.factorize(pairs[GROUP])[0] if GROUP in pairs else np.full(len(pairs), -1)
        self._makes, self._groups = _makes_of_groups(by_cell.ngroup().to_numpy(), groups)
        parts = [counted.index.get_level_values(level).to_numpy(dtype=object) for level in range(3)]
        self.categories = sorted({str(name) for part in parts for name in part})
        # For each cell, a one in the column of its category.
        self.truth, self.first, self.second = (
            (part[:, None] == np.array(self.categories, dtype=object)[None, :]).astype(np.float64) for part in parts
        )

    def slice(self, name: str, generator: np.random.Generator) -> Slice:
        draws = self._draws(generator)
        right_first = (self.truth * self.first).sum(axis=1)
        right_second = (self.truth * self.second).sum(axis=1)
        only_first = round(float(self.counts @ (right_first * (1 - right_second))))
        only_second = round(float(self.counts @ (right_second * (1 - right_first))))
        uneven = only_first + only_second
        return Slice(
            name=name,
            texts=round(float(self.counts.sum())),
            accuracy=_difference(
                *((draws @ right / draws.sum(axis=1)) for right in (right_first, right_second)),
            ),
            macro_f1=_difference(*(self._macro_f1(draws, said) for said in (self.first, self.second))),
            only_first_right=only_first,
            only_second_right=only_second,
            p_value=float(binomtest(only_first, uneven).pvalue) if uneven else 1.0,
        )

    def by_category(self, generator: np.random.Generator) -> tuple[CategoryDifference, ...]:
        draws = self._draws(generator)
        of_first, of_second = (self._rates(draws, said) for said in (self.first, self.second))
        counts = self.counts @ self.truth
        return tuple(
            CategoryDifference(
                name,
                round(float(counts[place])),
                *(
                    _difference(first[:, place], second[:, place])
                    for first, second in zip(of_first, of_second, strict=True)
                ),
            )
            for place, name in enumerate(self.categories)
        )

    def _draws(self, generator: np.random.Generator) -> Numbers:
        """Return the counts as they are, in the first row, and of bootstrap samples, in the others."""
        total = self._groups.sum()
        drawn = generator.multinomial(int(total), self._groups / total, size=BOOTSTRAP_DRAWS)
        return np.vstack([self.counts, drawn @ self._makes])

    def _rates(self, draws: Numbers, said: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        """Return precision, recall and F1, a row for each draw, a column for each category."""
        hits, of_truth, of_said = draws @ (self.truth * said), draws @ self.truth, draws @ said
        return _ratio(hits, of_said), _ratio(hits, of_truth), _ratio(2 * hits, of_truth + of_said)

    def _macro_f1(self, draws: Numbers, said: Numbers) -> Numbers:
        """Return the mean F1 over the categories that occur in truth or prediction, as evaluation does."""
        occurs = (draws @ self.truth + draws @ said) > 0
        return np.asarray(self._rates(draws, said)[2].sum(axis=1) / occurs.sum(axis=1))


def _makes_of_groups(cells: Places, groups: Places) -> tuple[Numbers, Numbers]:
    """Return the makes of groups there are, a row of counts by cell for each, and the number of groups of each.

    Parameters
    ----------
    cells : array of int
        The cell of each text.
    groups : array of int
        The group of each text, -1 for a group of its own.
    """
    size = int(cells.max()) + 1
    alone = (groups < 0) | (np.bincount(groups + 1)[groups + 1] == 1)
    several = np.unique(groups[~alone], return_inverse=True)[1]
    counts = np.zeros((several.max(initial=-1) + 1, size))
    np.add.at(counts, (several, cells[~alone]), 1)
    makes, number = np.unique(counts, axis=0, return_counts=True)
    of_one = np.bincount(cells[alone], minlength=size)
    return np.vstack([np.eye(size), makes]), np.concatenate([of_one, number]).astype(np.float64)


def _ratio(part: Numbers, whole: Numbers) -> Numbers:
    return np.divide(part, whole, out=np.zeros_like(whole), where=whole > 0)


def _difference(first: Numbers, second: Numbers) -> Difference:
    """Return a metric's difference from its values on the texts themselves and on the samples of them."""
    low, high = np.quantile(second[1:] - first[1:], [0.025, 0.975])
    return Difference(float(first[0]), float(second[0]), float(second[0] - first[0]), float(low), float(high))
