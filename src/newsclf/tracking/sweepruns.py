"""A sweep in MLflow: one parent run, and a child run for each variant that is done."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from newsclf.tracking.run import new_run, warn_not_reached
from newsclf.tracking.runfolder import RunFolder, read_run_folder
from newsclf.tracking.store import STORE_ERRORS, Store, open_store
from newsclf.tracking.upload import COMPLETE_TAG, KEY_TAG, tags_of, upload

_AT_ONCE = 1000


class SweepRuns:
    """The MLflow runs of a sweep, kept up with its folder.

    A variant is logged when it is done, with the times of its run folder, so that an interrupted
    sweep leaves no run that never ends. What the store has already, from an earlier part of the
    same sweep, is not logged again, and a store that fails stops nothing: the next part of the sweep
    makes up for it.

    Parameters
    ----------
    folder : Path
        Of the sweep, with a run.json of its own.

    Attributes
    ----------
    run_id : str or None
        Of the parent run; None where the store is out of reach.
    """

    def __init__(self, folder: Path) -> None:
        self.run_id: str | None = None
        self._folder = folder
        self._store: Store | None = None
        self._there: dict[str, tuple[str, bool]] = {}
        self._unless_gone(self._begin)

    def log(self, variant: Path) -> None:
        """Log the run folder of a variant as a child run, unless the store has it."""
        if self._store is not None:
            self._unless_gone(lambda: self._upload(read_run_folder(variant)))

    def end(self) -> None:
        """Log what the sweep's own run.json says now, and end the parent run; else mark the folder for sync."""
        if self._store is not None:
            self._unless_gone(self._end)
        if self._store is None:
            read_run_folder(self._folder).mark_not_uploaded(self.run_id, "the store could not be reached")

    def _begin(self) -> None:
        self._store = open_store()
        parent = read_run_folder(self._folder)
        self._there = _runs_of(self._store, parent.name)
        if parent.key in self._there:
            self.run_id = self._there[parent.key][0]
            self._store.client.update_run(self.run_id, status="RUNNING")
        else:
            self.run_id = _begun(self._store, parent)

    def _upload(self, variant: RunFolder) -> None:
        assert self._store is not None
        run_id, complete = self._there.get(variant.key, (None, False))
        if complete:
            return
        run_id = run_id or _begun(self._store, variant, self.run_id)
        upload(self._store, run_id, variant)
        self._store.client.set_terminated(run_id, variant.status, end_time=variant.ended)

    def _end(self) -> None:
        assert self._store is not None
        assert self.run_id is not None
        parent = read_run_folder(self._folder)
        upload(self._store, self.run_id, parent)
        self._store.client.set_terminated(self.run_id, parent.status, end_time=parent.ended)
        parent.mark_uploaded()

    def _unless_gone(self, action: Callable[[], None]) -> None:
        try:
            with _uninterrupted():
                action()
        except STORE_ERRORS as error:
            self._store = None
            warn_not_reached(error)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Let Ctrl-C wait until the block is done, so that no run is left half begun; a second one doesn't wait."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    interrupted = False
    before = signal.getsignal(signal.SIGINT)

    def wait(_number: int, _frame: FrameType | None) -> None:
        nonlocal interrupted
        interrupted = True
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, wait)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if interrupted:
        raise KeyboardInterrupt


def _begun(store: Store, folder: RunFolder, parent_run_id: str | None = None) -> str:
    return new_run(store, folder.name, tags_of(folder), parent_run_id, start_time=folder.started)


def _runs_of(store: Store, sweep: str) -> dict[str, tuple[str, bool]]:
    """Return, by key, the id of every run of a sweep that the store has, and whether it has the run whole."""
    found = {}
    token = None
    while True:
        page = store.client.search_runs(
            [store.experiment_id], f"tags.`{KEY_TAG}` LIKE '{sweep}%'", max_results=_AT_ONCE, page_token=token
        )
        for run in page:
            found[run.data.tags[KEY_TAG]] = (run.info.run_id, run.data.tags.get(COMPLETE_TAG) == "true")
        token = page.token
        if not token:
            return found
