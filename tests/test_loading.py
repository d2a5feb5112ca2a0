"""`newsclf.load`: from where, and what it must not drag along."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import newsclf
from newsclf import loading
from newsclf.errors import ModelError

# What training needs: seconds of import time, and nothing that tagging has any use for.
HEAVY = (
    "cleanlab",
    "datasketch",
    "jinja2",
    "joblib",
    "matplotlib",
    "mlflow",
    "pandas",
    "psutil",
    "scipy",
    "sklearn",
    "tqdm",
)
_REPORT = f"print(sorted(name for name in {HEAVY!r} if name in sys.modules))"


def python(code: str, *arguments: str, **options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True, **options
    )  # type: ignore[call-overload, no-any-return]


def test_tagging_from_python_imports_nothing_that_training_needs(tiny_folder: Path) -> None:
    code = f"import sys, newsclf; newsclf.load(sys.argv[1]).predict(['فوز الرجاء', 'لص']); {_REPORT}"
    assert python(code, str(tiny_folder)).stdout == "[]\n"


@pytest.mark.parametrize(
    "command",
    [["tag", "فوز الرجاء"], ["tag", "-"], ["tag", "PAGE"], ["explain", "فوز الرجاء"], ["predict", "LINES", "OUT"]],
    ids=["tag", "tag stream", "tag page", "explain", "predict"],
)
def test_tagging_commands_import_nothing_that_training_needs(
    command: list[str], tiny_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "page.txt").write_text(
        "فوز الرجاء\n\nفوز الرجاء\n\nفاز الفريق في المباراة أمس بهدف دون رد أمام جمهور كبير.\n"
    )
    (tmp_path / "lines.txt").write_text("فوز الرجاء\n")
    places = {"PAGE": tmp_path / "page.txt", "LINES": tmp_path / "lines.txt", "OUT": tmp_path / "out.csv"}
    words = [str(places.get(word, word)) for word in command]
    code = f"import sys; from newsclf.cli import run; code = run(sys.argv[1:]); {_REPORT}; sys.exit(code)"
    found = python(code, *words, "--model", str(tiny_folder), input="لص\n")
    assert found.stdout.splitlines()[-1] == "[]"


def test_a_folder_is_loaded_by_path_or_name(tiny_folder: Path) -> None:
    assert newsclf.load(tiny_folder).predict("فوز الرجاء") == ["sport"]
    assert newsclf.load(str(tiny_folder)).predict("فوز الرجاء") == ["sport"]


def test_the_released_model_is_loaded_where_none_is_named(tiny_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "released_folder", lambda: tiny_folder)
    assert newsclf.load().predict("فوز الرجاء") == ["sport"]


def test_without_a_released_model_the_error_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "files", lambda _: tmp_path)
    monkeypatch.setattr(loading, "__file__", str(tmp_path / "a" / "b" / "loading.py"))
    with pytest.raises(ModelError, match="newsclf train"):
        newsclf.load()


def test_what_is_no_model_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="nowhere is no folder"):
        newsclf.load(tmp_path / "nowhere")
    with pytest.raises(ModelError, match=r"holds no model\.json"):
        newsclf.load(tmp_path)
