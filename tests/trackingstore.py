"""An MLflow store for tests: a project in a temporary folder, its tables made once a session."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

import pytest

from newsclf.tracking import store as opening
from newsclf.tracking.place import tracking_uri

_OF_MLFLOW = ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI", "MLFLOW_EXPERIMENT_NAME", "MLFLOW_TRACKING_USERNAME")


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with mlflow's tables and no experiment of ours; making one takes seconds."""
    file = tmp_path_factory.mktemp("store") / "mlflow.db"
    with opening.quietly():
        opening.MlflowClient(tracking_uri=f"sqlite:///{file}").search_experiments()
    return file


@pytest.fixture
def project(tmp_path: Path, empty_store: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder to work in, with a store of its own."""
    for name in _OF_MLFLOW:
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "project"
    (folder / "experiments" / "runs").mkdir(parents=True)
    shutil.copy(empty_store, folder / "experiments" / "mlflow.db")
    monkeypatch.chdir(folder)
    assert str(folder) in tracking_uri()
    return folder


@pytest.fixture
def gone_server(monkeypatch: pytest.MonkeyPatch) -> str:
    """An address at which nobody listens, as the store."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    return f"http://127.0.0.1:{port}"
