"""Uploading the runs that MLflow doesn't have: those made while it was gone, and those of another machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from mlflow.entities import ViewType

from newsclf.errors import InputError
from newsclf.tracking.place import runs_folder
from newsclf.tracking.run import new_run
from newsclf.tracking.runfolder import RunFolder, is_run_folder, not_uploaded, read_run_folder
from newsclf.tracking.store import Store, reached_store
from newsclf.tracking.upload import COMPLETE_TAG, KEY_TAG, tags_of, upload

_AT_ONCE = 1000


class Kept(NamedTuple):
    """A run of the store: its id, whether the store has all of it, and whether somebody deleted it."""

    run_id: str
    whole: bool
    deleted: bool


# By key and by id.
There = dict[str, Kept]


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

    Run folders inside another, as a sweep's variants are, become children of its run.

    Parameters
    ----------
    folder : Path, optional
        The folder of run folders, or one run folder; the project's where not given.

    Yields
    ------
    Synced
        One for each run folder, by name, a sweep before its variants.

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
        for path in [folder] if is_run_folder(folder) else _run_folders(folder):
            yield from _with_those_inside(store, path, there, None)


def _run_folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if is_run_folder(path))


def _with_those_inside(store: Store, path: Path, there: There, parent_run_id: str | None) -> Iterator[Synced]:
    try:
        run = read_run_folder(path)
    except InputError as error:
        yield Synced(path.name, None, "refused", str(error))
        return
    done = _synced(store, run, there, parent_run_id)
    yield done
    for inside in _run_folders(path):
        yield from _with_those_inside(store, inside, there, done.run_id)


def _synced(store: Store, run: RunFolder, there: There, parent_run_id: str | None) -> Synced:
    kept = there.get(run.key) or there.get(f"id {run.unfinished_run_id()}")
    # A run that is whole and marked all the same could not be ended, or has changed since, as a sweep does.
    if kept is not None and (kept.deleted or (kept.whole and not not_uploaded(run.path))):
        run.mark_uploaded()
        return Synced(run.name, kept.run_id, "there")
    if kept is not None and run.under_way:
        return Synced(run.name, kept.run_id, "there")
    if kept is not None:
        run_id = kept.run_id
    else:
        parent = there.get(f"id {run.parent_run_id()}")
        parent_run_id = parent_run_id or (parent.run_id if parent else None)
        run_id = new_run(store, run.name, tags_of(run), parent_run_id, start_time=run.started)
    if not run.under_way:
        upload(store, run_id, run)
        store.client.set_terminated(run_id, run.status, end_time=run.ended)
        run.mark_uploaded()
    return Synced(run.name, run_id, "completed" if kept else "uploaded")


def _there(store: Store) -> There:
    """Return the runs of the store. Deleted ones count: somebody did not want them."""
    found: There = {}
    token = None
    while True:
        page = store.client.search_runs(
            [store.experiment_id], run_view_type=ViewType.ALL, max_results=_AT_ONCE, page_token=token
        )
        for run in page:
            deleted = run.info.lifecycle_stage == "deleted"
            kept = Kept(run.info.run_id, run.data.tags.get(COMPLETE_TAG) == "true", deleted)
            found[f"id {kept.run_id}"] = kept
            key = run.data.tags.get(KEY_TAG)
            if key is not None and (kept.whole or kept.deleted or key not in found):
                found[key] = kept
        token = page.token
        if not token:
            return found
