"""A project with a small sweep in it; use with `tests.trackingstore`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import joblib
import pytest

from tests.smallsweep import GRID, write_base


@pytest.fixture
def folder(project: Path) -> Iterator[Path]:
    """A project with a small experiment, few.toml, and nothing done yet."""
    write_base(project)
    (project / "few.toml").write_text(GRID, encoding="utf-8")
    # Calibration would start processes for its folds, which takes longer than all there is to train.
    with joblib.parallel_config(backend="threading"):
        yield project
