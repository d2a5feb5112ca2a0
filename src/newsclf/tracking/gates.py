"""What a model must show before it may become the champion."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from newsclf.comparison import Comparison, ViewComparison, compare
from newsclf.errors import InputError
from newsclf.evaluation import calibration_error

# The families that a champion must beat, and the experiments that make them.
BASELINES = {
    "majority": "experiments/baselines/majority.toml",
    "keyword": "experiments/baselines/keyword.toml",
}
_PROBABILITY = "p."


@dataclass(frozen=True)
class GateSettings:
    """How high the gates are.

    Parameters
    ----------
    view : str
        What the model is given in the tests that count: ``headline`` or ``article``.
    recall_floor : float
        Smallest share of a category's texts that must be found. It is there to catch a category that got
        lost, not to ask for the best.
    recall_floors : mapping of str to float
        The same for single categories.
    most_calibration_error : float
        Largest expected calibration error.
    """

    view: str = "headline"
    recall_floor: float = 0.6
    recall_floors: Mapping[str, float] = field(default_factory=dict)
    most_calibration_error: float = 0.05


@dataclass(frozen=True)
class Gate:
    """One thing asked of a model.

    Attributes
    ----------
    name : str
    passed : bool
    detail : str
        What was found; where it failed, what was wanted.
    """

    name: str
    passed: bool
    detail: str


def of_the_test(predictions: pa.Table, view: str) -> pa.Table:
    """Return the predictions of the frozen test that the gates look at."""
    wanted = pc.and_(pc.equal(predictions["split"], "test"), pc.equal(predictions["view"], view))
    return predictions.filter(wanted)


def command_for(family: str, cards: str) -> str:
    """Return the command that makes a baseline run on the records of some source cards.

    Examples
    --------
    >>> print(command_for("keyword", "written,hespress"))
    newsclf train experiments/baselines/keyword.toml --set 'data.cards=["written", "hespress"]'
    """
    change = f" --set 'data.cards={json.dumps(cards.split(','), ensure_ascii=False)}'" if cards else ""
    return f"newsclf train {BASELINES[family]}{change}"


def beats(family: str, candidate: pa.Table, baseline: pa.Table | None, cards: str, settings: GateSettings) -> Gate:
    """Ask that a model be better than a baseline on the same records, by more than luck.

    Parameters
    ----------
    family : str
        A key of `BASELINES`.
    candidate : pyarrow.Table
    baseline : pyarrow.Table or None
        None if there is no run of that family on the same test records.
    cards : str
        The source cards of the candidate's records, between commas.
    settings : GateSettings
    """
    title = f"beats {family}"
    if baseline is None:
        command = command_for(family, cards)
        return Gate(title, False, f"there is no {family} run on these test records; make one with: {command}")
    try:
        found, view = _compared(candidate, baseline, family, settings)
    except InputError as error:
        return Gate(title, False, str(error))
    return Gate(title, view.overall.significant and view.overall.accuracy.difference > 0, found.verdict(view))


def not_worse(candidate: pa.Table, champion: pa.Table | None, settings: GateSettings) -> Gate:
    """Ask that a model not be worse than the champion on the same records, by more than luck."""
    title = "not worse than the champion"
    if champion is None:
        return Gate(title, True, "there is no champion yet")
    found, view = _compared(candidate, champion, "champion", settings)
    worse = view.overall.significant and view.overall.accuracy.difference < 0
    return Gate(title, not worse, found.verdict(view))


def finds_every_category(candidate: pa.Table, settings: GateSettings) -> list[Gate]:
    """Ask that no category's recall be under its floor: a gate for each category in the truth."""
    truth = np.array(candidate["category"].to_pylist(), dtype=object)
    right = truth == np.array(candidate["predicted"].to_pylist(), dtype=object)
    gates = []
    for category in sorted(set(truth)):
        floor = settings.recall_floors.get(category, settings.recall_floor)
        recall = float(right[truth == category].mean())
        gates.append(Gate(f"recall of {category}", recall >= floor, f"{recall:.3f}, at least {floor:.3f} wanted"))
    return gates


def is_calibrated(candidate: pa.Table, settings: GateSettings) -> Gate:
    """Ask that the probabilities be near the shares of right answers."""
    columns = [name for name in candidate.column_names if name.startswith(_PROBABILITY)]
    if not columns:
        return Gate("calibrated", False, "the predictions hold no probabilities")
    probability = np.max([candidate[name].to_numpy() for name in columns], axis=0)
    right = pc.equal(candidate["category"], candidate["predicted"]).to_numpy()
    error = calibration_error(probability, right)
    most = settings.most_calibration_error
    return Gate("calibrated", error <= most, f"calibration error {error:.3f}, at most {most:.3f} wanted")


def failures(gates: Sequence[Gate]) -> list[Gate]:
    """Return the gates that were not passed."""
    return [gate for gate in gates if not gate.passed]


def _compared(
    candidate: pa.Table, other: pa.Table, name: str, settings: GateSettings
) -> tuple[Comparison, ViewComparison]:
    found = compare(
        of_the_test(other, settings.view), of_the_test(candidate, settings.view), names=(name, "this model")
    )
    return found, found.views[0]
