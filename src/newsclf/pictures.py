"""Pictures of how good predictions are: confusion, figures for each category, reliability, coverage."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from textwrap import fill

import numpy as np
import pyarrow as pa
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.metrics import confusion_matrix

from newsclf.evaluation import coverage_curve, measure, reliability
from newsclf.files import replaced_file
from newsclf.slices import Part, parts
from newsclf.taxonomy import categories, category_ids

_COLOURS = ("#2a6f97", "#c8553d", "#588157")
_GREY = "#8a8f98"
_DOTS_PER_INCH = 130


def draw_pictures(predictions: pa.Table, folder: Path) -> list[Path]:
    """Draw the predictions of the test, or of the first split there is.

    The same predictions give the same bytes.

    Parameters
    ----------
    predictions : pyarrow.Table
        Of a run.
    folder : Path
        Where to write ``confusion-<view>.png``, ``per-class.png``, ``reliability.png`` and
        ``coverage.png``.

    Returns
    -------
    list of Path

    Raises
    ------
    InputError
        If the folder can't be written.
    """
    every = parts(predictions)
    if not every:
        return []
    shown = [part for part in every if part.split == every[0].split]
    figures = {f"confusion-{part.view}.png": _confusion(part) for part in shown}
    figures |= {
        "per-class.png": _per_class(shown),
        "reliability.png": _reliability(shown),
        "coverage.png": _coverage(shown),
    }
    for name, figure in figures.items():
        with replaced_file(folder / name) as aside:
            # No name of the drawing program: another version would change the bytes of the same picture.
            figure.savefig(aside, format="png", dpi=_DOTS_PER_INCH, metadata={"Software": None})
    return [folder / name for name in figures]


def _confusion(part: Part) -> Figure:
    judged = part.judged
    names = _in_order(judged.categories)
    counts = confusion_matrix(judged.truth, judged.predicted, labels=names)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    side = 2.6 + 0.95 * len(names)
    figure = Figure(figsize=(side + 0.6, side), layout="constrained")
    axes = figure.subplots()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row, column in np.ndindex(counts.shape):
        dark = shares[row, column] > 0.5
        axes.text(
            column,
            row,
            f"{counts[row, column]:,}\n{shares[row, column]:.1%}",
            ha="center",
            va="center",
            color="white" if dark else "black",
        )
    labels = [_label(name) for name in names]
    axes.set_xticks(range(len(names)), labels)
    axes.set_yticks(range(len(names)), labels)
    axes.tick_params(length=0)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    axes.set_title(_title(part), fontsize="medium")
    return figure


def _per_class(shown: Sequence[Part]) -> Figure:
    figure = Figure(figsize=(1.2 + 4.2 * len(shown), 5.2), layout="constrained")
    panels = figure.subplots(1, len(shown), sharey=True, squeeze=False)[0]
    for axes, part in zip(panels, shown, strict=True):
        metrics = measure(part.judged)
        names = _in_order(part.judged.categories)
        for place, (metric, colour) in enumerate(zip(("precision", "recall", "f1"), _COLOURS, strict=True)):
            values = [metrics[f"{metric}.{name}"] for name in names]
            bars = axes.barh(np.arange(len(names)) + (place - 1) * 0.27, values, 0.25, color=colour, label=metric)
            axes.bar_label(bars, fmt="%.3f", padding=2, fontsize="x-small")
        axes.set_yticks(range(len(names)), [_label(name) for name in names])
        axes.set_xlim(0, 1.12)
        axes.set_xticks(np.linspace(0, 1, 6))
        axes.set_title(_title(part), fontsize="medium")
        _bare(axes)
    panels[0].invert_yaxis()
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False)
    return figure


def _reliability(shown: Sequence[Part]) -> Figure:
    figure = Figure(figsize=(5.6, 5.4), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color=_GREY, linestyle="--", linewidth=1, label="perfectly honest")
    for part, colour in zip(shown, _COLOURS, strict=False):
        judged = part.judged
        bins = reliability(judged.probabilities.max(axis=1), judged.right)
        at = [each.probability for each in bins], [each.accuracy for each in bins]
        error = measure(judged)["calibration_error"]
        axes.scatter(*at, [8 + 300 * each.share for each in bins], color=colour, alpha=0.8)
        # The legend gets a dot of its own: the first bin's may be too small to see.
        axes.scatter([], [], 30, color=colour, label=f"{part.view} (calibration error {error:.3f})")
    axes.set_xlabel("probability of the predicted category (dots as large as the share of texts)")
    axes.set_ylabel("share right")
    axes.set_xlim(0, 1.03)
    axes.set_ylim(0, 1.03)
    axes.set_title(f"Reliability, {shown[0].split}", fontsize="medium")
    axes.legend(loc="upper left", frameon=False)
    _bare(axes)
    return figure


def _coverage(shown: Sequence[Part]) -> Figure:
    figure = Figure(figsize=(6.2, 4.6), layout="constrained")
    axes = figure.subplots()
    lowest = 1.0
    for part, colour in zip(shown, _COLOURS, strict=False):
        judged = part.judged
        coverage, accuracy = coverage_curve(judged.probabilities.max(axis=1), judged.right)
        axes.plot(coverage, accuracy, color=colour, label=part.view)
        # The very first texts make the curve jump; the picture is of the rest.
        lowest = min(lowest, float(accuracy[coverage >= 0.1].min()))
        if judged.confident.any():
            share, right = judged.confident.mean(), judged.right[judged.confident].mean()
            label = f"confident: {share:.1%}, {right:.1%} right"
            axes.plot(share, right, "o", color=colour, markeredgecolor="white", label=label)
    axes.set_xlabel("share of texts answered, the most probable first")
    axes.set_ylabel("share of those right")
    axes.set_xlim(0, 1.02)
    axes.set_ylim(max(0.0, np.floor(lowest * 20) / 20 - 0.05), 1.01)
    axes.set_title(f"Coverage and accuracy, {shown[0].split}", fontsize="medium")
    axes.legend(loc="lower left", frameon=False)
    _bare(axes)
    return figure


def _in_order(names: Sequence[str]) -> list[str]:
    """Return categories as the taxonomy has them, so that the pictures of two models can be laid side by side."""
    known = category_ids()
    return sorted(names, key=lambda name: (known.index(name) if name in known else len(known), name))


def _label(category: str) -> str:
    """Return a category's Arabic and English name, one above the other."""
    known = {each.id: each for each in categories()}
    return f"{known[category].arabic}\n{fill(known[category].english, 14)}" if category in known else category


def _title(part: Part) -> str:
    judged = part.judged
    return f"{part.view}, {part.split}: {judged.truth.size:,} texts, accuracy {judged.right.mean():.3f}"


def _bare(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color=_GREY, alpha=0.25)
    axes.set_axisbelow(True)
