"""Which records a test trains on and which it tests: by group, by time, by folds, by source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from sklearn.model_selection import GroupKFold

from newsclf.configuration import Experiment
from newsclf.errors import InputError
from newsclf.training import labelled

_EARLIER_SHARE = 0.8
_MILLISECONDS_A_YEAR = 365.2425 * 24 * 3600 * 1000.0

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Trial:
    """One training and what it is tested on.

    Attributes
    ----------
    learnable : ndarray of bool, shape (n,)
        Records that may be learnt from.
    tested : mapping of str to ndarray of bool
        From the name of a split to its records.
    """

    learnable: Mask
    tested: dict[str, Mask]


def main_trial(experiment: Experiment, records: pa.Table) -> Trial:
    """Return the trial whose model is kept: trained on the training splits, tested on `dev` and `test`."""
    splits = experiment.training.splits
    learnable = _is_in(records["split"], splits) & _no_role(records)
    known = labelled(records, experiment)
    tested = {name: known & _is_in(records["split"], (name,)) for name in ("test", "dev") if name not in splits}
    return Trial(learnable, {name: mask for name, mask in tested.items() if mask.any()})


def further_trials(experiment: Experiment, records: pa.Table) -> Iterator[Trial]:
    """Yield the trials of the protocols that train models of their own.

    Raises
    ------
    InputError
        If there are too few records for one.
    """
    for protocol in experiment.evaluation.protocols:
        if protocol == "time":
            yield from _by_time(experiment, records)
        elif protocol == "folds":
            yield from _by_folds(experiment, records)
        elif protocol == "source":
            yield from _by_source(experiment, records)


def _by_time(experiment: Experiment, records: pa.Table) -> Iterator[Trial]:
    """Test on the last fifth of each source's dated records; train on the rest and on what has no date."""
    free = _no_role(records)
    moments = _moments(records)
    dated = free & ~np.isnan(moments)
    later = np.zeros(len(records), dtype=np.bool_)
    sources = records["source"].to_numpy()
    for source in np.unique(sources[dated]) if dated.any() else []:
        of_source = dated & (sources == source)
        cut = np.quantile(moments[of_source], _EARLIER_SHARE)
        later |= of_source & (moments > min(cut, _last_but_one(moments[of_source])))
    groups = records["group"].to_numpy()
    earlier = free & ~np.isin(groups, np.unique(groups[later]))
    tested = later & labelled(records, experiment)
    if tested.any() and (earlier & labelled(records, experiment)).any():
        yield Trial(earlier, {"later": tested})


def _by_folds(experiment: Experiment, records: pa.Table) -> Iterator[Trial]:
    free = np.flatnonzero(_no_role(records))
    groups = records["group"].to_numpy()[free]
    number = experiment.evaluation.folds
    distinct = np.unique(groups).size
    if distinct < number:
        raise InputError(f"{number} folds need at least {number} groups of records, and there are {distinct}")
    known = labelled(records, experiment)
    for inside, held in GroupKFold(number).split(free, groups=groups):
        learnable, tested = np.zeros((2, len(records)), dtype=np.bool_)
        learnable[free[inside]] = True
        tested[free[held]] = True
        yield Trial(learnable, {"folds": tested & known})


def _by_source(experiment: Experiment, records: pa.Table) -> Iterator[Trial]:
    sources = records["source"].to_numpy()
    groups = records["group"].to_numpy()
    free, known = _no_role(records), labelled(records, experiment)
    for source in np.unique(sources[known & free]):
        # The guideline set is never learnt from, so it may be asked whatever was.
        tested = known & (sources == source)
        learnable = free & ~np.isin(groups, np.unique(groups[tested])) & (sources != source)
        if (learnable & known).any():
            yield Trial(learnable, {"unseen-source": tested})


def _no_role(records: pa.Table) -> Mask:
    return np.asarray(pc.is_null(records["role"]).to_numpy(), dtype=np.bool_)


def _is_in(column: pa.ChunkedArray, names: tuple[str, ...]) -> Mask:
    return np.asarray(pc.is_in(column, pa.array(names, pa.string())).to_numpy(), dtype=np.bool_)


def _last_but_one(moments: npt.NDArray[np.float64]) -> float:
    """Return the last moment but one, so that where only years are known something is later."""
    distinct = np.unique(moments)
    return float(distinct[-2] if distinct.size > 1 else distinct[-1])


def _moments(records: pa.Table) -> npt.NDArray[np.float64]:
    """Return when each record was published, in years, NaN where that is not known."""
    milliseconds = pc.cast(pc.cast(records["published_at"], pa.int64()), pa.float64(), safe=False)
    exact = pc.add(1970.0, pc.divide(milliseconds, _MILLISECONDS_A_YEAR))
    moments = pc.coalesce(exact, pc.cast(records["year"], pa.float64()), float("nan"))
    return np.asarray(moments.to_numpy(), dtype=np.float64)
