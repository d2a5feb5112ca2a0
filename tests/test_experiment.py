"""From a TOML to a tracked and saved model, on a handful of records, through ``newsclf train``; and what stops it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pyarrow.parquet as pq
import pytest

from newsclf.cli import run
from newsclf.predictor import Predictor
from newsclf.topicmodel import TopicModel
from newsclf.tracking.store import open_store
from tests.conftest import HEADLINES
from tests.smallexperiment import rows_of_headlines, write_experiment

pytest_plugins = ["tests.trackingstore"]

RUN_FILES = {"run.json", "predictions.parquet", "errors.parquet", "report.html"}
PICTURES = {"confusion-headline", "confusion-article", "per-class", "reliability", "coverage"}
MODEL_FILES = {"model.json", "weights.npz", "README.md"}
ROWS = rows_of_headlines()
KEYWORDS = {"sport": ["مباراة", "فريق", "مدرب"], "security": ["توقيف", "شرطة"]}


@pytest.fixture(autouse=True)
def in_this_process() -> Iterator[None]:
    """Fit the folds of calibration in threads: new processes cost more than these fits."""
    with joblib.parallel_config(backend="threading"):
        yield


def train(*words: str) -> int:
    """Run ``newsclf train`` on the files of the current folder."""
    return run(["train", *words, "--data-root", "."])


def files_under(folder: Path) -> set[str]:
    """Return the files of a folder by their path in it."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def described(folder: Path) -> dict[str, Any]:
    """Return the content of a run folder's run.json."""
    found: dict[str, Any] = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    return found


def statuses() -> dict[str, str]:
    """Return the status of the last MLflow run of each name."""
    store = open_store()
    found = store.client.search_runs([store.experiment_id], order_by=["attributes.start_time ASC"])
    return {each.info.run_name: each.info.status for each in found}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, empty_store: Path) -> Path:
    """A project in which ``newsclf train small.toml`` was run; tests must not write to it."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "experiments").mkdir()
    shutil.copy(empty_store, folder / "experiments" / "mlflow.db")
    with pytest.MonkeyPatch.context() as patch, joblib.parallel_config(backend="threading"):
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.chdir(folder)
        write_experiment(folder)
        assert train("small.toml") == 0
    return folder


@pytest.fixture
def again(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of `trained` to go on in."""
    folder = shutil.copytree(trained, tmp_path / "again", ignore=shutil.ignore_patterns("artifacts"))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(folder)
    # Drawing takes as long as all else, and is tested elsewhere.
    monkeypatch.setattr("newsclf.experiment.draw_pictures", lambda *_: None)
    return folder


def test_the_run_folder_is_complete(trained: Path) -> None:
    folder = trained / "experiments" / "runs" / "small"
    pictures = {f"pictures/{name}.png" for name in PICTURES}
    assert files_under(folder) == RUN_FILES | pictures | {f"model/{name}" for name in MODEL_FILES}
    found = described(folder)
    assert (found["name"], found["family"], found["purpose"], found["status"]) == (
        "small",
        "newsclf",
        "default",
        "finished",
    )
    assert found["parameters"]["model.bucket_bits"] == 10
    # What the TOML leaves at its default is on record as well.
    assert found["parameters"]["model.longest"] == 5
    assert found["categories"] == list(HEADLINES)
    assert {dataset["name"]: dataset["context"] for dataset in found["datasets"]} == {
        "train": "train",
        "test": "test",
        "dev": "dev",
    }
    rows = {dataset["name"]: dataset["rows"] for dataset in found["datasets"]}
    assert sum(rows.values()) == 45
    assert found["curves"]["training.loss"][0] > found["curves"]["training.loss"][-1]
    assert found["metrics"]["test.headline.count"] == rows["test"]
    assert "| test.headline |" in found["description"]
    predictions = pq.read_table(folder / "predictions.parquet")
    assert set(zip(*(predictions[name].to_pylist() for name in ("split", "view")), strict=True)) == {
        (split, view) for split in ("test", "dev") for view in ("headline", "article")
    }
    wrong = [row for row in predictions.to_pylist() if row["category"] != row["predicted"]]
    assert len(pq.read_table(folder / "errors.parquet")) == len(wrong) > 0


