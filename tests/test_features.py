"""The features: scikit-learn's contract, the formula by a slow reference, and the two factors of the matrix."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError, SkipTestWarning
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC
from sklearn.utils.estimator_checks import check_estimator

from newsclf.contextvectors import ContextVectors, context_vectors
from newsclf.errors import ConfigurationError, InputError
from newsclf.features import SubwordTfidf
from newsclf.subwords import SubwordSettings, subwords
from newsclf.text import has_arabic_letter, words
from tests.conftest import headlines
from tests.newstexts import news_texts
from tests.numbertexts import TableTfidf, checks_of

SETTINGS = SubwordSettings(2, 4, 6)
many_texts = st.lists(news_texts, min_size=1, max_size=8)


@pytest.mark.parametrize(("estimator", "check"), checks_of(TableTfidf(bucket_bits=8)))
def test_scikit_learns_check(estimator: TableTfidf, check: Any) -> None:
    check(estimator)


def test_scikit_learns_checks_of_text_estimators() -> None:
    # scikit-learn has but one, and warns that it has no others.
    with pytest.warns(SkipTestWarning, match="Can't test estimator SubwordTfidf"):
        assert [done["status"] for done in check_estimator(SubwordTfidf(bucket_bits=8))] == ["passed"]


def test_parameters_are_read_set_and_cloned() -> None:
    parameters = {
        "shortest": 3,
        "longest": 4,
        "bucket_bits": 9,
        "subword_weight": 0.5,
        "min_document_frequency": 1,
        "context_weight": 0.5,
    }
    assert SubwordTfidf(**parameters).get_params() == parameters
    assert clone(SubwordTfidf().set_params(**parameters)).get_params() == parameters


def reference(learnt: list[str], texts: list[str], weight: float, least: int) -> np.ndarray:
    """The feature matrix by its formula, one word and one n-gram at a time."""
    documents = len(learnt)
    frequency = Counter(word for text in learnt for word in set(words(text)))
    vocabulary = sorted(word for word, count in frequency.items() if count >= least)

    def idf(count: int) -> float:
        return math.log((1 + documents) / (1 + count)) + 1

    def buckets(word: str) -> list[int]:
        return subwords([word], SETTINGS).buckets.tolist() if has_arabic_letter(word) else []

    holding: Counter[int] = Counter()
    for word, count in frequency.items():
        for bucket in buckets(word):
            holding[bucket] += count
    matrix = np.zeros((len(texts), len(vocabulary) + SETTINGS.buckets))
    for row, text in enumerate(texts):
        telling = [word for word in words(text) if word in vocabulary or buckets(word)]
        for word in telling:
            share = (idf(frequency[word]) if word in vocabulary else idf(0)) / math.sqrt(len(telling))
            if word in vocabulary:
                matrix[row, vocabulary.index(word)] += share
            for bucket in buckets(word):
                rarity = idf(min(holding[bucket], documents))
                matrix[row, len(vocabulary) + bucket] += share * weight * rarity
    return matrix


@settings(max_examples=40)
@given(learnt=many_texts, texts=many_texts, weight=st.sampled_from([0.0, 0.25, 1.5]), least=st.integers(1, 3))
def test_features_are_those_of_the_formula(learnt: list[str], texts: list[str], weight: float, least: int) -> None:
    vectoriser = SubwordTfidf(
        shortest=2, longest=4, bucket_bits=6, subword_weight=weight, min_document_frequency=least
    ).fit(learnt)
    for given_texts in (texts, learnt):
        expected = reference(learnt, given_texts, weight, least)
        np.testing.assert_allclose(vectoriser.transform(given_texts).toarray(), expected, rtol=1e-12, atol=1e-12)


@settings(max_examples=40)
@given(learnt=many_texts, texts=many_texts)
def test_the_factors_multiply_to_the_matrix(learnt: list[str], texts: list[str]) -> None:
    vectoriser = SubwordTfidf(bucket_bits=8)
    by_word, by_feature = vectoriser.fit_factors(learnt)
    assert abs(by_word @ by_feature - vectoriser.transform(learnt)).sum() == pytest.approx(0, abs=1e-9)
    by_word, by_feature = vectoriser.factors(texts)
    assert abs(by_word @ by_feature - vectoriser.transform(texts)).sum() == pytest.approx(0, abs=1e-9)
    assert by_feature.shape[1] == vectoriser.n_features_out_ == len(vectoriser.vocabulary_) + 2**8


def context_of(texts: list[str]) -> ContextVectors:
    found = context_vectors(pa.array(texts), dimensions=3, min_document_frequency=1)
    assert found is not None
    return found


@settings(max_examples=40)
@given(texts=many_texts)
def test_context_vectors_stand_behind_the_other_columns(texts: list[str]) -> None:
    learnt, _ = headlines()
    context = context_of(learnt)
    plain = SubwordTfidf(bucket_bits=6, context_weight=0.0).fit(learnt, context=context)
    vectoriser = SubwordTfidf(bucket_bits=6, context_weight=0.5).fit(learnt, context=context)
    assert vectoriser.n_features_out_ == len(vectoriser.vocabulary_) + 2**6 + 3
    found = vectoriser.transform(texts).toarray()
    np.testing.assert_allclose(found[:, :-3], plain.transform(texts).toarray()[:, :-3], rtol=1e-12, atol=1e-12)
    for row, text in enumerate(texts):
        known = {word: vectoriser.word_idf_[place] for place, word in enumerate(vectoriser.vocabulary_)}
        in_text = words(text)
        vectors = context.of(in_text).toarray()
        telling = [word in known or has_arabic_letter(word) or vectors[at].any() for at, word in enumerate(in_text)]
        rarity = np.array([known.get(word, vectoriser.unseen_idf_) for word in in_text])
        expected = 0.5 * (rarity @ vectors) / math.sqrt(max(sum(telling), 1)) if in_text else np.zeros(3)
        np.testing.assert_allclose(found[row, -3:], expected, atol=1e-9)


def test_a_word_with_nothing_but_a_context_vector_counts() -> None:
    context = context_of(["psg يفوز", "psg يتعادل", "لص يهرب", "لص يفر"])
    vectoriser = SubwordTfidf(bucket_bits=6).fit(["فوز", "فوز"], context=context)
    assert vectoriser.transform(["psg"]).nnz > 0
    assert vectoriser.transform(["xyz"]).nnz == 0
    assert vectoriser.get_feature_names_out()[-3:].tolist() == ["@0", "@1", "@2"]


@given(text=news_texts)
def test_the_order_of_words_does_not_count(text: str) -> None:
    vectoriser = SubwordTfidf(bucket_bits=8).fit(headlines()[0])
    one, other = vectoriser.transform([" ".join(words(text)), " ".join(reversed(words(text)))]).toarray()
    np.testing.assert_allclose(one, other, atol=1e-12)


def test_every_column_has_a_name() -> None:
    vectoriser = SubwordTfidf(bucket_bits=4, min_document_frequency=2).fit(["فوز الرجاء", "فوز الوداد"])
    assert vectoriser.get_feature_names_out().tolist() == ["فوز", *(f"#{number}" for number in range(16))]
    with pytest.raises(NotFittedError):
        SubwordTfidf().get_feature_names_out()


def test_a_sparse_matrix_is_offered_for_no_data_frame() -> None:
    assert not hasattr(SubwordTfidf(), "set_output")


def test_any_linear_model_can_be_tried_on_the_features() -> None:
    texts, categories = headlines()
    pipeline = make_pipeline(SubwordTfidf(bucket_bits=10), LinearSVC()).fit(texts, categories)
    assert pipeline.score(texts, categories) > 0.95


def test_it_travels_to_other_processes_and_back() -> None:
    texts, _ = headlines()
    vectoriser = SubwordTfidf(bucket_bits=8)
    fitted = joblib.Parallel(n_jobs=2)(joblib.delayed(vectoriser.fit)(part) for part in (texts[:20], texts[20:]))
    for part, each in zip((texts[:20], texts[20:]), fitted, strict=True):
        assert (each.transform(texts) != clone(vectoriser).fit(part).transform(texts)).nnz == 0


def test_a_new_process_gives_the_same_matrix_to_the_bit(tmp_path: Path) -> None:
    code = (
        "import sys, numpy as np; from newsclf.features import SubwordTfidf; from tests.conftest import headlines\n"
        "np.save(sys.argv[1], SubwordTfidf(bucket_bits=8).fit_transform(headlines()[0]).toarray())"
    )
    root, out = Path(__file__).parents[1], tmp_path / "matrix.npy"
    environment = {**os.environ, "PYTHONHASHSEED": "1"}
    subprocess.run([sys.executable, "-c", code, out], check=True, cwd=root, env=environment)
    assert np.array_equal(SubwordTfidf(bucket_bits=8).fit_transform(headlines()[0]).toarray(), np.load(out))


def test_no_texts_are_refused_for_learning_and_give_no_rows() -> None:
    with pytest.raises(InputError, match="no texts to learn from"):
        SubwordTfidf().fit([])
    assert SubwordTfidf(bucket_bits=4).fit(["فوز"]).transform([]).shape == (0, 16)


@pytest.mark.parametrize("texts", [["", "😀", "…"], [""]])
def test_texts_that_say_nothing_have_no_features(texts: list[str]) -> None:
    vectoriser = SubwordTfidf(bucket_bits=4, min_document_frequency=1)
    assert vectoriser.fit_transform(texts).nnz == 0
    assert vectoriser.vocabulary_ == []


def test_a_table_is_refused_by_its_columns_and_a_missing_text_by_position() -> None:
    with pytest.raises(InputError, match="columns: 'title'"):
        SubwordTfidf().fit(pd.DataFrame({"title": ["فوز"]}))
    with pytest.raises(InputError, match="text 1 is NaN"):
        SubwordTfidf().fit(pd.Series(["فوز", float("nan")], dtype=object))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"subword_weight": -0.1}, "subword_weight must be 0 or more, not -0.1"),
        ({"subword_weight": float("nan")}, "subword_weight must be 0 or more, not nan"),
        ({"context_weight": -1.0}, "context_weight must be 0 or more, not -1.0"),
        ({"min_document_frequency": 0}, "min_document_frequency must be 1 or more, not 0"),
        ({"shortest": 4, "longest": 3}, "subword lengths"),
        ({"bucket_bits": 60}, "bucket_bits must be from 1 to 26, not 60"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        SubwordTfidf(**parameters).fit(["فوز", "فوز"])
