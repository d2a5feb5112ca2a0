"""The parts of a job on disk: what is finished, and whether it still belongs to the same input and model."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import shutil
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from newsclf.batch.plan import Plan
from newsclf.errors import InputError
from newsclf.topicmodel import TopicModel

_IDENTITY_FILE = "job.json"
_HEAD_BYTES = 1 << 20


@dataclass(frozen=True)
class PartRecord:
    """What is known of a finished part.

    Attributes
    ----------
    rows : int
        Rows that were tagged.
    rejected : int
        Rows that could not be.
    misencoded : int
        How many of those were not in the encoding.
    size : int
        Bytes of the part.
    categories : dict of str to int
        How many rows each category was given.
    confident : int
        How many of the answers are confident.
    """

    rows: int
    rejected: int
    misencoded: int
    size: int
    categories: dict[str, int]
    confident: int


class Job:
    """A folder of finished parts, each with its rejects and its record.

    A part counts when its record is there, and the record is put in place last. Parts are the same
    whoever makes them, so one made twice is no harm.

    Parameters
    ----------
    folder : Path
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def begin(self, identity: dict[str, Any], *, resume: bool) -> None:
        """Make the folder, or take over what is in it.

        Parameters
        ----------
        identity : dict
            All that the output depends on.
        resume : bool
            Keep the parts that are finished.

        Raises
        ------
        InputError
            If the finished parts are of another input, model or way of working, naming which.
        """
        if resume and (self.folder / _IDENTITY_FILE).is_file():
            found = json.loads((self.folder / _IDENTITY_FILE).read_text(encoding="utf-8"))
            differing = [name for name in identity if found.get(name) != identity[name]]
            if differing:
                raise InputError(
                    f"what is finished was made with another {' and '.join(differing)}; "
                    "leave --resume out to start over"
                )
            return
        self.remove()
        self.folder.mkdir(parents=True)
        self._put(_IDENTITY_FILE, json.dumps(identity).encode())

    def record(self, number: int) -> PartRecord | None:
        """Return the record of a part, or None if it is not finished."""
        try:
            record = PartRecord(**json.loads((self.folder / f"{number}.json").read_bytes()))
            return record if self.part(number).stat().st_size == record.size else None
        except (FileNotFoundError, ValueError, TypeError):
            return None

    def part(self, number: int) -> Path:
        """Return where the rows of a part are."""
        return self.folder / f"{number}.rows"

    def rejects(self, number: int) -> Path:
        """Return where the rejects of a part are."""
        return self.folder / f"{number}.rejects"

    def store(self, number: int, content: Any, rejects: bytes, record: PartRecord) -> None:
        """Keep a finished part."""
        self.part(number).write_bytes(content)
        self.rejects(number).write_bytes(rejects)
        self._put(f"{number}.json", json.dumps(dataclasses.asdict(record)).encode())

    def drop(self, number: int) -> None:
        """Remove a part that is no longer needed."""
        for path in (self.folder / f"{number}.json", self.part(number), self.rejects(number)):
            path.unlink()

    def remove(self) -> None:
        """Remove the folder with all that is in it."""
        if self.folder.exists():
            shutil.rmtree(self.folder)

    def _put(self, name: str, content: bytes) -> None:
        aside = self.folder / f"{name}.aside"
        aside.write_bytes(content)
        aside.replace(self.folder / name)


def identity(path: Path, model: TopicModel, plan: Plan) -> dict[str, Any]:
    """Return all that an output depends on: input, model, columns and formats, version."""
    status = path.stat()
    with path.open("rb") as file:
        head = hashlib.sha256(file.read(_HEAD_BYTES)).hexdigest()
    return {
        "input": {"size": status.st_size, "changed": status.st_mtime_ns, "head_sha256": head},
        "model": _digest(model),
        "columns or format": [
            *dataclasses.astuple(plan.reader),
            *dataclasses.astuple(plan.writer),
            plan.encoding,
            list(plan.text_columns),
            list(plan.answers),
        ],
        "version": [version("newsclf"), version("pyarrow")],
    }


def _digest(model: TopicModel) -> str:
    digest = hashlib.sha256()
    settings = [model.categories, dataclasses.astuple(model.subword_settings), dataclasses.astuple(model.calibration)]
    digest.update(json.dumps([settings, model.vocabulary]).encode())
    for numbers in (model.word_scores, model.bucket_scores, model.bias):
        digest.update(numbers.tobytes())
    return digest.hexdigest()
