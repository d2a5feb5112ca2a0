"""Reaching the MLflow store: opening it once, making the experiment, knowing when it can't be reached."""

from __future__ import annotations

import logging
import os
import re
import sqlite3
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import mlflow
from mlflow.exceptions import MlflowException
from mlflow.store.artifact.artifact_repository_registry import get_registered_artifact_repositories
from mlflow.tracking import MlflowClient
from sqlalchemy.exc import SQLAlchemyError

from newsclf.errors import InputError
from newsclf.tracking.place import experiment_name, project_root, tracking_uri, without_password
from newsclf_artifacts import ARTIFACTS, SCHEME, sqlite_file

# What a store that is gone, refuses or breaks raises. requests' errors are OSErrors; a missing database driver
# is an ImportError.
STORE_ERRORS = (MlflowException, SQLAlchemyError, OSError, ImportError)

_SECONDS_FOR_FIRST_USE = 120
# The UI then shows runs and metrics first, not the prompts and traces of language models.
_KIND = {"mlflow.experimentKind": "custom_model_development"}


@dataclass(frozen=True)
class Store:
    """An MLflow store and the experiment in it.

    Attributes
    ----------
    client : MlflowClient
    uri : str
    experiment_id : str
    """

    client: MlflowClient
    uri: str
    experiment_id: str

    @contextmanager
    def as_default(self) -> Iterator[None]:
        """Make this the store that mlflow's functions without a store argument use.

        The registry looks up logged models in the default store, whatever store its client has.
        """
        before = os.environ.get("MLFLOW_TRACKING_URI")
        mlflow.set_tracking_uri(self.uri)
        try:
            yield
        finally:
            mlflow.set_tracking_uri(None)  # type: ignore[arg-type]  # which is how it is unset
            if before is not None:
                os.environ["MLFLOW_TRACKING_URI"] = before


def open_store() -> Store:
    """Return the store, made at its first use.

    Raises
    ------
    MlflowException, SQLAlchemyError, OSError, ImportError
        If it can't be reached (`STORE_ERRORS`).
    """
    # urllib3 tells of every try again; that the store is gone is told once, by whoever asked for it.
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    uri = tracking_uri()
    file = sqlite_file(uri)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
    with _alone(file) if file is not None else nullcontext(), quietly():
        if file is not None and not file.exists():
            _make_tables(uri, _artifacts(file))
        client = MlflowClient(tracking_uri=uri, registry_uri=os.environ.get("MLFLOW_REGISTRY_URI") or uri)
        name = experiment_name()
        experiment = client.get_experiment_by_name(name)
        experiment_id = experiment.experiment_id if experiment else _new_experiment(client, name, uri, file)
    return Store(client, uri, experiment_id)


@contextmanager
def quietly() -> Iterator[None]:
    """Keep back warnings that mlflow's own code causes, which our users can't mend."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def reached_store() -> Iterator[Store]:
    """Give the store to a block that can't do without it.

    Raises
    ------
    InputError
        If it can't be reached, or fails in the block.
    """
    try:
        yield open_store()
    except STORE_ERRORS as error:
        raise InputError(
            f"the MLflow store {without_password(tracking_uri())} failed: {reason(error)}; "
            "see that it runs and that MLFLOW_TRACKING_URI names it"
        ) from error


def reason(error: BaseException) -> str:
    """Return what an error of a store says, in one short line.

    Examples
    --------
    >>> reason(OSError("HTTPConnectionPool(host='127.0.0.1'): Max retries exceeded ([Errno 111] Connection refused)"))
    'Connection refused'
    """
    # Under the layers of a failed request lies what the system said.
    lowest = re.search(r"\[Errno -?\d+\] ([^\[\]'\")\n]+)", str(error))
    if lowest:
        return lowest[1].strip()
    lines = str(error).strip().splitlines() or [type(error).__name__]
    line = without_password(lines[0].strip())
    return line if len(line) <= 200 else f"{line[:197]}..."


def _new_experiment(client: MlflowClient, name: str, uri: str, file: Path | None) -> str:
    # Of a server, it says where.
    artifacts = None if uri.startswith(("http:", "https:", "databricks")) else _artifacts(file)
    try:
        return str(client.create_experiment(name, artifact_location=artifacts, tags=_KIND))
    except MlflowException:
        # Somebody else was faster.
        experiment = client.get_experiment_by_name(name)
        if experiment is None:
            raise
        return str(experiment.experiment_id)


def _make_tables(uri: str, artifacts: str) -> None:
    """Make a new store's tables; the experiment "Default", which comes with them, would name the current folder."""
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    SqlAlchemyStore(uri, artifacts)  # type: ignore[no-untyped-call]


def _artifacts(file: Path | None) -> str:
    """Return where a store that is no server keeps artifacts."""
    if file is None:
        return str(project_root() / "experiments" / "artifacts")
    # Where newsclf runs from its source without having been installed, mlflow doesn't know the scheme.
    return ARTIFACTS if SCHEME in get_registered_artifact_repositories() else str(file.parent / "artifacts")


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Keep other processes from opening the same SQLite store for the first time meanwhile.

    mlflow makes the tables in many steps, and two processes doing so at once break each other's. An SQLite
    transaction on a file aside is a lock that works on every system and ends with its process.
    """
    aside = file.with_name(f"{file.name}.lock")
    with closing(sqlite3.connect(aside, timeout=_SECONDS_FOR_FIRST_USE, isolation_level=None)) as lock:
        lock.execute("BEGIN EXCLUSIVE")
        yield
