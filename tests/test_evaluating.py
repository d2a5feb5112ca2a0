"""A saved model is measured on records as it was when it was trained."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from newsclf.errors import InputError
from newsclf.evaluating import evaluate_model
from newsclf.evaluation import Judged, measure
from newsclf.predictor import Predictor
from newsclf.records import fingerprint
from newsclf.topicmodel import TopicModel
from tests.recordtables import headline_records, record_table

RECORDS = headline_records()


def test_figures_are_those_of_the_models_predictions(tiny_model: TopicModel) -> None:
    found = evaluate_model(tiny_model, RECORDS, "test")
    tested = RECORDS.filter(np.array(RECORDS["split"].to_pylist()) == "test")
    titles, truth = tested["title"], np.array(tested["category"].to_pylist())
    predictor = Predictor(tiny_model)
    judged = Judged(
        tiny_model.categories, truth, predictor.predict_proba(titles), predictor.predict_batch(titles).confident
    )
    for name, value in measure(judged).items():
        assert found["metrics"][f"test.headline.{name}"] == value
    assert found["test_fingerprint"] == fingerprint(tested)
    (dataset,) = found["datasets"]
    assert dataset["rows"] == len(tested) == found["metrics"]["test.headline.count"]


@pytest.mark.parametrize(("split", "count"), [("train", 36), ("test", 9), ("all", 45)])
def test_a_split_or_all_records_are_measured(tiny_model: TopicModel, split: str, count: int) -> None:
    assert evaluate_model(tiny_model, RECORDS, split)["metrics"][f"{split}.headline.count"] == count


def test_the_folder_holds_what_can_be_looked_at(tiny_model: TopicModel, tmp_path: Path) -> None:
    found = evaluate_model(tiny_model, RECORDS, "all", tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} >= {
        "run.json",
        "predictions.parquet",
        "errors.parquet",
        "report.html",
    }
    assert json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8")) == found
    assert len(pq.read_table(tmp_path / "out" / "predictions.parquet")) == 45 + 12


@pytest.mark.parametrize(
    ("records", "split"),
    [
        (RECORDS, "dev"),
        (record_table([{"category": None}]), "all"),
        (record_table([]), "all"),
    ],
)
def test_nothing_to_measure_is_refused(tiny_model: TopicModel, records: object, split: str) -> None:
    with pytest.raises(InputError, match=f"no record of split '{split}' has a category of the model"):
        evaluate_model(tiny_model, records, split)
