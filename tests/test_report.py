"""The report shows what was measured, loads nothing, and the errors in it explain themselves."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from newsclf.predictions import metrics_of
from newsclf.predictor import Predictor
from newsclf.report import errors_table, write_report
from newsclf.topicmodel import TopicModel
from tests.prediction_tables import predictions_of, run_predictions

VOID = {"meta", "br"}


class Page(HTMLParser):
    """A page's elements, and whether each was closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[dict[str, str | None], str]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip() and self.elements:
            self.texts.append((self.elements[-1][1], data.strip()))


@pytest.fixture(scope="module")
def predictions(tiny_predictor: Predictor) -> pa.Table:
    return run_predictions(tiny_predictor)


def run_of(predictions: pa.Table, **changes: Any) -> dict[str, Any]:
    return {
        "name": "tiny",
        "family": "newsclf",
        "purpose": "default",
        "started_at": "2025-06-01T10:00:00+00:00",
        "git_commit": "0123456789abcdef",
        "git_dirty": "false",
        "parameters": {"description": "A tiny run.", "model.C": 10.0},
        "metrics": metrics_of(predictions) | {"training.fit_seconds": 1.5},
        "datasets": [{"name": "train", "context": "train", "fingerprint": "f" * 64, "rows": 45, "source": "written"}],
    } | changes


def report_of(folder: Path, *arguments: Any) -> str:
    return write_report(*arguments, folder).read_text(encoding="utf-8")


def test_the_page_is_whole_and_loads_nothing(predictions: pa.Table, tiny_model: TopicModel, tmp_path: Path) -> None:
    page = Page(report_of(tmp_path, run_of(predictions), predictions, tiny_model, []))
    assert page.open == []
    for tag, attributes in page.elements:
        assert tag not in {"link", "script", "img", "iframe", "object"}
        assert "src" not in attributes
        assert (attributes.get("href") or "#").startswith("#")
    assert any(attributes.get("name") == "viewport" for _, attributes in page.elements)
    anchors = {attributes["href"] for tag, attributes in page.elements if tag == "a"}
    targets = {f"#{attributes['id']}" for _, attributes in page.elements if "id" in attributes}
    assert anchors <= targets


def test_the_same_run_gives_the_same_bytes(predictions: pa.Table, tiny_model: TopicModel, tmp_path: Path) -> None:
    run = run_of(predictions)
    assert report_of(tmp_path / "a", run, predictions, tiny_model, []) == report_of(
        tmp_path / "b", run, predictions, tiny_model, []
    )


def test_figures_are_those_of_the_run(predictions: pa.Table, tiny_model: TopicModel, tmp_path: Path) -> None:
    run = run_of(predictions)
    page = report_of(tmp_path, run, predictions, tiny_model, [])
    for name in ("accuracy", "accuracy.low", "accuracy.high", "macro_f1", "log_loss", "f1.sport"):
        assert f"{run['metrics'][f'test.headline.{name}']:.3f}" in page
    assert page.index('id="test"') < page.index('id="dev"')


def test_arabic_is_marked_as_such(predictions: pa.Table, tiny_model: TopicModel, tmp_path: Path) -> None:
    page = Page(report_of(tmp_path, run_of(predictions), predictions, tiny_model, []))
    arabic = [attributes for attributes, text in page.texts if any("\u0600" <= sign <= "\u06ff" for sign in text)]
    assert len(arabic) > 50
    assert all(attributes.get("lang") == "ar" for attributes in arabic)


def test_texts_are_escaped(tiny_predictor: Predictor, tiny_model: TopicModel, tmp_path: Path) -> None:
    table = predictions_of(tiny_predictor, ["<script>alert(1)</script> هدف في مباراة", "حزب & برلمان"], ["other"] * 2)
    page = report_of(tmp_path, run_of(table, name="<b>"), table, tiny_model, [])
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<title>&lt;b&gt;: newsclf report</title>" in page


def test_baselines_stand_beside_the_run_best_first(
    predictions: pa.Table, tiny_model: TopicModel, tmp_path: Path
) -> None:
    run = run_of(predictions)
    worse = {**run, "name": "keyword-list", "family": "keyword", "metrics": {"test.headline.accuracy": 0.2}}
    better = {**run, "name": "union", "metrics": {"test.headline.accuracy": 0.999}}
    page = report_of(tmp_path, run, predictions, tiny_model, [worse, better])
    section = page[page.index('id="baselines"') :]
    assert section.index("union") < section.index("tiny") < section.index("keyword-list")
    assert 'id="baselines"' not in report_of(tmp_path, run, predictions, tiny_model, [])


def test_a_baseline_has_a_report_without_words(predictions: pa.Table, tmp_path: Path) -> None:
    page = report_of(tmp_path, run_of(predictions), predictions, None, [])
    assert 'id="words"' not in page
    assert "taken for" in page
    Page(page)


def test_the_report_of_an_evaluation_needs_no_date_and_no_commit(
    predictions: pa.Table, tiny_model: TopicModel, tmp_path: Path
) -> None:
    run = run_of(predictions)
    for name in ("started_at", "git_commit", "git_dirty"):
        del run[name]
    assert "Headline figures" in report_of(tmp_path, run, predictions, tiny_model, [])


def test_a_run_that_judged_nothing(predictions: pa.Table, tiny_model: TopicModel, tmp_path: Path) -> None:
    assert "No text was judged" in report_of(tmp_path, run_of(predictions), predictions.slice(0, 0), tiny_model, [])


def test_every_error_is_in_the_table_the_surest_first(predictions: pa.Table, tiny_predictor: Predictor) -> None:
    errors = errors_table(predictions, tiny_predictor)
    wrong = predictions.filter(pc.not_equal(predictions["category"], predictions["predicted"]))
    assert sorted(errors["id"].to_pylist()) == sorted(wrong["id"].to_pylist())
    surest = errors["probability"].to_numpy()
    assert (np.diff(surest) <= 0).all()
    assert len(errors) > 2


def test_contributions_are_the_difference_between_the_two_categories(tiny_predictor: Predictor) -> None:
    table = predictions_of(tiny_predictor, ["لاعب لاعب أمام القاضي"], ["security"])
    assert table["predicted"].to_pylist() == ["sport"]
    told = errors_table(table, tiny_predictor)["contributions"][0].as_py()
    wanted: dict[str, float] = {}
    for word, scores in tiny_predictor.explain("لاعب لاعب أمام القاضي"):
        wanted[word] = wanted.get(word, 0.0) + scores["sport"] - scores["security"]
    found = {word: float(value) for word, value in (each.split() for each in told.split("، "))}
    assert found == pytest.approx(wanted, abs=0.006)
    assert [abs(value) for value in found.values()] == sorted(map(abs, found.values()), reverse=True)


def test_an_error_of_another_model_is_not_explained_by_this_one(tiny_predictor: Predictor) -> None:
    table = predictions_of(tiny_predictor, ["لاعب لاعب أمام القاضي"], ["security"])
    place = table.column_names.index("p.sport")
    other = table.set_column(place, "p.sport", pa.array([0.97], pa.float32()))
    assert errors_table(other, tiny_predictor)["contributions"].to_pylist() == [None]


def test_without_a_predictor_there_are_no_contributions(predictions: pa.Table) -> None:
    assert "contributions" not in errors_table(predictions, None).column_names


def test_no_errors(tiny_predictor: Predictor) -> None:
    table = predictions_of(tiny_predictor, ["مباراة الوداد"], ["sport"])
    assert errors_table(table, tiny_predictor).num_rows == 0
