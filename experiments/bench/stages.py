"""Where the time of `Predictor.predict` goes: the stages of the hot path, timed inside real calls."""

from __future__ import annotations

import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

import newsclf
import newsclf.predictor
import newsclf.scoretable
from bench.job import one_thread
from bench.peers import PEERS
from newsclf.chunkindex import ChunkIndex
from newsclf.scoretable import ScoreTable
from newsclf.topicmodel import Calibration, TopicModel

# In the order they take place. What a stage calls that is a stage of its own is not counted in it.
STAGES: dict[str, tuple[Any, str]] = {
    "split at blanks (Arrow)": (newsclf.scoretable, "flat_chunks"),
    "look every piece up": (ChunkIndex, "find"),
    "score pieces never met": (ScoreTable, "_rows"),
    "gather scores and add them up": (ScoreTable, "_add_up"),
    "slices, fixed point to floats": (ScoreTable, "sums"),
    "divide by the root of the length, add the bias": (TopicModel, "scores"),
    "temperature and softmax": (Calibration, "probabilities"),
    "most probable category": (newsclf.predictor, "_largest"),
    "check the input, list of labels": (newsclf.Predictor, "predict"),
}
_CALLS = 15


def stage_table(data: Path, model: Path) -> list[dict[str, Any]]:
    """Return the milliseconds and share of each stage, medians over several calls, and of the floor beside them."""
    one_thread()
    texts = pq.read_table(data / "headlines.parquet")["text"].combine_chunks()
    predictor = newsclf.load(model)
    predictor.predict(texts)
    floor = PEERS["floor"].load(model)
    calls: dict[str, list[float]] = defaultdict(list)
    for _ in range(_CALLS):
        begin = time.process_time()
        floor(texts)
        calls["floor"].append(time.process_time() - begin)
        for name, seconds in timed_stages(lambda: predictor.predict(texts)).items():
            calls[name].append(seconds)
    medians = {name: statistics.median(seconds) for name, seconds in calls.items()}
    whole = sum(medians[name] for name in STAGES)
    return [
        {"stage": name, "milliseconds": 1000 * medians[name], "share": medians[name] / whole}
        for name in (*STAGES, "floor")
    ]


def timed_stages(call: Callable[[], Any]) -> dict[str, float]:
    """Return the seconds that each stage takes in a call."""
    spent = dict.fromkeys(STAGES, 0.0)
    with _timed(spent):
        call()
    return spent


@contextmanager
def _timed(spent: dict[str, float]) -> Iterator[None]:
    """Put a clock around every stage for a while."""
    originals = {name: getattr(owner, attribute) for name, (owner, attribute) in STAGES.items()}
    inner = [0.0]

    def clocked(name: str) -> Callable[..., Any]:
        def run(*arguments: Any, **named: Any) -> Any:
            inner.append(0.0)
            begin = time.process_time()
            try:
                return originals[name](*arguments, **named)
            finally:
                seconds = time.process_time() - begin
                spent[name] += seconds - inner.pop()
                inner[-1] += seconds

        return run

    for name, (owner, attribute) in STAGES.items():
        setattr(owner, attribute, clocked(name))
    try:
        yield
    finally:
        for name, (owner, attribute) in STAGES.items():
            setattr(owner, attribute, originals[name])
