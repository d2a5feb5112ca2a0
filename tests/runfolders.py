"""Run folders as an experiment writes them, small, for tests of what reads them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from newsclf.predictor import Predictor
from newsclf.topicmodel import TopicModel
from tests.conftest import headlines

CATEGORIES = ("security", "sport", "politics", "economy", "other")
# Something that any picture viewer takes for a picture: one white point.
_PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360f8ff1f0003030200efa2a75b0000000049454e44ae426082"
)


def predictions(
    said: Sequence[str], *, texts: Sequence[str] | None = None, truth: Sequence[str] | None = None, sure: float = 0.9
) -> pa.Table:
    """Return predictions of one view (headline) of the test split, with `sure` as every winner's probability."""
    if texts is None or truth is None:
        texts, truth = headlines()
    table: dict[str, Any] = {
        "id": [f"h{place}" for place in range(len(texts))],
        "split": ["test"] * len(texts),
        "view": ["headline"] * len(texts),
        "source": ["written" if place % 2 else "seed_page" for place in range(len(texts))],
        "kind": ["headline"] * len(texts),
        "style": ["plain"] * len(texts),
        "year": [2020 + place % 2 for place in range(len(texts))],
        "text": list(texts),
        "category": list(truth),
        "predicted": list(said),
        "confident": [True] * len(texts),
    }
    for category in CATEGORIES:
        shares = [sure if category == winner else (1 - sure) / (len(CATEGORIES) - 1) for winner in said]
        table[f"p.{category}"] = np.array(shares, dtype=np.float32)
    return pa.table(table)


def model_predictions(model: TopicModel) -> pa.Table:
    """Return what a model says of the headlines it was trained on."""
    texts, truth = headlines()
    found = Predictor(model).predict_batch(texts)
    table = predictions(found.categories.to_pylist(), texts=texts, truth=truth)
    for place, category in enumerate(model.categories):
        column = table.column_names.index(f"p.{category}")
        probabilities = Predictor(model).predict_proba(texts)[:, place]
        table = table.set_column(column, f"p.{category}", pa.array(probabilities))
    return table


def write_run(
    folder: Path,
    *,
    said: Sequence[str] | None = None,
    model: TopicModel | None = None,
    started_at: str = "2026-01-02T03:04:05+00:00",
    **changes: Any,
) -> Path:
    """Write a run folder: of a model, or of a baseline that `said` something; return the folder."""
    table = model_predictions(model) if model is not None and said is None else predictions(said or headlines()[1])
    right = np.array(table["category"].to_pylist()) == np.array(table["predicted"].to_pylist())
    folder.mkdir(parents=True)
    description: Mapping[str, Any] = {
        "name": folder.name,
        "family": "newsclf" if model else "keyword",
        "purpose": "default" if model else "baseline",
        "status": "finished",
        "started_at": started_at,
        "ended_at": "2026-01-02T03:05:05+00:00",
        "git_commit": "0123456789abcdef0123456789abcdef01234567",
        "git_dirty": "false",
        "parameters": {"model.C": 10.0, "training.views": "headline,lead", "data.labels": True},
        "metrics": {"test.headline.accuracy": float(right.mean()), "test.headline.accuracy.low": 0.1},
        "curves": {"training.loss": [1.5, 0.75, 0.5]},
        "datasets": [
            {"name": "train", "context": "train", "fingerprint": "a" * 64, "rows": 45, "source": "written"},
            {"name": "test", "context": "test", "fingerprint": "b" * 64, "rows": 45, "source": "written"},
        ],
        "test_fingerprint": "b" * 64,
        "categories": list(CATEGORIES),
        "description": "A small run.\n\n| test | accuracy |\n|---|---|\n| headline | 1.000 |\n",
        **changes,
    }
    (folder / "run.json").write_text(json.dumps(description, ensure_ascii=False), encoding="utf-8")
    pq.write_table(table, folder / "predictions.parquet")
    pq.write_table(table.filter(pa.array(~right)).select(["id", "text", "category"]), folder / "errors.parquet")
    (folder / "pictures").mkdir()
    (folder / "pictures" / "confusion-headline.png").write_bytes(_PNG)
    (folder / "report.html").write_text("<!doctype html><title>report</title>", encoding="utf-8")
    if model is not None:
        model.save(folder / "model")
    return folder
