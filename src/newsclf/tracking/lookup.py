"""Finding a run by what a person calls it: a folder, a run name or id, an alias of the registry."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from newsclf.errors import InputError
from newsclf.tracking.place import MODEL_NAME, runs_folder
from newsclf.tracking.runfolder import (
    DESCRIPTION_FILE,
    PREDICTIONS_FILE,
    is_run_folder,
    read_description,
    read_parquet,
)

if TYPE_CHECKING:
    from mlflow.entities import Run

    from newsclf.tracking.store import Store

_RUN_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class FoundRun:
    """A finished run, on the local disk or in the MLflow store.

    Attributes
    ----------
    name : str
    run_id : str or None
        Its MLflow id; None if it was found as a folder.
    folder : Path or None
        Its run folder; None if it was found in the store.
    """

    name: str
    run_id: str | None
    folder: Path | None

    @cached_property
    def description(self) -> dict[str, Any]:
        """What the run's run.json says."""
        return read_description(self._file(DESCRIPTION_FILE))

    @property
    def key(self) -> str:
        """What tells this run from every other, wherever it is kept."""
        return f"{self.description.get('name', self.name)} {self.description.get('started_at', '')}".strip()

    @property
    def test_fingerprint(self) -> str | None:
        """The fingerprint of the records it was tested on."""
        found = self.description.get("test_fingerprint")
        return str(found) if found else None

    def predictions(self) -> pa.Table:
        """Return the run's predictions, a row for each evaluated text.

        Raises
        ------
        InputError
            If the run left none.
        """
        return read_parquet(self._file(PREDICTIONS_FILE))

    def _file(self, name: str) -> Path:
        if self.folder is not None:
            if not (self.folder / name).is_file():
                raise InputError(f"{self.folder} has no {name}; train again")
            return self.folder / name
        from newsclf.tracking.store import reached_store

        assert self.run_id is not None
        with reached_store() as store:
            kept = {file.path for file in store.client.list_artifacts(self.run_id)}
            if name not in kept:
                raise InputError(f"the run {self.name} ({self.run_id}) has no {name}; was it made by 'newsclf train'?")
            return Path(store.client.download_artifacts(self.run_id, name))


def find_run(reference: str) -> FoundRun:
    """Return the run that a person means.

    Parameters
    ----------
    reference : str
        A run folder; the name of a run, which means the newest finished one of that name; an MLflow
        run id; ``@champion`` or another alias; or ``models:/newsclf/3``. A run folder wins over a
        run of the store.

    Returns
    -------
    FoundRun

    Raises
    ------
    InputError
        If there is none, or the store can't be reached.
    """
    for folder in (Path(reference), runs_folder() / reference):
        if is_run_folder(folder):
            return FoundRun(folder.resolve().name, None, folder)
    from newsclf.tracking.store import reached_store

    with reached_store() as store:
        return in_store(store, reference)


def in_store(store: Store, reference: str) -> FoundRun:
    """Return a run of the store; `reference` as for `find_run`, folders excepted.

    Raises
    ------
    InputError
        If there is none.
    """
    if reference.startswith("@") or reference.startswith("models:/"):
        found = _registered(store, reference)
    elif _RUN_ID.fullmatch(reference):
        found = _by_id(store, reference)
    else:
        found = _by_name(store, reference)
    return FoundRun(found.info.run_name, found.info.run_id, None)


def _registered(store: Store, reference: str) -> Run:
    from mlflow.exceptions import MlflowException

    name, alias, number = MODEL_NAME, reference.removeprefix("@"), None
    if reference.startswith("models:/"):
        parts = re.fullmatch(r"models:/+([^/@]+)(?:@([^/@]+)|/(\d+))", reference)
        if parts is None:
            raise InputError(f"{reference} names no version; write models:/{MODEL_NAME}/1 or @champion")
        name, alias, number = parts.groups()
    try:
        if number is None:
            number = store.client.get_model_version_by_alias(name, alias).version
        return store.client.get_run(str(store.client.get_model_version(name, number).run_id))
    except MlflowException as error:
        if error.error_code not in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            raise
        raise InputError(f"{reference} names no registered model; 'newsclf history' shows which there are") from None


def _by_id(store: Store, run_id: str) -> Run:
    from mlflow.exceptions import MlflowException

    try:
        return store.client.get_run(run_id)
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        raise InputError(f"no run has the id {run_id}; {_runs_there_are(store)}") from None


def _by_name(store: Store, name: str) -> Run:
    quoted = name.replace("\\", "\\\\").replace("'", "\\'")
    wanted = f"attributes.run_name = '{quoted}' and attributes.status = 'FINISHED'"
    newest = store.client.search_runs(
        [store.experiment_id], wanted, order_by=["attributes.start_time DESC"], max_results=1
    )
    if not newest:
        raise InputError(f"there is no finished run {name!r}; {_runs_there_are(store)}")
    return newest[0]


def _runs_there_are(store: Store) -> str:
    newest = store.client.search_runs([store.experiment_id], order_by=["attributes.start_time DESC"], max_results=5)
    names = ", ".join(run.info.run_name for run in newest)
    return f"the newest are {names}" if names else "there are none yet; make one with 'newsclf train'"
