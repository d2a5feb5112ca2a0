"""Runs in MLflow: whole, quiet, without paths of this machine, and never in the way of a training."""

from __future__ import annotations

import base64
import http.server
import json
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import newsclf
from newsclf import tracking
from newsclf.cli import run as command
from newsclf.errors import InputError, ModelError
from newsclf.loading import released_folder
from newsclf.predictor import Predictor
from newsclf.topicmodel import TopicModel
from newsclf.tracking import ui
from newsclf.tracking.place import project_root, shareable, without_password
from newsclf.tracking.runfolder import read_run_folder
from newsclf.tracking.store import MlflowClient, MlflowException, open_store, quietly, reached_store
from newsclf.tracking.upload import COMPLETE_TAG, upload
from tests.conftest import headlines
from tests.runfolders import write_run
from tests.smallexperiment import write_experiment

# mlflow's own names come from newsclf.tracking.store, which sets how much mlflow says before importing it.
pytest_plugins = ["tests.trackingstore"]

TAGS = {"family": "newsclf", "purpose": "default", "git_commit": "0123abc"}
PARAMETERS = {"model.C": 10.0, "training.views": "headline,lead", "data.labels": True}


def tracked(folder: Path, name: str = "small", parent_run_id: str | None = None) -> str:
    """Track a run folder as an experiment does and return the run's id."""
    with tracking.started_run(
        name, tags=TAGS, parameters=PARAMETERS, parent_run_id=parent_run_id, log_system_metrics=False
    ) as run:
        run.log_folder(folder)
    assert run.run_id is not None
    return run.run_id


def parents() -> dict[str, str | None]:
    """Return, by name, the name of each run's parent."""
    store = open_store()
    runs = {run.info.run_id: run for run in store.client.search_runs([store.experiment_id])}
    of = {run.info.run_name: run.data.tags.get("mlflow.parentRunId") for run in runs.values()}
    return {name: runs[parent].info.run_name if parent else None for name, parent in of.items()}


@pytest.fixture
def logged(project: Path, tiny_model: TopicModel) -> str:
    """The id of a whole run with a model."""
    return tracked(write_run(project / "experiments/runs/small", model=tiny_model))


def test_run_holds_everything(logged: str, capfd: pytest.CaptureFixture[str]) -> None:
    client = open_store().client
    run = client.get_run(logged)
    assert (run.info.status, run.info.run_name) == ("FINISHED", "small")
    assert run.data.params == {"model.C": "10.0", "training.views": "headline,lead", "data.labels": "true"}
    assert run.data.metrics["test.headline.accuracy.low"] == 0.1
    curve = client.get_metric_history(logged, "training.loss")
    assert [(point.step, point.value) for point in curve] == [(1, 1.5), (2, 0.75), (3, 0.5)]
    assert run.data.tags["mlflow.note.content"].startswith("A small run.")
    assert run.data.tags["mlflow.source.git.commit"].startswith("0123")
    assert run.data.tags["test_fingerprint"] == "b" * 64
    inputs = {(each.dataset.name, each.dataset.digest, each.tags[0].value) for each in run.inputs.dataset_inputs}
    assert inputs == {("train", "a" * 36, "train"), ("test", "b" * 36, "test")}
    files = {file.path for file in client.list_artifacts(logged)}
    # At the top all of them: the UI compares runs by no others.
    assert files == {"run.json", "report.html", "predictions.parquet", "confusion-headline.png", "errors.json"}
    with open_store().as_default():
        errors = client.load_table(run.info.experiment_id, "errors.json", [logged])
    assert errors.columns.tolist() == ["id", "text", "category"]
    (output,) = run.outputs.model_outputs
    model = client.get_logged_model(output.model_id)
    assert str(model.status) == "READY"
    assert "test.headline.accuracy" in {metric.key for metric in model.metrics}
    assert capfd.readouterr() == ("", "")


