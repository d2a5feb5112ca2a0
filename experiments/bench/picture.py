"""The picture of the results."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")

from matplotlib import pyplot as plt

from bench.peers import PEERS

_OURS, _OTHERS, _FLOOR = "#0b6e4f", "#8d99ae", "#d9d9d9"


def draw(results: Mapping[str, Any], path: Path) -> None:
    """Draw headlines a second of every peer, with its accuracy, as bars on a logarithmic scale."""
    peers = {name: peer for name, peer in results["peers"].items() if "headlines_per_second" in peer}
    names = sorted(peers, key=lambda name: peers[name]["headlines_per_second"])
    rates = [peers[name]["headlines_per_second"] for name in names]
    colours = [_FLOOR if name == "floor" else _OURS if name.startswith("newsclf") else _OTHERS for name in names]
    figure, axes = plt.subplots(figsize=(9, 0.5 * len(names) + 1.4), layout="constrained")
    bars = axes.barh([PEERS[name].title for name in names], rates, color=colours)
    axes.bar_label(bars, [_label(peers[name]) for name in names], padding=4, fontsize=9)
    axes.set_xscale("log")
    axes.set_xlim(min(rates) / 3, max(rates) * 40)
    axes.set_xlabel("headlines a second, one thread (logarithmic)")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="x", alpha=0.3)
    axes.set_axisbelow(True)
    figure.savefig(path, dpi=150, metadata={"Software": None})
    plt.close(figure)


def _label(peer: Mapping[str, Any]) -> str:
    rate = f"{peer['headlines_per_second']:,.0f}"
    return f"{rate}   accuracy {peer['accuracy']:.3f}" if peer.get("accuracy") is not None else rate
