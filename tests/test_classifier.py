"""The classifier: scikit-learn's contract, the optimum it should find, the table that should say the same."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import scipy.optimize
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import check_grad
from sklearn.base import clone
from sklearn.exceptions import NotFittedError, SkipTestWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.estimator_checks import check_estimator

from newsclf import classifier as module
from newsclf.classifier import TopicClassifier
from newsclf.errors import ConfigurationError, InputError
from newsclf.predictor import Predictor
from newsclf.taxonomy import category_ids
from newsclf.text import words
from tests.conftest import headlines
from tests.newstexts import news_texts
from tests.numbertexts import NOT_AS_CHECKED, NOT_FOR_TEXTS, TableClassifier, TableTfidf, checks_of

ROOT = Path(__file__).parents[1]
TEXTS, CATEGORIES = headlines()
SMALL = TopicClassifier(bucket_bits=8, min_document_frequency=1)
# Stops where the gradient is as good as nought.
EXACT = TopicClassifier(bucket_bits=8, min_document_frequency=1, C=2.0, tolerance=1e-9, max_iterations=2000)


# scikit-learn looks for infinity among the categories by way of a cast.
@pytest.mark.filterwarnings("ignore:invalid value encountered in cast:RuntimeWarning")
@pytest.mark.parametrize(
    ("estimator", "check"), checks_of(TableClassifier(bucket_bits=6, longest=3, max_iterations=20))
)
def test_scikit_learns_check(estimator: TableClassifier, check: Any) -> None:
    check(estimator)


def test_scikit_learns_checks_of_text_estimators() -> None:
    # scikit-learn has but one, and warns that it has no others.
    with pytest.warns(SkipTestWarning, match="Can't test estimator TopicClassifier"):
        assert [done["status"] for done in check_estimator(clone(SMALL))] == ["passed"]


def test_the_list_of_checks_left_out_names_only_checks_that_there_are() -> None:
    every = {mark.id for mark in (*checks_of(TableClassifier()), *checks_of(TableTfidf()))}
    assert {*NOT_FOR_TEXTS, *NOT_AS_CHECKED} <= every


@pytest.fixture(scope="module")
def fitted() -> TopicClassifier:
    """`SMALL`, fitted on the headlines."""
    return clone(SMALL).fit(TEXTS, CATEGORIES)


@given(texts=st.lists(news_texts, min_size=1, max_size=8))
def test_the_table_scores_as_the_explicit_matrix_does(fitted: TopicClassifier, texts: list[str]) -> None:
    explicit = fitted.vectoriser_.transform(texts) @ fitted.coef_ + fitted.intercept_
    assert fitted.decision_function(texts) == pytest.approx(explicit, abs=1e-9)
    scores, lengths = Predictor(fitted.to_topic_model()).scores_and_lengths(texts)
    telling = lengths > 0
    # A text that says nothing is `other` by rule.
    assert scores[telling] == pytest.approx(explicit[telling], abs=1e-5, rel=0)


def test_the_table_scores_headlines_as_the_explicit_matrix_does(fitted: TopicClassifier) -> None:
    unseen = [" ".join(reversed(words(text)))[1:] for text in TEXTS]
    explicit = fitted.vectoriser_.transform([*TEXTS, *unseen]) @ fitted.coef_ + fitted.intercept_
    table = Predictor(fitted.to_topic_model()).decision_function([*TEXTS, *unseen])
    assert table == pytest.approx(explicit, abs=1e-5, rel=0)


def test_probabilities_are_a_softmax_of_the_scores_and_the_winner_is_predicted(fitted: TopicClassifier) -> None:
    scores = fitted.decision_function(TEXTS)
    exponentials = np.exp(scores)
    assert fitted.predict_proba(TEXTS) == pytest.approx(exponentials / exponentials.sum(axis=1, keepdims=True))
    assert fitted.predict(TEXTS).tolist() == [fitted.classes_[place] for place in scores.argmax(axis=1)]
    assert fitted.score(TEXTS, CATEGORIES) > 0.95


@pytest.mark.parametrize("wanted", [category_ids(), ("politics", "sport")])
def test_it_finds_what_logistic_regression_finds_on_the_explicit_matrix(wanted: tuple[str, ...]) -> None:
    texts = [text for text, category in zip(TEXTS, CATEGORIES, strict=True) if category in wanted]
    categories = [category for category in CATEGORIES if category in wanted]
    weight = np.linspace(0.2, 3, len(texts))
    ours = clone(EXACT).fit(texts, categories, sample_weight=weight)
    matrix = ours.vectoriser_.transform(texts)
    # Of two categories scikit-learn has one vector of weights, where we have two that are each other's opposite.
    theirs = LogisticRegression(C=EXACT.C * (2 if len(wanted) == 2 else 1), tol=1e-10, max_iter=5000)
    theirs.fit(matrix, categories, sample_weight=weight)
    order = [theirs.classes_.tolist().index(name) for name in ours.classes_]
    probabilities = theirs.predict_proba(matrix)[:, order]
    assert ours.predict_proba(texts) == pytest.approx(probabilities, abs=1e-5)


def test_the_gradient_is_that_of_the_objective(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[Callable[[np.ndarray], tuple[float, np.ndarray]]] = []

    def spy(objective: Any, start: Any, **others: Any) -> Any:
        taken.append(objective)
        return scipy.optimize.minimize(objective, start, **others)

    monkeypatch.setattr(module, "minimize", spy)
    tiny = TopicClassifier(bucket_bits=4, longest=3, min_document_frequency=1, max_iterations=1)
    tiny.fit(TEXTS[::6], CATEGORIES[::6], sample_weight=np.linspace(0.5, 2, len(TEXTS[::6])))
    (objective,) = taken
    rng = np.random.default_rng(0)
    count = (len(tiny.vectoriser_.vocabulary_) + 2**4 + 1) * len(tiny.classes_)
    for _ in range(3):
        place = rng.normal(size=count)
        error = check_grad(lambda flat: objective(flat)[0], lambda flat: objective(flat)[1], place)
        assert error < 1e-5 * np.linalg.norm(objective(place)[1])


def test_the_loss_goes_down_to_where_the_gradient_is_small() -> None:
    fit = clone(SMALL).set_params(tolerance=1e-6).fit(TEXTS, CATEGORIES)
    assert len(fit.loss_curve_) == fit.n_iter_ < SMALL.max_iterations
    assert (np.diff(fit.loss_curve_) < 0).all()
    assert fit.loss_curve_[0] < np.log(5)
    assert clone(SMALL).set_params(max_iterations=3).fit(TEXTS, CATEGORIES).n_iter_ == 3


def test_training_is_the_same_to_the_bit_here_and_in_a_new_process(fitted: TopicClassifier, tmp_path: Path) -> None:
    again = clone(SMALL).fit(TEXTS, CATEGORIES)
    assert again.coef_.tobytes() == fitted.coef_.tobytes()
    assert again.intercept_.tobytes() == fitted.intercept_.tobytes()
    code = (
        "import sys; from newsclf.classifier import TopicClassifier; from tests.conftest import headlines\n"
        "fit = TopicClassifier(bucket_bits=8, min_document_frequency=1).fit(*headlines())\n"
        "open(sys.argv[1], 'wb').write(fit.coef_.tobytes() + fit.intercept_.tobytes())"
    )
    file = tmp_path / "weights"
    environment = {**os.environ, "PYTHONHASHSEED": "7", "OMP_NUM_THREADS": "1"}
    subprocess.run([sys.executable, "-c", code, file], check=True, cwd=ROOT, env=environment)
    assert file.read_bytes() == fitted.coef_.tobytes() + fitted.intercept_.tobytes()


def test_a_weight_of_two_is_the_text_twice() -> None:
    # Every text is there twice, so that the features are the same; of the first ten, one copy weighs 2, the other 0.
    texts, categories = TEXTS * 2, CATEGORIES * 2
    weight = np.ones(len(texts))
    weight[:10], weight[len(TEXTS) : len(TEXTS) + 10] = 2, 0
    twice, weighted = clone(EXACT).fit(texts, categories), clone(EXACT).fit(texts, categories, sample_weight=weight)
    assert weighted.coef_ == pytest.approx(twice.coef_, abs=1e-4)
    assert weighted.intercept_ == pytest.approx(twice.intercept_, abs=1e-4)
    changed = clone(EXACT).fit(texts, categories, sample_weight=weight + (np.arange(len(texts)) < 10))
    assert np.abs(changed.coef_ - twice.coef_).max() > 1e-2


def test_a_category_counts_as_class_weight_says() -> None:
    by_class = clone(SMALL).set_params(class_weight={"sport": 3.0}).fit(TEXTS[:30], CATEGORIES[:30])
    weight = [3.0 if category == "sport" else 1.0 for category in CATEGORIES[:30]]
    by_text = clone(SMALL).fit(TEXTS[:30], CATEGORIES[:30], sample_weight=weight)
    assert np.array_equal(by_class.coef_, by_text.coef_)
    balanced = clone(SMALL).set_params(class_weight="balanced").fit(TEXTS[:30], CATEGORIES[:30])
    by_text = clone(SMALL).fit(
        TEXTS[:30], CATEGORIES[:30], sample_weight=compute_sample_weight("balanced", CATEGORIES[:30])
    )
    assert np.array_equal(balanced.coef_, by_text.coef_)


def test_it_is_fitted_in_other_processes_and_comes_back() -> None:
    parallel = cross_val_predict(SMALL, np.array(TEXTS), np.array(CATEGORIES), cv=2, n_jobs=2, method="predict_proba")
    assert np.array_equal(
        parallel, cross_val_predict(SMALL, np.array(TEXTS), np.array(CATEGORIES), cv=2, method="predict_proba")
    )


def test_two_categories_have_one_score_as_in_scikit_learn() -> None:
    texts, categories = TEXTS[:18], CATEGORIES[:18]
    fit = clone(SMALL).fit(texts, categories)
    scores = fit.decision_function(texts)
    assert scores.shape == (18,)
    assert fit.predict(texts).tolist() == np.where(scores > 0, fit.classes_[1], fit.classes_[0]).tolist()
    assert roc_auc_score(np.array(categories) == fit.classes_[1], scores) > 0.95
    assert fit.predict_proba(texts).shape == (18, 2)
    assert fit.to_topic_model().categories == tuple(fit.classes_) == ("security", "sport")


def test_categories_are_in_the_order_of_the_taxonomy_and_others_sorted(fitted: TopicClassifier) -> None:
    assert tuple(fitted.classes_) == category_ids()
    other = clone(SMALL).fit(["فوز", "قتل", "سعر"], ["ج", "ب", "أ"])
    assert other.classes_.tolist() == ["أ", "ب", "ج"]


@pytest.mark.parametrize(
    "container",
    [
        tuple,
        np.array,
        lambda values: np.array(values, dtype=object),
        pd.Series,
        lambda values: pd.Series(values, dtype="category"),
        pa.array,
        lambda values: pa.chunked_array([values[:3], values[3:]]),
    ],
)
def test_texts_and_categories_come_in_any_sequence(fitted: TopicClassifier, container: Callable[..., Any]) -> None:
    fit = clone(SMALL).fit(container(TEXTS), container(CATEGORIES))
    assert np.array_equal(fit.coef_, fitted.coef_)


def test_strange_texts_are_learnt_from_and_tagged() -> None:
    strange = ["\ud800 فوز", "\x00\x07 فوز\u202e", "😀", "", "الرجاء يفوز " * 450_000]
    assert len(strange[-1].encode()) > 10_000_000 - 1_000_000
    fit = clone(SMALL).fit([*TEXTS, *strange], [*CATEGORIES, *["sport"] * len(strange)])
    assert fit.predict(strange[-1:]).tolist() == ["sport"]
    assert np.isfinite(fit.decision_function(strange)).all()


@pytest.mark.parametrize(
    ("texts", "categories", "message"),
    [
        ([], [], "there are no texts to learn from"),
        (["فوز", "قتل"], ["sport"], "there are 2 texts but 1 categories"),
        (["فوز", "قتل"], ["sport", "sport"], "there is one class only, 'sport'"),
        (["فوز", "قتل"], ["sport", None], "category 1 is missing"),
        (["فوز", "قتل"], pd.Series([None, "sport"]), "category 0 is missing"),
        (["فوز", "قتل"], [["sport"], ["security"]] * 2, "A column-vector y was passed"),
        (["فوز", None], ["sport", "security"], "text 1 is None"),
        (pd.DataFrame({"title": ["فوز"], "label": ["sport"]}), ["sport"], "columns: 'title', 'label'"),
    ],
)
def test_what_can_not_be_learnt_from_is_refused(texts: Any, categories: Any, message: str) -> None:
    with pytest.raises((InputError, UserWarning), match=message):
        clone(SMALL).fit(texts, categories)


@pytest.mark.parametrize("weight", [[1.0], [1.0, -1.0], [0.0, 0.0], [1.0, float("nan")], [[1.0], [1.0]]])
def test_weights_that_make_no_sense_are_refused(weight: Any) -> None:
    with pytest.raises(InputError, match="sample_weight"):
        clone(SMALL).fit(["فوز", "قتل"], ["sport", "security"], sample_weight=weight)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"C": 0.0}, "C must be more than 0, not 0.0"),
        ({"C": float("nan")}, "C must be more than 0, not nan"),
        ({"max_iterations": 0}, "max_iterations must be 1 or more, not 0"),
        ({"tolerance": -1.0}, "tolerance must be 0 or more, not -1.0"),
        ({"class_weight": {"sprot": 2.0}}, "'sprot' is no category of the texts; did you mean 'sport'"),
        ({"class_weight": "balance"}, "class_weight must be \"balanced\" or a table, not 'balance'"),
        ({"longest": 1}, "subword lengths"),
        ({"min_document_frequency": 0}, "min_document_frequency"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        clone(SMALL).set_params(**parameters).fit(["فوز", "قتل"], ["sport", "security"])


@pytest.mark.parametrize("method", ["predict", "predict_proba", "decision_function", "to_topic_model"])
def test_nothing_is_said_before_learning(method: str) -> None:
    with pytest.raises(NotFittedError):
        getattr(TopicClassifier(), method)(*([] if method == "to_topic_model" else [["فوز"]]))