def test_nothing_is_said_while_all_is_well(
    project: Path,
    tiny_model: TopicModel,
    capfd: pytest.CaptureFixture[str],
) -> None:
    tracked(write_run(project / "experiments/runs/small", model=tiny_model))
    assert capfd.readouterr() == ("", "")


def test_no_path_of_this_machine_is_logged(project: Path, tiny_model: TopicModel) -> None:
    folder = write_run(
        project / "experiments/runs/small",
        model=tiny_model,
        parameters={"data.root": str(project / "corpora"), "text": f"read from {project}/data, {Path.home()}/more"},
        datasets=[
            {"name": "t", "context": "test", "fingerprint": "c" * 64, "rows": 1, "source": str(project / "data/a.csv")}
        ],
    )
    with tracking.started_run("small", tags={"from": str(project)}, parameters={"out": project / "models"}) as run:
        run.log_folder(folder)
    found = open_store().client.get_run(str(run.run_id))
    kept = [*found.data.params.values(), *found.data.tags.values(), found.inputs.dataset_inputs[0].dataset.source]
    kept += [file.read_bytes().decode(errors="replace") for file in (project / "experiments/artifacts").rglob("*.*")]
    repository = Path(newsclf.__file__).parents[2]
    for path in (project, Path.home(), repository, Path(sys.prefix)):
        assert not [text for text in kept if str(path) + "/" in text]
    assert found.data.params["data.root"] == "corpora"
    assert found.data.params["out"] == "models"


@pytest.mark.parametrize(("error", "status"), [(KeyboardInterrupt(), "KILLED"), (InputError("no"), "FAILED")])
def test_a_run_cut_short_ends_as_what_cut_it(project: Path, error: BaseException, status: str) -> None:
    with pytest.raises(type(error)), tracking.started_run("cut", tags=TAGS, parameters=PARAMETERS) as run:
        raise error
    found = open_store().client.get_run(str(run.run_id))
    assert (found.info.status, found.data.params["model.C"]) == (status, "10.0")


