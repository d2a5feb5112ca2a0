"""Experiments: what their TOMLs may say, what is refused before any work, what the command line may change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from newsclf.configuration import Experiment, parsed_change, read_experiment
from newsclf.errors import ConfigurationError
from newsclf.estimators import make_estimator
from newsclf.sources.card import read_card

EXPERIMENTS = Path(__file__).parents[1] / "experiments"
# Not every TOML in experiments/ is an experiment: gates and sweeps have readers of their own.
TOMLS = sorted(path for path in EXPERIMENTS.rglob("*.toml") if "\nfamily = " in path.read_text(encoding="utf-8"))


def write(folder: Path, text: str) -> Path:
    """Write a TOML and return its path."""
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("path", TOMLS, ids=lambda path: path.relative_to(EXPERIMENTS).as_posix())
def test_every_experiment_of_the_repository_reads_and_makes_its_model(path: Path) -> None:
    experiment = read_experiment(path)
    assert experiment.name == path.stem
    assert experiment.description
    make_estimator(experiment.family, experiment.model)
    for card in experiment.data.cards:
        assert read_card(card).name == card


def test_there_are_the_experiments_that_issues_ask_for() -> None:
    names = {path.stem for path in TOMLS}
    assert {"default", "release", "majority", "keyword", "words-svm", "words-logistic", "union-svm"} <= names


def test_what_is_not_said_is_the_default(tmp_path: Path) -> None:
    assert read_experiment(write(tmp_path, 'name = "mine"')) == Experiment("mine")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "key 'name' is missing"),
        ('name = ""', "name must be fit for a folder, not ''"),
        ('name = "../mine"', "name must be fit for a folder, not '../mine'"),
        ('nmae = "mine"', "unknown key 'nmae'; did you mean 'name'?"),
        ('name = "mine"\n[modle]\nC = 1', "unknown key 'modle'; did you mean 'model'?"),
        ('name = "mine"\nmodel = 3', "model must be a table, not 3"),
        ('name = "mine"\npurpose = "baselin"', "purpose: 'baselin' is not known; did you mean 'baseline'?"),
        ('name = "mine"\n[data]\ncrads = []', "[data]: unknown key 'crads'; did you mean 'cards'?"),
        ('name = "mine"\n[training]\nviews = ["headlin"]', "[training]: views: 'headlin' is not known; did you mean"),
        ('name = "mine"\n[training]\nviews = []', "[training] views must name at least one"),
        (
            'name = "mine"\n[training]\nsplits = ["tset"]',
            "[training]: splits: 'tset' is not known; did you mean 'test'",
        ),
        ('name = "mine"\n[training]\ncategories = ["sprot"]', "categories: 'sprot' is not known; did you mean 'sport'"),
        ('name = "mine"\n[training]\nlead_words = 0', "lead_words must be 1 or more, not 0"),
        ('name = "mine"\n[training.source_weights]\nwritten = -1', "[training] weights must be 0 or more"),
        ('name = "mine"\n[training.origin_weights]\nsections = 1', "'sections' is not known; did you mean 'section'?"),
        (
            'name = "mine"\n[training.context]\nfile = "vectors.npz"\ndimensions = 50',
            "[training.context] takes a file or dimensions, not both",
        ),
        (
            'name = "mine"\n[calibration]\nby = "groups"',
            "[calibration]: by: 'groups' is not known; did you mean 'group'",
        ),
        ('name = "mine"\n[calibration]\nfolds = 1', "folds must be at least 2"),
        ('name = "mine"\n[calibration]\nprecision = 95', "precision must be a share, not 95.0"),
        ('name = "mine"\n[evaluation]\nprotocols = ["fold"]', "protocols: 'fold' is not known; did you mean 'folds'?"),
        ('name = "mine"\n[evaluation]\nfolds = 0', "folds must be at least 2"),
        ('name = "mine"\n[saving]\nprecision = "float8"', "precision: 'float8' is not known; did you mean 'float"),
        ('name = "mine"\n[saving]\nto = "a/b"', "[saving] to must be fit for a folder, not 'a/b'"),
    ],
)
def test_what_makes_no_sense_is_named_with_the_file(tmp_path: Path, text: str, message: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigurationError) as caught:
        read_experiment(path)
    assert str(caught.value).startswith(str(path))
    assert message in str(caught.value)


def test_parameters_are_the_whole_configuration_flat() -> None:
    experiment = Experiment("mine", model={"C": 2.0, "keywords": {"sport": ["فوز", "هدف"]}})
    found = experiment.parameters()
    assert found["name"] == "mine"
    assert found["model.C"] == 2.0
    assert found["model.keywords.sport"] == "فوز,هدف"
    assert found["training.views"] == "headline,lead"
    assert found["training.context.dimensions"] == 0
    assert not any(isinstance(value, (dict, list, tuple)) for value in found.values())


def test_what_is_changed_is_changed_and_nothing_else() -> None:
    experiment = Experiment("mine", model={"C": 2.0})
    changed = experiment.changed(
        {"model.C": 3.0, "model.bucket_bits": 10, "training.views": ["article"], "name": "other"}
    )
    assert changed.name == "other"
    assert changed.model == {"C": 3.0, "bucket_bits": 10}
    assert changed.training.views == ("article",)
    assert experiment.model == {"C": 2.0}
    assert changed.changed({"name": "mine", "model": {"C": 2.0}, "training.views": ["headline", "lead"]}) == experiment


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"trianing.views": ["lead"]}, "--set: unknown key 'trianing'; did you mean 'training'?"),
        ({"training.view": ["lead"]}, "--set [training]: unknown key 'view'; did you mean 'views'?"),
        ({"training.views": "lead"}, "--set [training]: views must be a list, not 'lead'"),
        ({"name.first": "a"}, "--set: 'name' in 'name.first' is no table"),
        ({"calibration.folds": 1}, "--set: folds must be at least 2"),
        ({"name": "a/b"}, "--set: name must be fit for a folder"),
        ({"": 1}, "--set: unknown key ''"),
    ],
)
def test_a_change_that_makes_no_sense_is_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Experiment("mine").changed(changes, "--set")
    assert str(caught.value).startswith(message)


def test_context_is_from_a_file_or_learnt_not_both() -> None:
    default = read_experiment(EXPERIMENTS / "default.toml")
    assert default.training.context.file
    with pytest.raises(ConfigurationError, match=r"--set: \[training.context\] takes a file or dimensions, not both"):
        default.changed({"training.context.dimensions": 50}, "--set")
    learnt = default.changed({"training.context.dimensions": 50, "training.context.file": ""})
    assert (learnt.training.context.file, learnt.training.context.dimensions) == ("", 50)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("model.C=3", ("model.C", 3)),
        ("model.C=0.5", ("model.C", 0.5)),
        ("data.labels=false", ("data.labels", False)),
        ('training.views=["lead"]', ("training.views", ["lead"])),
        ("name=stronger", ("name", "stronger")),
        ('name="3"', ("name", "3")),
        ("saving.to=", ("saving.to", "")),
        ("description=a = b", ("description", "a = b")),
    ],
)
def test_a_change_is_read_as_toml_or_as_a_word(text: str, expected: tuple[str, Any]) -> None:
    assert parsed_change(text) == expected


@pytest.mark.parametrize("text", ["model.C", "=3", ""])
def test_what_is_no_change_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="is not of the form NAME=VALUE"):
        parsed_change(text)


def test_sources_are_left_out_by_name() -> None:
    experiment = Experiment("mine")
    assert experiment.without([]) == experiment
    assert experiment.without(["seed_page"]).data.cards == ("written",)
    with pytest.raises(ConfigurationError, match="--without: 'writen' is not known; did you mean 'written'"):
        experiment.without(["writen"])
    with pytest.raises(ConfigurationError, match="--without leaves no source"):
        experiment.without(["written", "seed_page"])
