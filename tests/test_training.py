"""From records to a calibrated model: who is learnt from, how much each counts, and what is refused in plain words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pyarrow as pa
import pytest

from newsclf import training
from newsclf.calibration import fit_calibration
from newsclf.classifier import TopicClassifier
from newsclf.configuration import CalibrationSettings, ContextSettings, Experiment, SavingSettings, TrainingSettings
from newsclf.contextvectors import ContextVectors, context_vectors
from newsclf.errors import InputError
from newsclf.predictor import Predictor
from newsclf.text import words
from newsclf.topicmodel import Calibration
from newsclf.training import Trained, labelled, record_weights, train
from newsclf.views import whole_texts
from tests.conftest import headlines
from tests.recordtables import headline_records, record_table

MODEL = {"bucket_bits": 8, "min_document_frequency": 1, "max_iterations": 30}
GIVEN = Calibration(0.5, 0.0, 0.6)

# Every third record has no label.
UNLABELLED = {"category": lambda number: headlines()[1][number] if number % 3 else None}


@pytest.fixture(autouse=True)
def in_this_process() -> Iterator[None]:
    """Fit the folds of calibration in threads: new processes cost more than these fits."""
    with joblib.parallel_config(backend="threading"):
        yield


@pytest.fixture
def taught(monkeypatch: pytest.MonkeyPatch) -> list[list[tuple[str, str, float]]]:
    """What each classifier is taught, in order: text, category and weight."""
    lessons: list[list[tuple[str, str, float]]] = []
    fit = TopicClassifier.fit

    def noted(
        self: TopicClassifier, X: pa.Array, y: np.ndarray, sample_weight: np.ndarray, context: ContextVectors | None
    ) -> TopicClassifier:
        lessons.append(list(zip(X.to_pylist(), y.tolist(), sample_weight.tolist(), strict=True)))
        return fit(self, X, y, sample_weight, context)

    monkeypatch.setattr(TopicClassifier, "fit", noted)
    return lessons


def experiment(*, family: str = "newsclf", model: Any = None, calibration: Any = None, **training: Any) -> Experiment:
    """Return an experiment with a small model."""
    return Experiment(
        "mine",
        family=family,
        model=MODEL if model is None else model,
        training=TrainingSettings(**training),
        calibration=CalibrationSettings(**{"folds": 2, **(calibration or {})}),
    )


def learnt(plan: Experiment, records: pa.Table, mask: Any = None, calibration: Calibration | None = GIVEN) -> Trained:
    """Train on all records, or on those of a mask."""
    mask = np.ones(len(records), dtype=bool) if mask is None else np.array(mask)
    return train(plan, records, mask, lambda _: None, calibration)


def test_every_view_of_every_learnable_record_is_taught(taught: list[list[tuple[str, str, float]]]) -> None:
    records = headline_records()
    mask = np.arange(45) % 3 > 0
    trained = learnt(experiment(), records, mask)
    (lesson,) = taught
    titles = [title for title, keep in zip(records["title"].to_pylist(), mask, strict=True) if keep]
    bodies = [body for body, keep in zip(records["body"].to_pylist(), mask, strict=True) if keep and body]
    assert [text for text, _, _ in lesson[: len(titles)]] == titles
    assert [text.split(" ", text.count(" "))[-1] for text, _, _ in lesson[len(titles) :]] == [
        body.split()[-1] for body in bodies
    ]
    assert trained.texts == len(lesson) == len(titles) + len(bodies)
    assert {weight for _, _, weight in lesson} == {1.0}
    assert trained.calibration == GIVEN
    assert trained.fit_seconds > 0


def test_only_the_categories_of_the_experiment_are_taught(taught: list[list[tuple[str, str, float]]]) -> None:
    records = headline_records(**UNLABELLED)
    trained = learnt(experiment(categories=("sport", "economy"), views=("headline",)), records)
    rows = zip(records["title"].to_pylist(), records["category"].to_pylist(), strict=True)
    expected = [(title, category, 1.0) for title, category in rows if category in {"sport", "economy"}]
    assert taught == [expected]
    assert trained.categories == ("sport", "economy")


def test_weights_go_by_source_and_by_origin_of_the_label(taught: list[list[tuple[str, str, float]]]) -> None:
    records = headline_records(
        source=lambda number: "abc"[number % 3], label_origin=lambda number: ("author", "section")[number % 2]
    )
    plan = experiment(views=("headline",), source_weights={"b": 0.5, "c": 0.0}, origin_weights={"section": 0.25})
    assert record_weights(records, plan).tolist()[:6] == [1.0, 0.125, 0.0, 0.25, 0.5, 0.0]
    learnt(plan, records)
    assert [weight for _, _, weight in taught[0]] == [weight for weight in record_weights(records, plan) if weight]


def test_context_vectors_are_learnt_of_every_learnable_record_labelled_or_not() -> None:
    records = headline_records(**UNLABELLED)
    mask = np.arange(len(records)) < 40
    settings = ContextSettings(dimensions=4, min_document_frequency=1)
    trained = learnt(experiment(context=settings), records, mask)
    context = trained.estimator.vectoriser_.context_
    assert context.dimensions == 4
    texts = whole_texts(records).to_pylist()
    assert set(context.words) == {word for text in texts[:40] for word in words(text)}
    # What has a vector is no unknown word.
    assert trained.vocabulary is not None
    assert set(context.words) <= trained.vocabulary
    assert learnt(experiment(), records, mask).estimator.vectoriser_.context_ is None


def test_context_vectors_are_taken_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "vectors.npz"
    context_of_titles = context_vectors(pa.array(headlines()[0]), 3, 1)
    assert context_of_titles is not None
    context_of_titles.save(path)
    trained = learnt(experiment(context=ContextSettings(file=str(path))), headline_records())
    assert trained.estimator.vectoriser_.context_.words == context_of_titles.words
    with pytest.raises(InputError, match=r"none\.npz can't be read: .*'newsclf vectors' makes it"):
        learnt(experiment(context=ContextSettings(file=str(tmp_path / "none.npz"))), headline_records())


def test_folds_are_scored_by_models_that_saw_none_of_their_groups(
    taught: list[list[tuple[str, str, float]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[tuple[np.ndarray, np.ndarray, np.ndarray, float]] = []

    def noted(scores: Any, lengths: Any, truth: Any, precision: float) -> Calibration:
        given.append((scores, lengths, truth, precision))
        return fit_calibration(scores, lengths, truth, precision)

    monkeypatch.setattr(training, "fit_calibration", noted)
    records = headline_records(group=lambda number: f"g-{number // 3}", split="train")
    plan = experiment(views=("headline",), calibration={"folds": 3, "precision": 0.5})
    trained = learnt(plan, records, calibration=None)
    _, *folds = taught
    assert len(folds) == 3
    titles = records["title"].to_pylist()
    for fold in folds:
        inside = {titles.index(text) // 3 for text, _, _ in fold}
        assert len(fold) == 3 * len(inside) == 30
    ((scores, lengths, truth, precision),) = given
    # Each headline once, and each article.
    assert scores.shape == (45 + 12, 5)
    assert precision == 0.5
    every = [*range(45), *range(0, 45, 4)]
    assert sorted(trained.categories[place] for place in truth) == sorted(headlines()[1][number] for number in every)
    assert (lengths > 0).all()
    assert trained.calibration == fit_calibration(scores, lengths, truth, 0.5)


def test_folds_of_sources_leave_out_what_other_sources_share(taught: list[list[tuple[str, str, float]]]) -> None:
    records = headline_records(
        split="train",
        source=lambda number: "abc"[number % 3],
        group=lambda number: "agency" if number in {0, 1} else f"g-{number}",
    )
    learnt(experiment(views=("headline",), calibration={"by": "source", "folds": 5}), records, calibration=None)
    _, *folds = taught
    titles = records["title"].to_pylist()
    assert len(folds) == 3
    for fold in folds:
        inside = {titles.index(text) for text, _, _ in fold}
        (held,) = {0, 1, 2} - {number % 3 for number in inside}
        if held in {0, 1}:
            assert not inside & {0, 1}


def test_calibration_by_dev_takes_the_dev_half_of_the_guideline_set(
    taught: list[list[tuple[str, str, float]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[np.ndarray] = []

    def noted(scores: Any, lengths: Any, truth: Any, precision: float) -> Calibration:
        given.append(truth)
        return Calibration(1.0)

    monkeypatch.setattr(training, "fit_calibration", noted)
    records = headline_records(
        split=lambda number: ("train", "dev", "test")[number % 3],
        role=lambda number: "dev" if number % 3 == 1 and number % 2 else None,
        body="",
    )
    mask = np.arange(45) % 3 == 0
    trained = learnt(experiment(calibration={"by": "dev"}), records, mask, calibration=None)
    assert trained.calibration == Calibration(1.0)
    assert len(taught) == 1
    expected = [number for number in range(45) if number % 3 == 1 and number % 2]
    assert [trained.categories[place] for place in given[0]] == [headlines()[1][number] for number in expected]


def test_the_topic_model_says_what_the_judge_says_at_the_precision_of_the_disk() -> None:
    records = headline_records()
    plan = experiment()
    plan = Experiment("mine", model=plan.model, saving=SavingSettings(precision="float16"))
    trained = learnt(plan, records)
    texts, truth = records["title"].combine_chunks(), np.array(headlines()[1])
    judged = trained.judge(texts, truth)
    model = trained.topic_model()
    assert model is not None
    assert (model.precision, model.calibration) == ("float16", GIVEN)
    assert np.array_equal(judged.probabilities, Predictor(model).predict_proba(texts))
    assert np.array_equal(judged.confident, Predictor(model).predict_batch(texts).confident)
    assert trained.vocabulary == frozenset(model.vocabulary)


@pytest.mark.parametrize(
    ("family", "model"),
    [
        ("majority", {}),
        ("keyword", {"keywords": {"sport": ["فريق", "مباراة"]}}),
        ("scikit-learn", {"features": "words"}),
    ],
)
def test_baselines_go_the_same_way(family: str, model: dict[str, Any]) -> None:
    records = headline_records(**UNLABELLED)
    trained = learnt(experiment(family=family, model=model), records, calibration=None)
    assert trained.topic_model() is None
    assert trained.vocabulary is None
    judged = trained.judge(records["title"].combine_chunks(), np.array(headlines()[1]))
    assert judged.probabilities.shape == (45, 5)
    assert judged.probabilities.sum(axis=1) == pytest.approx(1.0, abs=1e-6)
    assert len(trained.judge(pa.array([], pa.string()), np.array([], dtype=str)).truth) == 0


def test_labelled_means_of_a_category_that_is_trained() -> None:
    records = record_table([{"category": "sport"}, {"category": None}, {"category": "other"}])
    assert labelled(records, experiment(categories=("sport", "politics"))).tolist() == [True, False, False]


@pytest.mark.parametrize("family", ["newsclf", "scikit-learn", "majority"])
@pytest.mark.parametrize(
    ("rows", "settings", "message"),
    [
        ([], {}, "no record can be learnt from: none has a category and a weight above 0"),
        ([{}, {}], {}, "no record can be learnt from: none has a category and a weight above 0"),
        (
            [{"category": "sport"}, {"category": "other"}],
            {"source_weights": {"a": 0.0}},
            "no record can be learnt from: none has a category and a weight above 0",
        ),
        ([{"category": "sport"}] * 3, {}, "there is one class only, 'sport'; texts of at least two categories"),
        (
            [{"category": "sport"}, {"category": "other"}],
            {"categories": ("sport", "economy")},
            "there is one class only, 'sport'",
        ),
        (
            [{"category": "sport"}, {"category": "other"}],
            {"views": ("article",)},
            "no record can be learnt from: none has a text for the views article",
        ),
        (
            [{"category": "sport", "group": "one"}, {"category": "other", "group": "one"}],
            {},
            "calibration on 2 folds needs as many groups of records, and there are 1; add records or lower",
        ),
        (
            [
                {"category": "sport", "group": "one"},
                {"category": "other", "group": "one"},
                {"category": "sport", "group": "two"},
                {"category": "economy", "group": "two"},
            ],
            {},
            "is in too few groups of records: one fold of calibration holds them all; add records of it",
        ),
    ],
)
def test_too_little_to_learn_from_is_refused_in_plain_words(
    family: str, rows: list[dict[str, Any]], settings: dict[str, Any], message: str
) -> None:
    model = MODEL if family == "newsclf" else {}
    with pytest.raises(InputError, match=re.escape(message)):
        learnt(experiment(family=family, model=model, **settings), record_table(rows), calibration=None)


@pytest.mark.parametrize(
    ("calibration", "message"),
    [
        ({"by": "source"}, "calibration on 2 folds needs as many sources of records, and there are 1"),
        ({"by": "dev"}, 'calibration by "dev" needs records of the dev half of the guideline set; there are none'),
        ({"folds": 60}, "calibration on 60 folds needs as many groups of records, and there are 45"),
    ],
)
def test_what_can_not_be_calibrated_is_refused_in_plain_words(calibration: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        learnt(experiment(calibration=calibration), headline_records(), calibration=None)


def test_progress_is_told() -> None:
    said: list[str] = []
    train(experiment(), headline_records(), np.ones(45, dtype=bool), said.append)
    assert said == ["fitting newsclf on 57 texts of 45 records", "calibrating on 2 folds"]
