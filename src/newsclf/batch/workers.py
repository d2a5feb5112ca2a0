"""Making parts in this process or in several, always in the order of the input."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import warnings
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any

import pyarrow as pa

from newsclf.batch.filekinds import PARQUET
from newsclf.batch.job import Job, PartRecord
from newsclf.batch.parts import PartMaker
from newsclf.batch.plan import Plan
from newsclf.batch.reading import Block
from newsclf.errors import NewsclfError
from newsclf.predictor import Predictor
from newsclf.topicmodel import TopicModel

# How many blocks may wait for each worker: enough that none is idle, few enough that memory stays bounded.
_WAITING = 2


def made_parts(
    blocks: Iterator[Block], predictor: Predictor, plan: Plan, job: Job, workers: int
) -> Iterator[tuple[float | None, PartRecord]]:
    """Give the record of each block's part, making those that are not finished.

    Parameters
    ----------
    blocks : iterator of Block
    predictor : Predictor
    plan : Plan
    job : Job
    workers : int
        Processes; with 1, this one.

    Yields
    ------
    float or None
        How much of the input that is up to here.
    PartRecord
    """
    if workers > 1:
        yield from _made_by_others(blocks, predictor.model, plan, job, workers)
        return
    maker = PartMaker(predictor, plan, job)
    for number, block in enumerate(blocks):
        yield block.share, job.record(number) or maker.make(number, block)


def _made_by_others(
    blocks: Iterator[Block], model: TopicModel, plan: Plan, job: Job, workers: int
) -> Iterator[tuple[float | None, PartRecord]]:
    pool = ProcessPoolExecutor(workers, mp_context=_context(), initializer=_begin, initargs=(model, plan, job.folder))
    waiting: deque[tuple[float | None, PartRecord | Future[PartRecord]]] = deque()

    def next_made() -> tuple[float | None, PartRecord]:
        share, made = waiting.popleft()
        return share, made.result() if isinstance(made, Future) else made

    try:
        for number, block in enumerate(blocks):
            record = job.record(number)
            if record is None:
                place = job.folder / f"{number}.block"
                _keep_content(block.content, place)
                with warnings.catch_warnings():
                    # Python counts numpy's and Arrow's threads too, but those are ready for a fork.
                    warnings.filterwarnings("ignore", ".*multi-threaded, use of fork", DeprecationWarning)
                    made = pool.submit(_make, number, replace(block, content=None), place)
                waiting.append((block.share, made))
            else:
                waiting.append((block.share, record))
            if len(waiting) > _WAITING * workers:
                yield next_made()
        while waiting:
            yield next_made()
    except BrokenProcessPool as error:
        raise NewsclfError(
            "a worker process was ended from outside, perhaps for lack of memory; --resume goes on from there"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _context() -> BaseContext:
    """Return how processes are begun.

    A forked process works at once, where a new one first imports all it needs, which may take
    longer than the job. But a fork also takes along the locks that other threads of Python hold.
    """
    alone = threading.active_count() == 1
    return multiprocessing.get_context("fork" if alone and sys.platform == "linux" else "spawn")


_maker: PartMaker


def _begin(model: TopicModel, plan: Plan, folder: Path) -> None:
    """Prepare a worker process."""
    global _maker
    # Ctrl-C reaches all processes; the one that gave the work decides what becomes of it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _maker = PartMaker(Predictor(model), plan, Job(folder))


def _end_with_parent() -> None:
    """End this process when the one that gave the work is gone, killed ones included."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _make(number: int, block: Block, place: Path) -> PartRecord:
    record = _maker.make(number, replace(block, content=_kept_content(place, _maker.plan)))
    place.unlink()
    return record


def _keep_content(content: Any, place: Path) -> None:
    """Write rows where a worker finds them: a file in memory's cache costs half of what a pipe does."""
    if isinstance(content, bytes):
        place.write_bytes(content)
        return
    with pa.OSFile(str(place), "wb") as file, pa.ipc.new_stream(file, content.schema) as stream:
        stream.write_table(content)


def _kept_content(place: Path, plan: Plan) -> Any:
    if plan.reader.format != PARQUET:
        return place.read_bytes()
    return pa.ipc.open_stream(pa.memory_map(str(place))).read_all()
