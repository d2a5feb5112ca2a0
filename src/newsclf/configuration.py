"""What an experiment is: data, texts to train on, model, calibration and tests, as a TOML in experiments/ says it."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from newsclf.errors import ConfigurationError
from newsclf.records import LABEL_ORIGINS, SPLITS
from newsclf.taxonomy import category_ids
from newsclf.tomlfile import nearest, read_toml, settings_from
from newsclf.views import VIEWS

PROTOCOLS = ("group", "time", "folds", "source")
PURPOSES = ("default", "baseline", "ablation", "sweep", "release")


@dataclass(frozen=True)
class DataSettings:
    """Which records there are.

    Parameters
    ----------
    cards : tuple of str
        Names of source cards in data/sources.
    labels : bool
        Whether labels made by reading (data/labels) are joined to the records.
    """

    cards: tuple[str, ...] = ("written", "seed_page")
    labels: bool = True


@dataclass(frozen=True)
class ContextSettings:
    """What is known of words by the company they keep, in texts with a label or without.

    Parameters
    ----------
    file : str
        Context vectors that `newsclf vectors` made, as a path from the repository or an absolute one.
    dimensions : int
        Where there is no file, vectors of this length are learnt from all records that may be
        learnt from; 0 makes none.
    min_document_frequency : int
        A word in fewer records has none.
    """

    file: str = ""
    dimensions: int = 0
    min_document_frequency: int = 5


@dataclass(frozen=True)
class TrainingSettings:
    """Which texts of the records are trained on, and how much each counts.

    Parameters
    ----------
    views : tuple of str
        What of a record becomes a training text: ``headline``, ``lead`` (headline and the first
        `lead_words` words of the body), ``article`` (headline and body). A record gives each view
        that it has.
    lead_words : int
    splits : tuple of str
        Splits that are trained on.
    categories : tuple of str
        Categories that are trained; records of others are left out of training and tests.
    source_weights : mapping of str to float
        Weight of the texts of a source; 1 where not named. 0 leaves the source out of training.
    origin_weights : mapping of str to float
        The same by origin of the label (section, annotator, author).
    context : ContextSettings
    """

    views: tuple[str, ...] = ("headline", "lead")
    lead_words: int = 60
    splits: tuple[str, ...] = ("train",)
    categories: tuple[str, ...] = category_ids()
    source_weights: Mapping[str, float] = field(default_factory=dict)
    origin_weights: Mapping[str, float] = field(default_factory=dict)
    context: ContextSettings = ContextSettings()


@dataclass(frozen=True)
class CalibrationSettings:
    """How scores become probabilities.

    Parameters
    ----------
    folds : int
        Folds of the out-of-fold scores.
    by : {"group", "source", "dev"}
        What stays together in a fold. ``source`` holds out whole sources, so that probabilities
        are those for an outlet never seen. ``dev`` makes no folds and takes the model's own scores
        of the dev half of the guideline set, which is never trained on.
    precision : float
        Share of confident predictions that should be right.
    """

    folds: int = 5
    by: str = "group"
    precision: float = 0.95


@dataclass(frozen=True)
class EvaluationSettings:
    """How the model is tested.

    Parameters
    ----------
    protocols : tuple of str
        ``group``: on the splits `dev` and `test` of the records, as always. ``time``: a second model
        tested on the last fifth of each source's dated records, trained on all others. ``folds``:
        grouped cross-validation over all records. ``source``: one source after another held out.
    folds : int
        Of the protocol ``folds``.
    """

    protocols: tuple[str, ...] = ("group", "time")
    folds: int = 5


@dataclass(frozen=True)
class SavingSettings:
    """How the model is saved.

    Parameters
    ----------
    precision : {"float32", "float16"}
    to : str
        Folder under models/ that gets a copy of the model and its card; none where empty.
    """

    precision: str = "float32"
    to: str = ""


@dataclass(frozen=True)
class Experiment:
    """One experiment.

    Parameters
    ----------
    name : str
    description : str
        One sentence for the reader of the run.
    purpose : str
        ``default``, ``baseline``, ``ablation``, ``sweep`` or ``release``.
    family : str
        Kind of model: a key of `newsclf.estimators.FAMILIES`.
    model : mapping
        Parameters of the model; which there are depends on the family.
    data, training, calibration, evaluation, saving : settings
    """

    name: str
    description: str = ""
    purpose: str = "default"
    family: str = "newsclf"
    model: Mapping[str, Any] = field(default_factory=dict)
    data: DataSettings = DataSettings()
    training: TrainingSettings = TrainingSettings()
    calibration: CalibrationSettings = CalibrationSettings()
    evaluation: EvaluationSettings = EvaluationSettings()
    saving: SavingSettings = SavingSettings()

    def parameters(self) -> dict[str, Any]:
        """Return the whole configuration, flat, by dotted name."""
        return dict(_flat(dataclasses.asdict(self), ""))

    def without(self, sources: Collection[str]) -> Experiment:
        """Return this experiment with some of its source cards left out.

        Raises
        ------
        ConfigurationError
            If it has no such card, or no other is left.
        """
        _demand_known(sources, self.data.cards, "--without")
        cards = tuple(name for name in self.data.cards if name not in sources)
        if not cards:
            raise ConfigurationError("--without leaves no source")
        return dataclasses.replace(self, data=dataclasses.replace(self.data, cards=cards))

    def changed(self, changes: Mapping[str, Any], where: str = "changes") -> Experiment:
        """Return this experiment with some dotted names given other values.

        Raises
        ------
        ConfigurationError
            If a name or value makes no sense.
        """
        table = dataclasses.asdict(self)
        for dotted, value in changes.items():
            *parents, last = dotted.split(".")
            inner = table
            for parent in parents:
                inner = inner.setdefault(parent, {})
                if not isinstance(inner, dict):
                    raise ConfigurationError(f"{where}: {parent!r} in {dotted!r} is no table, so nothing is in it")
            inner[last] = value
        return _experiment(_plain(table), where)


def read_experiment(path: Path) -> Experiment:
    """Return the experiment that a TOML file describes.

    Raises
    ------
    ConfigurationError
        If the file is missing or says something newsclf doesn't understand.
    """
    return _experiment(read_toml(path), str(path))


def parsed_change(text: str) -> tuple[str, Any]:
    """Return name and value of a change written as ``name=value``, the value as in TOML or a bare word.

    Raises
    ------
    ConfigurationError
        If it isn't of that form.

    Examples
    --------
    >>> parsed_change("model.C=3.5"), parsed_change("name=stronger")
    (('model.C', 3.5), ('name', 'stronger'))
    """
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise ConfigurationError(f"{text!r} is not of the form NAME=VALUE, as in model.C=3")
    try:
        return name, tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return name, value


def _experiment(table: Mapping[str, Any], where: str) -> Experiment:
    found = settings_from(Experiment, table, where)
    training, calibration, evaluation, saving = found.training, found.calibration, found.evaluation, found.saving
    _demand_known([found.purpose], PURPOSES, f"{where}: purpose")
    _demand_known(training.views, VIEWS, f"{where} [training]: views")
    _demand_known(training.splits, SPLITS, f"{where} [training]: splits")
    _demand_known(training.categories, category_ids(), f"{where} [training]: categories")
    _demand_known([calibration.by], ("group", "source", "dev"), f"{where} [calibration]: by")
    _demand_known(evaluation.protocols, PROTOCOLS, f"{where} [evaluation]: protocols")
    _demand_known([saving.precision], ("float32", "float16"), f"{where} [saving]: precision")
    _demand_known(training.origin_weights, LABEL_ORIGINS, f"{where} [training.origin_weights]")
    weights = (*training.source_weights.values(), *training.origin_weights.values())
    for fits, what in (
        (_is_folder_name(found.name), f"name must be fit for a folder, not {found.name!r}"),
        (not saving.to or _is_folder_name(saving.to), f"[saving] to must be fit for a folder, not {saving.to!r}"),
        (calibration.folds >= 2 and evaluation.folds >= 2, "folds must be at least 2"),
        (bool(training.views), "[training] views must name at least one"),
        (
            training.context.dimensions >= 0 and training.context.min_document_frequency >= 1,
            "[training.context] dimensions must be 0 or more, min_document_frequency 1 or more",
        ),
        (
            not (training.context.file and training.context.dimensions),
            "[training.context] takes a file or dimensions, not both",
        ),
        (training.lead_words >= 1, f"[training] lead_words must be 1 or more, not {training.lead_words}"),
        (all(weight >= 0 for weight in weights), "[training] weights must be 0 or more"),
        (
            0 < calibration.precision <= 1,
            f"[calibration] precision must be a share, not {calibration.precision}",
        ),
    ):
        if not fits:
            raise ConfigurationError(f"{where}: {what}")
    return found


def _is_folder_name(name: str) -> bool:
    return bool(name) and not name.startswith(".") and not {*name} & {*"/\\\0"}


def _demand_known(names: Any, known: tuple[str, ...], where: str) -> None:
    for name in names:
        if name not in known:
            raise ConfigurationError(f"{where}: {name!r} is not known; {nearest(name, known)}")


def _flat(table: Mapping[str, Any], prefix: str) -> Any:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", ",".join(map(str, value)) if isinstance(value, (list, tuple)) else value


def _plain(value: Any) -> Any:
    """Return a value as TOML would give it: lists for tuples."""
    if isinstance(value, Mapping):
        return {name: _plain(part) for name, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, (list, tuple)) else value
