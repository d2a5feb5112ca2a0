"""``python -m bench``: measure everything, print the tables, and with --publish put them into the README."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from bench.comparison import compare
from bench.data import corpora_folder
from bench.live import live_lines
from bench.picture import draw
from bench.processes import run
from bench.scaling import file_jobs, fit_curve
from bench.stages import stage_table
from bench.tables import markdown, put_between_marks
from newsclf.sources.card import repository_root

HERE = Path(__file__).resolve().parent


def main(arguments: Sequence[str]) -> None:
    """Run the benchmark."""
    options = _parser().parse_args(arguments)
    work = options.work
    (work / "models").mkdir(parents=True, exist_ok=True)
    if corpora_folder() is None:
        say("the corpora are not here (NEWSCLF_CORPORA names them): measuring on the project's own texts, repeated")
    say("preparing texts")
    results_file = work / "results.json"
    results: dict[str, Any] = {}
    if results_file.is_file():
        results = json.loads(results_file.read_text(encoding="utf-8"))
    # In a process of its own, whose memory is then free for what is measured.
    data = json.loads(run([sys.executable, "-m", "bench.data", work]).output.splitlines()[-1])
    load_before = os.getloadavg()[0]
    if "peers" in options.parts:
        results["data"] = data
        results["rounds"] = options.rounds
        results.update(compare(work, work / "models", options.rounds, data, say))
        results["machine"] = {**machine(), "load_before": load_before, "load_after": os.getloadavg()[0]}
    if "stages" in options.parts:
        say("timing the stages of the hot path")
        results["stages"] = stage_table(work, work / "models" / "newsclf")
    if "curve" in options.parts:
        results["fit_curve"] = fit_curve(work, say)
    if "live" in options.parts:
        results["live"] = live_lines(work, work / "models" / "newsclf", say)
    if "files" in options.parts:
        results["file_jobs"] = file_jobs(work, work / "models" / "newsclf", work, (1, 2), say)
    results_file.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    text = markdown(results)
    print(text)
    if options.publish:
        (HERE / "results.json").write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
        draw(results, HERE / "headlines-per-second.png")
        put_between_marks(HERE / "README.md", text)


PARTS = ("peers", "stages", "curve", "live", "files")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="experiments/bench/run PYTHON", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="how often every peer is measured")
    parser.add_argument(
        "--parts", nargs="+", choices=PARTS, default=list(PARTS), help="what to measure; the rest stays as it was"
    )
    parser.add_argument("--work", type=Path, default=repository_root() / "work" / "bench", help="folder to work in")
    parser.add_argument("--publish", action="store_true", help="put the results into experiments/bench")
    return parser


def machine() -> dict[str, Any]:
    """Return what the results were measured with."""
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "pyarrow": pa.__version__,
        "processor": processor_name(),
        "cores": os.cpu_count(),
    }


def processor_name() -> str:
    """Return the name of the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def say(message: str) -> None:
    """Tell on standard error what is being done."""
    print(message, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
