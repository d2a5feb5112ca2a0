"""What came out of a sweep: each variant's metrics on dev, and its paired difference to the base."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from newsclf.comparison import Difference, compare
from newsclf.errors import InputError
from newsclf.evaluation import Judged, measure
from newsclf.files import replaced_file
from newsclf.predictions import TESTED_VIEWS, judged_from
from newsclf.sweepplan import BASE, Sweep, shown
from newsclf.taxonomy import OTHER

GUIDELINE = "guideline"

_IN_SCOPE = "in_scope_"
# MLflow keeps 8,000 signs of a description.
_MOST_IN_SUMMARY = 40


@dataclass(frozen=True)
class Result:
    """A variant that was tried.

    Attributes
    ----------
    name : str
    changes : mapping of str to value
    run : mapping
        What its run.json says.
    folder : Path
        Its run folder.
    predictions : pyarrow.Table or None
        Of the dev texts that the sweep is judged by; None if the variant failed.
    """

    name: str
    changes: Mapping[str, Any]
    run: Mapping[str, Any]
    folder: Path
    predictions: pa.Table | None


@dataclass(frozen=True)
class Figure:
    """A metric of a variant, with its 95 % interval, beside the base.

    Attributes
    ----------
    texts : int
    value, low, high : float
    difference : Difference or None
        To the base on the same texts; None for the base, and where the variant was not tested on the
        same texts.
    real : bool
        Whether the difference is more than luck.
    """

    texts: int
    value: float
    low: float
    high: float
    difference: Difference | None
    real: bool

    @property
    def verdict(self) -> str:
        """``better``, ``worse``, or nothing where the difference may be luck."""
        if self.difference is None or not self.real:
            return ""
        return "better" if self.difference.difference > 0 else "worse"


@dataclass(frozen=True)
class SweepTable:
    """The results of a sweep.

    Attributes
    ----------
    sweep : Sweep
    results : tuple of Result
        The base first.
    figures : tuple of mapping
        For each result, its figures by metric; empty if it failed.
    """

    sweep: Sweep
    results: tuple[Result, ...]
    figures: tuple[Mapping[str, Figure], ...]

    @property
    def best(self) -> int:
        """The place of the best result: by the first metric, then the next ones; of equals the first."""
        ranks = [
            tuple(figures[name].value if name in figures else -1.0 for name in self.sweep.judged_by)
            for figures in self.figures
        ]
        return max(range(len(ranks)), key=lambda place: ranks[place])

    @property
    def sentence(self) -> str:
        """Which variant is best, by how much, and whether that is more than luck."""
        name = self.sweep.judged_by[0]
        result, figures = self.results[self.best], self.figures[self.best]
        if name not in figures:
            return "No variant finished."
        figure = figures[name]
        said = f"Best by {name}: {result.name}, {_percent(figure.value, figure.low, figure.high)}"
        if figure.difference is None:
            return f"{said}." if result.name == BASE else f"{said}, not on the same texts as the base."
        by = _points(figure.difference)
        return f"{said}, {by} points over the base: {figure.verdict or 'no real difference'}."

    def markdown(self) -> str:
        """Return the table in Markdown, its columns aligned so that a terminal shows it well."""
        heads = ["variant"]
        for name in self.sweep.judged_by:
            heads += [name.removeprefix("dev."), "to base"]
        heads += ["texts trained", "MB", "s", "changes"]
        rows = [self._cells(result, figures) for result, figures in zip(self.results, self.figures, strict=True)]
        widths = [max(len(row[place]) for row in (heads, *rows)) for place in range(len(heads))]
        lines = [_line(heads, widths), _line(["-" * width for width in widths], widths)]
        lines += [_line(row, widths) for row in rows]
        return "\n".join([*lines, "", self.sentence, "", self._note()]) + "\n"

    def summary(self) -> str:
        """Return the best variants by the first metric in Markdown, short enough for a run's description."""
        name = self.sweep.judged_by[0]
        found = [(result, figures[name]) for result, figures in zip(self.results, self.figures, strict=True) if figures]
        found.sort(key=lambda pair: -pair[1].value)
        lines = [self.sentence, "", f"| variant | {name} | to base |", "|---|---|---|"]
        for result, figure in found[:_MOST_IN_SUMMARY]:
            gain = f"{_points(figure.difference)} {figure.verdict}" if figure.difference else ""
            lines.append(f"| {_bare(result.name)[:100]} | {_percent(figure.value, figure.low, figure.high)} | {gain} |")
        return "\n".join(lines) + "\n"

    def csv(self) -> str:
        """Return the table as CSV, every number in full."""
        columns = ["variant", "status"]
        for name in self.sweep.judged_by:
            columns += [name, *(f"{name}.{part}" for part in ("low", "high", "texts"))]
            columns += [f"{name}.difference{part}" for part in ("", ".low", ".high", ".verdict")]
        columns += ["training.texts", "training.fit_seconds", "model.bytes", "changes", "folder", "git_commit", "error"]
        out = io.StringIO()
        writer = csv.DictWriter(out, columns, restval="", lineterminator="\n")
        writer.writeheader()
        for result, figures in zip(self.results, self.figures, strict=True):
            row: dict[str, Any] = {"variant": result.name, "changes": _changes(result), "folder": result.folder.name}
            row |= {name: result.run.get(name, "") for name in ("status", "git_commit", "error")}
            metrics = result.run["metrics"]
            row |= {name: metrics[name] for name in columns if name in metrics}
            for name, figure in figures.items():
                row |= {name: figure.value, f"{name}.low": figure.low, f"{name}.high": figure.high}
                row[f"{name}.texts"] = figure.texts
                if figure.difference is not None:
                    gain = figure.difference
                    row |= {f"{name}.difference": gain.difference, f"{name}.difference.verdict": figure.verdict}
                    row |= {f"{name}.difference.low": gain.low, f"{name}.difference.high": gain.high}
            writer.writerow(row)
        return out.getvalue()

    def _cells(self, result: Result, figures: Mapping[str, Figure]) -> list[str]:
        cells = [result.name]
        for name in self.sweep.judged_by:
            figure = figures.get(name)
            if figure is None:
                cells += ["–", "–"]
                continue
            cells.append(_percent(figure.value, figure.low, figure.high))
            if figure.difference is not None:
                cells.append(f"{_points(figure.difference)} {figure.verdict}".strip())
            else:
                cells.append("" if result.name == BASE else "other texts")
        metrics = result.run["metrics"]
        if not figures:
            return [*cells, "–", "–", "–", f"failed: {result.run.get('error', '')}"]
        size = f"{metrics['model.bytes'] / 1e6:.1f}" if "model.bytes" in metrics else "–"
        return [
            *cells,
            f"{metrics['training.texts']:,.0f}",
            size,
            f"{metrics['training.fit_seconds']:.0f}",
            _changes(result),
        ]

    def _note(self) -> str:
        base = self.figures[0]
        counts = ", ".join(f"{base[name].texts:,} by {name}" for name in self.sweep.judged_by if name in base)
        code = self.results[0].run.get("code")
        others = [result.name for result in self.results if result.run.get("code", code) != code]
        commits = sorted({str(result.run["git_commit"])[:10] for result in self.results if result.run["git_commit"]})
        sentences = [
            f"The base is {self.sweep.experiment}.",
            "Metrics in percent, differences in points, both with 95 % bootstrap intervals, differences paired.",
            "Better or worse: the interval leaves out 0 and, for accuracy, McNemar's test agrees;",
            "where nothing really differs, one variant in twenty looks so by luck.",
            f"Texts of dev: {counts}.",
            "MB: the weights on disk. s: seconds to fit.",
            f"Code: {', '.join(commits)}." if commits else "",
            f"NOT trained by the code that trained the base: {', '.join(others)}; see --renew." if others else "",
        ]
        return " ".join(filter(None, sentences))


