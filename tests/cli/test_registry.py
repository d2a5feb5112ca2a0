"""Promoting, rolling back, the history: only good models become champion, and every move is on record."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import newsclf
from newsclf import tracking
from newsclf.cli import run
from newsclf.errors import InputError, QualityError
from newsclf.predictor import Predictor
from newsclf.topicmodel import TopicModel
from newsclf.tracking import registry
from newsclf.tracking.gates import Gate, GateSettings
from newsclf.tracking.registry import GatesFailedError
from newsclf.tracking.store import open_store
from tests.conftest import headlines
from tests.runfolders import write_run

pytest_plugins = ["tests.trackingstore"]

# The tiny model is right on what it was trained on, and less sure of it than it could be.
SETTINGS = GateSettings(most_calibration_error=0.5, recall_floor=0.7)
LATER = "2026-02-02T03:04:05+00:00"


def track(folder: Path) -> str:
    described = json.loads((folder / "run.json").read_text())
    tags = {"family": described["family"]}
    with tracking.started_run(folder.name, tags=tags, parameters={}, log_system_metrics=False) as run:
        run.log_folder(folder)
    return str(run.run_id)


def baselines(project: Path) -> None:
    """Track a majority run, a fifth of it right, and a keyword run, three fifths of it right."""
    _, truth = headlines()
    track(write_run(project / "experiments/runs/majority", said=["sport"] * len(truth), family="majority"))
    said = [label if place % 5 < 3 else "other" for place, label in enumerate(truth)]
    track(write_run(project / "experiments/runs/keyword", said=said))


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare the tests that are not about it the process in which a model must answer."""
    monkeypatch.setattr(
        registry, "_answers_in_a_new_process", lambda *_: Gate("loads and answers", True, "not asked in this test")
    )


@pytest.fixture
def ready(project: Path, tiny_model: TopicModel) -> Path:
    """A project with baselines and the tracked run `small`, which passes the gates."""
    baselines(project)
    track(write_run(project / "experiments/runs/small", model=tiny_model))
    return project


@pytest.fixture
def worse(ready: Path, tiny_model: TopicModel) -> Path:
    """The tracked run `worse`: it takes every third headline for another category."""
    _, truth = headlines()
    said = [label if place % 3 else "other" for place, label in enumerate(truth)]
    track(write_run(ready / "experiments/runs/worse", said=said, model=tiny_model))
    return ready


def test_a_good_model_becomes_champion_and_is_what_loads(ready: Path, tiny_model: TopicModel) -> None:
    """The one test here in which the model really answers in a new process."""
    move = tracking.promote("small", settings=SETTINGS, why="first")
    assert (move.before, move.after, move.forced, move.why) == ("", "1", False, "first")
    assert {gate["name"] for gate in move.gates} >= {"beats keyword", "beats majority", "calibrated"}
    answered = next(gate for gate in move.gates if gate["name"] == "loads and answers")
    assert answered["detail"] == "45 of 45 answers as in the tests"
    texts, _ = headlines()
    assert newsclf.load("models:/newsclf@champion").predict(texts) == Predictor(tiny_model).predict(texts)
    assert newsclf.load("models:/newsclf/latest").predict(texts) == Predictor(tiny_model).predict(texts)
    assert tracking.find_run("@champion").name == "small"
    version = open_store().client.get_model_version("newsclf", "1")
    assert [json.loads(value)["why"] for tag, value in version.tags.items() if tag.startswith("newsclf.move.")] == [
        "first"
    ]
    assert registry.PENDING_TAG not in version.tags
    assert version.description.startswith("A small run.")


def test_the_address_of_the_store_may_be_relative(ready: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process in which the model answers is begun in another folder."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///experiments/mlflow.db")
    assert tracking.promote("small", settings=SETTINGS).after == "1"


def test_a_model_that_does_not_load_is_not_promoted(ready: Path) -> None:
    for weights in (ready / "experiments/artifacts").rglob("weights.npz"):
        weights.write_bytes(b"damaged")
    with pytest.raises(GatesFailedError, match="loads and answers"):
        tracking.promote("small", settings=SETTINGS)
    assert tracking.history() == []


