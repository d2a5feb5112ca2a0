"""The command line as a whole: every command has help with an example, every error is one line and an exit code."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from newsclf import cli
from newsclf.cli import COMMANDS, run
from newsclf.errors import ConfigurationError, InputError, ModelError, QualityError


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_what_it_does_and_shows_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([command, "--help"]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"Usage: newsclf {command}")
    # An example is a line of its own, as it is typed.
    assert re.search(rf"^ +(?:\S.* \| )?newsclf {command}\b", said, re.MULTILINE)


def test_newsclf_names_every_command_and_shows_examples(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["--help"], ["-h"]):
        assert run(words) == 0
        said = capsys.readouterr().out
        for command in COMMANDS:
            assert re.search(rf"^  {command} +\S", said, re.MULTILINE), command
        assert "\n    newsclf tag " in said


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert re.fullmatch(r"newsclf \d+\.\d+\.\d+\S*\n", capsys.readouterr().out)


@pytest.mark.parametrize(
    "words",
    [["tga"], ["train", "--nmae", "a"], ["train", "a.toml", "b.toml"], ["evaluate"], ["--what"]],
)
def test_wrong_use_is_2_with_a_hint_of_the_right(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(words) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "Usage: newsclf" in said.err
    assert "Error: " in said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (InputError("mine.csv is empty"), 2, "newsclf: error: mine.csv is empty"),
        (ConfigurationError("unknown key"), 2, "newsclf: error: unknown key"),
        (ModelError("no model"), 2, "newsclf: error: no model"),
        (QualityError("recall of sport is 0.2"), 1, "newsclf: not good enough: recall of sport is 0.2"),
        (KeyboardInterrupt(), 130, "newsclf: interrupted"),
        (click.Abort(), 130, "newsclf: interrupted"),
    ],
)
def test_every_kind_of_error_is_one_line_and_its_exit_code(
    error: BaseException,
    code: int,
    line: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    @click.command()
    def failing() -> None:
        raise error

    monkeypatch.setattr(cli._LazyGroup, "get_command", lambda *_: failing)
    assert run(["failing"]) == code
    assert capsys.readouterr().err.strip() == line


def test_a_mistake_of_ours_is_not_dressed_up(monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command()
    def failing() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(cli._LazyGroup, "get_command", lambda *_: failing)
    with pytest.raises(ZeroDivisionError):
        run(["failing"])


@pytest.mark.parametrize(
    "words",
    [
        ["prepare", "my_csv"],
        ["train"],
        ["evaluate", "--records", "records.parquet"],
        ["check", "records.parquet"],
        ["compare", "a", "b"],
        ["sweep", "sweep.toml"],
        ["promote", "a"],
        ["rollback"],
        ["history"],
        ["sync"],
        ["tag", "--model", "models:/newsclf@champion", "خبر"],
    ],
)
def test_what_training_needs_is_named_where_it_is_not_installed(words: list[str], tmp_path: Path) -> None:
    # None in sys.modules is how Python is told that a module can't be imported.
    code = (
        "import sys\n"
        "heavy = 'cleanlab datasketch jinja2 joblib matplotlib mlflow pandas psutil sklearn scipy tqdm'.split()\n"
        "sys.modules.update(dict.fromkeys(heavy))\n"
        f"from newsclf.cli import run; sys.exit(run({words!r}))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(
        r"newsclf: error: this needs the package \w+, which is not installed; .*pip install '\.\[train\]'\n",
        done.stderr,
    )


def test_the_program_and_the_module_are_the_same() -> None:
    answer = subprocess.run([sys.executable, "-m", "newsclf", "tga"], capture_output=True, text=True, check=False)
    assert answer.returncode == 2
    assert "No such command 'tga'" in answer.stderr


def test_asking_for_help_on_tagging_imports_nothing_that_training_needs() -> None:
    code = (
        "import sys; from newsclf.cli import run; run(['tag', '--help'])\n"
        "heavy = {'sklearn', 'scipy', 'pandas', 'mlflow', 'matplotlib'} & sys.modules.keys()\n"
        "sys.exit(', '.join(heavy) or 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
