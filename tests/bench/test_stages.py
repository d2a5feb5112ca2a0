"""The clocks around the stages of the hot path: they change no answer, count all the time, and are taken away."""

from __future__ import annotations

import time
from pathlib import Path

import pyarrow as pa
import pytest

from bench import job, scaling, stages
from newsclf.predictor import Predictor
from newsclf.scoretable import ScoreTable


def test_stages_are_timed_and_left_as_they_were(tiny_predictor: Predictor, sample_headlines: list[str]) -> None:
    expected = tiny_predictor.predict(sample_headlines)
    original = ScoreTable.sums
    answers = []
    spent = stages.timed_stages(lambda: answers.append(tiny_predictor.predict(sample_headlines)))
    assert answers == [expected]
    assert set(spent) == set(stages.STAGES)
    assert all(seconds >= 0 for seconds in spent.values())
    assert ScoreTable.sums is original


def test_the_clocks_are_taken_away_after_an_error() -> None:
    original = ScoreTable.sums

    def fails() -> None:
        raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        stages.timed_stages(fails)
    assert ScoreTable.sums is original


def test_the_first_pass_is_kept_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter([0.0, 0.5, 10.0, 10.2, 20.0, 20.2])
    monkeypatch.setattr(time, "process_time", lambda: next(now))
    seen: list[list[str]] = []
    first, later = job.passes(seen.append, ["فاس"])
    assert first == pytest.approx(0.5)
    assert later == pytest.approx([0.2, 0.2])
    assert seen == [["فاس"]] * 3


def test_rows_are_the_headlines_again_and_again_with_their_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pyarrow.parquet as pq

    monkeypatch.setattr(scaling, "_ROWS_AT_ONCE", 3)
    scaling.write_rows(pa.array(["فاس", "طنجة"]), 7, tmp_path / "rows.parquet")
    table = pq.read_table(tmp_path / "rows.parquet")
    assert table["id"].to_pylist() == list(range(7))
    assert table["text"].to_pylist() == ["فاس", "طنجة"] * 3 + ["فاس"]