def test_a_model_that_does_not_answer_is_not_promoted(ready: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_ANSWER", "import time; time.sleep(60)")
    monkeypatch.setattr(registry, "_SECONDS_TO_ANSWER", 0.5)
    with pytest.raises(GatesFailedError, match=r"loads and answers: no answer in 0\.5 seconds"):
        tracking.promote("small", settings=SETTINGS)


def test_a_model_that_answers_otherwise_is_not_promoted(ready: Path, tiny_model: TopicModel) -> None:
    """What was tested is not what was logged."""
    _, truth = headlines()
    said = [truth[0] if place == 44 else label for place, label in enumerate(truth)]
    track(write_run(ready / "experiments/runs/another", said=said, model=tiny_model))
    with pytest.raises(GatesFailedError, match="loads and answers: 44 of 45 answers as in the tests"):
        tracking.promote("another", settings=SETTINGS)


@pytest.mark.usefixtures("answering")
class TestGates:
    """Each gate closes for its own reason."""

    def test_without_baselines_the_commands_that_make_them_are_told(
        self, project: Path, tiny_model: TopicModel, capsys: pytest.CaptureFixture[str]
    ) -> None:
        track(write_run(project / "experiments/runs/small", model=tiny_model))
        assert run(["promote", "small"]) == 1
        said = capsys.readouterr()
        assert "FAILED  beats majority" in said.out
        assert "newsclf train experiments/baselines/keyword.toml" in said.err
        assert tracking.history() == []

    def test_baselines_on_other_records_do_not_count(self, project: Path, tiny_model: TopicModel) -> None:
        baselines(project)
        track(write_run(project / "experiments/runs/small", model=tiny_model, test_fingerprint="c" * 64))
        with pytest.raises(QualityError, match="there is no majority run on these test records"):
            tracking.promote("small", settings=SETTINGS)

    def test_no_better_than_the_keywords(self, ready: Path, tiny_model: TopicModel) -> None:
        _, truth = headlines()
        said = [label if place % 5 < 3 else "other" for place, label in enumerate(truth)]
        track(write_run(ready / "experiments/runs/lazy", said=said, model=tiny_model))
        with pytest.raises(QualityError, match="beats keyword: no real difference"):
            tracking.promote("lazy", settings=SETTINGS)

    def test_recall_under_its_floor(self, worse: Path) -> None:
        with pytest.raises(QualityError, match=r"recall of sport: 0\.667, at least 0\.700 wanted"):
            tracking.promote("worse", settings=SETTINGS)

    def test_a_floor_of_its_own(self, ready: Path) -> None:
        settings = GateSettings(most_calibration_error=0.5, recall_floors={"economy": 1.01})
        with pytest.raises(QualityError) as caught:
            tracking.promote("small", settings=settings)
        assert [gate.name for gate in caught.value.gates if not gate.passed] == ["recall of economy"]  # type: ignore[attr-defined]

    def test_not_calibrated(self, ready: Path) -> None:
        with pytest.raises(QualityError, match="calibration error"):
            tracking.promote("small", settings=GateSettings(most_calibration_error=0.0))

    def test_worse_than_the_champion(self, worse: Path) -> None:
        tracking.promote("small", settings=SETTINGS)
        low = GateSettings(most_calibration_error=0.5, recall_floor=0.0)
        with pytest.raises(QualityError, match="not worse than the champion: champion better by 2"):
            tracking.promote("worse", settings=low)

    def test_a_champion_tested_on_other_records_is_asked_again(self, ready: Path, tiny_model: TopicModel) -> None:
        tracking.promote("small", settings=SETTINGS)
        _, truth = headlines()
        said = [label if place % 2 else "other" for place, label in enumerate(truth)]
        other = {"test_fingerprint": "d" * 64, "started_at": LATER}
        track(write_run(ready / "away/newer", said=said, model=tiny_model, **other))
        with pytest.raises(QualityError, match="not worse than the champion: champion better by 4"):
            tracking.promote("newer", settings=SETTINGS)


@pytest.mark.usefixtures("answering")
class TestMoves:
    """Forcing, rolling back, the record of it all."""

    def test_force_needs_a_reason_and_is_on_record(self, worse: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["promote", "worse", "--force"]) == 2
        assert "--why" in capsys.readouterr().err
        assert run(["promote", "worse", "--force", "--why", "the old one is broken"]) == 0
        (move,) = tracking.history()
        assert (move.forced, move.why) == (True, "the old one is broken")
        assert not all(gate["passed"] for gate in move.gates)
        assert "by force" in capsys.readouterr().out

    def test_back_and_further_back(
        self, ready: Path, tiny_model: TopicModel, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for name in ("second", "third"):
            track(write_run(ready / "experiments/runs" / name, model=tiny_model, started_at=LATER))
        for name in ("small", "second", "third"):
            tracking.promote(name, settings=SETTINGS)
        assert [tracking.rollback(why="bad").run, tracking.rollback().run] == ["second", "small"]
        assert run(["rollback"]) == 2
        assert "the first champion" in capsys.readouterr().err
        tracking.promote("third", settings=SETTINGS)
        assert tracking.rollback().run == "small"
        capsys.readouterr()
        assert run(["history"]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert [line.split()[2:5] for line in lines[1:]] == [
            ["promote", "-", "1"],
            ["promote", "1", "2"],
            ["promote", "2", "3"],
            ["rollback", "3", "2"],
            ["rollback", "2", "1"],
            ["promote", "1", "4"],
            ["rollback", "4", "1"],
        ]
        assert run(["history", "--format", "json"]) == 0
        assert json.loads(capsys.readouterr().out)[3]["why"] == "bad"

    def test_an_alias_moved_by_hand_is_put_back(self, ready: Path, tiny_model: TopicModel) -> None:
        track(write_run(ready / "experiments/runs/second", model=tiny_model, started_at=LATER))
        for name in ("small", "second"):
            tracking.promote(name, settings=SETTINGS)
        open_store().client.set_registered_model_alias("newsclf", "champion", "1")
        assert tracking.rollback().run == "second"

    def test_nothing_to_go_back_to_and_no_history(self, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["rollback"]) == 2
        assert "newsclf promote RUN" in capsys.readouterr().err
        assert run(["history"]) == 0
        assert "no model was promoted yet" in capsys.readouterr().out

    def test_the_champion_is_not_promoted_again(self, ready: Path) -> None:
        tracking.promote("small", settings=SETTINGS)
        with pytest.raises(InputError, match="champion already"):
            tracking.promote("small", settings=SETTINGS)

    def test_what_cannot_be_promoted_is_told(self, ready: Path, tiny_model: TopicModel) -> None:
        with pytest.raises(InputError, match="has no model"):
            tracking.promote("keyword")
        write_run(ready / "experiments/runs/offline", model=tiny_model, started_at=LATER)
        with pytest.raises(InputError, match="newsclf sync"):
            tracking.promote("offline")

    def test_gates_of_a_file(self, ready: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (ready / "experiments/gates.toml").write_text("most_calibration_error = 0.5\n")
        assert run(["promote", "small", "--format", "json"]) == 0
        assert json.loads(capsys.readouterr().out)["promoted"] is True
        (ready / "experiments/gates.toml").write_text("most_calibration_eror = 0.5\n")
        assert run(["promote", "small"]) == 2
        assert "most_calibration_error" in capsys.readouterr().err


@pytest.mark.usefixtures("answering")
class TestTwoAtOnce:
    """One promotion wins and the other is told, whichever moment they meet at."""

    def test_the_later_gives_way_while_the_earlier_is_at_it(self, ready: Path) -> None:
        client = open_store().client
        client.create_registered_model("newsclf")
        client.create_model_version("newsclf", "elsewhere", tags={registry.PENDING_TAG: "true"})
        with pytest.raises(InputError, match="another promotion is under way"):
            tracking.promote("small", settings=SETTINGS)
        with pytest.raises(InputError, match="no model is the champion"):
            tracking.rollback()
        assert len(client.search_model_versions("name = 'newsclf'")) == 1

    def test_the_later_gives_way_to_one_that_was_faster(
        self, ready: Path, tiny_model: TopicModel, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        track(write_run(ready / "experiments/runs/second", model=tiny_model, started_at=LATER))
        register = registry._register

        def meanwhile(*of_slow: object) -> object:
            monkeypatch.setattr(registry, "_register", register)
            tracking.promote("small", settings=SETTINGS)
            return register(*of_slow)  # type: ignore[arg-type]

        monkeypatch.setattr(registry, "_register", meanwhile)
        with pytest.raises(InputError, match="another promotion was faster: the champion is version 1"):
            tracking.promote("second", settings=SETTINGS)
        assert [move.run for move in tracking.history()] == ["small"]
        assert len(open_store().client.search_model_versions("name = 'newsclf'")) == 1

    def test_one_that_died_is_not_waited_for(self, ready: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        client = open_store().client
        client.create_registered_model("newsclf")
        client.create_model_version("newsclf", "elsewhere", tags={registry.PENDING_TAG: "true"})
        monkeypatch.setattr(registry, "_PENDING_MILLISECONDS", 0)
        assert tracking.promote("small", settings=SETTINGS).after == "2"


@pytest.mark.slow
def test_two_processes_promote_at_once(ready: Path, tiny_model: TopicModel) -> None:
    track(write_run(ready / "experiments/runs/second", model=tiny_model, started_at=LATER))
    (ready / "experiments/gates.toml").write_text("most_calibration_error = 0.5\n")
    at_work = [
        subprocess.Popen(
            [sys.executable, "-m", "newsclf", "promote", name],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in ("small", "second")
    ]
    said = [process.communicate(timeout=120) for process in at_work]
    codes = [process.returncode for process in at_work]
    assert sorted(codes) == [0, 2], said
    assert "another promotion" in said[codes.index(2)][1]
    assert len(tracking.history()) == 1
