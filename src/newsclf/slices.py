"""Cutting a table of predictions into what is measured apart: splits and views, and slices of those."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from newsclf.evaluation import Judged
from newsclf.predictions import judged_from
from newsclf.views import VIEWS

SMALLEST_SLICE = 20

SPLITS = ("test", "later", "unseen-source", "folds", "dev")
_LENGTHS = {0.0: "up to 6", 7.0: "7 to 9", 10.0: "10 to 13", 14.0: "14 to 19", 20.0: "20 to 59", 60.0: "60 and more"}
# Limits of the share of a text's words that the model doesn't know; -1 is under every share.
_SHARES = {-1.0: "none", 0.0: "up to a tenth", 0.1: "a tenth to a quarter", 0.25: "more than a quarter"}


@dataclass(frozen=True)
class Part:
    """The predictions of one split for one view of its texts.

    Attributes
    ----------
    split : str
    view : str
    predictions : pyarrow.Table
    """

    split: str
    view: str
    predictions: pa.Table

    @property
    def judged(self) -> Judged:
        """The predictions beside the truth."""
        return judged_from(self.predictions)


@dataclass(frozen=True)
class Slice:
    """Some texts of a table of predictions that have something in common.

    Attributes
    ----------
    group : str
        What they have in common, such as ``source``.
    name : str
        Which one it is.
    mask : ndarray of bool
        Which rows of the table they are.
    """

    group: str
    name: str
    mask: npt.NDArray[np.bool_]


def parts(predictions: pa.Table) -> list[Part]:
    """Return the predictions of each split and view, the test first.

    Parameters
    ----------
    predictions : pyarrow.Table
        With the columns ``split`` and ``view``.

    Returns
    -------
    list of Part

    Examples
    --------
    >>> table = pa.table({"split": ["dev", "test", "test"], "view": ["headline", "article", "headline"]})
    >>> [(part.split, part.view) for part in parts(table)]
    [('test', 'headline'), ('test', 'article'), ('dev', 'headline')]
    """
    splits = sorted(predictions["split"].unique().to_pylist(), key=lambda name: (_place(name, SPLITS), name))
    views = sorted(predictions["view"].unique().to_pylist(), key=lambda name: (_place(name, VIEWS), name))
    found = []
    for split in splits:
        for view in views:
            rows = predictions.filter((pc.field("split") == split) & (pc.field("view") == view))
            if len(rows):
                found.append(Part(split, view, rows))
    return found


def slices(predictions: pa.Table) -> list[Slice]:
    """Return the slices of a table of predictions that hold at least 20 texts.

    A group in which all texts are alike is left out, as is one whose column the table doesn't have.

    Parameters
    ----------
    predictions : pyarrow.Table
        Of one split and view, with any of the columns ``kind``, ``source``, ``year``, ``text``,
        ``style``, ``unknown_share`` and ``label_origin``.

    Returns
    -------
    list of Slice
        Group by group.

    Examples
    --------
    >>> table = pa.table({"kind": ["headline"] * 30 + ["ticker"] * 20, "source": ["written"] * 50})
    >>> [(part.group, part.name, int(part.mask.sum())) for part in slices(table)]
    [('kind', 'headline', 30), ('kind', 'ticker', 20)]
    """
    found = []
    for group, labels in _groups(predictions):
        names = list(labels.cat.categories)
        codes = labels.cat.codes.to_numpy()
        if len(names) < 2 and (codes >= 0).all():
            continue
        counts = np.bincount(codes[codes >= 0], minlength=len(names))
        found += [
            Slice(group, str(name), codes == place)
            for place, name in enumerate(names)
            if counts[place] >= SMALLEST_SLICE
        ]
    return found


def _groups(predictions: pa.Table) -> Iterator[tuple[str, pd.Series]]:
    """Yield each group's name and, for each text, the slice it is in, as a categorical with slices in order."""
    columns = set(predictions.column_names)
    if "guideline" in columns:
        inside = pc.if_else(predictions["guideline"], "guideline set", pa.scalar(None, pa.string()))
        yield "read twice", _by_size(inside)
    for name in ("kind", "source"):
        if name in columns:
            yield name, _by_size(predictions[name])
    if "year" in columns:
        yield "year", pd.Series(predictions["year"].to_pandas(), dtype="Int64").astype("category")
    if "text" in columns:
        count = pc.list_value_length(pc.ascii_split_whitespace(predictions["text"])).cast(pa.float64()).to_numpy()
        yield "length in words", _binned(count, _LENGTHS, right=False)
    if "style" in columns:
        yield "style", _by_size(predictions["style"])
    if "unknown_share" in columns:
        share = predictions["unknown_share"].cast(pa.float64()).to_numpy()
        # Single precision puts one word in ten a little above a tenth.
        yield "words the model doesn't know", _binned(share.round(6), _SHARES, right=True)
    if "label_origin" in columns:
        yield "origin of the label", _by_size(predictions["label_origin"])


def _by_size(column: pa.ChunkedArray) -> pd.Series:
    """Return the values as a categorical, the most frequent first."""
    values = pd.Series(column.to_pylist(), dtype="str")
    counts = values.value_counts().rename_axis("name").reset_index(name="count")
    ordered = counts.sort_values(["count", "name"], ascending=[False, True])["name"]
    return values.astype(pd.CategoricalDtype(ordered.to_list()))


def _binned(values: npt.NDArray[np.float64], limits: dict[float, str], *, right: bool) -> pd.Series:
    """Return which of the bins that begin at each limit a value is in; nothing for NaN."""
    edges = [*limits, np.inf]
    bins = pd.Series(pd.cut(values, edges, right=right, labels=list(limits.values())))
    return bins.cat.remove_unused_categories()


def _place(name: str, order: tuple[str, ...]) -> int:
    return order.index(name) if name in order else len(order)
