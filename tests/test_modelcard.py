"""The card tells of a model what its manifest and its measurements say, and how to build it without a source."""

from __future__ import annotations

import dataclasses
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from newsclf.errors import ModelError
from newsclf.modelcard import training_sources, write_model_card
from newsclf.predictions import metrics_of
from newsclf.predictor import Predictor
from newsclf.records import SCHEMA, fingerprint
from newsclf.topicmodel import TopicModel
from tests.prediction_tables import run_predictions

SOURCES = [
    {
        "name": "written",
        "description": "Texts written | for the project.",
        "homepage": "",
        "licence": "MIT",
        "records": 45,
        "labels": {"author": 45},
        "styles": {"darija": 5, "none": 40},
        "fingerprint": "a" * 64,
    },
    {
        "name": "city_news",
        "description": "A public data set.",
        "homepage": "https://example.org/data",
        "licence": "",
        "records": 1200,
        "labels": {"annotator": 200, "none": 100, "section": 900},
        "styles": {"none": 1200},
        "fingerprint": "b" * 64,
    },
]
RUN = {"ended_at": "2025-06-01T10:00:00+00:00", "git_commit": "0123456789abcdef"}


@pytest.fixture(scope="module")
def manifest(tiny_predictor: Predictor) -> dict[str, Any]:
    return {
        "name": "release",
        "parameters": {"model.C": 10.0, "calibration.precision": 0.95, "training.source_weights.city_news": 0.5},
        "metrics": metrics_of(run_predictions(tiny_predictor)),
        "datasets": [],
        "sources": SOURCES,
    }


def card_of(model: TopicModel, manifest: dict[str, Any], folder: Path) -> str:
    dataclasses.replace(model, manifest=manifest).save(folder)
    return write_model_card(folder, RUN).read_text(encoding="utf-8")


def test_the_card_tells_what_the_manifest_says(
    tiny_model: TopicModel, manifest: dict[str, Any], tmp_path: Path
) -> None:
    card = card_of(tiny_model, manifest, tmp_path / "newsclf-ar")
    metrics = manifest["metrics"]
    for wanted in (
        "# newsclf-ar",
        "Trained on 2025-06-01 with the code of commit `0123456789`",
        "| written | Texts written \\| for the project. | MIT | 45 | author 45 | 1.0 | `aaaaaaaaaaaa` |",
        "| [city_news](https://example.org/data) | A public data set. | not stated | 1,200 "
        "| annotator 200, none 100, section 900 | 0.5 | `bbbbbbbbbbbb` |",
        "5 of the 1,245 training records are marked as Darija",
        f"| test, headline | 51 | {metrics['test.headline.accuracy']:.3f} "
        f"({metrics['test.headline.accuracy.low']:.3f} to {metrics['test.headline.accuracy.high']:.3f}) |",
        "| `economy` | اقتصاد | Économie | Economy |",
        "a probability of 0.500, set so that a share of 0.95",
        "newsclf train experiments/release.toml --data-root FOLDER --without city_news",
        "| `model.C` | 10.0 |",
    ):
        assert wanted in card
    for heading in ("What it is for", "What it must not be used for", "Limits", "Build it again"):
        assert f"\n## {heading}\n" in card


def test_tables_have_the_same_cells_in_every_row(
    tiny_model: TopicModel, manifest: dict[str, Any], tmp_path: Path
) -> None:
    card = card_of(tiny_model, manifest, tmp_path / "model")
    for block in card.split("\n\n"):
        rows = [line.replace("\\|", "") for line in block.splitlines() if line.startswith("|")]
        assert len({row.count("|") for row in rows}) <= 1, block
        assert not rows or set(rows[1]) == {"|", "-"}, "a blank line is missing before a table"


def test_the_card_changes_nothing_of_the_model(
    tiny_model: TopicModel, manifest: dict[str, Any], tmp_path: Path
) -> None:
    first = card_of(tiny_model, manifest, tmp_path / "model")
    loaded = TopicModel.load(tmp_path / "model")
    assert loaded.vocabulary == tiny_model.vocabulary
    assert write_model_card(tmp_path / "model", RUN).read_text(encoding="utf-8") == first


def test_a_model_that_was_not_measured(tiny_model: TopicModel, manifest: dict[str, Any], tmp_path: Path) -> None:
    card = card_of(tiny_model, {**manifest, "metrics": {}, "sources": SOURCES[:1]}, tmp_path / "model")
    assert "Not measured." in card
    assert "--without" not in card


def test_a_manifest_that_tells_too_little(tiny_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_folder, tmp_path / "model")
    with pytest.raises(ModelError, match=r"model\.json: the manifest has no 'name'; train the model again"):
        write_model_card(tmp_path / "model", RUN)


def test_sources_are_counted(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(
        'name = "mine"\nreader = "table"\npaths = ["a.csv"]\nlicence = "CC0"\n[columns]\ntitle = "t"\n'
    )
    (tmp_path / "idle.toml").write_text('name = "idle"\nreader = "page"\npaths = ["a.txt"]\n')
    records = pa.Table.from_pylist(
        [
            record("1", "mine", "sport", "section", "darija"),
            record("2", "mine", None, None, None),
            record("3", "elsewhere", "sport", "section", None),
        ],
        schema=SCHEMA,
    )
    found = training_sources(records, [tmp_path / "mine.toml", tmp_path / "idle.toml"])
    assert found == [
        {
            "name": "mine",
            "description": "",
            "homepage": "",
            "licence": "CC0",
            "records": 2,
            "labels": {"none": 1, "section": 1},
            "styles": {"darija": 1, "none": 1},
            "fingerprint": fingerprint(records.slice(0, 2)),
        }
    ]


def record(
    name: str, source: str, category: str | None, label_origin: str | None, style: str | None
) -> dict[str, object]:
    blank = dict.fromkeys(SCHEMA.names)
    return blank | {
        "id": name,
        "kind": "headline",
        "title": "فوز الوداد",
        "body": "",
        "category": category,
        "label_origin": label_origin,
        "style": style,
        "source": source,
        "published_at": datetime(2024, 5, 1, tzinfo=UTC),
        "group": name,
        "split": "train",
    }
