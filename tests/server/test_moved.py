"""A project that was moved after its model became the champion."""

from __future__ import annotations

import json
import sys
import urllib.request
from pathlib import Path

import pytest

import newsclf
from newsclf import tracking
from newsclf.cli import run
from newsclf.predictor import Predictor
from newsclf.topicmodel import TopicModel
from tests.conftest import headlines
from tests.runfolders import write_run
from tests.server.processes import HOST, free_port, mlflow_server, serving
from tests.test_artifacts import installed

pytest_plugins = ["tests.trackingstore"]
pytestmark = [pytest.mark.slow, installed]


@pytest.fixture
def moved(project: Path, tiny_model: TopicModel, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the project is now; nothing is where it was."""
    folder = write_run(project / "experiments/runs/small", model=tiny_model)
    with tracking.started_run("small", tags={}, parameters={}, log_system_metrics=False) as tracked:
        tracked.log_folder(folder)
    assert run(["promote", "small", "--force", "--why", "to move it"]) == 0
    monkeypatch.chdir(project.parent)
    return project.rename(project.with_name("elsewhere"))


def test_our_commands_go_on(
    moved: Path, tiny_model: TopicModel, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(moved)
    texts, _ = headlines()
    assert newsclf.load("models:/newsclf@champion").predict(texts) == Predictor(tiny_model).predict(texts)
    assert run(["compare", "small", "@champion"]) == 0
    assert "no real difference" in capsys.readouterr().out
    write_run(moved / "experiments/runs/second", model=tiny_model, started_at="2026-02-02T03:04:05+00:00")
    assert [synced.outcome for synced in tracking.sync_runs()] == ["uploaded", "there"]
    assert run(["promote", "second", "--force", "--why", "to see"]) == 0
    assert "passed  loads and answers" in capsys.readouterr().out


def test_mlflow_serves_the_champion(moved: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "mlflow", "models", "serve", "-m", "models:/newsclf@champion"]
    command += ["--env-manager", "local", "-h", HOST, "-p", str(port)]
    store = f"sqlite:///{moved}/experiments/mlflow.db"
    with serving(command, f"http://{HOST}:{port}/ping", moved.parent, MLFLOW_TRACKING_URI=store):
        body = json.dumps({"inputs": ["الوداد يتعاقد مع مدرب جديد"]}).encode()
        asked = urllib.request.Request(f"http://{HOST}:{port}/invocations", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(asked, timeout=30) as answer:
            assert json.load(answer)["predictions"][0]["category"] == "sport"


def test_the_ui_shows_the_files_of_a_run(moved: Path, tiny_model: TopicModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a server begun in another folder, and of its clients in the project."""
    port, store = free_port(), f"sqlite:///{moved}/experiments/mlflow.db"
    with mlflow_server(store, moved.parent / "proxied", moved.parent, port):
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://{HOST}:{port}")
        run_id = tracking.find_run("small").run_id
        with urllib.request.urlopen(f"http://{HOST}:{port}/get-artifact?path=run.json&run_uuid={run_id}") as answer:
            assert json.load(answer)["name"] == "small"
        monkeypatch.chdir(moved)
        texts, _ = headlines()
        assert newsclf.load("models:/newsclf@champion").predict(texts) == Predictor(tiny_model).predict(texts)
