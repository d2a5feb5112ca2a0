"""The table of predictions: one row for each tested text, and what follows from it."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from newsclf.evaluation import Judged, measure
from newsclf.text import words
from newsclf.views import view_texts

TESTED_VIEWS = ("headline", "article")


class Judge(Protocol):
    """A model that can be tested."""

    @property
    def categories(self) -> tuple[str, ...]:
        """The categories, in the order of the columns of the probabilities."""

    @property
    def vocabulary(self) -> frozenset[str] | None:
        """The words the model has scores of their own for; None if it can't tell."""

    def judge(self, texts: pa.Array, truth: npt.NDArray[np.str_]) -> Judged:
        """Return predictions beside the truth."""


def judged_table(records: pa.Table, judge: Judge, split: str, view: str) -> pa.Table:
    """Return predictions for one view of some records: the rows of predictions.parquet."""
    texts = view_texts(records, view)
    there = texts.is_valid()
    records, texts = records.filter(there), texts.filter(there)
    truth = np.array(records["category"].to_pylist(), dtype=str)
    known = np.isin(truth, judge.categories)
    records, texts, truth = records.filter(pa.array(known)), texts.filter(pa.array(known)), truth[known]
    judged = judge.judge(texts, truth) if len(texts) else None
    probabilities = judged.probabilities if judged else np.zeros((0, len(judge.categories)))
    columns: dict[str, Any] = {
        "id": records["id"],
        "split": pa.array([split] * len(texts), pa.string()),
        "view": pa.array([view] * len(texts), pa.string()),
        **{name: records[name] for name in ("group", "source", "kind", "style", "label_origin")},
        "guideline": pc.is_valid(records["role"]),
        "year": pc.cast(records["year"], pa.int32()),
        "text": texts,
        "category": pa.array(truth.tolist(), pa.string()),
        "predicted": pa.array(judged.predicted.tolist() if judged else [], pa.string()),
        "confident": pa.array(judged.confident if judged else [], pa.bool_()),
        "unknown_share": pa.array(_unknown_shares(texts, judge), pa.float32()),
    }
    for place, name in enumerate(judge.categories):
        columns[f"p.{name}"] = pa.array(probabilities[:, place].astype(np.float32))
    return pa.table(columns)


def _unknown_shares(texts: pa.Array, judge: Judge) -> list[float | None]:
    """Return the share of each text's words that the model's vocabulary lacks; null for a baseline."""
    if judge.vocabulary is None:
        return [None] * len(texts)
    found = [words(text) for text in texts.to_pylist()]
    return [sum(word not in judge.vocabulary for word in each) / len(each) if each else None for each in found]


def judged_from(table: pa.Table) -> Judged:
    """Return the predictions of a predictions table."""
    names = tuple(name.removeprefix("p.") for name in table.column_names if name.startswith("p."))
    probabilities = np.column_stack([table[f"p.{name}"].to_numpy() for name in names])
    truth = np.array(table["category"].to_pylist(), dtype=str)
    return Judged(names, truth, probabilities, np.asarray(table["confident"].to_numpy(), dtype=np.bool_))


def metrics_of(predictions: pa.Table) -> dict[str, float]:
    """Return every metric of a predictions table, named ``<split>.<slice>.<metric>``.

    Slices are the views, and for headlines also the guideline set, the origin of the label and the source.
    """
    metrics: dict[str, float] = {}
    for split in pc.unique(predictions["split"]).to_pylist():
        of_split = predictions.filter(pc.equal(predictions["split"], split))
        headlines = of_split.filter(pc.equal(of_split["view"], "headline"))
        parts = {view: of_split.filter(pc.equal(of_split["view"], view)) for view in TESTED_VIEWS}
        parts["guideline"] = headlines.filter(headlines["guideline"])
        for column in ("label_origin", "source"):
            for name in pc.unique(headlines[column]).to_pylist():
                # A source may be called as a view is.
                parts.setdefault(str(name), headlines.filter(pc.equal(headlines[column], name)))
        for name, part in parts.items():
            if len(part):
                metrics |= {f"{split}.{name}.{key}": value for key, value in measure(judged_from(part)).items()}
    return metrics
