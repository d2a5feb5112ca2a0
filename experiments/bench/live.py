"""The live line: how long ``newsclf tag -`` takes to answer a line, beside a process that only repeats it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from bench.processes import ONE_THREAD

WARM_UP_LINES = 1_000
LINES = 5_000
_REPEAT = "import sys\nfor line in sys.stdin.buffer: sys.stdout.buffer.write(line); sys.stdout.buffer.flush()"


def live_lines(work: Path, model: Path, say: Callable[[str], None]) -> list[dict[str, Any]]:
    """Send headlines one by one, each when the one before is answered.

    Parameters
    ----------
    work : Path
        Folder with the benchmark's headlines.
    model : Path
        Model folder.
    say : callable
        Told what is being done.

    Returns
    -------
    list of dict
        For ``newsclf tag -`` and for a process that repeats its input: the median and the 95th and 99th
        percentile of the time from sending a line to having its answer, in milliseconds of the clock.
        No headline is sent twice, so the words that a line is the first to bring are in these times.
    """
    say("answering headlines one by one")
    texts = pq.read_table(work / "headlines.parquet", columns=["text"])["text"].unique()
    lines = [f"{' '.join(text.split())}\n".encode() for text in texts.slice(0, WARM_UP_LINES + LINES).to_pylist()]
    commands = {
        "newsclf tag -": [sys.executable, "-m", "newsclf", "tag", "-", "--format", "jsonl", "--model", str(model)],
        "the line repeated": [sys.executable, "-c", _REPEAT],
    }
    results = []
    for name, command in commands.items():
        milliseconds = 1_000 * _answer_times(command, lines)[WARM_UP_LINES:]
        middle, most, nearly_all = np.percentile(milliseconds, (50, 95, 99))
        results.append(
            {
                "process": name,
                "lines": milliseconds.size,
                "median_ms": float(middle),
                "p95_ms": float(most),
                "p99_ms": float(nearly_all),
            }
        )
    return results


def _answer_times(command: Sequence[str], lines: Sequence[bytes]) -> np.ndarray:
    seconds = np.empty(len(lines))
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, **ONE_THREAD}
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for number, line in enumerate(lines):
            start = perf_counter()
            process.stdin.write(line)
            process.stdin.flush()
            if not process.stdout.readline():
                raise RuntimeError(f"{' '.join(command)} gave no answer")
            seconds[number] = perf_counter() - start
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} failed")
    return seconds
