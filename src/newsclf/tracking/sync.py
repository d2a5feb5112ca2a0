"""Uploading the runs that MLflow doesn't have: those made while it was gone, and those of another machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mlflow.entities import ViewType

from newsclf.errors import InputError
from newsclf.tracking.place import runs_folder
from newsclf.tracking.run import new_run
from newsclf.tracking.runfolder import RunFolder, is_run_folder, read_run_folder
from newsclf.tracking.store import Store, reached_store
from newsclf.tracking.upload import COMPLETE_TAG, KEY_TAG, upload

_STATUS = {"finished": "FINISHED", "failed": "FAILED", "killed": "KILLED"}
_AT_ONCE = 1000


@dataclass(frozen=True)
class Synced:
    """What became of one run folder.

    Attributes
    ----------
    name : str
    run_id : str or None
    outcome : {"uploaded", "completed", "there", "refused"}
        New in the store, begun before and now whole, in the store already, or not a run folder that
        can be read.
    reason : str
        Why it was refused.
    """

    name: str
    run_id: str | None
    outcome: str
    reason: str = ""


def sync_runs(folder: Path | None = None) -> Iterator[Synced]:
    """Upload every run folder that the store doesn't have whole. Doing so again changes nothing.

    Parameters
    ----------
    folder : Path, optional
        The folder of run folders; the project's where not given.

    Yields
    ------
    Synced
        One for each run folder, by name.

    Raises
    ------
    InputError
        If the folder does not exist, or the store can't be reached.
    """
    folder = folder or runs_folder()
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder; name the folder that holds the run folders")
    with reached_store() as store:
        there = _there(store)
        for path in sorted(path for path in folder.iterdir() if is_run_folder(path)):
            try:
                run = read_run_folder(path)
            except InputError as error:
                yield Synced(path.name, None, "refused", str(error))
                continue
            yield _synced(store, run, there)


def _synced(store: Store, run: RunFolder, there: dict[str, tuple[str, bool]]) -> Synced:
    run_id, complete = there.get(run.key, (None, False))
    if complete:
        run.mark_uploaded()
        return Synced(run.name, run_id, "there")
    begun = run_id or _begun(run, there)
    run_id = begun or new_run(store, run.name, {}, start_time=run.started)
    upload(store, run_id, run)
    status = _STATUS.get(str(run.description.get("status")), "FINISHED")
    store.client.set_terminated(run_id, status, end_time=run.ended)
    run.mark_uploaded()
    return Synced(run.name, run_id, "completed" if begun else "uploaded")


def _begun(run: RunFolder, there: dict[str, tuple[str, bool]]) -> str | None:
    """Return the MLflow run that the training began before the store was gone, if this store has it."""
    run_id = run.unfinished_run_id()
    return run_id if run_id is not None and f"id {run_id}" in there else None


def _there(store: Store) -> dict[str, tuple[str, bool]]:
    """Return, by key and by id, the runs of the store: the id, and whether the run is whole.

    Deleted runs count: somebody did not want them.
    """
    found: dict[str, tuple[str, bool]] = {}
    token = None
    while True:
        page = store.client.search_runs(
            [store.experiment_id], run_view_type=ViewType.ALL, max_results=_AT_ONCE, page_token=token
        )
        for run in page:
            deleted = run.info.lifecycle_stage == "deleted"
            entry = (run.info.run_id, deleted or run.data.tags.get(COMPLETE_TAG) == "true")
            found[f"id {run.info.run_id}"] = entry
            key = run.data.tags.get(KEY_TAG)
            if key is not None and (entry[1] or key not in found):
                found[key] = entry
        token = page.token
        if not token:
            return found
