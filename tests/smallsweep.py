"""A sweep over a handful of records, for tests of the whole way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.smallexperiment import rows_of_headlines, write_experiment

SWEEP = """
name = "few"
experiment = "small.toml"
judged_by = ["dev.mine.in_scope_accuracy", "dev.mine.accuracy"]
"""
GRID = SWEEP + '[grid]\n"model.C" = [0.001, 10.0]\n'


def write_base(folder: Path, *, leave_out: int = 0, dev_share: float = 0.3, **changes: dict[str, Any]) -> None:
    """Write small.toml and its records, enough of which are in dev."""
    rows = rows_of_headlines()
    # Another order of the words makes another text.
    rows += [(" ".join(reversed(title.split())), "", category, date) for title, _, category, date in rows]
    write_experiment(folder, rows=rows[: len(rows) - leave_out], **changes)
    card = folder / "mine.toml"
    text = card.read_text(encoding="utf-8").replace("dev_share = 0.1", f"dev_share = {dev_share}")
    card.write_text(text.replace("test_share = 0.25", "test_share = 0.1"), encoding="utf-8")
