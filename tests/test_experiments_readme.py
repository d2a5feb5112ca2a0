"""experiments/README.md names every parameter, metric and sweep there is."""

from __future__ import annotations

import inspect
from pathlib import Path

import numpy as np
import pytest

from newsclf.configuration import Experiment
from newsclf.estimators import FAMILIES
from newsclf.evaluation import Judged, measure
from newsclf.sweepplan import read_sweep

EXPERIMENTS = Path(__file__).parents[1] / "experiments"
README = (EXPERIMENTS / "README.md").read_text(encoding="utf-8")


def test_every_parameter_is_explained() -> None:
    names = [*Experiment("any").parameters(), "training.source_weights.<source>", "training.origin_weights.<origin>"]
    for make in FAMILIES.values():
        names += [f"model.{name}" for name in inspect.signature(make).parameters]
    assert [name for name in names if f"`{name}`" not in README] == []


def test_every_metric_is_explained() -> None:
    categories = ("security", "sport", "other")
    judged = Judged(categories, np.array(categories), np.eye(3), np.array([True, False, True]))
    names = {name.removesuffix(".low").removesuffix(".high") for name in measure(judged)}
    names = {".".join("<category>" if part in categories else part for part in name.split(".")) for name in names}
    names |= {"training.fit_seconds", "training.texts", "training.loss", "model.bytes", "sweep.variants"}
    assert sorted(name for name in names if f"`{name}`" not in README) == []


@pytest.mark.parametrize("file", sorted((EXPERIMENTS / "sweeps").glob("*.toml")), ids=lambda file: file.stem)
def test_every_sweep_is_listed(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(EXPERIMENTS.parent)
    assert f"| `sweeps/{file.name}` |" in README
    if read_sweep(file).experiment == "experiments/release.toml":
        # What the release was chosen by has its table here.
        assert f"<!-- sweep {file.stem} -->" in README
        assert f"<!-- end of sweep {file.stem} -->" in README


def test_the_example_of_a_sweep_is_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    example = README.partition("```toml\n")[2].partition("```")[0]
    file = tmp_path / "mine.toml"
    file.write_text(example, encoding="utf-8")
    monkeypatch.chdir(EXPERIMENTS.parent)
    names = [variant.name for variant in read_sweep(file).variants]
    assert names[0] == "base"
    assert names[-1] == "without written"
    assert len(names) == 6
