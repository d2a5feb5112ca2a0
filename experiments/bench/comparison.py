"""newsclf beside its peers: each trained once, then measured in turn, round after round."""

from __future__ import annotations

import json
import shutil
import statistics
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bench.peers import PEERS, SAME_MODEL, reason_to_skip
from bench.processes import run, run_job

Say = Callable[[str], None]


def compare(data: Path, models: Path, rounds: int, about: Mapping[str, Any], say: Say) -> dict[str, Any]:
    """Return what was measured of each peer, medians over the rounds, and why some were skipped."""
    skipped = {name: reason for name in PEERS if (reason := reason_to_skip(name))}
    measured: dict[str, dict[str, Any]] = {}
    for name in PEERS:
        if name in skipped or name in SAME_MODEL:
            continue
        try:
            measured[name] = trained(name, data, models, about["records_fingerprint"], say)
        except RuntimeError as error:
            skipped[name] = str(error).splitlines()[-1]
    for name, other in SAME_MODEL.items():
        if other in measured:
            measured[name] = dict(measured[other])
    samples: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for number in range(rounds):
        say(f"round {number + 1} of {rounds}")
        # One peer after the other in every round: what else the machine does then falls on all of them alike.
        for name in measured:
            model = models / SAME_MODEL.get(name, name)
            samples[name].append(run_job("predict", name, data, model))
            if not PEERS[name].takes_arrow:
                started = run([sys.executable, "-m", "bench.cold", name, model])
                samples[name][-1]["cold_seconds"] = started.cpu_seconds
        samples["imports"].append({"cold_seconds": imports_only()})
    for name, several in samples.items():
        measured.setdefault(name, {}).update(medians(several))
    add_rates(measured, about)
    return {"peers": measured, "skipped": skipped, "ratios": ratios(measured), "cold": cold_ratio(samples)}


def trained(name: str, data: Path, models: Path, fingerprint: str, say: Say) -> dict[str, Any]:
    """Train a peer, or take what an earlier run trained on the same records, and return what was measured of it."""
    kept = models / f"{name}.json"
    if kept.is_file():
        found = json.loads(kept.read_text(encoding="utf-8"))
        if found["fingerprint"] == fingerprint:
            return dict(found["measured"])
    say(f"training {name}")
    shutil.rmtree(models / name, ignore_errors=True)
    measured = run_job("fit", name, data, models / name)
    kept.write_text(json.dumps({"fingerprint": fingerprint, "measured": measured}) + "\n", encoding="utf-8")
    return measured


def imports_only() -> float:
    """Return the processor seconds of a process that imports numpy and pyarrow.compute and ends."""
    return run([sys.executable, "-c", "import numpy, pyarrow.compute"]).cpu_seconds


def cold_ratio(samples: Mapping[str, list[dict[str, Any]]]) -> dict[str, float]:
    """Return what importing newsclf, loading the model and tagging a text costs, in imports of numpy and pyarrow."""
    imports = statistics.median(sample["cold_seconds"] for sample in samples["imports"])
    ours = statistics.median(sample["cold_seconds"] for sample in samples["newsclf"])
    return {"imports_seconds": imports, "newsclf_seconds": ours, "ratio": ours / imports}


def medians(samples: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the median of every number over the rounds; what is no number is that of the last round.

    >>> medians([{"a": 1.0, "b": None}, {"a": 3.0, "b": None}, {"a": 2.0, "b": None}])
    {'a': 2.0, 'b': None}
    """
    return {
        name: statistics.median(sample[name] for sample in samples) if isinstance(value, (int, float)) else value
        for name, value in samples[-1].items()
    }


def add_rates(measured: dict[str, dict[str, Any]], about: Mapping[str, Any]) -> None:
    """Put texts a second and megabytes a second beside the seconds they come from."""
    for values in measured.values():
        if "headlines_seconds" in values:
            values["headlines_per_second"] = about["headlines"] / values["headlines_seconds"]
            values["first_headlines_per_second"] = about["headlines"] / values["headlines_first_seconds"]
            values["article_megabytes_per_second"] = about["articles_bytes"] / 1e6 / values["articles_seconds"]


def ratios(measured: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    """Return how many times as fast as each peer newsclf is, from the same kind of input as the peer takes."""
    found: dict[str, dict[str, float]] = {}
    for name, values in measured.items():
        ours = measured.get("newsclf-arrow" if name == "floor" else "newsclf")
        if name.startswith("newsclf") or "headlines_per_second" not in values or ours is None:
            continue
        found[name] = {
            rate: ours[rate] / values[rate] for rate in ("headlines_per_second", "article_megabytes_per_second")
        }
    return found
