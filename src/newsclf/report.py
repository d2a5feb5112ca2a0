"""The report of a run: one HTML page that needs nothing else, and the table of errors beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from jinja2 import Environment, PackageLoader, StrictUndefined
from sklearn.metrics import confusion_matrix

from newsclf.evaluation import BOOTSTRAP_DRAWS, CALIBRATION_BINS, Judged, coverage_curve, measure, reliability
from newsclf.files import replaced_file
from newsclf.predictor import Predictor
from newsclf.slices import SMALLEST_SLICE, Part, parts, slices
from newsclf.taxonomy import categories
from newsclf.text import normalise, split
from newsclf.topicmodel import TopicModel

REPORT_FILE = "report.html"

_WORDS_OF_A_CATEGORY = 20
_WORDS_OF_AN_ERROR = 8
_ERRORS_OF_THE_FIRST_SPLIT = 25
_ERRORS_OF_OTHER_SPLITS = 10
# What would read 0.00.
_SMALLEST_CONTRIBUTION = 0.005
_LONGEST_TEXT = 280
_POINTS_OF_A_CURVE = 120
# The same model gives the same probability but for rounding; another model hardly ever does.
_SAME_PROBABILITY = 1e-3

_ABOUT_SPLITS = {
    "test": "Texts that were neither trained on nor used to choose anything.",
    "later": "A model trained on the earlier four fifths of the dated texts, judged on the rest.",
    "unseen-source": "Each source judged by a model that was trained on the other sources.",
    "folds": "Cross-validation: each text judged by a model that was not trained on its group.",
    "dev": "Texts that were not trained on, but by which settings may have been chosen.",
}


def errors_table(predictions: pa.Table, predictor: Predictor | None) -> pa.Table:
    """Return the predictions that are wrong, the most confidently wrong first.

    Parameters
    ----------
    predictions : pyarrow.Table
        Of a run.
    predictor : Predictor or None
        On the run's model; None for a model that can't explain itself.

    Returns
    -------
    pyarrow.Table
        With the columns ``id``, ``split``, ``view``, ``source``, ``kind``, ``text``, ``category``,
        ``predicted``, ``probability`` (of the predicted category) and ``confident``; with a
        predictor also ``contributions``: the words that count most in the scores of the predicted
        category less those of the right one, as text. It is null where the prediction is another
        model's, as in cross-validation.

    Examples
    --------
    >>> row = {"id": "1", "split": "test", "view": "headline", "source": "written", "kind": "headline",
    ...        "text": "ضربة جزاء", "category": "sport", "predicted": "security", "confident": True,
    ...        "p.security": 0.8, "p.sport": 0.2}
    >>> errors_table(pa.Table.from_pylist([row]), None).select(["text", "probability"]).to_pylist()
    [{'text': 'ضربة جزاء', 'probability': 0.8}]
    """
    wrong = _worst_first(predictions)
    columns = ["id", "split", "view", "source", "kind", "text", "category", "predicted", "probability", "confident"]
    table = wrong.select(columns)
    if predictor is None:
        return table
    told = [
        None if found is None else "، ".join(f"{word} {value:+.2f}" for word, value in found)
        for found in _contributions(wrong, predictor)
    ]
    return table.append_column("contributions", pa.array(told, pa.string()))


def write_report(
    run: Mapping[str, Any],
    predictions: pa.Table,
    model: TopicModel | None,
    baselines: Sequence[Mapping[str, Any]],
    folder: Path,
) -> Path:
    """Write the report of a run as ``report.html``.

    The page loads nothing from anywhere. The same run gives the same bytes.

    Parameters
    ----------
    run : mapping
        The content of run.json.
    predictions : pyarrow.Table
        The run's predictions.
    model : TopicModel or None
        The run's model, if it is one of ours.
    baselines : sequence of mapping
        The contents of run.json of runs on the same test.
    folder : Path
        The run folder.

    Returns
    -------
    Path
        Of the page.

    Raises
    ------
    InputError
        If it can't be written.
    """
    predictor = Predictor(model) if model is not None else None
    splits = [
        _split(name, list(of_split), predictor, first=place == 0)
        for place, (name, of_split) in enumerate(groupby(parts(predictions), key=lambda part: part.split))
    ]
    environment = Environment(
        loader=PackageLoader("newsclf"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("report.html").render(
        run={"started_at": "", "git_commit": "", "git_dirty": "", "datasets": [], "parameters": {}, **run},
        names={each.id: each for each in categories()},
        splits=splits,
        ranking=_ranking(run, baselines, splits[0]) if splits else [],
        words=_strongest_words(model, predictions) if model is not None else {},
        smallest_slice=SMALLEST_SLICE,
        draws=BOOTSTRAP_DRAWS,
        bins=CALIBRATION_BINS,
    )
    path = folder / REPORT_FILE
    with replaced_file(path) as aside:
        aside.write_text(page, encoding="utf-8")
    return path


def _split(name: str, of_split: Sequence[Part], predictor: Predictor | None, *, first: bool) -> dict[str, Any]:
    """Return what the report shows of one split."""
    views = [
        _view(part, predictor, _ERRORS_OF_THE_FIRST_SPLIT if first else _ERRORS_OF_OTHER_SPLITS) for part in of_split
    ]
    lowest = min(accuracy for view in views for _, accuracy in view["curve"])
    return {
        "name": name,
        "about": _ABOUT_SPLITS.get(name, ""),
        "views": views,
        "curve_floor": min(0.9, np.floor(lowest * 10) / 10),
    }


def _view(part: Part, predictor: Predictor | None, shown_errors: int) -> dict[str, Any]:
    judged = part.judged
    probability = judged.probabilities.max(axis=1)
    measured_slices = [(each, measure(judged.where(each.mask))) for each in slices(part.predictions)]
    return {
        "name": part.view,
        "categories": judged.categories,
        "metrics": measure(judged),
        "confusion": _confusion(judged),
        "slices": [
            {"group": group, "rows": [(each.name, metrics) for each, metrics in of_group]}
            for group, of_group in groupby(measured_slices, key=lambda pair: pair[0].group)
        ],
        "slices_floor": min((metrics["accuracy.low"] for _, metrics in measured_slices), default=0.0),
        "bins": reliability(probability, judged.right),
        "curve": _curve(probability, judged.right),
        "errors": _shown_errors(part.predictions, predictor, shown_errors),
        "error_count": int((~judged.right).sum()),
    }


def _confusion(judged: Judged) -> list[dict[str, Any]]:
    """Return a row for each true category: its name, and count and share of each predicted one."""
    counts = confusion_matrix(judged.truth, judged.predicted, labels=list(judged.categories))
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return [
        {"name": name, "cells": list(zip(counts[row].tolist(), shares[row].tolist(), strict=True))}
        for row, name in enumerate(judged.categories)
    ]


def _curve(probability: npt.NDArray[np.floating], right: npt.NDArray[np.bool_]) -> list[tuple[float, float]]:
    """Return the points of the coverage curve to draw, without its first twentieth, where it jumps."""
    coverage, accuracy = coverage_curve(probability, right)
    places = np.unique(np.linspace(coverage.size // 20, coverage.size - 1, _POINTS_OF_A_CURVE).astype(int))
    return list(zip(coverage[places].tolist(), accuracy[places].tolist(), strict=True))


def _ranking(
    run: Mapping[str, Any], baselines: Sequence[Mapping[str, Any]], first: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return this run and the baselines on the views of the first split, the best first."""
    views = [view["name"] for view in first["views"]]
    rows = [
        {
            "name": each["name"],
            "family": each["family"],
            "is_this": each is run,
            "fit_seconds": each["metrics"].get("training.fit_seconds"),
            "views": [_of_view(each["metrics"], f"{first['name']}.{view}.") for view in views],
        }
        for each in [run, *baselines]
    ]
    return sorted(rows, key=lambda row: -row["views"][0].get("accuracy", 0.0))


