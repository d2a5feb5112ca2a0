"""Reading a run folder: what an experiment leaves on the local disk, before and beside MLflow."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from newsclf.errors import InputError
from newsclf.files import replaced_file

DESCRIPTION_FILE = "run.json"
PREDICTIONS_FILE = "predictions.parquet"
ERRORS_FILE = "errors.parquet"
REPORT_FILE = "report.html"
PICTURES_FOLDER = "pictures"
MODEL_FOLDER = "model"
NOT_UPLOADED_FILE = "not-uploaded.json"

# What MLflow calls the ends that a run.json knows.
_STATUS = {"finished": "FINISHED", "failed": "FAILED", "killed": "KILLED"}


@dataclass(frozen=True)
class RunFolder:
    """A run folder and what its run.json says.

    Attributes
    ----------
    path : Path
    description : dict
    """

    path: Path
    description: dict[str, Any]

    @property
    def name(self) -> str:
        """The run's name."""
        return str(self.description.get("name", self.path.name))

    @property
    def key(self) -> str:
        """What tells this run from every other: its name and when it began."""
        return f"{self.name} {self.description.get('started_at', '')}".strip()

    @property
    def started(self) -> int | None:
        """When the run began, in milliseconds since 1970."""
        return _milliseconds(self.description.get("started_at"))

    @property
    def ended(self) -> int | None:
        """When the run ended, in milliseconds since 1970."""
        return _milliseconds(self.description.get("ended_at"))

    @property
    def under_way(self) -> bool:
        """Whether the run has not ended, as a sweep that goes on, or was cut off by force."""
        return self.description.get("status") == "running"

    @property
    def status(self) -> str:
        """How the run ended, in MLflow's words."""
        return _STATUS.get(str(self.description.get("status")), "FINISHED")

    @property
    def model(self) -> Path | None:
        """The model folder, if the run left one."""
        folder = self.path / MODEL_FOLDER
        return folder if (folder / "model.json").is_file() else None

    def table(self, name: str) -> pa.Table | None:
        """Return one of the run's Parquet tables, None if there is none of that name."""
        path = self.path / name
        return read_parquet(path) if path.is_file() else None

    def mark_not_uploaded(self, run_id: str | None, why: str, parent_run_id: str | None = None) -> None:
        """Leave word that MLflow doesn't have all of this run, which MLflow run was begun for it, and its parent."""
        mark = {"run_id": run_id, "parent_run_id": parent_run_id, "why": why}
        with replaced_file(self.path / NOT_UPLOADED_FILE) as aside:
            aside.write_text(json.dumps(mark, ensure_ascii=False) + "\n", encoding="utf-8")

    def unfinished_run_id(self) -> str | None:
        """Return the MLflow run that was begun for this run and not ended, if any."""
        return self._marked("run_id")

    def parent_run_id(self) -> str | None:
        """Return the MLflow run that this one was to be part of, if it waits for its upload."""
        return self._marked("parent_run_id")

    def _marked(self, name: str) -> str | None:
        try:
            found = json.loads((self.path / NOT_UPLOADED_FILE).read_text(encoding="utf-8")).get(name)
        except (OSError, ValueError, AttributeError):
            return None
        return str(found) if found else None

    def mark_uploaded(self) -> None:
        """Take back `mark_not_uploaded`."""
        (self.path / NOT_UPLOADED_FILE).unlink(missing_ok=True)


def is_run_folder(path: Path) -> bool:
    """Return whether a path is a folder with a run.json."""
    return (path / DESCRIPTION_FILE).is_file()


def read_run_folder(path: Path) -> RunFolder:
    """Return a run folder.

    Raises
    ------
    InputError
        If it has no readable run.json.
    """
    return RunFolder(path, read_description(path / DESCRIPTION_FILE))


def read_description(file: Path) -> dict[str, Any]:
    """Return what a run.json says.

    Raises
    ------
    InputError
        If it is missing or damaged.
    """
    try:
        description = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{file} can't be read ({error.strerror}); name a folder that a training wrote") from error
    except ValueError as error:
        raise InputError(f"{file} is damaged ({error}); train again") from error
    if not isinstance(description, dict):
        raise InputError(f"{file} does not describe a run; train again")
    return description


def read_parquet(file: Path) -> pa.Table:
    """Return a Parquet file's table.

    Raises
    ------
    InputError
        If it can't be read.
    """
    try:
        return pq.read_table(file)
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{file} can't be read ({str(error).splitlines()[0]}); train again") from error


def _milliseconds(moment: Any) -> int | None:
    return round(datetime.fromisoformat(moment).timestamp() * 1000) if isinstance(moment, str) else None


def not_uploaded(folder: Path) -> bool:
    """Tell whether a folder holds a run that waits for `newsclf sync`."""
    return (folder / NOT_UPLOADED_FILE).is_file()
