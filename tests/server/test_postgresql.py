"""The same commands against a real MLflow server: PostgreSQL behind it, artifacts in a folder of their own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import newsclf
from newsclf import tracking
from newsclf.cli import run
from newsclf.predictor import Predictor
from newsclf.topicmodel import TopicModel
from newsclf.tracking.store import open_store
from tests.conftest import headlines
from tests.runfolders import write_run
from tests.server.processes import HOST, PASSWORD, free_port, mlflow_server, postgresql, stop

pytestmark = pytest.mark.slow

LATER = "2026-02-02T03:04:05+00:00"


@dataclass
class Site:
    """A server's database, artifacts, log and port."""

    database: str
    folder: Path
    port: int

    @property
    def artifacts(self) -> Path:
        return self.folder / "artifacts"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with postgresql() as database:
        yield Site(database, tmp_path_factory.mktemp("site"), free_port())


@pytest.fixture
def project(tmp_path: Path, site: Site, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose store is the server, which the test must start."""
    (tmp_path / "experiments" / "runs").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://{HOST}:{site.port}")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    return tmp_path


def track(folder: Path) -> str:
    described = json.loads((folder / "run.json").read_text())
    with tracking.started_run(folder.name, tags={"family": described["family"]}, parameters={}) as tracked:
        tracked.log_folder(folder)
    return str(tracked.run_id)


def test_from_training_to_champion_and_back(
    site: Site, project: Path, tiny_model: TopicModel, capfd: pytest.CaptureFixture[str]
) -> None:
    texts, truth = headlines()
    (project / "experiments/gates.toml").write_text("most_calibration_error = 0.5\n")
    runs = project / "experiments/runs"
    with mlflow_server(site.database, site.artifacts, site.folder, site.port):
        ids = [
            track(write_run(runs / "majority", said=["sport"] * len(truth), family="majority")),
            track(write_run(runs / "keyword", said=["sport"] * len(truth))),
            track(write_run(runs / "small", model=tiny_model)),
            track(write_run(runs / "second", model=tiny_model, started_at=LATER)),
        ]
        assert capfd.readouterr() == ("", "")
        assert run(["compare", ids[1], ids[2]]) == 0
        assert "small better by 80.0 points" in capfd.readouterr().out
        assert [run(["promote", name]) for name in ("small", "second")] == [0, 0]
        assert run(["rollback", "--why", "only to see"]) == 0
        assert run(["history"]) == 0
        assert "only to see" in capfd.readouterr().out
        assert newsclf.load("models:/newsclf@champion").predict(texts) == Predictor(tiny_model).predict(texts)
        assert tracking.find_run("@champion").name == "small"
        assert run(["sync"]) == 0
        assert "0 uploaded, 4 there already" in capfd.readouterr().out
    kept = [file for file in site.artifacts.rglob("*") if file.is_file()]
    assert {"predictions.parquet", "report.html", "weights.npz"} <= {file.name for file in kept}
    assert not [file for file in kept if PASSWORD.encode() in file.read_bytes()]
    assert not (project / "experiments/artifacts").exists()


def test_a_server_that_goes_in_mid_run(
    site: Site, project: Path, tiny_model: TopicModel, caplog: pytest.LogCaptureFixture
) -> None:
    folder = write_run(project / "experiments/runs/interrupted", model=tiny_model)
    with (
        mlflow_server(site.database, site.artifacts, site.folder, site.port) as server,
        tracking.started_run("interrupted", tags={}, parameters={"model.C": 1.0}) as tracked,
    ):
        stop(server)
        tracked.log_folder(folder)
    assert len(caplog.messages) == 1
    assert json.loads((folder / "not-uploaded.json").read_text())["run_id"] == tracked.run_id
    with mlflow_server(site.database, site.artifacts, site.folder, site.port):
        assert [synced.outcome for synced in tracking.sync_runs()] == ["completed"]
        found = open_store().client.get_run(str(tracked.run_id))
        assert (found.info.status, found.data.metrics["test.headline.accuracy"]) == ("FINISHED", 1.0)