def _of_view(metrics: Mapping[str, float], prefix: str) -> dict[str, float]:
    return {name.removeprefix(prefix): value for name, value in metrics.items() if name.startswith(prefix)}


def _worst_first(predictions: pa.Table) -> pa.Table:
    """Return the wrong predictions with the column ``probability``, the most probable first."""
    names = [name for name in predictions.column_names if name.startswith("p.")]
    probability = pc.max_element_wise(*[predictions[name] for name in names])
    table = predictions.append_column("probability", probability)
    wrong = table.filter(pc.not_equal(table["category"], table["predicted"]))
    keys = [("probability", "descending"), ("id", "ascending"), ("split", "ascending"), ("view", "ascending")]
    return wrong.sort_by(keys)


def _contributions(wrong: pa.Table, predictor: Predictor) -> list[list[tuple[str, float]] | None]:
    """Return, for each prediction, its weightiest words; None where the predictor predicts something else."""
    if len(wrong) == 0:
        return []
    rows = wrong.select(["text", "category", "predicted", "probability"]).to_pylist()
    now = predictor.predict_batch(wrong["text"]).probability
    own = np.abs(now - wrong["probability"].to_numpy()) < _SAME_PROBABILITY
    return [_weightiest(row, predictor) if same else None for row, same in zip(rows, own, strict=True)]