def test_training_goes_on_without_a_server_and_is_uploaded_later(
    project: Path,
    gone_server: str,
    tiny_model: TopicModel,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = write_run(project / "experiments/runs/small", model=tiny_model)
    with tracking.started_run("small", tags=TAGS, parameters=PARAMETERS) as run:
        run.log_folder(folder)
    assert run.run_id is None
    (warning,) = caplog.messages
    assert f"{gone_server}) does not take the run: Connection refused." in warning
    assert "newsclf sync" in warning
    assert (folder / "not-uploaded.json").is_file()

    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    (synced,) = tracking.sync_runs()
    assert synced.outcome == "uploaded"
    found = open_store().client.get_run(str(synced.run_id))
    assert (found.info.status, found.data.params["model.C"]) == ("FINISHED", "10.0")
    assert found.info.start_time == 1767323045000
    assert not (folder / "not-uploaded.json").exists()
    assert [again.outcome for again in tracking.sync_runs()] == ["there"]


def test_a_server_that_goes_in_mid_run_loses_nothing(
    project: Path,
    tiny_model: TopicModel,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    folder = write_run(project / "experiments/runs/small", model=tiny_model)

    def refuse(*_: object, **__: object) -> None:
        raise MlflowException("the server is gone")

    with monkeypatch.context() as broken, tracking.started_run("small", tags=TAGS, parameters={}) as run:
        broken.setattr(MlflowClient, "log_artifact", refuse)
        broken.setattr(MlflowClient, "set_terminated", refuse)
        run.log_folder(folder)
    assert len(caplog.messages) == 1
    assert json.loads((folder / "not-uploaded.json").read_text())["run_id"] == run.run_id
    assert open_store().client.get_run(str(run.run_id)).info.status == "RUNNING"

    (synced,) = tracking.sync_runs()
    assert (synced.outcome, synced.run_id) == ("completed", run.run_id)
    found = open_store().client.get_run(str(run.run_id))
    assert (found.info.status, found.data.tags[COMPLETE_TAG]) == ("FINISHED", "true")
    assert len(found.outputs.model_outputs) == 1
    assert len(open_store().client.get_metric_history(str(run.run_id), "training.loss")) == 3


@pytest.mark.parametrize(
    ("at", "given", "sent"),
    [
        (
            "amal:geheim@",
            {"MLFLOW_TRACKING_USERNAME": "amal", "MLFLOW_TRACKING_PASSWORD": "geheim"},
            "Basic " + base64.b64encode(b"amal:geheim").decode(),
        ),
        (
            "",
            {"MLFLOW_TRACKING_USERNAME": "amal", "MLFLOW_TRACKING_PASSWORD": "geheim"},
            "Basic " + base64.b64encode(b"amal:geheim").decode(),
        ),
        ("", {"MLFLOW_TRACKING_TOKEN": "geheim"}, "Bearer geheim"),
    ],
    ids=["also in the address", "name and password", "token"],
)
def test_credentials_are_sent_and_never_shown(
    project: Path,
    at: str,
    given: dict[str, str],
    sent: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    asked: list[str] = []

    class Refusing(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.headers["Authorization"])
            self.send_error(403)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    for name in ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with http.server.HTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://{at}127.0.0.1:{server.server_port}")
        for name, value in given.items():
            monkeypatch.setenv(name, value)
        with tracking.started_run("small", tags=TAGS, parameters={}) as run:
            run.log_folder(write_run(project / "experiments/runs/small"))
        training = len(asked)
        assert [command(["sync"]), command(["compare", "small", "@champion"]), command(["history"])] == [2, 2, 2]
        server.shutdown()
    assert training > 0
    assert len(asked) >= training + 3
    assert set(asked) == {sent}
    (warning,) = caplog.messages
    out, err = capfd.readouterr()
    assert err.count("error code 403") == 3
    secrets = ("geheim", sent.split()[1])
    assert not [secret for secret in secrets if secret in out + err + warning]
    kept = [file.read_bytes() for file in project.rglob("*") if file.is_file()]
    assert not [secret for secret in secrets for content in kept if secret.encode() in content]


def test_the_view_of_the_ui_is_kept_in_the_store(project: Path) -> None:
    store = open_store()
    ui.save_view(store)
    experiment = store.client.get_experiment(store.experiment_id)
    state = json.loads(experiment.tags[f"mlflow.sharedViewState.{ui.VIEW}"])
    assert state["orderByKey"] in state["selectedColumns"]
    # What says whether two runs may be compared stands before the figures.
    fingerprint = state["columnOrder"].index("tags.`test_fingerprint`")
    assert fingerprint < min(place for place, name in enumerate(state["columnOrder"]) if name.startswith("metrics."))
    assert ui.address(store, "http://127.0.0.1:5000/").startswith("http://127.0.0.1:5000/#/experiments/1/runs?")


def test_the_ui_refuses_a_port_that_is_taken(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert ui.main(["--port", str(taken.getsockname()[1])]) == 2
    assert "is taken" in capsys.readouterr().err


def test_sync_tells_of_folders_it_cannot_read_and_goes_on(project: Path) -> None:
    write_run(project / "experiments/runs/good")
    (project / "experiments/runs/bad").mkdir()
    (project / "experiments/runs/bad/run.json").write_text("{")
    outcomes = {run.name: run.outcome for run in tracking.sync_runs()}
    assert outcomes == {"bad": "refused", "good": "uploaded"}


def test_a_run_that_could_only_not_be_ended_is_ended_by_sync(
    project: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise MlflowException("the server is gone")

    folder = write_run(project / "experiments/runs/small")
    with monkeypatch.context() as broken:
        broken.setattr(MlflowClient, "set_terminated", refuse)
        run_id = tracked(folder)
    assert open_store().client.get_run(run_id).info.status == "RUNNING"
    assert [(run.outcome, run.run_id) for run in tracking.sync_runs()] == [("completed", run_id)]
    assert open_store().client.get_run(run_id).info.status == "FINISHED"
    assert [run.outcome for run in tracking.sync_runs()] == ["there"]


def test_sync_leaves_deleted_runs_deleted(project: Path) -> None:
    whole = tracked(write_run(project / "experiments/runs/whole"))
    with tracking.started_run("begun", tags=TAGS, parameters={}, log_system_metrics=False) as begun:
        pass
    marked = write_run(project / "experiments/runs/begun")
    read_run_folder(marked).mark_not_uploaded(begun.run_id, "gone")
    client = open_store().client
    for run_id in (whole, str(begun.run_id)):
        client.delete_run(run_id)
    assert [run.outcome for run in tracking.sync_runs()] == ["there", "there"]
    assert client.search_runs([open_store().experiment_id]) == []


class TestSyncOfASweep:
    """Run folders inside a run folder are children of its run, whatever of them the store lacks."""

    @pytest.fixture
    def sweep(self, project: Path) -> Path:
        folder = write_run(project / "experiments/runs/few", purpose="sweep")
        for name in ("base", "other"):
            write_run(folder / name, purpose="sweep")
        return folder

    @pytest.mark.parametrize("named", [None, "experiments/runs/few"])
    def test_keeps_the_parent_of_each_variant(self, sweep: Path, named: str | None) -> None:
        outcomes = [(run.name, run.outcome) for run in tracking.sync_runs(Path(named) if named else None)]
        assert outcomes == [("few", "uploaded"), ("base", "uploaded"), ("other", "uploaded")]
        assert parents() == {"few": None, "base": "few", "other": "few"}
        assert {run.outcome for run in tracking.sync_runs()} == {"there"}

    def test_adds_a_variant_to_a_sweep_that_is_there(self, sweep: Path) -> None:
        shutil.move(sweep / "other", sweep.parents[2] / "other")
        assert len([*tracking.sync_runs()]) == 2
        shutil.move(sweep.parents[2] / "other", sweep / "other")
        assert [run.outcome for run in tracking.sync_runs()] == ["there", "there", "uploaded"]
        assert parents() == {"few": None, "base": "few", "other": "few"}

    def test_leaves_a_sweep_that_goes_on_to_be_completed_later(self, sweep: Path) -> None:
        def turned(status: str) -> None:
            described = json.loads((sweep / "run.json").read_text())
            (sweep / "run.json").write_text(json.dumps({**described, "status": status}))

        turned("running")
        (running, *_) = [*tracking.sync_runs()]
        client = open_store().client
        assert client.get_run(str(running.run_id)).info.status == "RUNNING"
        assert [run.outcome for run in tracking.sync_runs()] == ["there"] * 3
        turned("killed")
        assert [run.outcome for run in tracking.sync_runs()] == ["completed", "there", "there"]
        assert client.get_run(str(running.run_id)).info.status == "KILLED"


def test_a_part_of_a_run_trained_while_the_store_was_gone_finds_its_parent_again(
    project: Path, monkeypatch: pytest.MonkeyPatch, gone_server: str, caplog: pytest.LogCaptureFixture
) -> None:
    with monkeypatch.context() as back:
        back.delenv("MLFLOW_TRACKING_URI")
        with tracking.started_run("sweep", tags=TAGS, parameters={}, log_system_metrics=False) as sweep:
            pass
    folder = write_run(project / "experiments/runs/trial")
    with tracking.started_run("trial", tags=TAGS, parameters={}, parent_run_id=sweep.run_id) as trial:
        trial.log_folder(folder)
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    (synced,) = tracking.sync_runs()
    assert open_store().client.get_run(str(synced.run_id)).data.tags["mlflow.parentRunId"] == sweep.run_id


def test_trials_hang_on_their_sweep(project: Path) -> None:
    with tracking.started_run("sweep", tags=TAGS, parameters={}, log_system_metrics=False) as sweep:
        trial_id = tracked(write_run(project / "experiments/runs/trial"), "trial", parent_run_id=sweep.run_id)
    assert open_store().client.get_run(trial_id).data.tags["mlflow.parentRunId"] == sweep.run_id


def test_baselines_hang_on_one_run_of_theirs_trained_or_synced(project: Path) -> None:
    tracked(write_run(project / "experiments/runs/small"))
    for name in ("majority", "keyword"):
        with tracking.started_run(name, tags={"purpose": "baseline"}, parameters={}, log_system_metrics=False):
            pass
    write_run(project / "experiments/runs/svm", purpose="baseline")
    assert [run.outcome for run in tracking.sync_runs()] == ["there", "uploaded"]
    assert parents() == {
        "small": None,
        "baselines": None,
        "majority": "baselines",
        "keyword": "baselines",
        "svm": "baselines",
    }
    store = open_store()
    (parent,) = store.client.search_runs([store.experiment_id], "attributes.run_name = 'baselines'")
    assert parent.info.status == "FINISHED"


def test_experiment_and_store_of_the_environment_win(
    project: Path,
    empty_store: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    elsewhere = project / "elsewhere.db"
    elsewhere.write_bytes(empty_store.read_bytes())
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{elsewhere}")
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "mine")
    run_id = tracked(write_run(project / "experiments/runs/small"))
    with quietly():
        client = MlflowClient(tracking_uri=f"sqlite:///{elsewhere}")
    run = client.get_run(run_id)
    assert client.get_experiment(run.info.experiment_id).name == "mine"
    assert (project / "artifacts" / run_id / "artifacts" / "run.json").is_file()


def test_system_metrics_are_logged(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL", "0.1")
    with tracking.started_run("watched", tags=TAGS, parameters={}) as run:
        time.sleep(0.6)
    assert "system/cpu_utilization_percentage" in open_store().client.get_run(str(run.run_id)).data.metrics


def test_uploading_twice_changes_nothing(logged: str, project: Path) -> None:
    store = open_store()
    before = store.client.get_run(logged)
    upload(store, logged, read_run_folder(project / "experiments/runs/small"))
    after = store.client.get_run(logged)
    assert before.data.to_dictionary() == after.data.to_dictionary()
    assert len(after.outputs.model_outputs) == 1
    assert len(store.client.get_metric_history(logged, "test.headline.accuracy")) == 1


def test_tracking_is_cheap(project: Path) -> None:
    """What it adds to a run of the released model: under 15 seconds of work, 20 MB, and 6 MB of model."""
    folder = write_run(project / "experiments/runs/small", model=TopicModel.load(released_folder()))
    begun = time.process_time()
    tracked(folder)
    assert time.process_time() - begun < 15
    sizes = {file: file.stat().st_size for file in (project / "experiments/artifacts").rglob("*") if file.is_file()}
    of_the_model = {file: size for file, size in sizes.items() if "models" in file.parts}
    assert sum(size for file, size in of_the_model.items() if file.name == "weights.npz") > 1_000_000
    assert sum(of_the_model.values()) < 6_000_000
    assert sum(sizes.values()) + (project / "experiments/mlflow.db").stat().st_size < 20_000_000


class TestLoggedModel:
    """The model as pyfunc."""

    def load(self, run_id: str) -> object:
        import mlflow

        store = open_store()
        (output,) = store.client.get_run(run_id).outputs.model_outputs
        with quietly(), store.as_default():
            return mlflow.pyfunc.load_model(f"models:/{output.model_id}")

    def test_gives_one_answer_a_row_in_order(self, logged: str, tiny_model: TopicModel) -> None:
        """A logged text pipeline once classified the names of the columns: one answer for all rows."""
        model = self.load(logged)
        texts, _ = headlines()
        index = np.arange(len(texts))[::-1] * 7
        answers = model.predict(pd.DataFrame({"text": texts}, index=index))  # type: ignore[attr-defined]
        assert list(answers.columns) == ["category", "probability", "second", "second_probability", "confident"]
        assert answers["category"].tolist() == Predictor(tiny_model).predict(texts)
        assert answers.index.tolist() == index.tolist()
        first = Predictor(tiny_model).tag(texts[0])
        assert (answers["second"].iloc[0], bool(answers["confident"].iloc[0])) == (first.second, first.confident)
        assert answers["probability"].iloc[0] == pytest.approx(first.probability)

    @pytest.mark.parametrize(
        "table",
        [
            pd.DataFrame({"texts": ["فوز الوداد"]}),
            pd.DataFrame({"text": ["فوز الوداد", None]}),
            pd.DataFrame({"text": [1, 2]}),
        ],
        ids=["another column", "a missing text", "numbers"],
    )
    def test_refuses_other_tables(self, logged: str, table: pd.DataFrame) -> None:
        with pytest.raises(MlflowException) as caught:
            self.load(logged).predict(table)  # type: ignore[attr-defined]
        assert caught.value.error_code == "BAD_REQUEST" or caught.value.get_http_status_code() == 400

    def test_needs_the_prediction_wing_and_nothing_more(self, logged: str, project: Path) -> None:
        (described,) = (project / "experiments/artifacts").rglob("requirements.txt")
        names = {line.split("==")[0] for line in described.read_text().splitlines()}
        assert names == {"mlflow-skinny", "click", "numpy", "pandas", "pyarabic", "pyarrow"}
        files = [file for file in described.parent.rglob("*") if file.is_file()]
        assert not [file for file in files if file.suffix in (".pkl", ".pyc")]
        code = sum(file.stat().st_size for file in files if "artifacts/model" not in file.as_posix())
        assert code < 1_000_000

    def test_is_the_model_that_was_trained(self, logged: str, tiny_model: TopicModel) -> None:
        (output,) = open_store().client.get_run(logged).outputs.model_outputs
        for address in (f"runs:/{logged}", f"models:/{output.model_id}"):
            texts, _ = headlines()
            assert newsclf.load(address).predict(texts) == Predictor(tiny_model).predict(texts)

    @pytest.mark.parametrize(
        ("address", "said"),
        [
            ("models:/newsclf@champion", "can't be had"),
            ("models:/newsclf/latest", "newsclf promote RUN"),
            ("models:/", "is no model address"),
            (f"runs:/{'0' * 32}", "can't be had"),
        ],
    )
    def test_that_is_not_there_is_told(self, project: Path, address: str, said: str) -> None:
        with pytest.raises(ModelError, match=said):
            newsclf.load(address)

    def test_of_a_baseline_is_none(self, project: Path) -> None:
        run_id = tracked(write_run(project / "experiments/runs/keyword"))
        with pytest.raises(ModelError, match="logged no model"):
            newsclf.load(f"runs:/{run_id}")

    def test_runs_the_code_that_was_logged(self, logged: str, project: Path) -> None:
        """Not the code that happens to be installed; and of it the prediction wing only."""
        (described,) = (project / "experiments/artifacts").rglob("MLmodel")
        script = (
            "import sys, mlflow, pandas\n"
            "model = mlflow.pyfunc.load_model(sys.argv[1])\n"
            "print(model.predict(pandas.DataFrame({'text': ['فوز الوداد', 'توقيف لص']}))['category'].tolist())\n"
            "import newsclf\n"
            "print(newsclf.__file__.startswith(sys.argv[1]), {'sklearn', 'newsclf.classifier'} & set(sys.modules))\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", script, str(described.parent)], capture_output=True, text=True, check=True, cwd="/"
        )
        assert done.stdout.splitlines() == ["['sport', 'security']", "True set()"]


class TestFindRun:
    """What a person may call a run."""

    def test_a_folder_or_its_name_needs_no_store(
        self,
        project: Path,
        gone_server: str,
        capfd: pytest.CaptureFixture[str],
    ) -> None:
        folder = write_run(project / "experiments/runs/small")
        for reference in (str(folder), "experiments/runs/small", "small"):
            found = tracking.find_run(reference)
            assert (found.name, found.folder is not None, found.predictions().num_rows) == ("small", True, 45)

    def test_an_id_and_a_name_in_the_store(self, project: Path, tmp_path: Path) -> None:
        run_id = tracked(write_run(tmp_path / "away"), name="away")
        newer = tracked(write_run(tmp_path / "again"), name="away")
        for reference, wanted in ((run_id, run_id), ("away", newer)):
            found = tracking.find_run(reference)
            assert (found.run_id, found.test_fingerprint) == (wanted, "b" * 64)
            assert found.predictions().num_rows == 45

    @pytest.mark.parametrize(
        ("reference", "said"),
        [
            ("nobody", "no finished run 'nobody'; the newest are away"),
            ("0" * 32, "no run has the id"),
            ("@champion", "names no registered model"),
            ("models:/newsclf", "names no version"),
        ],
    )
    def test_what_is_not_there_is_told(self, project: Path, tmp_path: Path, reference: str, said: str) -> None:
        tracked(write_run(tmp_path / "away"), name="away")
        with pytest.raises(InputError, match=said):
            tracking.find_run(reference)

    def test_a_store_that_is_gone_is_told(self, project: Path, gone_server: str) -> None:
        with pytest.raises(InputError, match="MLFLOW_TRACKING_URI"):
            tracking.find_run("nobody")


def test_the_project_is_found_from_a_folder_in_it(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "data" / "sources").mkdir(parents=True)
    monkeypatch.chdir(project / "data" / "sources")
    assert project_root() == project


def test_passwords_and_home_folders_are_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    assert without_password("http://amal:geheim@host/x") == "http://amal:***@host/x"
    assert shareable({"a": [f"{Path.home()}/x"], "b": 1}) == {"a": ["~/x"], "b": 1}
    assert shareable(f"{Path.home()}elsewhere/x") == f"{Path.home()}elsewhere/x"
    assert shareable("كتاب / فيلم") == "كتاب / فيلم"


def test_failures_of_the_store_become_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "postgresql://amal:geheim@127.0.0.1:1/none")
    with pytest.raises(InputError) as caught, reached_store():
        pass
    assert "geheim" not in str(caught.value)
    assert "\n" not in str(caught.value)


_FIVE_TRAININGS = """
import sys
from newsclf.cli import run
for trial in range(5):
    code = run(["train", "small.toml", "--data-root", ".", "--name", f"{sys.argv[1]}-{trial}"])
    assert code == 0, code
"""


@pytest.mark.slow
def test_twenty_trainings_four_at_a_time_into_a_new_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of four processes finds no store and makes the tables, unless it waits for the others."""
    (tmp_path / "experiments").mkdir()
    write_experiment(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    at_work = [
        subprocess.Popen(
            [sys.executable, "-c", _FIVE_TRAININGS, f"p{number}"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(4)
    ]
    said = [process.communicate(timeout=600)[1] for process in at_work]
    assert [process.returncode for process in at_work] == [0] * 4, said
    # Nothing but what is being done, each line with its time.
    assert [line for line in "".join(said).splitlines() if not re.match(r"\[ *\d+\.\d s\] [a-z]", line)] == []
    store = open_store()
    runs = store.client.search_runs([store.experiment_id])
    assert sorted(run.info.run_name for run in runs) == sorted(f"p{p}-{t}" for p in range(4) for t in range(5))
    assert {(run.info.status, run.data.tags.get(COMPLETE_TAG)) for run in runs} == {("FINISHED", "true")}
    assert {len(run.outputs.model_outputs) for run in runs} == {1}
    assert not [*tmp_path.rglob("not-uploaded.json")]
