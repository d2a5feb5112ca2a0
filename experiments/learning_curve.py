"""How accuracy grows with the number of written items: the plot in data/README.md.

Run as ``python experiments/learning_curve.py --data-root CORPORA``, where CORPORA holds the corpora
that the labels in data/labels belong to. Trains on growing shares of the training part of
data/written (nested, chosen by hash): alone, with the context vectors of data/context, and with
Hespress headlines and leads added too, by the labels of readers where there are any and by section where
there are none. Measures headlines of the guideline set, of which neither
half is ever trained on: dev for the curve, test for its last point.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from matplotlib.figure import Figure

from newsclf.classifier import TopicClassifier
from newsclf.configuration import read_experiment
from newsclf.contextvectors import ContextVectors
from newsclf.experiment import prepare_records
from newsclf.records import read_records
from newsclf.taxonomy import OTHER, category_of_section
from newsclf.views import stacked_views, view_texts

ROOT = Path(__file__).resolve().parents[1]
SHARES = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0)
TESTS = ("guideline, 4 categories", "guideline, 5 categories", "Hespress sections, 4 categories")


def main() -> None:
    """Measure the curve and draw it."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--data-root", type=Path, required=True)
    data_root = parser.parse_args().data_root
    release = read_experiment(ROOT / "experiments" / "release.toml")
    prepared = prepare_records(release, data_root, ROOT / "work")
    records = read_records(prepared.records)
    settings = read_experiment(ROOT / "experiments" / "default.toml")
    vectors = ContextVectors.load(ROOT / settings.training.context.file)
    written = records.filter(_all(records, source="written", split="train"))
    hespress = records.filter(_all(records, source="hespress", split="train"))
    hespress = hespress.filter(pc.is_valid(hespress["category"]))
    guideline, reported = (
        records.filter(_all(records, split=split, label_origin="annotator", role=split)) for split in ("dev", "test")
    )
    sections = _by_section(records.filter(_all(records, source="hespress")))

    # Groups are named by a hash; their order is a draw that grows without changing.
    order = np.argsort(written["group"].to_numpy().astype(str), kind="stable")
    curve = []
    for share in SHARES:
        part = written.take(pa.array(order[: round(share * len(written))]))
        both = pa.concat_tables([part, hespress])
        for added, learnt, context in (
            ("", part, None),
            ("context vectors", part, vectors),
            ("context vectors and Hespress", both, vectors),
        ):
            texts, rows = stacked_views(learnt, settings.training.views, settings.training.lead_words)
            names = np.array(learnt["category"].to_pylist())[rows]
            classifier = TopicClassifier(**settings.model).fit(texts, names, context=context)
            point = {"written": len(part), "added": added}
            point |= _accuracies(classifier, guideline, "guideline")
            if share == 1:
                point |= _accuracies(classifier, reported, "guideline test")
            if "Hespress" not in added:
                point["Hespress sections, 4 categories"] = _accuracies(classifier, sections, "x")["x, 4 categories"]
            curve.append(point)
            print(json.dumps(point, ensure_ascii=False), flush=True)
    (ROOT / "data" / "learning-curve.json").write_text(json.dumps(curve, indent=2) + "\n", encoding="utf-8")
    _draw(curve, ROOT / "data" / "learning-curve.png")


def _by_section(records: pa.Table) -> pa.Table:
    """Return the records whose section is one category, with that for the truth, whatever a reader said."""
    names = [category_of_section(section or "") for section in records["section"].to_pylist()]
    place = records.schema.get_field_index("category")
    named = records.set_column(place, "category", pa.array(names, pa.string()))
    return named.filter(pc.is_valid(named["category"]))


def _all(records: pa.Table, **values: str) -> pa.ChunkedArray:
    mask = None
    for name, value in values.items():
        equal = pc.fill_null(pc.equal(records[name], value), False)
        mask = equal if mask is None else pc.and_(mask, equal)
    return mask


def _accuracies(classifier: TopicClassifier, records: pa.Table, name: str) -> dict[str, float]:
    truth = np.array(records["category"].to_pylist())
    scores = classifier.decision_function(view_texts(records, "headline"))
    inside = truth != OTHER
    columns = classifier.classes_ != OTHER
    four = classifier.classes_[columns][scores[inside][:, columns].argmax(axis=1)]
    return {
        f"{name}, 4 categories": float(np.mean(four == truth[inside])),
        f"{name}, 5 categories": float(np.mean(classifier.classes_[scores.argmax(axis=1)] == truth)),
    }


def _draw(curve: list[dict[str, object]], path: Path) -> None:
    figure = Figure(figsize=(7.5, 5.6), layout="constrained")
    axes = figure.add_subplot()
    for added, style in (("", "-o"), ("context vectors", "--s"), ("context vectors and Hespress", ":^")):
        axes.set_prop_cycle(None)
        points = [point for point in curve if point["added"] == added]
        for test in TESTS:
            if test in points[0]:
                label = test + (f" (with {added})" if added else "")
                axes.plot([p["written"] for p in points], [p[test] for p in points], style, label=label)
    axes.set(xscale="log", xlabel="written items trained on", ylabel="accuracy, headlines")
    ticks = sorted({int(str(point["written"])) for point in curve})
    axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    axes.minorticks_off()
    axes.grid(alpha=0.3)
    axes.legend(fontsize=7)
    figure.savefig(path, dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    main()
