"""Where runs are kept: the project's folder, its run folders, its MLflow store; and words fit to leave it."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from newsclf_artifacts import project_root as project_root
from newsclf_artifacts import sqlite_file

MODEL_NAME = "newsclf"
DEFAULT_EXPERIMENT = "newsclf"


def runs_folder() -> Path:
    """Return the folder that holds the run folders."""
    return project_root() / "experiments" / "runs"


def tracking_uri() -> str:
    """Return the address of the MLflow store: ``MLFLOW_TRACKING_URI`` where set, else the project's own.

    That of an SQLite file is made absolute, for processes that are started in another folder.
    """
    uri = os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{project_root() / 'experiments' / 'mlflow.db'}"
    file = sqlite_file(uri)
    return uri if file is None else f"{uri.partition(':')[0]}:///{file}"


def experiment_name() -> str:
    """Return the name of the MLflow experiment: ``MLFLOW_EXPERIMENT_NAME`` where set, else ``newsclf``."""
    return os.environ.get("MLFLOW_EXPERIMENT_NAME") or DEFAULT_EXPERIMENT


def without_password(uri: str) -> str:
    """Return an address with the password in it hidden.

    Examples
    --------
    >>> without_password("postgresql://newsclf:pass@127.0.0.1/mlflow")
    'postgresql://newsclf:***@127.0.0.1/mlflow'
    """
    return re.sub(r"(://[^/:@\s]*):[^@/\s]+@", r"\1:***@", uri)


def shareable(value: Any) -> Any:
    """Return a value with the paths of this machine in its texts made relative to the project, or shortened.

    Parameters
    ----------
    value : str, number, list or dict of those
        Lists and dictionaries are gone through.

    Examples
    --------
    >>> shareable({"data.cards": str(Path.cwd() / "data" / "sources"), "model.C": 10.0})
    {'data.cards': 'data/sources', 'model.C': 10.0}
    """
    if isinstance(value, dict):
        return {name: shareable(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [shareable(part) for part in value]
    if isinstance(value, Path):
        return shareable(str(value))
    if not isinstance(value, str) or os.sep not in value:
        return value
    for folder, short in ((project_root(), "."), (Path.cwd(), "."), (Path.home(), "~")):
        if folder == folder.parent:
            continue
        # A whole folder name only: /home/amal is not the start of /home/amalou.
        value = re.sub(rf"{re.escape(str(folder))}(?![\w.-])", short, value)
    value = re.sub(r"(?<![\w.~])\./", "", value)
    return Path(value).name if value.startswith(os.sep) and Path(value).exists() else value
