"""Testing a saved model on records, whoever trained it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from newsclf import report
from newsclf.errors import InputError
from newsclf.evaluation import Judged
from newsclf.files import replaced_folder
from newsclf.predictions import TESTED_VIEWS, judged_table, metrics_of
from newsclf.predictor import Predictor
from newsclf.records import fingerprint
from newsclf.topicmodel import TopicModel


@dataclass(frozen=True)
class ModelJudge:
    """A saved model as something that can be tested."""

    model: TopicModel

    @property
    def categories(self) -> tuple[str, ...]:
        """The model's categories."""
        return self.model.categories

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """The words the model has scores of their own for."""
        return frozenset(self.model.vocabulary)

    @cached_property
    def predictor(self) -> Predictor:
        """The model's predictor."""
        return Predictor(self.model)

    def judge(self, texts: pa.Array, truth: npt.NDArray[np.str_]) -> Judged:
        """Return calibrated predictions beside the truth."""
        batch = self.predictor.predict_batch(texts)
        return Judged(self.categories, truth, self.predictor.predict_proba(texts), batch.confident)


def evaluate_model(model: TopicModel, records: pa.Table, split: str, out: Path | None = None) -> dict[str, Any]:
    """Measure a model on the labelled records of a split.

    Parameters
    ----------
    model : TopicModel
    records : pyarrow.Table
        A record table.
    split : {"test", "dev", "train", "all"}
    out : Path, optional
        Folder that gets run.json, predictions.parquet, errors.parquet and report.html.

    Returns
    -------
    dict
        What run.json holds.

    Raises
    ------
    InputError
        If no record of the split has a category of the model.
    """
    known = pc.is_in(records["category"], pa.array(model.categories))
    tested = records.filter(known if split == "all" else pc.and_(known, pc.equal(records["split"], split)))
    if len(tested) == 0:
        raise InputError(f"no record of split {split!r} has a category of the model; try --split all")
    judge = ModelJudge(model)
    predictions = pa.concat_tables([judged_table(tested, judge, split, view) for view in TESTED_VIEWS])
    run = {
        "name": str(model.manifest.get("name", "model")),
        "family": "newsclf",
        "purpose": "evaluation",
        "status": "finished",
        "parameters": model.manifest.get("parameters", {}),
        "metrics": metrics_of(predictions),
        "datasets": [
            {
                "name": split,
                "context": split,
                "fingerprint": fingerprint(tested),
                "rows": len(tested),
                "source": ", ".join(sorted(pc.unique(tested["source"]).to_pylist())),
            }
        ],
        "test_fingerprint": fingerprint(tested),
        "categories": list(model.categories),
        "description": "",
    }
    if out is not None:
        with replaced_folder(out) as aside:
            (aside / "run.json").write_text(json.dumps(run, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
            pq.write_table(predictions, aside / "predictions.parquet", compression="zstd")
            errors = report.errors_table(predictions, judge.predictor)
            pq.write_table(errors, aside / "errors.parquet", compression="zstd")
            report.write_report(run, predictions, model, [], aside)
    return run
