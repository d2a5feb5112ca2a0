"""Running one measurement in a process of its own, on one thread."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


@dataclass(frozen=True)
class Finished:
    """A process that has ended.

    Attributes
    ----------
    output : str
        What it printed.
    cpu_seconds : float
        Time of the processor, its children included.
    """

    output: str
    cpu_seconds: float


def run(command: Sequence[str | Path], **environment: str) -> Finished:
    """Run a command to its end.

    Raises
    ------
    RuntimeError
        If it fails, with the end of what it said.
    """
    process = subprocess.Popen(
        list(map(str, command)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, **ONE_THREAD, "PYTHONPATH": str(Path(__file__).resolve().parents[1]), **environment},
    )
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))} failed: {output[-500:]}")
    return Finished(output, usage.ru_utime + usage.ru_stime)


def run_job(job: str, peer: str, data: Path, model: Path) -> dict[str, Any]:
    """Run one job of `bench.job` and return what it measured."""
    done = run([sys.executable, "-m", "bench.job", job, peer, data, model])
    measured: dict[str, Any] = json.loads(done.output.splitlines()[-1])
    return measured
