"""`newsclf compare`: what a person sees of two runs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from newsclf.cli import run
from tests.conftest import headlines
from tests.runfolders import write_run


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two run folders, `good`, all right, and `poor`, half of it right; and an MLflow store that must not be asked."""
    _, truth = headlines()
    folder = tmp_path / "experiments/runs"
    write_run(folder / "good")
    write_run(folder / "poor", said=[label if place % 2 else "other" for place, label in enumerate(truth)])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:1")
    return folder


def test_table_names_winner_slices_categories_and_texts(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compare", "poor", str(runs / "good"), "--texts", "2"]) == 0
    said = capsys.readouterr().out
    assert re.search(r"headline: good better by 4\d\.\d points, 95 % ", said)
    assert "Both were tested on the same records." in said
    assert re.search(r"^all +45 ", said, re.MULTILINE)
    assert re.search(r"^source=written +22 ", said, re.MULTILINE)
    assert re.search(r"^security +9 ", said, re.MULTILINE)
    assert said.count("→") == 3
    assert "\x1b" not in said


def test_json_holds_everything(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compare", "good", "poor", "--format", "json"]) == 0
    (view,) = json.loads(capsys.readouterr().out)["views"]
    assert view["verdict"].startswith("good better by ")
    assert view["overall"]["accuracy"]["difference"] < 0
    assert len(view["disagreements"]) == view["overall"]["only_first_right"]


def test_html_stands_alone(runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "out" / "comparison.html"
    assert run(["compare", "good", "poor", "--format", "html", "--out", str(page)]) == 0
    text = page.read_text(encoding="utf-8")
    assert "good better by" in text
    assert headlines()[0][0] in text
    assert not re.search(r"(src|href)=", text)


def test_texts_are_escaped_in_html(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_run(runs / "<b>odd</b>")
    assert run(["compare", "good", "<b>odd</b>", "--format", "html"]) == 0
    assert "<b>odd" not in capsys.readouterr().out


def test_runs_on_different_records_are_told_apart(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_run(runs / "other", test_fingerprint="c" * 64)
    assert run(["compare", "good", "other"]) == 0
    assert "tested on different records" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["good", "nobody"], "MLflow store"),
        (["good", "poor", "--split", "later"], "nothing in the split 'later'; it has predictions for test"),
        (["good", "poor", "--out", "experiments"], "experiments is a folder"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    runs: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    assert run(["compare", *arguments]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert len(error.splitlines()) == 1


def test_help_shows_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compare", "--help"]) == 0
    assert "newsclf compare @champion default" in capsys.readouterr().out
