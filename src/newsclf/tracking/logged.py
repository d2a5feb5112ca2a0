"""Logging a model so that it works by itself elsewhere, and fetching a logged or registered one."""

from __future__ import annotations

import importlib.metadata
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
from mlflow.artifacts import download_artifacts
from mlflow.entities import LoggedModelOutput
from mlflow.models import Model, ModelSignature
from mlflow.tracking import MlflowClient
from mlflow.types import ColSpec, DataType, Schema

from newsclf.errors import ModelError
from newsclf.tracking.place import MODEL_NAME
from newsclf.tracking.store import STORE_ERRORS, Store, open_store, quietly, reason

LOGGED_NAME = "newsclf"
# Where the newsclf model folder is inside the logged one.
INSIDE = "artifacts/model"

SIGNATURE = ModelSignature(
    inputs=Schema([ColSpec(DataType.string, "text")]),
    outputs=Schema(
        [
            ColSpec(DataType.string, "category"),
            ColSpec(DataType.float, "probability"),
            ColSpec(DataType.string, "second"),
            ColSpec(DataType.float, "second_probability"),
            ColSpec(DataType.boolean, "confident"),
        ]
    ),
)
EXAMPLE = pd.DataFrame({"text": ["الوداد يتعاقد مع مدرب جديد", "توقيف مروج مخدرات بطنجة"]})


def new_logged_model(store: Store, run_id: str, tags: dict[str, str]) -> str:
    """Make a logged model for a run, to be filled by `fill_logged_model`, and return its id.

    A model that an earlier, broken upload of the run made is taken up again.
    """
    run = store.client.get_run(run_id)
    begun = run.outputs.model_outputs if run.outputs else []
    if begun:
        return str(begun[0].model_id)
    model = store.client.create_logged_model(
        run.info.experiment_id, name=LOGGED_NAME, source_run_id=run_id, model_type="classifier", tags=tags
    )
    store.client.log_outputs(run_id, [LoggedModelOutput(model.model_id, step=0)])
    return str(model.model_id)


def fill_logged_model(store: Store, run_id: str, model_id: str, folder: Path) -> None:
    """Upload a newsclf model folder as a pyfunc that needs this project's prediction wing and nothing more."""
    model = store.client.get_logged_model(model_id)
    with tempfile.TemporaryDirectory() as aside:
        whole = Path(aside) / "logged"
        copy = shutil.copytree(folder, Path(aside) / Path(INSIDE).name)
        described = Model(artifact_path=model.artifact_location, model_uuid=model_id, run_id=run_id, model_id=model_id)
        with quietly():
            mlflow.pyfunc.save_model(
                str(whole),
                python_model=str(Path(__file__).with_name("logged_model.py")),
                artifacts={"model": str(copy)},
                code_paths=[str(_own_code(Path(aside)))],
                signature=SIGNATURE,
                input_example=EXAMPLE,
                pip_requirements=requirements(),
                mlflow_model=described,
            )
        _forget_where_it_was_made(whole / "MLmodel")
        for cache in [*whole.rglob("__pycache__")]:
            shutil.rmtree(cache)
        store.client.log_model_artifacts(model_id, str(whole))
    store.client.finalize_logged_model(model_id, "READY")


def requirements() -> list[str]:
    """Return what a logged model needs: the dependencies of predicting, and mlflow's small package.

    The full mlflow package would bring scikit-learn, matplotlib and a database layer.
    """
    needed = [_named(line) for line in importlib.metadata.requires("newsclf") or [] if "extra ==" not in line]
    versions = {name: importlib.metadata.version(name) for name in [*needed, "pandas"]}
    return [f"mlflow-skinny=={mlflow.__version__}", *(f"{name}=={version}" for name, version in versions.items())]


def download_model(uri: str) -> Path:
    """Return the folder of a logged or registered newsclf model.

    Parameters
    ----------
    uri : str
        ``models:/newsclf@champion``, ``models:/newsclf/3``, ``models:/newsclf/latest``,
        ``models:/m-…`` or ``runs:/<run id>``.

    Returns
    -------
    Path
        With model.json and weights.npz. The store's own folder where it is on this machine, so
        not to be written to; else a copy in the folder for temporary files.

    Raises
    ------
    ModelError
        If there is no such model, it is no newsclf model, or the store can't be reached.
    """
    try:
        store = open_store()
        location = _location(store.client, uri)
        folder = Path(download_artifacts(f"{location}/{INSIDE}", tracking_uri=store.uri))
    except STORE_ERRORS as error:
        raise ModelError(f"{uri} can't be had: {reason(error)}") from error
    if not (folder / "model.json").is_file():
        raise ModelError(f"{uri} is no newsclf model: it has no {INSIDE}/model.json")
    return folder


def logged_model_of(client: MlflowClient, run_id: str) -> str | None:
    """Return the id of the finished model that a run logged, None if it has none."""
    outputs = client.get_run(run_id).outputs
    for output in outputs.model_outputs if outputs else []:
        if str(client.get_logged_model(output.model_id).status) == "READY":
            return str(output.model_id)
    return None


def _location(client: MlflowClient, uri: str) -> str:
    """Return where the artifacts of a model address are kept."""
    if uri.startswith("runs:/"):
        run_id = uri.removeprefix("runs:/").strip("/").split("/")[0]
        model_id = logged_model_of(client, run_id)
        if model_id is None:
            raise ModelError(f"{uri} can't be had: the run {run_id} logged no model")
    elif found := re.fullmatch(r"models:/+(m-[0-9a-f]{32})", uri):
        model_id = found[1]
    elif found := re.fullmatch(r"models:/+([^/@]+)(?:@([^/@]+)|/([^/@]+))", uri):
        name, alias, version = found.groups()
        source = _registered(client, name, alias, version)
        return _location(client, source) if source.startswith("models:/") else source
    else:
        raise ModelError(
            f"{uri} is no model address; write models:/{MODEL_NAME}@champion, models:/{MODEL_NAME}/1 or runs:/<run id>"
        )
    return str(client.get_logged_model(model_id).artifact_location)


def _registered(client: MlflowClient, name: str, alias: str | None, version: str | None) -> str:
    if alias is not None:
        version = client.get_model_version_by_alias(name, alias).version
    elif version == "latest":
        numbers = [int(found.version) for found in client.search_model_versions(f"name = '{name}'")]
        if not numbers:
            raise ModelError(f"no model named {name} is registered; register one with 'newsclf promote RUN'")
        version = str(max(numbers))
    return str(client.get_model_version_download_uri(name, str(version)))


def _own_code(aside: Path) -> Path:
    """Return a copy of this package's source, without the released model that may be inside it."""
    package = Path(__file__).resolve().parents[1]
    copy = aside / "code" / package.name
    shutil.copytree(package, copy, ignore=shutil.ignore_patterns("__pycache__", "released", "templates", ".*"))
    return copy


def _named(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found is not None
    return found[0]


def _forget_where_it_was_made(file: Path) -> None:
    """Take the paths of this machine out of an MLmodel file; mlflow reads only the names in them."""
    described = Model.load(str(file))
    # mlflow finds the model by its id; where its files are stored is the store's business.
    described.artifact_path = None
    flavour: dict[str, Any] = described.flavors["python_function"]
    flavour["model_code_path"] = Path(flavour["model_code_path"]).name
    for artifact in flavour["artifacts"].values():
        artifact["uri"] = artifact["path"]
    described.save(str(file))
