"""From a block of the input to a finished part of the output."""

from __future__ import annotations

import json

import numpy as np

from newsclf.arrays import integers
from newsclf.batch.filekinds import PARQUET, TEXT
from newsclf.batch.job import Job, PartRecord
from newsclf.batch.parsing import parse
from newsclf.batch.plan import Plan
from newsclf.batch.reading import Block
from newsclf.batch.rows import Reject, without_silent
from newsclf.batch.writing import write_rows
from newsclf.predictor import Predictor


class PartMaker:
    """Makes parts of one job.

    Parameters
    ----------
    predictor : Predictor
    plan : Plan
    job : Job
    """

    def __init__(self, predictor: Predictor, plan: Plan, job: Job) -> None:
        self._predictor = predictor
        self.plan = plan
        self._job = job

    def make(self, number: int, block: Block) -> PartRecord:
        """Tag the rows of a block, keep them as a part of the job, and return its record."""
        plan = self.plan
        rows = parse(block, plan)
        if plan.reader.format != TEXT:
            # An empty line of plain text keeps its place, so that the answers stay beside the lines.
            rows = without_silent(rows)
        batch = self._predictor.predict_batch(rows.texts)
        content = write_rows(plan, rows.table, rows.lines, batch)
        counts = np.bincount(integers(batch.categories.indices), minlength=len(self._predictor.categories))
        record = PartRecord(
            rows=len(rows.texts),
            rejected=len(rows.rejects),
            misencoded=sum(reject.encoding for reject in rows.rejects),
            size=memoryview(content).nbytes,
            categories=dict(zip(self._predictor.categories, counts.tolist(), strict=True)),
            confident=int(batch.confident.sum()),
        )
        self._job.store(number, content, self._rejects(rows.rejects), record)
        return record

    def _rejects(self, rejects: list[Reject]) -> bytes:
        place = "row" if self.plan.reader.format == PARQUET else "line"
        return b"".join(
            json.dumps(
                {place: reject.place, "reason": reject.reason, "content": reject.content}, ensure_ascii=False
            ).encode("utf-8", "replace")
            + b"\n"
            for reject in rejects
        )
