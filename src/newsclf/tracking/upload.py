"""Putting what a run folder holds into an MLflow run."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag
from mlflow.tracking import MlflowClient

from newsclf.tracking.logged import fill_logged_model, new_logged_model
from newsclf.tracking.place import shareable
from newsclf.tracking.runfolder import (
    DESCRIPTION_FILE,
    ERRORS_FILE,
    PICTURES_FOLDER,
    PREDICTIONS_FILE,
    REPORT_FILE,
    RunFolder,
)
from newsclf.tracking.store import Store

KEY_TAG = "newsclf.key"
COMPLETE_TAG = "newsclf.complete"
ERRORS_TABLE = "errors.json"

# The server takes 1000, but where it has a model's metrics already, MLflow (3.17) fails on more than 100.
_METRICS_AT_ONCE = 100
# The server's limit for one request.
_WORDS_AT_ONCE = 100
_LONGEST_DIGEST = 36

Item = TypeVar("Item")


def upload(store: Store, run_id: str, folder: RunFolder) -> None:
    """Put a run folder into a run that was begun; doing so again changes nothing.

    Parameters
    ----------
    store : Store
    run_id : str
    folder : RunFolder

    Raises
    ------
    MlflowException, SQLAlchemyError, OSError, ImportError
        If the store fails (`newsclf.tracking.store.STORE_ERRORS`).
    """
    client, description = store.client, folder.description
    tags = tags_of(folder)
    log_words(client, run_id, tags, description.get("parameters", {}))
    model_id = new_logged_model(store, run_id, _model_tags(tags)) if folder.model else None
    _log_metrics(client, run_id, folder, model_id)
    _log_datasets(client, run_id, description.get("datasets", []))
    _log_files(client, run_id, folder)
    if folder.model and model_id:
        fill_logged_model(store, run_id, model_id, folder.model)
    client.set_tag(run_id, COMPLETE_TAG, "true")


def tags_of(folder: RunFolder) -> dict[str, str]:
    """Return the tags that runs are found, filtered and told apart by."""
    description = folder.description
    trained_on = [data for data in description.get("datasets", []) if data.get("context") == "train"]
    found = {
        KEY_TAG: folder.key,
        "family": description.get("family"),
        "purpose": description.get("purpose"),
        "train_fingerprint": ",".join(data["fingerprint"] for data in trained_on) or None,
        "test_fingerprint": description.get("test_fingerprint"),
        "git_dirty": description.get("git_dirty"),
        "error": description.get("error"),
        "mlflow.source.git.commit": description.get("git_commit"),
        "mlflow.note.content": description.get("description"),
    }
    return {name: as_word(value) for name, value in found.items() if value not in (None, "")}


def as_word(value: Any) -> str:
    """Return a value as MLflow keeps it, without paths of this machine.

    Examples
    --------
    >>> as_word(["headline", "lead"]), as_word(True), as_word(None), as_word(0.25)
    ('headline,lead', 'true', 'none', '0.25')
    """
    value = shareable(value)
    if value is None or isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ",".join(map(str, value))
    return json.dumps(value, ensure_ascii=False, sort_keys=True) if isinstance(value, dict) else str(value)


def log_words(client: MlflowClient, run_id: str, tags: Mapping[str, Any], parameters: Mapping[str, Any]) -> None:
    """Log tags, and the parameters that the run doesn't have yet."""
    known = client.get_run(run_id).data.params
    missing = [Param(name, as_word(value)) for name, value in parameters.items() if name not in known]
    for some in _batches(missing, _WORDS_AT_ONCE):
        client.log_batch(run_id, params=some)
    for several in _batches([RunTag(name, as_word(value)) for name, value in tags.items()], _WORDS_AT_ONCE):
        client.log_batch(run_id, tags=several)


def _model_tags(tags: Mapping[str, str]) -> dict[str, str]:
    return {name: tags[name] for name in ("family", "purpose", "train_fingerprint", "test_fingerprint") if name in tags}


def _log_metrics(client: MlflowClient, run_id: str, folder: RunFolder, model_id: str | None) -> None:
    # The same time whenever a folder is uploaded, so that a second upload adds no second point.
    moment = folder.ended or folder.started or round(time.time() * 1000)
    description = folder.description
    points = [
        Metric(name, float(value), moment, 0, model_id=model_id)
        for name, value in description.get("metrics", {}).items()
        if value is not None
    ]
    points += [
        Metric(name, float(value), moment, step)
        for name, curve in description.get("curves", {}).items()
        for step, value in enumerate(curve, start=1)
    ]
    for some in _batches(points, _METRICS_AT_ONCE):
        client.log_batch(run_id, metrics=some)


def _log_datasets(client: MlflowClient, run_id: str, datasets: Sequence[Mapping[str, Any]]) -> None:
    inputs = [
        DatasetInput(
            Dataset(
                name=data["name"],
                digest=data["fingerprint"][:_LONGEST_DIGEST],
                source_type="local",
                source=json.dumps({"uri": as_word(data.get("source", ""))}, ensure_ascii=False),
                schema=json.dumps(
                    {"mlflow_colspec": [{"name": name, "type": "string"} for name in ("text", "category")]}
                ),
                profile=json.dumps({"num_rows": data.get("rows"), "fingerprint": data["fingerprint"]}),
            ),
            tags=[InputTag("mlflow.data.context", data.get("context", ""))],
        )
        for data in datasets
    ]
    if inputs:
        client.log_inputs(run_id, datasets=inputs)


def _log_files(client: MlflowClient, run_id: str, folder: RunFolder) -> None:
    for name in (REPORT_FILE, PREDICTIONS_FILE):
        if (folder.path / name).is_file():
            client.log_artifact(run_id, str(folder.path / name))
    # Not in a folder: where the UI compares runs, it shows side by side what lies at the top, and no folders.
    for picture in sorted((folder.path / PICTURES_FOLDER).glob("*.png")):
        client.log_artifact(run_id, str(picture))
    with tempfile.TemporaryDirectory() as aside:
        _write_json(Path(aside) / DESCRIPTION_FILE, shareable(folder.description))
        errors = folder.table(ERRORS_FILE)
        if errors is not None:
            # What `mlflow.log_table` writes, which adds to the table that is there where this replaces it.
            rows = zip(*(column.to_pylist() for column in errors.columns), strict=True)
            _write_json(Path(aside) / ERRORS_TABLE, {"columns": errors.column_names, "data": [*map(list, rows)]})
            client.set_tag(run_id, "mlflow.loggedArtifacts", json.dumps([{"path": ERRORS_TABLE, "type": "table"}]))
        client.log_artifacts(run_id, aside)


def _write_json(file: Path, value: Any) -> None:
    file.write_text(json.dumps(value, ensure_ascii=False, default=str), encoding="utf-8")


def _batches(items: Iterable[Item], size: int) -> Iterable[list[Item]]:
    rest = iter(items)
    while some := list(islice(rest, size)):
        yield some