def test_no_text_is_trained_on_and_tested(trained: Path) -> None:
    predictions = pq.read_table(trained / "experiments/runs/small/predictions.parquet").to_pylist()
    tested = {row["id"] for row in predictions}
    records = pq.read_table(trained / "work/records/mine/records.parquet").to_pylist()
    assert tested == {row["id"] for row in records if row["split"] != "train"}


def test_the_saved_model_is_the_one_of_the_run_and_says_in_a_new_process_what_was_measured(trained: Path) -> None:
    folder, saved = trained / "experiments/runs/small", trained / "models/small"
    assert files_under(saved) == MODEL_FILES
    for name in MODEL_FILES:
        assert (saved / name).read_bytes() == (folder / "model" / name).read_bytes()
    code = (
        "import sys, numpy as np, pyarrow.parquet as pq, newsclf\n"
        "texts = pq.read_table(sys.argv[2])['text']\n"
        "np.save(sys.argv[3], newsclf.load(sys.argv[1]).predict_proba(texts))"
    )
    out = trained / "probabilities.npy"
    subprocess.run([sys.executable, "-c", code, saved, folder / "predictions.parquet", out], check=True)
    predictions = pq.read_table(folder / "predictions.parquet")
    measured = np.column_stack([predictions[f"p.{name}"].to_numpy() for name in HEADLINES])
    assert np.array_equal(np.load(out), measured)
    assert np.array_equal(Predictor(TopicModel.load(saved)).predict_proba(predictions["text"]), measured)


