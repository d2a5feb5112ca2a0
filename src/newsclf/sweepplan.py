"""What a sweep is: a base experiment and changes to try on it, as a TOML in experiments/sweeps/ says it."""

from __future__ import annotations

import dataclasses
import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from newsclf.configuration import Experiment, read_experiment
from newsclf.errors import ConfigurationError
from newsclf.estimators import make_estimator
from newsclf.sweepalteration import Alteration, demand_alteration
from newsclf.tomlfile import nearest, read_toml, settings_from

BASE = "base"
PURPOSES = ("sweep", "ablation")
# The metrics that two variants can be compared by, text by text.
PAIRED_METRICS = ("accuracy", "macro_f1", "in_scope_accuracy", "in_scope_macro_f1")

# What a variant may not change, and why.
_FIXED = {
    "name": "a variant is named by its own key 'name'",
    "description": "the sweep has the description",
    "purpose": "the sweep has the purpose",
    "data.cards": "all variants share one table of records; training.source_weights.NAME = 0 leaves a source out",
    "training.splits": "a sweep trains on the split train and is judged on dev",
    "evaluation": "a sweep is judged on dev only",
    "saving.to": "a sweep saves no model",
}


@dataclass(frozen=True)
class Variant:
    """One configuration to try.

    Attributes
    ----------
    name : str
    changes : mapping of str to value
        What differs from the base, by dotted name.
    experiment : Experiment
        Base and changes together.
    alteration : Alteration or None
        What it changes in the code.
    """

    name: str
    changes: Mapping[str, Any]
    experiment: Experiment
    alteration: Alteration | None = None

    @property
    def differences(self) -> dict[str, Any]:
        """What differs from the base: the changes, and the name of the alteration."""
        return {**self.changes, **self._altered}

    def parameters(self) -> dict[str, Any]:
        """Return the whole configuration, flat, by dotted name, with the name of the alteration."""
        return {**self.experiment.parameters(), **self._altered}

    @property
    def _altered(self) -> dict[str, str]:
        return {"alteration": self.alteration.name} if self.alteration else {}


@dataclass(frozen=True)
class Sweep:
    """Several variants of one experiment, judged on dev.

    Attributes
    ----------
    name : str
        Also that of its folder in experiments/runs.
    description : str
    purpose : {"sweep", "ablation"}
    experiment : str
        The file of the base experiment.
    judged_by : tuple of str
        Metrics of dev as in ``dev.annotator.accuracy``. The first decides, the next ones break ties.
    n_jobs : int
        How many variants are trained at once.
    variants : tuple of Variant
        The unchanged base first.
    """

    name: str
    description: str
    purpose: str
    experiment: str
    judged_by: tuple[str, ...]
    n_jobs: int
    variants: tuple[Variant, ...]


@dataclass(frozen=True)
class _SweepTable:
    """The keys of a sweep's TOML; the tables of changes are read apart, because any value may stand in them."""

    name: str
    experiment: str
    description: str = ""
    purpose: str = "sweep"
    judged_by: tuple[str, ...] = ("dev.annotator.in_scope_accuracy", "dev.annotator.accuracy")
    n_jobs: int = 1
    alterations: str = ""
    changes: Mapping[str, str] = field(default_factory=dict)
    grid: Mapping[str, str] = field(default_factory=dict)
    variant: tuple[str, ...] = ()


@dataclass(frozen=True)
class _VariantTable:
    name: str
    changes: Mapping[str, str]
    alteration: str = ""


@dataclass(frozen=True)
class _Planned:
    """A variant as the TOML names it."""

    name: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    alteration: str = ""


def read_sweep(path: Path) -> Sweep:
    """Return the sweep that a TOML file describes.

    Parameters
    ----------
    path : Path
        With the keys ``name`` and ``experiment``, and any of ``description``, ``purpose``,
        ``judged_by``, ``n_jobs``, ``alterations`` (see `newsclf.sweepalteration`); ``[changes]`` that
        hold for every variant and the base; a ``[grid]`` of lists of values, every combination of
        which is a variant; and ``[[variant]]`` tables with a ``name`` and ``changes``, an
        ``alteration``, or both.

    Returns
    -------
    Sweep

    Raises
    ------
    ConfigurationError
        If the file, or the base experiment, is missing or says something newsclf doesn't understand.
    """
    table = read_toml(path)
    where = str(path)
    shared, grid, rows = (table.get(name, {}) for name in ("changes", "grid", "variant"))
    found = settings_from(_SweepTable, {**table, "changes": {}, "grid": {}, "variant": []}, where)
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", found.name):
        raise ConfigurationError(f"{where}: name {found.name!r} must be letters, digits, '-', '_' and '.': a folder's")
    if found.purpose not in PURPOSES:
        raise ConfigurationError(f"{where}: purpose {found.purpose!r} is not known; {nearest(found.purpose, PURPOSES)}")
    if found.n_jobs < 1:
        raise ConfigurationError(f"{where}: n_jobs must be 1 or more")
    _demand_metrics_of_dev(found.judged_by, where)
    base = _with_changes(read_experiment(Path(found.experiment)), _flat(shared, f"{where} [changes]"), where)
    planned = [_Planned(BASE), *_named_changes(grid, rows, where)]
    if len(planned) == 1:
        raise ConfigurationError(f"{where}: nothing to try; give a [grid] of lists or [[variant]] tables")
    return Sweep(
        name=found.name,
        description=found.description,
        purpose=found.purpose,
        experiment=found.experiment,
        judged_by=found.judged_by,
        n_jobs=found.n_jobs,
        variants=tuple(_variant(each, base, found, f"{where}, variant {each.name!r}") for each in planned),
    )