def sweep_table(sweep: Sweep, results: Sequence[Result]) -> SweepTable:
    """Return the table of a sweep's results.

    Parameters
    ----------
    sweep : Sweep
    results : sequence of Result
        In the order of the sweep's variants.

    Returns
    -------
    SweepTable
    """
    base = results[0].predictions
    figures = [
        {
            name: figure
            for name in sweep.judged_by
            if result.predictions is not None
            and (figure := _figure(name, result.predictions, base if place else None)) is not None
        }
        for place, result in enumerate(results)
    ]
    return SweepTable(sweep, tuple(results), tuple(figures))


def rows_judged_by(predictions: pa.Table, metrics: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Return which predictions on dev any of some metrics is measured on.

    Parameters
    ----------
    predictions : pyarrow.Table
        Of dev, with the columns view, guideline, label_origin and source.
    metrics : sequence of str
        As in ``dev.annotator.accuracy``; slices are those of `newsclf.predictions.metrics_of`.

    Returns
    -------
    ndarray of bool, shape (n,)

    Examples
    --------
    >>> table = pa.table({"view": ["headline", "headline", "article"], "source": ["hespress", "written", "written"],
    ...                   "label_origin": ["annotator", "author", "author"], "guideline": [False, False, False]})
    >>> rows_judged_by(table, ["dev.annotator.accuracy"]).tolist()
    [True, False, False]
    """
    headlines = pc.equal(predictions["view"], "headline")
    wanted = np.zeros(len(predictions), dtype=np.bool_)
    for name in metrics:
        part = name.split(".")[1]
        if part in TESTED_VIEWS:
            of_part = pc.equal(predictions["view"], part)
        elif part == GUIDELINE:
            of_part = pc.and_(headlines, predictions["guideline"])
        else:
            named = pc.or_(pc.equal(predictions["label_origin"], part), pc.equal(predictions["source"], part))
            of_part = pc.and_(headlines, named)
        wanted |= np.asarray(pc.fill_null(of_part, False).to_numpy(), dtype=np.bool_)
    return wanted


def written_into(file: Path, name: str, text: str) -> None:
    """Put a text between the marks ``<!-- sweep NAME -->`` and ``<!-- end of sweep NAME -->`` of a Markdown file.

    Raises
    ------
    InputError
        If the file can't be read or written, or has no such marks.
    """
    try:
        content = file.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"{file} can't be read: {error.strerror or error}") from error
    begin, end = f"<!-- sweep {name} -->", f"<!-- end of sweep {name} -->"
    before, found, rest = content.partition(f"{begin}\n")
    _, ended, after = rest.partition(end)
    if not (found and ended):
        raise InputError(f"{file} has no place for the table; put the lines {begin!r} and {end!r} where it belongs")
    with replaced_file(file) as aside:
        aside.write_text(f"{before}{begin}\n\n{text.strip()}\n\n{end}{after}", encoding="utf-8")


def _figure(name: str, predictions: pa.Table, base: pa.Table | None) -> Figure | None:
    metric = name.rpartition(".")[2].removeprefix(_IN_SCOPE)
    judged, answers = _judged(predictions, name)
    if len(answers) == 0:
        return None
    found = measure(judged)
    difference, real = None, False
    if base is not None:
        compared = compare(_judged(base, name)[1], answers, split="dev")
        whole = compared.views[0].overall
        if compared.same_records:
            difference = whole.accuracy if metric == "accuracy" else whole.macro_f1
            leaves_out_0 = difference.low > 0 or difference.high < 0
            real = whole.significant if metric == "accuracy" else leaves_out_0
    return Figure(len(answers), found[metric], found[f"{metric}.low"], found[f"{metric}.high"], difference, real)


def _judged(predictions: pa.Table, name: str) -> tuple[Judged, pa.Table]:
    """Return what a metric is measured on: the predictions, and the same as rows that can be compared."""
    rows = predictions.filter(pa.array(rows_judged_by(predictions, [name])))
    judged = judged_from(rows)
    if name.rpartition(".")[2].startswith(_IN_SCOPE):
        rows = rows.filter(pa.array(judged.truth != OTHER))
        judged = judged.among([category for category in judged.categories if category != OTHER])
    answers = rows.select(["id", "split", "view", "text", "category"])
    return judged, answers.append_column("predicted", pa.array(judged.predicted.tolist(), pa.string()))


def _changes(result: Result) -> str:
    return ", ".join(f"{name} = {shown(value)}" for name, value in result.changes.items())


def _percent(value: float, low: float, high: float) -> str:
    return f"{100 * value:.1f} ({100 * low:.1f} to {100 * high:.1f})"


def _points(gain: Difference) -> str:
    return f"{100 * gain.difference:+.1f} ({100 * gain.low:+.1f} to {100 * gain.high:+.1f})"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return f"| {' | '.join(_bare(cell).ljust(width) for cell, width in zip(cells, widths, strict=True))} |"


def _bare(cell: str) -> str:
    """Return a text without the bars and line ends that would end a cell."""
    return re.sub(r"\s*[|\n]\s*", " / ", cell)
