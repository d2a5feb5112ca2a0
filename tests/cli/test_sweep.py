"""`newsclf sweep` as it is typed."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from newsclf import sweepvariant
from newsclf.cli import run
from tests.smallsweep import GRID

pytest_plugins = ["tests.trackingstore", "tests.sweepfolder"]

COMMAND = ["sweep", "few.toml", "--data-root", "."]


pytestmark = pytest.mark.usefixtures("folder")


def test_prints_the_table_and_puts_it_where_it_belongs(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    readme = folder / "README.md"
    readme.write_text("<!-- sweep few -->\n<!-- end of sweep few -->\n", encoding="utf-8")
    assert run([*COMMAND, "--into", "README.md"]) == 0
    printed = capsys.readouterr()
    table = (folder / "experiments/runs/few/table.md").read_text(encoding="utf-8")
    assert printed.out == table
    assert table.strip() in readme.read_text(encoding="utf-8")
    assert "3 variants, 0 of them finished before" in printed.err
    assert run([*COMMAND, "--format", "csv"]) == 0
    printed = capsys.readouterr()
    assert [row["variant"] for row in csv.DictReader(io.StringIO(printed.out))] == ["base", "C=0.001", "C=10.0"]
    assert "3 variants, 3 of them finished before" in printed.err


def test_a_failed_variant_is_told_after_the_table(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "few.toml").write_text(
        GRID.replace("model.C", "model.bucket_bits").replace("0.001", "99").replace("10.0", "8")
    )
    assert run(COMMAND) == 2
    printed = capsys.readouterr()
    assert "| base" in printed.out
    assert "1 variants failed; the first, 'bucket_bits=99': bucket_bits must be" in printed.err


def test_ctrl_c_keeps_what_is_finished(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    train = sweepvariant.train

    def interrupted(experiment: object, *arguments: object) -> object:
        if experiment.name != "few/base":  # type: ignore[attr-defined]
            raise KeyboardInterrupt
        return train(experiment, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(sweepvariant, "train", interrupted)
    assert run(COMMAND) == 130
    assert "1 of 3 variants are finished and kept, the same command goes on" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["sweep", "none.toml"], "none.toml does not exist"),
        (["sweep", "few.toml"], "say where that is with --data-root"),
        ([*COMMAND, "--jobs", "0"], "0 is not in the range"),
        ([*COMMAND, "--into", "none.md"], "none.md can't be read"),
    ],
)
def test_bad_input_ends_with_code_2(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 2
    assert message in capsys.readouterr().err


def test_help_shows_its_examples_line_by_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sweep", "--help"]) == 0
    assert "\n    newsclf sweep experiments/sweeps/written.toml\n" in capsys.readouterr().out