def _weightiest(row: Mapping[str, Any], predictor: Predictor) -> list[tuple[str, float]]:
    """Return the words that move the scores most between the right and the predicted category."""
    total: dict[str, float] = {}
    for word, contribution in predictor.explain(row["text"]):
        difference = contribution[row["predicted"]] - contribution[row["category"]]
        total[word] = total.get(word, 0.0) + difference
    telling = [(word, value) for word, value in total.items() if abs(value) >= _SMALLEST_CONTRIBUTION]
    return sorted(telling, key=lambda item: (-abs(item[1]), item[0]))[:_WORDS_OF_AN_ERROR]


def _shown_errors(predictions: pa.Table, predictor: Predictor | None, number: int) -> list[dict[str, Any]]:
    wrong = _worst_first(predictions).slice(0, number)
    told = _contributions(wrong, predictor) if predictor else [None] * len(wrong)
    return [
        {**row, "text": _shortened(row["text"]), "contributions": found}
        for row, found in zip(wrong.to_pylist(), told, strict=True)
    ]


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT].rsplit(maxsplit=1)[0] + " …"


def _strongest_words(model: TopicModel, predictions: pa.Table) -> dict[str, list[tuple[str, float]]]:
    """Return, for each category, the words that speak most for it, with their lead over the next category.

    Ordered by the lead times the square root of how much the word weighs in the evaluated texts:
    by the lead alone rare words come first, by what words add in total the particles do.
    """
    use = _use_of_words(model, predictions["text"].combine_chunks())
    ranked = np.sort(model.word_scores, axis=1)
    strongest = {}
    for column, name in enumerate(model.categories):
        own = model.word_scores[:, column]
        lead = own - np.where(own == ranked[:, -1], ranked[:, -2], ranked[:, -1])
        weight = lead * np.sqrt(use)
        rows = np.argsort(-weight, kind="stable")[:_WORDS_OF_A_CATEGORY]
        strongest[name] = [(model.vocabulary[row], float(lead[row])) for row in rows if weight[row] > 0]
    return strongest


def _use_of_words(model: TopicModel, texts: pa.Array) -> npt.NDArray[np.float64]:
    """Return how much each word of the vocabulary weighs in texts: the sum of n^(-1/2) over its occurrences."""
    found = split(texts)
    lengths = np.diff(found.starts)
    weights = np.bincount(found.codes, np.repeat(1 / np.sqrt(lengths), lengths), len(found.chunks))
    use = np.zeros(len(model.vocabulary))
    for chunk, weight in zip(found.chunks.to_pylist(), weights, strict=True):
        for word in normalise(chunk).split():
            if word in model.place:
                use[model.place[word]] += weight
    return use
