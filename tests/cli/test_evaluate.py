"""`newsclf evaluate`: a saved model on records, as a table or as JSON."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from newsclf.cli import run
from newsclf.records import write_records
from tests.recordtables import headline_records

Evaluate = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The headlines as a file of records."""
    path = tmp_path_factory.mktemp("records") / "records.parquet"
    write_records(headline_records(), path)
    return path


@pytest.fixture
def evaluate(tiny_folder: Path, records: Path, capsys: pytest.CaptureFixture[str]) -> Evaluate:
    """Run the command and return exit code, output and errors."""

    def run_it(*words: str | Path, model: Path = tiny_folder, on: Path = records) -> tuple[int, str, str]:
        code = run(["evaluate", str(model), "--records", str(on), *map(str, words)])
        return (code, *capsys.readouterr())

    return run_it


def test_figures_come_as_a_table(evaluate: Evaluate) -> None:
    code, out, err = evaluate()
    assert (code, err) == (0, "")
    header, first, *_ = out.splitlines()
    assert header.split()[:3] == ["test", "texts", "accuracy"]
    assert first.split()[:2] == ["test.headline", "9"]


def test_figures_come_as_json(evaluate: Evaluate) -> None:
    code, out, _ = evaluate("--split", "all", "--format", "json")
    assert code == 0
    figures = json.loads(out)
    assert figures["all.headline.count"] == 45
    assert 0 <= figures["all.headline.accuracy.low"] <= figures["all.headline.accuracy"] <= 1


def test_the_report_goes_where_it_is_asked_for(evaluate: Evaluate, tmp_path: Path) -> None:
    code, out, _ = evaluate("--out", tmp_path / "a" / "b")
    assert code == 0
    assert out.splitlines()[-1] == f"Report   {tmp_path / 'a' / 'b' / 'report.html'}"
    assert (tmp_path / "a" / "b" / "report.html").exists()


def test_bad_input_is_one_line(evaluate: Evaluate, tmp_path: Path, tiny_folder: Path, records: Path) -> None:
    (tmp_path / "file").write_text("a,b")
    damaged = shutil.copytree(tiny_folder, tmp_path / "damaged")
    (damaged / "weights.npz").write_bytes(b"PK")
    for answer, message in (
        (evaluate(model=tmp_path / "none"), "none is no folder; a model is a folder with model.json"),
        (evaluate(model=tmp_path / "file"), "file is no folder"),
        (evaluate(model=tmp_path), "holds no model.json"),
        (evaluate(model=damaged), "weights.npz is not the file that model.json describes"),
        (evaluate(on=tmp_path / "none"), "none is missing; 'newsclf prepare' makes it"),
        (evaluate(on=tmp_path), "is a folder; name a file of records"),
        (evaluate(on=tmp_path / "file"), "file is no Parquet file"),
        (evaluate("--split", "dev"), "no record of split 'dev' has a category of the model; try --split all"),
        (evaluate("--out", tmp_path / "file"), "file is a file; name a folder to write"),
    ):
        code, out, err = answer
        assert (code, out) == (2, "")
        assert len(err.splitlines()) == 1
        assert err.startswith("newsclf: error: ")
        assert message in err


def test_a_split_there_is_not_is_wrong_use(evaluate: Evaluate) -> None:
    code, _, err = evaluate("--split", "tset")
    assert code == 2
    assert "'tset' is not one of" in err
