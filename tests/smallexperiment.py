"""An experiment on a handful of records: a CSV, a card and a TOML in a folder, for tests of the whole way."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from tests.conftest import HEADLINES

_CARD = """
name = "mine"
description = "Headlines written for a test."
licence = "that of the project"
reader = "table"
paths = ["mine.csv"]
label_origin = "author"
test_share = 0.25
dev_share = 0.1
[columns]
title = "title"
body = "body"
section = "section"
published_at = "date"
"""

# Small and quick, and every step of a training is taken.
SETTINGS: dict[str, dict[str, Any]] = {
    "data": {"cards": ["mine.toml"], "labels": False},
    "model": {"bucket_bits": 10, "min_document_frequency": 1},
    "calibration": {"folds": 2},
    "evaluation": {"protocols": ["group"]},
}


def rows_of_headlines() -> list[tuple[str, str, str, str]]:
    """Return title, body, section and date of the records: every second one has a body."""
    rows = []
    for category, titles in HEADLINES.items():
        for place, title in enumerate(titles):
            body = f"وذكر المصدر أن {titles[(place + 1) % len(titles)]} أمس." if place % 2 else ""
            rows.append((title, body, category, f"2020-01-{place + 1:02d}"))
    return rows


def write_experiment(
    folder: Path,
    name: str = "small",
    *,
    rows: list[tuple[str, str, str, str]] | None = None,
    family: str = "newsclf",
    **changes: dict[str, Any],
) -> Path:
    """Write mine.csv, mine.toml and an experiment's TOML into a folder and return the last.

    Each of `changes` is a table of the experiment, to be merged into `SETTINGS`.
    """
    with (folder / "mine.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(
            [("title", "body", "section", "date"), *(rows_of_headlines() if rows is None else rows)]
        )
    (folder / "mine.toml").write_text(_CARD, encoding="utf-8")
    tables = {key: {**SETTINGS.get(key, {}), **changes.get(key, {})} for key in {**SETTINGS, **changes}}
    if family != "newsclf":
        tables["model"] = changes.get("model", {})
    lines = [f'name = "{name}"', f'family = "{family}"', 'description = "A small one."']
    for table, values in tables.items():
        lines.append(f"[{table}]")
        lines += [f"{key} = {_toml(value)}" for key, value in values.items()]
    path = folder / f"{name}.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(part)}" for key, part in value.items()) + "}"
    return json.dumps(value, ensure_ascii=False)
