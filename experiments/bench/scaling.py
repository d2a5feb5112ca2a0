"""How training grows with the records, and tagging a file with its rows."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq

from bench.data import LEAD_WORDS, SEED
from bench.job import peak_bytes
from bench.peers import default_classifier
from bench.processes import ONE_THREAD, run

Say = Callable[[str], None]

RECORDS = (1_000, 10_000, 100_000)
ROWS = (1_000_000, 10_000_000)
_ROWS_AT_ONCE = 100_000
_WATCH_SECONDS = 0.05


def fit_curve(data: Path, say: Say) -> list[dict[str, Any]]:
    """Return seconds and memory of training on more and more records, each in a process of its own."""
    curve = []
    for count in RECORDS:
        say(f"training on {count:,} records")
        done = run([sys.executable, "-m", "bench.scaling", data / "labelled.parquet", str(count)])
        curve.append(json.loads(done.output.splitlines()[-1]))
    return curve


def fit_on(labelled: Path, count: int) -> dict[str, Any]:
    """Train on headlines and leads of so many records (of all, if there are fewer)."""
    from newsclf.views import stacked_views

    records = pq.read_table(labelled)
    chosen = np.random.default_rng(SEED).permutation(len(records))[:count]
    records = records.take(pa.array(np.sort(chosen)))
    begin, begin_wall = time.process_time(), time.perf_counter()
    texts, rows = stacked_views(records, ("headline", "lead"), LEAD_WORDS)
    labels = np.array(records["category"].to_pylist())[rows]
    classifier = default_classifier(texts, labels)
    classifier.to_topic_model()
    return {
        "records": len(records),
        "texts": len(texts),
        "steps": classifier.n_iter_,
        "seconds": time.process_time() - begin,
        "wall_seconds": time.perf_counter() - begin_wall,
        "peak_bytes": peak_bytes(),
    }


def file_jobs(data: Path, model: Path, folder: Path, workers: tuple[int, ...], say: Say) -> list[dict[str, Any]]:
    """Return rows a second and memory of `newsclf predict` from Parquet to Parquet, for more and more rows."""
    measured = []
    for rows in ROWS:
        source = folder / f"headlines-{rows}.parquet"
        if not source.is_file():
            write_rows(pq.read_table(data / "headlines.parquet")["text"].combine_chunks(), rows, source)
        for count in workers:
            say(f"tagging {rows:,} rows of Parquet, {count} worker{'s' * (count > 1)}")
            target = folder / "tagged.parquet"
            measured.append({"rows": rows, "workers": count, **_file_job(source, target, model, count)})
            tagged = pq.read_metadata(target).num_rows
            if tagged != rows:
                raise RuntimeError(f"{target} has {tagged} rows where {source} has {rows}")
            target.unlink()
    return measured


def write_rows(texts: pa.Array, rows: int, path: Path) -> None:
    """Write a Parquet file of so many texts, the same again and again, with a number for each."""
    schema = pa.schema([("id", pa.int64()), ("text", pa.string())])
    aside = path.with_suffix(".part")
    with pq.ParquetWriter(aside, schema, compression="zstd") as writer:
        for begin in range(0, rows, _ROWS_AT_ONCE):
            numbers = np.arange(begin, min(begin + _ROWS_AT_ONCE, rows))
            columns = [pa.array(numbers), texts.take(pa.array(numbers % len(texts)))]
            writer.write_table(pa.table(columns, schema=schema))
    aside.replace(path)


def _file_job(source: Path, target: Path, model: Path, workers: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "newsclf", "predict", source, target, "--model", model, "--workers", str(workers)]
    begin = time.perf_counter()
    process = psutil.Popen(list(map(str, command)), env={**psutil.Process().environ(), **ONE_THREAD})
    peak = 0
    cpu = 0.0
    while process.poll() is None:
        memory, seconds = _tree(process)
        peak, cpu = max(peak, memory), max(cpu, seconds)
        time.sleep(_WATCH_SECONDS)
    seconds = time.perf_counter() - begin
    if process.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))} ended with {process.returncode}")
    return {"seconds": seconds, "cpu_seconds": cpu, "peak_bytes": peak}


def _tree(process: psutil.Process) -> tuple[int, float]:
    """Return the resident memory of a process and its children together, and their processor seconds."""
    memory, seconds = 0, 0.0
    try:
        for one in (process, *process.children(recursive=True)):
            times = one.cpu_times()
            memory += one.memory_info().rss
            seconds += times.user + times.system
    except psutil.NoSuchProcess:
        # One that ended meanwhile; the next look will see the rest.
        pass
    return memory, seconds


if __name__ == "__main__":
    print(json.dumps(fit_on(Path(sys.argv[1]), int(sys.argv[2]))))
