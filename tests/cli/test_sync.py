"""`newsclf sync`: uploads what MLflow lacks, once."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsclf.cli import run
from tests.runfolders import write_run

pytest_plugins = ["tests.trackingstore"]


def test_uploads_once_and_tells(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_run(project / "experiments/runs/one")
    write_run(project / "experiments/runs/two")
    assert run(["sync"]) == 0
    assert capsys.readouterr().out.splitlines() == ["uploaded   one", "uploaded   two", "2 uploaded, 0 there already"]
    assert run(["sync"]) == 0
    assert capsys.readouterr().out.splitlines() == ["0 uploaded, 2 there already"]


def test_a_folder_that_cannot_be_read_is_told_and_the_rest_uploaded(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_run(project / "kept/one")
    (project / "kept/broken").mkdir()
    (project / "kept/broken/run.json").write_text("[]")
    assert run(["sync", "kept"]) == 2
    said = capsys.readouterr()
    assert "1 uploaded" in said.out
    assert "broken" in said.err


@pytest.mark.parametrize("folder", ["nowhere", "experiments/mlflow.db"])
def test_no_folder_is_bad_input(project: Path, folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sync", folder]) == 2
    assert "is no folder" in capsys.readouterr().err


def test_a_store_that_is_gone_is_told(project: Path, gone_server: str, capsys: pytest.CaptureFixture[str]) -> None:
    write_run(project / "experiments/runs/one")
    assert run(["sync"]) == 2
    assert gone_server in capsys.readouterr().err
