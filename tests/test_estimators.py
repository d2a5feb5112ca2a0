"""The baselines: what their names say, and nothing else; and every family through one door."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from newsclf.classifier import TopicClassifier
from newsclf.errors import ConfigurationError, InputError
from newsclf.estimators import FAMILIES, KeywordClassifier, MajorityClassifier, TextbookClassifier, make_estimator
from tests.conftest import headlines

TEXTS, CATEGORIES = headlines()
KEYWORDS = {"sport": ["مباراة", "فريق"], "economy": ["سعر", "أسعار"], "security": ["أمن"]}


def said(estimator: Any, texts: list[str]) -> list[str]:
    """Return the category with the highest score for each text."""
    return [str(estimator.classes_[place]) for place in estimator.decision_function(texts).argmax(axis=1)]


def test_the_majority_is_the_most_frequent_by_weight() -> None:
    texts, categories = ["أ", "ب", "ج"], ["sport", "sport", "economy"]
    assert said(MajorityClassifier().fit(texts, categories), ["فوز", ""]) == ["sport", "sport"]
    weighted = MajorityClassifier().fit(texts, categories, sample_weight=np.array([1.0, 1.0, 3.0]))
    assert said(weighted, ["فوز"]) == ["economy"]
    assert np.exp(weighted.decision_function(["فوز"])) == pytest.approx(np.array([[0.6, 0.4]]))


def test_the_category_with_the_most_keywords_wins() -> None:
    fit = KeywordClassifier(KEYWORDS).fit(TEXTS[:36], CATEGORIES[:36])
    texts = [
        "سعر المباراة: الفريق غاضب",
        "الأسعار ترتفع والأمن يراقب أسعار السوق",
        "المُباراةُ تأجلت",
    ]
    assert said(fit, texts) == ["sport", "economy", "sport"]


def test_frequency_decides_where_no_keyword_or_as_many_are_found() -> None:
    fit = KeywordClassifier(KEYWORDS).fit(["أ", "ب", "ج"], ["sport", "economy", "economy"])
    assert said(fit, ["لا شيء", "", "فريق يخفض سعر التذكرة"]) == ["economy", "economy", "economy"]


def test_a_category_without_keywords_never_hits() -> None:
    fit = KeywordClassifier(KEYWORDS).fit(["أ", "ب"], ["politics", "sport"])
    assert fit.decision_function(["فريق"])[0] == pytest.approx([0.1 * np.log(0.5), 1 + 0.1 * np.log(0.5)])


@pytest.mark.parametrize("features", ["words", "union"])
@pytest.mark.parametrize("linear", ["logistic", "svm"])
def test_the_textbook_recipes_learn(features: str, linear: str) -> None:
    fit = TextbookClassifier(features, linear, C=10.0).fit(TEXTS, CATEGORIES)
    assert np.mean(np.array(said(fit, TEXTS)) == CATEGORIES) > 0.95
    assert fit.decision_function(TEXTS).shape == (len(TEXTS), 5)
    # Marks that TfidfVectorizer breaks words at are gone before it sees them.
    assert np.array_equal(fit.decision_function(["فوز الرجاء"]), fit.decision_function(["فَوْزُ الرّجــاء!"]))


@pytest.mark.parametrize("linear", ["logistic", "svm"])
def test_weights_reach_the_linear_model(linear: str) -> None:
    texts, categories = ["فوز", "فوز", "قتل"], ["sport", "security", "security"]
    for weight, expected in (([10.0, 1.0, 1.0], "sport"), ([1.0, 10.0, 1.0], "security")):
        fit = TextbookClassifier("words", linear).fit(texts, categories, sample_weight=np.array(weight))
        assert said(fit, ["فوز"]) == [expected]


def test_two_categories_have_two_columns() -> None:
    fit = TextbookClassifier().fit(TEXTS[:18], CATEGORIES[:18])
    scores = fit.decision_function(TEXTS[:18])
    assert scores.shape == (18, 2)
    assert np.array_equal(scores[:, 0], -scores[:, 1])
    assert said(fit, TEXTS[:18]) == CATEGORIES[:18]


def test_every_family_is_made_with_its_parameters() -> None:
    made = {
        family: make_estimator(family, {"keywords": KEYWORDS} if family == "keyword" else {}) for family in FAMILIES
    }
    assert {family: type(each) for family, each in made.items()} == FAMILIES
    ours = make_estimator("newsclf", {"C": 3, "bucket_bits": 10, "class_weight": {"sport": 2}})
    assert isinstance(ours, TopicClassifier)
    assert (ours.C, ours.bucket_bits, ours.class_weight) == (3.0, 10, {"sport": 2.0})


@pytest.mark.parametrize(
    ("family", "parameters", "message"),
    [
        ("newclf", {}, "family 'newclf' is not known; did you mean 'newsclf'?"),
        ("newsclf", {"bucket_bit": 3}, "[model]: unknown key 'bucket_bit'; did you mean 'bucket_bits'?"),
        ("newsclf", {"C": "ten"}, "[model]: C must be a number, not 'ten'"),
        ("newsclf", {"bucket_bits": 9.5}, "[model]: bucket_bits must be a whole number, not 9.5"),
        ("newsclf", {"class_weight": 3}, "[model]: class_weight must be a table, not 3"),
        ("majority", {"C": 1.0}, "[model]: unknown key 'C'; there are none"),
        ("keyword", {}, "[model]: key 'keywords' is missing"),
        ("keyword", {"keywords": {"sport": "فوز"}}, "[model]: keywords.sport must be a list, not 'فوز'"),
        ("scikit-learn", {"feature": "words"}, "[model]: unknown key 'feature'; did you mean 'features'?"),
    ],
)
def test_what_makes_no_model_is_refused(family: str, parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        make_estimator(family, parameters)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"features": "word"}, "features 'word' is not known; did you mean 'words'?"),
        ({"linear": "forest"}, "linear 'forest' is not known; known are logistic, svm"),
    ],
)
def test_unknown_textbook_recipes_are_refused(parameters: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        TextbookClassifier(**parameters).fit(TEXTS, CATEGORIES)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("parameters", "texts", "message"),
    [
        ({"C": -1.0}, TEXTS, "The 'C' parameter of LogisticRegression must be a float"),
        ({"features": "union"}, ["فوز", "قتل"], "After pruning, no terms remain"),
        ({}, ["", "…"], "empty vocabulary"),
    ],
)
def test_what_scikit_learn_refuses_is_told_in_one_line(
    parameters: dict[str, Any], texts: list[str], message: str
) -> None:
    with pytest.raises(InputError, match="scikit-learn can't learn") as caught:
        TextbookClassifier(**parameters).fit(texts, CATEGORIES[:1] * (len(texts) - 1) + CATEGORIES[-1:])
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