def test_the_run_is_in_mlflow_as_it_is_in_the_folder(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(trained)
    store = open_store()
    (tracked,) = store.client.search_runs([store.experiment_id])
    found = described(trained / "experiments/runs/small")
    assert (tracked.info.run_name, tracked.info.status) == ("small", "FINISHED")
    assert tracked.data.params["model.bucket_bits"] == "10"
    assert tracked.data.params["model.longest"] == "5"
    assert tracked.data.params.keys() == found["parameters"].keys()
    for name in ("test.headline.accuracy", "test.headline.accuracy.low", "calibration.threshold"):
        assert tracked.data.metrics[name] == found["metrics"][name]


def test_the_same_training_gives_the_same_bytes(again: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {name: (again / "models/small" / name).read_bytes() for name in ("model.json", "weights.npz")}
    shutil.rmtree(again / "models")
    assert train("small.toml") == 0
    assert before == {name: (again / "models/small" / name).read_bytes() for name in before}
    assert "records reused" in capsys.readouterr().out


def test_the_end_says_what_was_done_how_good_it_is_and_what_to_type(
    again: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_experiment(again, rows=[*ROWS, ("", "", "sport", "2020-01-01")])
    assert train("small.toml", "--set", "saving.to=kept", "--set", "saving.precision=float16", "--name", "other") == 0
    said = capsys.readouterr()
    found = described(again / "experiments/runs/other")
    assert "Trained 'other' (newsclf) on " in said.out
    assert f"{found['metrics']['test.headline.accuracy']:.3f}" in said.out
    assert "newsclf tag --model models/kept" in said.out
    assert "fitting newsclf on" in said.err
    assert TopicModel.load(again / "models/kept").precision == "float16"
    assert found["parameters"]["saving.to"] == "kept"
    assert files_under(again / "models") == {f"{name}/{file}" for name in ("kept", "small") for file in MODEL_FILES}
    # The row without text is set aside, not dropped.
    assert len(pq.read_table(again / "work/records/mine/records.parquet")) == 45
    assert "mine.csv" in (again / "work/records/mine/quarantine.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("family", "model"),
    [
        ("majority", {}),
        ("keyword", {"keywords": KEYWORDS}),
        ("scikit-learn", {"features": "union", "linear": "svm"}),
    ],
)
def test_baselines_go_the_same_way_and_leave_no_model(
    again: Path, family: str, model: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    write_experiment(again, "other", family=family, model=model, evaluation={"protocols": ["group", "time", "folds"]})
    assert train("other.toml", "--set", "purpose=baseline") == 0
    folder = again / "experiments/runs/other"
    assert files_under(folder) == RUN_FILES
    found, ours = described(folder), described(again / "experiments/runs/small")
    assert (found["family"], found["purpose"]) == (family, "baseline")
    assert found["test_fingerprint"] == ours["test_fingerprint"]
    assert set(pq.read_table(folder / "predictions.parquet")["split"].to_pylist()) == {"test", "dev", "later", "folds"}
    assert found["metrics"]["folds.headline.count"] == 45
    assert found["metrics"]["folds.headline.accuracy"] >= 0.2 if family != "majority" else True
    assert files_under(again / "models") == {f"small/{file}" for file in MODEL_FILES}
    assert "newsclf tag" not in capsys.readouterr().out
    assert statuses() == {"small": "FINISHED", "baselines": "FINISHED", "other": "FINISHED"}


def test_a_store_that_is_gone_stops_no_training(
    again: Path, gone_server: str, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    assert train("small.toml", "--name", "other") == 0
    assert described(again / "experiments/runs/other")["status"] == "finished"
    assert (again / "models/other/model.json").exists()
    assert "MLflow   run" not in capsys.readouterr().out
    assert "newsclf sync" in caplog.text


def left(folder: Path) -> dict[str, bytes]:
    """Return what is in models/ and experiments/runs/, half-written things included."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for part in ("models", "experiments/runs")
        for path in (folder / part).rglob("*")
        if path.is_file()
    }


# When the processes of the folds are not there yet, begin, and wait for more work.
@pytest.mark.parametrize(("stage", "seconds"), [("fitting", 0), ("calibrating on", 0.3), ("training again", 0)])
def test_an_interrupted_training_leaves_the_model_of_the_time_before(again: Path, stage: str, seconds: float) -> None:
    before = left(again)
    changes = ("model.C=5", 'evaluation.protocols=["group", "time"]')
    command = [sys.executable, "-m", "newsclf", "train", "small.toml", "--data-root", "."]
    command += [word for change in changes for word in ("--set", change)]
    # A group of its own, so that the signal reaches all processes of the training, as from a terminal.
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if stage in line:
                time.sleep(seconds)
                os.killpg(process.pid, signal.SIGINT)
                break
        out, err = process.communicate(timeout=300)
    assert process.returncode == 130
    assert err.splitlines()[-1] == "newsclf: interrupted"
    assert "Traceback" not in err
    assert out == ""
    assert left(again) == before
    assert statuses() == {"small": "KILLED"}


# The last thing that is logged, and what comes after.
@pytest.mark.parametrize("cut", ["newsclf.tracking.upload.fill_logged_model", "newsclf.experiment._copy_model"])
def test_a_training_interrupted_when_it_is_done_is_completed_by_sync(
    again: Path, cut: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    before = (again / "models/small/model.json").read_bytes()
    with monkeypatch.context() as patched:
        patched.setattr(cut, interrupted)
        assert train("small.toml", "--set", "model.C=5") == 130
    said = [line for line in capsys.readouterr().err.splitlines() if line]
    assert "the run is done and kept in experiments/runs/small, 'newsclf sync' completes it" in said[-2]
    assert said[-1] == "newsclf: interrupted"
    folder = again / "experiments/runs/small"
    assert (folder / "not-uploaded.json").is_file()
    assert described(folder)["parameters"]["model.C"] == 5.0
    assert (again / "models/small/model.json").read_bytes() == before
    assert statuses() == {"small": "KILLED"}

    assert run(["sync"]) == 0
    assert capsys.readouterr().out.splitlines() == ["completed  small", "1 uploaded, 0 there already"]
    assert not (folder / "not-uploaded.json").exists()
    assert statuses() == {"small": "FINISHED"}
    store = open_store()
    (last, _) = store.client.search_runs([store.experiment_id], order_by=["attributes.start_time DESC"])
    assert last.data.params["model.C"] == "5"
    assert len(last.outputs.model_outputs) == 1


Setup = Callable[[Path], Any]


def _data(text: str | bytes) -> Setup:
    def write(folder: Path) -> None:
        (folder / "mine.csv").write_bytes(text if isinstance(text, bytes) else text.encode())

    return write


def _rows(*rows: tuple[str, str, str, str]) -> Setup:
    return lambda folder: write_experiment(folder, rows=list(rows))


def _instead(path: str) -> Setup:
    """Put a file where a folder is wanted."""

    def put(folder: Path) -> None:
        shutil.rmtree(folder / path)
        (folder / path).write_text("")

    return put


def _remove(path: str) -> Setup:
    return lambda folder: (folder / path).unlink()


def _folder(path: str) -> Setup:
    def put(folder: Path) -> None:
        (folder / path).unlink()
        (folder / path).mkdir()

    return put


# What is wrong, the further words of the command, how it is brought about, and what the one line says.
BAD: dict[str, tuple[list[str], Setup | None, str]] = {
    "no TOML": ([], _remove("small.toml"), "small.toml does not exist"),
    "a folder as TOML": ([], _folder("small.toml"), "small.toml is a folder; name a TOML file in it"),
    "an unknown key": (["--set", "model.bucket_bit=9"], None, "unknown key 'bucket_bit'; did you mean 'bucket_bits'"),
    "a value of the wrong type": (["--set", "model.C=ten"], None, "[model]: C must be a number, not 'ten'"),
    "a value out of range": (["--set", "model.C=-1"], None, "C must be more than 0, not -1.0"),
    "an unknown family": (["--set", "family=fasttext"], None, "family 'fasttext' is not known"),
    "no change": (["--set", "model.C"], None, "'model.C' is not of the form NAME=VALUE"),
    "a name with a slash": (["--name", "a/b"], None, "--name: name must be fit for a folder, not 'a/b'"),
    "no name": (["--name", ""], None, "--name: name must be fit for a folder, not ''"),
    "an unknown source left out": (
        ["--without", "min.toml"],
        None,
        "'min.toml' is not known; did you mean 'mine.toml'",
    ),
    "nothing left": (["--without", "mine.toml"], None, "--without leaves no source"),
    "no card": ([], _remove("mine.toml"), "mine.toml does not exist"),
    "no data": ([], _remove("mine.csv"), "mine.csv is missing"),
    "empty data": ([], _data(""), "mine.csv"),
    "a folder as data": ([], _folder("mine.csv"), "mine.csv is a folder"),
    "another encoding": ([], _data("title,body,section,date\nفوز,,رياضة,\n".encode("cp1256")), "mine.csv"),
    "no such column": ([], _data("headline,body,section,date\nفوز,,رياضة,\n"), "headline, body, section, date"),
    "only rows without text": ([], _rows(("", "", "sport", "")), "no row can be used"),
    "a label that is no category": ([], _rows(*ROWS, ("فوز", "", "محلية", "")), "محلية"),
    "one class only": ([], _rows(*ROWS[:9]), "there is one class only, 'security'"),
    "no label": ([], _rows(*((title, body, "", date) for title, body, _, date in ROWS)), "there is nothing to test"),
    "fewer groups than folds": (
        ["--set", "calibration.folds=50"],
        None,
        "calibration on 50 folds needs as many groups",
    ),
    "fewer groups than folds of the test": (
        ["--set", "evaluation.folds=50", "--set", 'evaluation.protocols=["folds"]'],
        None,
        "50 folds need at least 50 groups of records, and there are 45",
    ),
    "no guideline set": (["--set", "calibration.by=dev"], None, 'calibration by "dev" needs records'),
    "no context vectors": (["--set", "training.context.file=none.npz"], None, "none.npz can't be read: No such file"),
    "a folder as context vectors": (
        ["--set", "training.context.file=data"],
        None,
        "data can't be read: Is a directory",
    ),
    "no file of context vectors": (["--set", "training.context.file=README.md"], None, "README.md is damaged"),
    "models can't be written": ([], _instead("models"), "models is a file; name a folder to write"),
    "runs can't be written": ([], _instead("experiments/runs"), "runs is a file; name a folder to write"),
    "records can't be written": ([], _instead("work"), "work is a file; name a folder to write"),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_input_is_one_line_and_leaves_the_model_of_the_time_before(
    again: Path, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words, setup, message = BAD[what]
    if setup is not None:
        setup(again)
    before = left(again)
    assert train("small.toml", *words) == 2
    said = capsys.readouterr()
    lines = [line for line in said.err.splitlines() if not line.startswith("[")]
    assert len(lines) == 1
    assert lines[0].startswith("newsclf: error: ")
    assert message in lines[0]
    assert said.out == ""
    assert left(again) == before


def test_a_training_that_fails_is_a_failed_run(again: Path) -> None:
    assert train("small.toml", "--set", "calibration.folds=50", "--name", "other") == 2
    assert statuses() == {"small": "FINISHED", "other": "FAILED"}
