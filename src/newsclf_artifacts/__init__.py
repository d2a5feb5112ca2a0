"""Keeping an MLflow store's artifacts beside its SQLite file, so that the store names no folder of the machine.

mlflow makes a relative folder absolute when an experiment is made. An address of a scheme it doesn't
know it leaves as it is, and asks whom the entry point `mlflow.artifact_repository` of that name gives:
`newsclf_artifacts.repository`. This is no part of the package `newsclf`, because mlflow imports it when
it is imported itself, and a logged model brings a `newsclf` of its own.
"""

from __future__ import annotations

from pathlib import Path

SCHEME = "newsclf"
ARTIFACTS = f"{SCHEME}:/artifacts"


def sqlite_file(uri: str) -> Path | None:
    """Return the file of an SQLite store, None for another kind of store.

    Examples
    --------
    >>> sqlite_file("sqlite:////srv/experiments/mlflow.db").as_posix(), sqlite_file("http://127.0.0.1:5000")
    ('/srv/experiments/mlflow.db', None)
    """
    scheme, _, path = uri.partition(":///")
    return Path(path).resolve() if scheme.startswith("sqlite") and path and path != ":memory:" else None


def project_root() -> Path:
    """Return the nearest folder, from the current one up, that has an `experiments` folder; else the current one."""
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / "experiments").is_dir()), here)