def shown(value: Any) -> str:
    """Return a setting's value as it is written in a sweep's TOML.

    Examples
    --------
    >>> shown(["headline", "lead"]), shown(False), shown(0.01)
    ('["headline", "lead"]', 'false', '0.01')
    """
    return json.dumps(value, ensure_ascii=False)


def _variant(planned: _Planned, base: Experiment, sweep: _SweepTable, where: str) -> Variant:
    experiment = _with_changes(base, planned.changes, where)
    experiment = dataclasses.replace(
        experiment,
        name=f"{sweep.name}/{planned.name}",
        description=sweep.description,
        purpose=sweep.purpose,
        training=dataclasses.replace(experiment.training, splits=("train",)),
    )
    return Variant(planned.name, planned.changes, experiment, _alteration(planned.alteration, sweep, where))


def _alteration(name: str, sweep: _SweepTable, where: str) -> Alteration | None:
    if not name:
        return None
    if not sweep.alterations:
        raise ConfigurationError(f"{where}: alteration {name!r} needs the sweep's key 'alterations', a Python file")
    found = Alteration(Path(sweep.alterations), name)
    demand_alteration(found, where)
    return found


def _with_changes(base: Experiment, changes: Mapping[str, Any], where: str) -> Experiment:
    """Return an experiment with changes that make sense, also those that only training would find fault with."""
    for name in changes:
        parts = name.split(".")
        for beginning in (".".join(parts[:length]) for length in range(1, len(parts) + 1)):
            if beginning in _FIXED:
                raise ConfigurationError(f"{where}: {name} can't be changed: {_FIXED[beginning]}")
    experiment = base.changed(changes, where)
    cards = [Path(card).stem for card in experiment.data.cards]
    for name in experiment.training.source_weights:
        if name not in cards:
            raise ConfigurationError(f"{where}: training.source_weights: {name!r} is not known; {nearest(name, cards)}")
    make_estimator(experiment.family, experiment.model, f"{where} [model]")
    return experiment


def _named_changes(grid: Any, rows: Any, where: str) -> Iterator[_Planned]:
    """Yield every variant but the base."""
    taken = {BASE}
    for planned in itertools.chain(_from_grid(grid, f"{where} [grid]"), _from_rows(rows, where)):
        name = planned.name
        if name in taken:
            raise ConfigurationError(f"{where}: two variants are called {name!r}; the unchanged one is called {BASE!r}")
        taken.add(name)
        yield planned


def _from_grid(grid: Any, where: str) -> Iterator[_Planned]:
    axes = _flat(grid, where)
    for name, values in axes.items():
        if not isinstance(values, list) or not values:
            raise ConfigurationError(f"{where}: {name} must be a list of the values to try, not {values!r}")
    ends = [name.rpartition(".")[2] for name in axes]
    titles = ends if len(set(ends)) == len(axes) else list(axes)
    for values in itertools.product(*axes.values()) if axes else ():
        title = ", ".join(f"{name}={shown(value)}" for name, value in zip(titles, values, strict=True))
        yield _Planned(title, dict(zip(axes, values, strict=True)))


def _from_rows(rows: Any, where: str) -> Iterator[_Planned]:
    if not isinstance(rows, list) and rows:
        raise ConfigurationError(f"{where}: write [[variant]], with two brackets, above each variant")
    for number, row in enumerate(rows or (), 1):
        place = f"{where} [[variant]] {number}"
        if not isinstance(row, Mapping):
            raise ConfigurationError(f"{place} must be a table, not {row!r}")
        changes = row.get("changes", {})
        # Of a variant that alters the code the configuration may stay.
        stripped = {**row, "changes": {}} if "changes" in row or "alteration" in row else row
        found = settings_from(_VariantTable, stripped, place)
        yield _Planned(found.name, _flat(changes, f"{place} [changes]"), found.alteration)


def _flat(table: Any, where: str) -> dict[str, Any]:
    """Return a table by dotted name: TOML takes ``model.C = 1`` without quotes for a table in a table."""
    if not isinstance(table, Mapping):
        raise ConfigurationError(f"{where} must be a table, not {table!r}")
    found: dict[str, Any] = {}
    for name, value in table.items():
        if isinstance(value, Mapping):
            found |= {f"{name}.{inner}": each for inner, each in _flat(value, where).items()}
        else:
            found[name] = value
    return found


def _demand_metrics_of_dev(names: Iterable[str], where: str) -> None:
    names = list(names)
    if not names:
        raise ConfigurationError(f"{where}: judged_by names no metric")
    for name in names:
        split, _, rest = name.partition(".")
        part, _, metric = rest.partition(".")
        if split != "dev" or not part:
            raise ConfigurationError(
                f"{where}: judged_by: {name!r}: a sweep is judged on dev; name a metric as in dev.annotator.accuracy"
            )
        if metric not in PAIRED_METRICS:
            raise ConfigurationError(
                f"{where}: judged_by: {name!r}: {metric!r} is not known; {nearest(metric, PAIRED_METRICS)}"
            )
