"""The table of predictions: a row for each text that was tested, and every figure that follows from it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from newsclf.evaluating import ModelJudge
from newsclf.evaluation import Judged, measure
from newsclf.predictions import judged_from, judged_table, metrics_of
from newsclf.predictor import Predictor
from newsclf.topicmodel import TopicModel
from tests.recordtables import headline_records, record_table

RECORDS = headline_records(source=lambda number: "ab"[number % 2], year=2024, style=None)


def test_there_is_a_row_for_each_text_with_what_the_model_says(tiny_model: TopicModel) -> None:
    for view, count in (("headline", 45), ("article", 12)):
        table = judged_table(RECORDS, ModelJudge(tiny_model), "test", view)
        assert len(table) == count
        predictor = Predictor(tiny_model)
        texts = table["text"].to_pylist()
        probabilities = np.column_stack([table[f"p.{name}"].to_numpy() for name in tiny_model.categories])
        assert np.array_equal(probabilities, predictor.predict_proba(texts))
        assert table["predicted"].to_pylist() == predictor.predict(texts)
        assert table["confident"].to_pylist() == predictor.predict_batch(texts).confident.tolist()
        assert {*table["split"].to_pylist()} == {"test"}
        assert {*table["view"].to_pylist()} == {view}
        assert {*table["year"].to_pylist()} == {2024}
        if view == "headline":
            assert table["text"].to_pylist() == RECORDS["title"].to_pylist()
            assert table["id"].to_pylist() == RECORDS["id"].to_pylist()
            assert table["group"].to_pylist() == RECORDS["group"].to_pylist()


def test_records_of_other_categories_are_left_out(tiny_model: TopicModel) -> None:
    records = record_table([{"category": "sport"}, {"category": None}, {"category": "other"}])

    class OfTwo(ModelJudge):
        categories = ("security", "sport")

        def judge(self, texts: pa.Array, truth: np.ndarray) -> Judged:
            assert truth.tolist() == ["sport"]
            return Judged(self.categories, truth, np.array([[0.4, 0.6]]), np.array([True]))

    assert judged_table(records, OfTwo(tiny_model), "test", "headline")["id"].to_pylist() == ["r-0"]


def test_nothing_tested_is_a_table_without_rows_of_the_same_types(tiny_model: TopicModel) -> None:
    judge = ModelJudge(tiny_model)
    full, empty = (judged_table(records, judge, "test", "article") for records in (RECORDS, RECORDS.slice(0, 0)))
    assert len(empty) == 0
    assert empty.schema == full.schema
    assert len(pa.concat_tables([full, empty])) == len(full)


def test_the_share_of_unknown_words_is_of_all_words(tiny_model: TopicModel) -> None:
    records = record_table([{"title": "فوز غريب جدا مطلقا", "category": "sport"}, {"title": "…", "category": "other"}])
    shares = judged_table(records, ModelJudge(tiny_model), "test", "headline")["unknown_share"].to_pylist()
    known = sum(word in tiny_model.vocabulary for word in ("فوز", "غريب", "جدا", "مطلقا"))
    assert shares == [pytest.approx(1 - known / 4), None]


def test_figures_are_measured_by_view_label_and_source(tiny_model: TopicModel) -> None:
    judge = ModelJudge(tiny_model)
    table = pa.concat_tables([judged_table(RECORDS, judge, "test", view) for view in ("headline", "article")])
    metrics = metrics_of(table)
    parts = {name.split(".")[1] for name in metrics}
    assert parts == {"headline", "article", "author", "a", "b"}
    for name, mask in (
        ("headline", pc.equal(table["view"], "headline")),
        ("article", pc.equal(table["view"], "article")),
        ("a", pc.and_(pc.equal(table["view"], "headline"), pc.equal(table["source"], "a"))),
    ):
        expected = measure(judged_from(table.filter(mask)))
        assert {key: value for key, value in metrics.items() if key.startswith(f"test.{name}.")} == {
            f"test.{name}.{key}": value for key, value in expected.items()
        }
    assert metrics["test.headline.count"] == 45
    assert metrics["test.a.count"] + metrics["test.b.count"] == 45


def test_a_source_called_as_a_view_does_not_take_its_place(tiny_model: TopicModel) -> None:
    records = headline_records(source=lambda number: ("headline", "b")[number % 2])
    metrics = metrics_of(judged_table(records, ModelJudge(tiny_model), "test", "headline"))
    assert metrics["test.headline.count"] == 45


def test_the_guideline_set_is_a_slice_of_its_own(tiny_model: TopicModel) -> None:
    records = headline_records(split="test", role=lambda number: "test" if number < 10 else None)
    metrics = metrics_of(judged_table(records, ModelJudge(tiny_model), "test", "headline"))
    assert metrics["test.guideline.count"] == 10
