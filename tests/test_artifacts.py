"""Artifacts beside the store, at addresses that hold on every machine."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from newsclf import tracking
from newsclf.topicmodel import TopicModel
from newsclf.tracking import registry
from newsclf.tracking.gates import Gate
from newsclf.tracking.store import MlflowException, get_registered_artifact_repositories
from newsclf_artifacts import ARTIFACTS, SCHEME
from newsclf_artifacts.repository import ArtifactsBesideStore
from tests.runfolders import write_run

pytest_plugins = ["tests.trackingstore"]

installed = pytest.mark.skipif(
    SCHEME not in get_registered_artifact_repositories(),
    reason="newsclf is not installed as pyproject.toml has it (pip install --editable .)",
)


def test_are_in_the_folder_of_the_sqlite_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/default.db")
    monkeypatch.chdir(tmp_path)
    for store, home in (
        (None, tmp_path),
        (f"sqlite:///{tmp_path}/there/mlflow.db", tmp_path / "there"),
        ("sqlite:///here/mlflow.db", tmp_path / "here"),
    ):
        kept = ArtifactsBesideStore(f"{ARTIFACTS}/1/artifacts", tracking_uri=store)
        assert kept.artifact_dir == str(home / "artifacts/1/artifacts")


def test_of_a_server_are_those_of_the_project(project: Path) -> None:
    kept = ArtifactsBesideStore(f"{ARTIFACTS}/1", tracking_uri="http://127.0.0.1:5000")
    assert kept.artifact_dir == str(project / "experiments/artifacts/1")


@pytest.mark.parametrize("path", ["/../secret", "/artifacts/../../secret", "/%2e%2e/secret"])
def test_are_nowhere_else(path: str) -> None:
    with pytest.raises(MlflowException, match="Invalid path"):
        ArtifactsBesideStore(f"{SCHEME}:{path}", tracking_uri="sqlite:///mlflow.db")


@installed
def test_a_new_store_names_no_folder_of_this_machine(
    project: Path, tiny_model: TopicModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "_answers_in_a_new_process", lambda *_: Gate("answers", True, ""))
    file = project / "experiments/mlflow.db"
    file.unlink()
    folder = write_run(project / "experiments/runs/small", model=tiny_model)
    with tracking.started_run("small", tags={}, parameters={}, log_system_metrics=False) as run:
        run.log_folder(folder)
    tracking.promote("small", why="to register it", force=True)
    with sqlite3.connect(file) as store:
        rows = [*store.iterdump()]
    store.close()
    assert [row for row in rows if "newsclf:/artifacts/models/m-" in row]
    assert not [row for row in rows if str(project) in row or str(Path.home()) + "/" in row]
