"""One variant of a sweep: training it on the train split, judging it on dev, keeping what came of it."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from newsclf.errors import InputError, NewsclfError
from newsclf.experiment import describe, now
from newsclf.files import replaced_folder
from newsclf.predictions import TESTED_VIEWS, judged_table
from newsclf.protocols import main_trial
from newsclf.records import read_records
from newsclf.sweepplan import Variant
from newsclf.sweeptable import Result, rows_judged_by
from newsclf.training import Trained, train

# Modules that decide how good a variant is.
_TRAINING_CODE = (
    *("calibration", "classifier", "contextvectors", "estimators", "evaluation", "features", "predictions"),
    *("predictor", "protocols", "scoretable", "subwords", "text", "topicmodel", "training", "views", "wordcounts"),
)


@dataclass(frozen=True)
class Material:
    """Records to train on and to be judged on.

    Attributes
    ----------
    file : Path
        A record table without the test split.
    fingerprint : str
        Of what is in the file.
    data_fingerprint : str
        Of all records that were prepared.
    """

    file: Path
    fingerprint: str
    data_fingerprint: str


@dataclass(frozen=True)
class Task:
    """One variant to train.

    Attributes
    ----------
    variant : Variant
    material : Material
    judged_by : tuple of str
        The metrics whose texts are kept.
    key : str
        Hash of the configuration, the alteration, the records and `judged_by`.
    folder : Path
        Its run folder.
    tags : mapping of str to str
        The commit the code is at.
    code : str
        Hash of the code that trains and tests.
    """

    variant: Variant
    material: Material
    judged_by: tuple[str, ...]
    key: str
    folder: Path
    tags: Mapping[str, str]
    code: str


def train_variant(task: Task) -> Task:
    """Train a variant and write its run folder, whole or not at all.

    A variant whose configuration or data won't do leaves a run folder that says so.

    Parameters
    ----------
    task : Task

    Returns
    -------
    Task
        The same one.

    Raises
    ------
    InputError
        If the run folder can't be written.
    """
    begun = now()
    predictions = None
    try:
        run, predictions = _trained_run(task, begun)
    except NewsclfError as error:
        run = {
            "name": task.variant.experiment.name,
            "family": task.variant.experiment.family,
            "purpose": task.variant.experiment.purpose,
            "status": "failed",
            "error": str(error),
            "started_at": begun,
            "ended_at": now(),
            **task.tags,
            "parameters": task.variant.parameters(),
            "metrics": {},
        }
    run |= {"key": task.key, "code": task.code}
    with replaced_folder(task.folder) as aside:
        if predictions is not None:
            pq.write_table(predictions, aside / "predictions.parquet", compression="zstd")
        (aside / "run.json").write_text(json_text(run), encoding="utf-8")
    return task


def _trained_run(task: Task, begun: str) -> tuple[dict[str, Any], pa.Table]:
    experiment = task.variant.experiment
    records = read_records(task.material.file)
    trial = main_trial(experiment, records)
    dev = records.filter(pa.array(trial.tested["dev"]))
    alteration = task.variant.alteration
    # Texts are answered the way the model was trained.
    with alteration.applied() if alteration else nullcontext():
        trained = train(experiment, records, trial.learnable, lambda _: None)
        predictions = pa.concat_tables([judged_table(dev, trained, "dev", view) for view in TESTED_VIEWS])
        size = _bytes_on_disk(trained)
    tags = dict(task.tags)
    run = describe(experiment, records, trained, trial, predictions, tags, begun, task.material.data_fingerprint)
    run["parameters"] |= task.variant.parameters()
    if alteration:
        run["description"] = f"Trained by altered code: {alteration.name}. {run['description']}"
    if size is not None:
        run["metrics"]["model.bytes"] = size
    return run, predictions.filter(pa.array(rows_judged_by(predictions, task.judged_by)))


def _bytes_on_disk(trained: Trained) -> int | None:
    """Return how large the weights of a model are when it is saved; None for a baseline."""
    model = trained.topic_model()
    if model is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder) / "model")
        return (Path(folder) / "model" / "weights.npz").stat().st_size


def code_digest() -> str:
    """Return a hash of the code that trains and tests."""
    package = Path(__file__).parent
    return hashlib.sha256(b"".join((package / f"{name}.py").read_bytes() for name in _TRAINING_CODE)).hexdigest()


def is_finished(task: Task, *, by_this_code: bool = False) -> bool:
    """Return whether a variant's run folder is there, of this very configuration and data, and perhaps code."""
    try:
        run = read_run(task.folder)
    except InputError:
        return False
    same = run.get("key") == task.key and (run.get("code") == task.code or not by_this_code)
    return same and run.get("status") == "finished"


def result_of(task: Task) -> Result:
    """Return what a variant's run folder says.

    Raises
    ------
    InputError
        If it is missing or damaged.
    """
    run = read_run(task.folder)
    predictions = pq.read_table(task.folder / "predictions.parquet") if run["status"] == "finished" else None
    return Result(task.variant.name, task.variant.differences, run, task.folder, predictions)


def read_run(folder: Path) -> dict[str, Any]:
    """Return the content of a run folder's run.json.

    Raises
    ------
    InputError
        If it is missing or damaged.
    """
    try:
        run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{folder} has no readable run.json; remove the folder and run the sweep again") from error
    if not isinstance(run, dict):
        raise InputError(f"{folder / 'run.json'} does not describe a run; remove the folder and run the sweep again")
    return run


def json_text(value: Any) -> str:
    """Return a value as the text of a JSON file."""
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
