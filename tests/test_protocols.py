"""What a test trains on and what it tests: no group on both sides, later later, the guideline set never learnt."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsclf.configuration import PROTOCOLS, EvaluationSettings, Experiment, TrainingSettings
from newsclf.errors import InputError
from newsclf.protocols import Trial, further_trials, main_trial
from tests.recordtables import moment, record_table


def experiment(*protocols: str, folds: int = 3, **training: Any) -> Experiment:
    """Return an experiment with some protocols."""
    return Experiment(
        "mine", training=TrainingSettings(**training), evaluation=EvaluationSettings(protocols=protocols, folds=folds)
    )


def trials(plan: Experiment, records: pa.Table) -> list[Trial]:
    """Return every trial of an experiment."""
    return [main_trial(plan, records), *further_trials(plan, records)]


@st.composite
def record_tables(draw: st.DrawFn) -> pa.Table:
    """Records of three sources in up to ten groups, some dated, some labelled, some with a role."""
    splits = draw(st.lists(st.sampled_from(["train", "train", "dev", "test"]), min_size=4, max_size=10))
    rows = []
    for _ in range(draw(st.integers(4, 30))):
        group = draw(st.integers(0, len(splits) - 1))
        split = splits[group]
        days = draw(st.one_of(st.none(), st.integers(0, 400)))
        row = {
            "group": f"g-{group}",
            "split": split,
            "source": draw(st.sampled_from("abc")),
            "category": draw(st.sampled_from([None, "sport", "politics", "other"])),
            "role": draw(st.sampled_from([None, None, split])) if split != "train" else None,
            "published_at": None if days is None else datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=days),
        }
        row["year"] = row["published_at"].year if days is not None else None
        rows.append(row)
    return record_table(rows)


def values(records: pa.Table, column: str, mask: np.ndarray) -> list[Any]:
    """Return a column's values where a mask says so."""
    found: list[Any] = records[column].filter(pa.array(mask)).to_pylist()
    return found


def sides(records: pa.Table, plan: Experiment) -> Iterator[tuple[Trial, np.ndarray]]:
    """Yield each trial and what it tests on."""
    try:
        found = trials(plan, records)
    except InputError as error:
        assert "folds need at least" in str(error)  # noqa: PT017
        return
    for trial in found:
        yield trial, np.any([np.zeros(len(records), dtype=bool), *trial.tested.values()], axis=0)


@settings(max_examples=40)
@given(records=record_tables())
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_nothing_is_on_both_sides(records: pa.Table, protocol: str) -> None:
    plan = experiment(protocol, categories=("sport", "politics"))
    for trial, tested in sides(records, plan):
        assert not (trial.learnable & tested).any()
        assert not {*values(records, "group", trial.learnable)} & {*values(records, "group", tested)}
        assert {*values(records, "role", trial.learnable)} <= {None}
        assert {*values(records, "category", tested)} <= {"sport", "politics"}
        # Of a source that is held out the guideline set is asked too: no model ever learns from it.
        if protocol in {"time", "folds"} and trial.tested.keys() <= {"later", "folds"}:
            assert {*values(records, "role", tested)} <= {None}


@settings(max_examples=40)
@given(records=record_tables())
def test_the_model_that_is_kept_learns_the_training_splits_and_is_tested_on_the_others(records: pa.Table) -> None:
    trial = main_trial(experiment("group"), records)
    assert {*values(records, "split", trial.learnable)} <= {"train"}
    for name, mask in trial.tested.items():
        assert {*values(records, "split", mask)} == {name}
    both = main_trial(experiment("group", splits=("train", "dev")), records)
    assert {*values(records, "split", both.learnable)} <= {"train", "dev"}
    assert both.tested.keys() <= {"test"}
    assert {*values(records, "role", both.learnable)} <= {None}


