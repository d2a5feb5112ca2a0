"""The live line is timed against the real command, and a process that gives no answer is an error, not a time."""

from __future__ import annotations

import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bench import live


def test_each_line_is_timed_after_the_warm_up(
    tiny_folder: Path, sample_headlines: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "WARM_UP_LINES", 2)
    monkeypatch.setattr(live, "LINES", 5)
    texts = [f"{text} {number}" for number, text in enumerate(sample_headlines * 4)]
    pq.write_table(pa.table({"text": texts}), tmp_path / "headlines.parquet")
    ours, repeated = live.live_lines(tmp_path, tiny_folder, lambda _: None)
    assert (ours["process"], ours["lines"], repeated["lines"]) == ("newsclf tag -", 5, 5)
    for row in (ours, repeated):
        assert 0 < row["median_ms"] <= row["p95_ms"] <= row["p99_ms"]


def test_a_process_that_ends_early_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="gave no answer"):
        live._answer_times([sys.executable, "-c", "input()"], [b"a\n", b"b\n"])
