"""The card of a saved model: what it is for, what it was trained on, how good it is and how to build it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from jinja2 import Environment, PackageLoader, StrictUndefined

from newsclf.errors import ModelError
from newsclf.files import replaced_file
from newsclf.records import fingerprint
from newsclf.slices import SPLITS
from newsclf.sources.card import read_card
from newsclf.taxonomy import categories
from newsclf.topicmodel import MANIFEST_FILE, WEIGHTS_FILE, TopicModel
from newsclf.views import VIEWS

CARD_FILE = "README.md"

_NEEDED = ("name", "parameters", "metrics", "datasets", "sources")
# A slice with fewer texts is not called the weakest.
_TEXTS_TO_BE_JUDGED_BY = 50


def training_sources(records: pa.Table, cards: Sequence[str | Path]) -> list[dict[str, Any]]:
    """Return what a model's manifest tells of each source it was trained on.

    Parameters
    ----------
    records : pyarrow.Table
        The record table of what was trained on.
    cards : sequence of str or Path
        The source cards of the experiment.

    Returns
    -------
    list of dict
        For each source with a record: ``name``, ``description``, ``homepage``, ``licence``,
        ``records`` (number), ``labels`` (number by origin of the label), ``styles`` (number by
        style) and ``fingerprint``. ``none`` stands for records without a label or style.

    Raises
    ------
    ConfigurationError
        If there is no such card.
    """
    found = []
    for card in map(read_card, cards):
        own = records.filter(pc.equal(records["source"], card.name))
        if len(own) == 0:
            continue
        found.append(
            {
                "name": card.name,
                "description": card.description,
                "homepage": card.homepage,
                "licence": card.licence,
                "records": len(own),
                "labels": _counts(own["label_origin"]),
                "styles": _counts(own["style"]),
                "fingerprint": fingerprint(own),
            }
        )
    return found


def write_model_card(model_folder: Path, run: Mapping[str, Any], name: str = "") -> Path:
    """Write the card of a saved model into its folder, as README.md.

    Parameters
    ----------
    model_folder : Path
        A saved model whose manifest has ``name``, ``parameters``, ``metrics``, ``datasets`` and
        ``sources`` (from `training_sources`).
    run : mapping
        The content of run.json, for the date and the commit.
    name : str
        What the card calls the model; its folder's name where not given.

    Returns
    -------
    Path
        Of the card.

    Raises
    ------
    ModelError
        If the folder holds no model, or its manifest doesn't tell enough.
    InputError
        If the card can't be written.
    """
    model = TopicModel.load(model_folder)
    manifest = model.manifest
    for needed in _NEEDED:
        if needed not in manifest:
            raise ModelError(f"{model_folder / MANIFEST_FILE}: the manifest has no {needed!r}; train the model again")
    size = sum((model_folder / name).stat().st_size for name in (MANIFEST_FILE, WEIGHTS_FILE))
    tests = _tests(manifest["metrics"])
    environment = Environment(
        loader=PackageLoader("newsclf"),
        autoescape=False,  # noqa: S701 - Markdown, not HTML
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["cell"] = _cell
    card = environment.get_template("modelcard.md").render(
        folder=name or model_folder.name,
        model=model,
        manifest=manifest,
        date=str(run.get("ended_at", ""))[:10],
        commit=str(run.get("git_commit", ""))[:10],
        megabytes=size / 1e6,
        darija=sum(source["styles"].get("darija", 0) for source in manifest["sources"]),
        categories={each.id: each for each in categories()},
        views=[test for test in tests if test["slice"] in VIEWS],
        weakest_category=_weakest_category(model.categories, tests),
        weakest_slice=_weakest_slice(tests),
        slices=[test for test in tests if test["split"] == "test" and test["slice"] not in VIEWS],
    )
    path = model_folder / CARD_FILE
    with replaced_file(path) as aside:
        aside.write_text(card, encoding="utf-8")
    return path


def _counts(column: pa.ChunkedArray) -> dict[str, int]:
    counts = pc.value_counts(pc.fill_null(column, "none")).to_pylist()
    return {each["values"]: each["counts"] for each in sorted(counts, key=lambda each: str(each["values"]))}


def _tests(metrics: Mapping[str, float]) -> list[dict[str, Any]]:
    """Return the metrics of each test and slice: what is behind ``<split>.<slice>.`` of each name, the test first."""
    found: dict[tuple[str, str], dict[str, float]] = {}
    for name, value in metrics.items():
        split, _, rest = name.partition(".")
        part, _, metric = rest.partition(".")
        if f"{split}.{part}.count" in metrics:
            found.setdefault((split, part), {})[metric] = value
    order = {name: place for place, name in enumerate(SPLITS)}
    keys = sorted(
        found,
        key=lambda key: (
            order.get(key[0], len(order)),
            key[0],
            VIEWS.index(key[1]) if key[1] in VIEWS else len(VIEWS),
            key[1],
        ),
    )
    return [{"split": split, "slice": part, "metrics": found[split, part]} for split, part in keys]


def _weakest_category(names: Sequence[str], tests: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Return the category with the lowest F1 in the first test."""
    if not tests:
        return None
    f1 = {name: tests[0]["metrics"][f"f1.{name}"] for name in names}
    weakest = min(f1, key=lambda name: f1[name])
    return {"id": weakest, "f1": f1[weakest], **{key: tests[0][key] for key in ("split", "slice")}}


def _weakest_slice(tests: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Return the slice of the test with the lowest accuracy, among those of enough texts."""
    large = [test for test in tests if test["split"] == "test" and test["metrics"]["count"] >= _TEXTS_TO_BE_JUDGED_BY]
    return min(large, key=lambda test: test["metrics"]["accuracy"], default=None)


def _cell(value: Any) -> str:
    """Return a value as it can stand in a cell of a Markdown table."""
    return " ".join(str(value).replace("|", "\\|").split())
