"""The README's commands, run as they stand, must print what the README says they print."""

from __future__ import annotations

import doctest
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
BLOCKS = re.findall(r"^```console\n(.*?)^```$", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def _commands(block: str) -> list[tuple[str, str]]:
    """Return the commands of a block, each with the output that stands below it."""
    parts = re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
    return [(part.partition("\n")[0], part.partition("\n")[2]) for part in parts]


COMMANDS = [command for block in BLOCKS for command in _commands(block)]
MAKE = [command for command, _ in COMMANDS if command.startswith("make ")]
SHOWN = [(command, output) for command, output in COMMANDS if not command.startswith("make ")]


def test_readme_has_commands() -> None:
    assert len(SHOWN) >= 5
    assert len(MAKE) >= 2


def test_commands_print_what_the_readme_says(tmp_path: Path) -> None:
    """All in one folder, one after the other, since later ones use what earlier ones made."""
    shutil.copytree(ROOT / "seeds", tmp_path / "seeds")
    (tmp_path / "data").symlink_to(ROOT / "data")
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    for command, expected in SHOWN:
        done = subprocess.run(
            ["bash", "-c", command], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, f"{command}\n{done.stderr}"
        assert done.stdout == expected, command


@pytest.mark.parametrize("command", sorted(set(MAKE) | {f"make {name}" for name in ("help", "ui", "check", "clean")}))
def test_make_targets_exist(command: str) -> None:
    target = command.partition("#")[0].split()[1]
    done = subprocess.run(["make", "--dry-run", target, "IN=a", "OUT=b"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_make_predict_without_files_says_what_it_needs_and_installs_nothing() -> None:
    done = subprocess.run(
        ["make", "--no-print-directory", "predict", "VENV=none", "IN=a.csv"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stdout.startswith("make predict needs IN=… and OUT=…, as in: ")
    assert not (ROOT / "none").exists()


def test_make_train_trains_again_when_what_it_reads_has_changed() -> None:
    done = subprocess.run(["make", "-pn", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    rule = re.search(r"^models/default/model\.json: ([^|\n]*)", done.stdout, re.MULTILINE)
    assert rule
    package = ROOT / "src" / "newsclf"
    read = [path for kind in ("*.py", "*.toml", "templates/*") for path in package.rglob(kind)]
    read += [ROOT / "experiments" / "default.toml", *(ROOT / "seeds").iterdir()]
    read += [path for part in ("written", "labels", "sources") for path in (ROOT / "data" / part).iterdir()]
    assert {path.relative_to(ROOT).as_posix() for path in read} <= set(rule[1].split())


def test_python_examples() -> None:
    results = doctest.testfile(str(README), module_relative=False, encoding="utf-8")
    assert results.attempted >= 8
    assert results.failed == 0


def test_every_command_is_in_the_documentation() -> None:
    from newsclf.cli import COMMANDS as PROGRAM

    documented = README.read_text(encoding="utf-8") + (ROOT / "experiments" / "README.md").read_text(encoding="utf-8")
    missing = [name for name in PROGRAM if f"newsclf {name}" not in documented]
    assert not missing


def test_places_named_in_the_readme_exist() -> None:
    named = re.findall(r"`((?:src|data|models|experiments|seeds|tests)/[^`*…]*)`", README.read_text(encoding="utf-8"))
    assert named
    assert [place for place in named if not (ROOT / place).exists()] == []