@settings(max_examples=40)
@given(records=record_tables())
def test_what_is_later_is_later_than_all_that_is_learnt_of_its_source(records: pa.Table) -> None:
    for trial in further_trials(experiment("time"), records):
        for source in "abc":
            of_source = np.array(records["source"].to_pylist()) == source
            learnt = [when for when in values(records, "published_at", trial.learnable & of_source) if when]
            tested = values(records, "published_at", trial.tested["later"] & of_source)
            assert None not in tested
            if learnt and tested:
                assert max(learnt) < min(tested)


def test_about_a_fifth_of_each_dated_source_is_later() -> None:
    rows = [
        {"source": source, "category": "sport", "published_at": moment(2019 + place // 12, place % 12 + 1)}
        for source, count in (("a", 50), ("b", 10))
        for place in range(count)
    ]
    rows.append({"source": "c", "category": "sport"})
    (trial,) = further_trials(experiment("time"), record_table(rows))
    assert trial.tested["later"].nonzero()[0].tolist() == [*range(40, 50), 58, 59]
    assert (trial.learnable == ~trial.tested["later"]).all()


def test_a_group_that_goes_on_later_is_not_learnt() -> None:
    rows = [{"category": "sport", "published_at": moment(2020, 1, day + 1)} for day in range(10)]
    rows[0]["group"] = rows[9]["group"] = "both"
    (trial,) = further_trials(experiment("time"), record_table(rows))
    assert not trial.learnable[[0, 8, 9]].any()
    assert trial.learnable[1:8].all()


def test_where_only_years_are_known_the_last_year_is_later() -> None:
    rows = [{"category": "sport", "year": year} for year in (2019, 2020, 2021, 2021, 2021, 2021)]
    (trial,) = further_trials(experiment("time"), record_table(rows))
    assert trial.tested["later"].tolist() == [False, False, True, True, True, True]


@pytest.mark.parametrize(
    "rows",
    [
        [{"category": "sport"}] * 5,
        [{"category": "sport", "published_at": moment(2020)}] * 5,
        [{"category": "sport", "published_at": moment(2020)}, {"published_at": moment(2021)}],
    ],
)
def test_without_dates_that_differ_nothing_is_later(rows: list[dict[str, Any]]) -> None:
    assert not list(further_trials(experiment("time"), record_table(rows)))


def test_every_record_without_a_role_is_tested_in_one_fold() -> None:
    rows = [{"category": "sport" if place % 3 else None, "group": f"g-{place % 7}"} for place in range(30)]
    rows += [{"category": "sport", "role": "dev", "split": "dev"} for _ in range(3)]
    records = record_table(rows)
    found = list(further_trials(experiment("folds"), records))
    assert len(found) == 3
    times = np.sum([trial.tested["folds"] for trial in found], axis=0)
    assert times.tolist() == [int(row["category"] is not None and "role" not in row) for row in rows]
    for trial in found:
        # What nobody labelled is there to be learnt from, or held out with its group.
        assert trial.learnable[:30].sum() > trial.learnable[:30][[bool(row["category"]) for row in rows[:30]]].sum()


def test_fewer_groups_than_folds_are_refused() -> None:
    records = record_table([{"category": "sport", "group": f"g-{place % 2}"} for place in range(10)])
    with pytest.raises(InputError, match="3 folds need at least 3 groups of records, and there are 2"):
        list(further_trials(experiment("folds"), records))


def test_each_source_is_held_out_once_with_everything_like_it() -> None:
    rows = [{"source": source, "category": "sport"} for source in "aabbcc"]
    # The same agency text in two outlets.
    rows[0]["group"] = rows[2]["group"] = "agency"
    records = record_table([*rows, {"source": "d"}])
    found = list(further_trials(experiment("source"), records))
    tested = ["".join(values(records, "source", trial.tested["unseen-source"])) for trial in found]
    assert tested == ["aa", "bb", "cc"]
    for trial, own in zip(found, "abc", strict=True):
        assert own not in values(records, "source", trial.learnable)
    assert found[0].learnable.tolist() == [False, False, False, True, True, True, True]


def test_one_source_can_not_be_held_out() -> None:
    assert not list(further_trials(experiment("source"), record_table([{"category": "sport"}] * 3)))
