"""One measurement in a process of its own: ``python -m bench.job fit|predict PEER DATA MODEL``."""

from __future__ import annotations

import json
import resource
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from bench.peers import PEERS, Predict

_WARM_SECONDS = 1.0
_FEWEST_PASSES, _MOST_PASSES = 1, 9


def main(arguments: list[str]) -> None:
    """Do one job and print what was measured as JSON."""
    job, peer, data, model = arguments
    one_thread()
    print(json.dumps(JOBS[job](peer, Path(data), Path(model))))


def one_thread() -> None:
    """Let Arrow work in one thread; the environment says so to the others."""
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)


def fit(peer: str, data: Path, model: Path) -> dict[str, Any]:
    """Train a peer."""
    table = pq.read_table(data / "train.parquet")
    texts, labels = table["text"].to_pylist(), table["label"].to_pylist()
    begin, begin_wall = time.process_time(), time.perf_counter()
    PEERS[peer].fit(texts, labels, model)
    return {
        "fit_seconds": time.process_time() - begin,
        "fit_wall_seconds": time.perf_counter() - begin_wall,
        "fit_peak_bytes": peak_bytes(),
        "model_bytes": sum(file.stat().st_size for file in model.iterdir()),
    }


def predict(peer: str, data: Path, model: Path) -> dict[str, Any]:
    """Predict headlines and articles as often as a second allows, and the test once."""
    take = _arrow if PEERS[peer].takes_arrow else _list
    labels_of = PEERS[peer].load(model)
    measured: dict[str, Any] = {}
    for kind in ("headlines", "articles"):
        texts = take(data / f"{kind}.parquet")
        first, later = passes(labels_of, texts)
        measured[f"{kind}_first_seconds"] = first
        measured[f"{kind}_seconds"] = statistics.median(later)
        if kind == "headlines":
            measured["headlines_peak_bytes"] = peak_bytes()
    test = pq.read_table(data / "test.parquet")
    found = labels_of(take(data / "test.parquet"))
    if found is not None:
        right = [one == other for one, other in zip(found, test["label"].to_pylist(), strict=True)]
        guideline = [hit for hit, chosen in zip(right, test["guideline"].to_pylist(), strict=True) if chosen]
        measured["accuracy"] = statistics.fmean(right)
        measured["guideline_accuracy"] = statistics.fmean(guideline) if guideline else None
    return measured


def passes(labels_of: Predict, texts: Any) -> tuple[float, list[float]]:
    """Return the seconds that predicting texts takes the first time, and each time after that."""
    first = _seconds(labels_of, texts)
    count = min(max(int(_WARM_SECONDS / max(first, 1e-9)), _FEWEST_PASSES), _MOST_PASSES)
    return first, [_seconds(labels_of, texts) for _ in range(count)]


def _seconds(labels_of: Predict, texts: Any) -> float:
    # Time of the processor, all threads of the process together: another job on the machine disturbs it least.
    begin = time.process_time()
    labels_of(texts)
    return time.process_time() - begin


def peak_bytes() -> int:
    """Return the most memory this process has had."""
    try:
        status = Path("/proc/self/status").read_text(encoding="utf-8")
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    # Not what `getrusage` says: that also counts what the process had before it became this program.
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))


def _arrow(path: Path) -> pa.Array:
    return pq.read_table(path, columns=["text"])["text"].combine_chunks()


def _list(path: Path) -> list[str]:
    texts: list[str] = _arrow(path).to_pylist()
    return texts


JOBS = {"fit": fit, "predict": predict}

if __name__ == "__main__":
    main(sys.argv[1:])
