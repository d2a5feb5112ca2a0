"""A training as an MLflow run, from its first second; a store that fails never stops the training."""

from __future__ import annotations

import getpass
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from mlflow.system_metrics.system_metrics_monitor import SystemMetricsMonitor

from newsclf.tracking.place import tracking_uri, without_password
from newsclf.tracking.runfolder import RunFolder, read_run_folder
from newsclf.tracking.store import STORE_ERRORS, Store, open_store, reason
from newsclf.tracking.upload import KEY_TAG, log_words, upload

_logger = logging.getLogger(__name__)

_SECONDS_BETWEEN_SYSTEM_METRICS = 2
# Name and key of the run that the baselines are parts of.
_BASELINES = "baselines"


class TrackedRun:
    """An MLflow run under way, or, where the store can't be reached, one that only keeps the run folder's mark.

    Attributes
    ----------
    run_id : str or None
        None if no MLflow run could be begun.
    """

    def __init__(self, store: Store | None, run_id: str | None, parent_run_id: str | None = None) -> None:
        self.run_id = run_id
        self._store = store
        self._parent_run_id = parent_run_id
        self._folder: RunFolder | None = None
        self._uploaded = False

    def mark(self, run_folder: Path) -> None:
        """Mark a run folder for `newsclf sync` until the run has ended as finished, so that no cut loses it.

        Parameters
        ----------
        run_folder : Path

        Raises
        ------
        InputError
            If it is no run folder, or can't be written.
        """
        read_run_folder(run_folder).mark_not_uploaded(self.run_id, "the training was cut short", self._parent_run_id)

    def log_folder(self, run_folder: Path) -> None:
        """Log what a run folder holds; where that fails, the folder is marked for `newsclf sync`.

        Parameters
        ----------
        run_folder : Path

        Raises
        ------
        InputError
            If it is no run folder.
        """
        self._folder = read_run_folder(run_folder)
        if self._store is None or self.run_id is None:
            self._folder.mark_not_uploaded(self.run_id, "the store could not be reached", self._parent_run_id)
            return
        try:
            upload(self._store, self.run_id, self._folder)
            self._uploaded = True
        except STORE_ERRORS as error:
            self._give_up(error)

    def _end(self, status: str) -> None:
        if self._store is None or self.run_id is None:
            return
        try:
            self._store.client.set_terminated(self.run_id, status)
            if status == "FINISHED" and self._folder is not None and self._uploaded:
                self._folder.mark_uploaded()
        except STORE_ERRORS as error:
            self._give_up(error)

    def _give_up(self, error: BaseException) -> None:
        self._store = None
        warn_not_reached(error)
        if self._folder is not None:
            self._folder.mark_not_uploaded(self.run_id, reason(error), self._parent_run_id)


@contextmanager
def started_run(
    name: str,
    *,
    tags: Mapping[str, str],
    parameters: Mapping[str, object],
    parent_run_id: str | None = None,
    log_system_metrics: bool = True,
) -> Iterator[TrackedRun]:
    """Begin an MLflow run and end it with the block.

    The run ends as finished, as killed if the block was interrupted from the keyboard, and as failed
    after any other exception. If the store can't be reached, or fails later, one line of warning says
    so and everything else goes on.

    Parameters
    ----------
    name : str
    tags : mapping of str to str
        Such as family and purpose; ``git_commit`` becomes the run's source version.
    parameters : mapping
        The whole configuration, flat.
    parent_run_id : str, optional
        The run that this one is part of, as a trial is of a sweep.
    log_system_metrics : bool
        Whether use of processor, memory, disk and network is logged.

    Yields
    ------
    TrackedRun
    """
    store, run_id = _begin(name, tags, parameters, parent_run_id)
    run = TrackedRun(store, run_id, parent_run_id)
    monitor = _monitor(store, run_id) if log_system_metrics and store and run_id else None
    status = "FAILED"
    try:
        yield run
        status = "FINISHED"
    except KeyboardInterrupt:
        status = "KILLED"
        raise
    finally:
        if monitor is not None:
            monitor.finish()  # type: ignore[no-untyped-call]
        run._end(status)


def warn_not_reached(error: BaseException) -> None:
    """Say in one line that the store fails, and what to do."""
    _logger.warning(
        "newsclf: MLflow (%s) does not take the run: %s. It is kept in its run folder; "
        "'newsclf sync' uploads it once MLflow is back.",
        without_password(tracking_uri()),
        reason(error),
    )


def new_run(
    store: Store, name: str, tags: Mapping[str, str], parent_run_id: str | None = None, start_time: int | None = None
) -> str:
    """Make an MLflow run and return its id; a baseline without a parent becomes part of the run of all baselines."""
    own = _origin()
    if parent_run_id is None and tags.get("purpose") == "baseline":
        parent_run_id = _run_of_baselines(store)
    if parent_run_id is not None:
        own["mlflow.parentRunId"] = parent_run_id
    given = {"mlflow.source.git.commit" if tag == "git_commit" else tag: value for tag, value in tags.items()}
    run = store.client.create_run(store.experiment_id, start_time=start_time, run_name=name, tags=own)
    log_words(store.client, run.info.run_id, given, {})
    return str(run.info.run_id)


def _run_of_baselines(store: Store) -> str:
    """Return the id of the run that the baselines are parts of, which is made for the first of them."""
    found = store.client.search_runs(
        [store.experiment_id],
        f"tags.`{KEY_TAG}` = '{_BASELINES}'",
        order_by=["attributes.start_time ASC"],
        max_results=1,
    )
    if found:
        return str(found[0].info.run_id)
    note = {
        KEY_TAG: _BASELINES,
        "mlflow.note.content": "What a model must beat: each baseline is a run under it.",
    }
    run_id = str(store.client.create_run(store.experiment_id, run_name=_BASELINES, tags=_origin() | note).info.run_id)
    store.client.set_terminated(run_id)
    return run_id


def _origin() -> dict[str, str]:
    return {"mlflow.user": user(), "mlflow.source.name": "newsclf", "mlflow.source.type": "LOCAL"}


def _begin(
    name: str, tags: Mapping[str, str], parameters: Mapping[str, object], parent_run_id: str | None
) -> tuple[Store | None, str | None]:
    run_id = None
    try:
        store = open_store()
        run_id = new_run(store, name, tags, parent_run_id)
        log_words(store.client, run_id, {}, parameters)
    except STORE_ERRORS as error:
        warn_not_reached(error)
        return None, run_id
    return store, run_id


def _monitor(store: Store, run_id: str) -> SystemMetricsMonitor:
    monitor = SystemMetricsMonitor(  # type: ignore[no-untyped-call]
        run_id, sampling_interval=_SECONDS_BETWEEN_SYSTEM_METRICS, tracking_uri=store.uri
    )
    monitor.start()  # type: ignore[no-untyped-call]
    return monitor


def user() -> str:
    """Return who is at work: the name that the server knows, else that of this machine."""
    name = os.environ.get("MLFLOW_TRACKING_USERNAME")
    if name:
        return name
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
