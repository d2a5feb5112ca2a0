"""scikit-learn's estimator checks for estimators that take texts.

The checks feed tables of numbers, and run none but `check_estimator_cloneable` on an estimator that says it takes
no tables. So they are run on subclasses that write each row of a table as a text, one word for each column, and
refuse tables that are none; everything behind that is the estimator's own. Checks that would then test nothing but
the refusing are left out: `NOT_FOR_TEXTS` says which and why.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.utils.estimator_checks import estimator_checks_generator
from sklearn.utils.validation import check_is_fitted, validate_data

from newsclf.classifier import TopicClassifier
from newsclf.features import SubwordTfidf

_REFUSED = "; what is no text is refused by newsclf.textinput, see tests/test_textinput.py"

NOT_FOR_TEXTS = {
    "check_array_api_input": "texts are no array of an array library",
    "check_complex_data": "texts hold no complex numbers" + _REFUSED,
    "check_dtype_object": "texts hold no objects that could be made numbers" + _REFUSED,
    "check_estimators_nan_inf": "texts hold no NaN and no infinity" + _REFUSED,
    "check_estimator_sparse_tag": "texts are no sparse matrix" + _REFUSED,
    "check_estimator_sparse_array": "texts are no sparse matrix" + _REFUSED,
    "check_estimator_sparse_matrix": "texts are no sparse matrix" + _REFUSED,
    "check_f_contiguous_array_estimator": "texts have no order of rows and columns in memory",
    "check_n_features_in": "texts have no columns to count",
    "check_n_features_in_after_fitting": "texts have no columns to count",
    "check_fit1d": "texts have one dimension, as this check wants refused; two are refused" + _REFUSED,
    "check_fit2d_predict1d": "texts have one dimension, as this check wants refused; two are refused" + _REFUSED,
    "check_estimators_empty_data_messages": (
        "texts have no columns there could be none of; no texts at all are refused, see test_no_texts_are_refused"
    ),
}

# What can be checked and is not as scikit-learn wants it.
NOT_AS_CHECKED = {
    "check_sample_weight_equivalence_on_dense_data": (
        "a text of weight 2 counts twice in the loss, yet once in the document frequencies, as in any pipeline with "
        "scikit-learn's TfidfVectorizer, so that weights do not change what a feature means; with the same features "
        "the weights are exact, see test_a_weight_of_two_is_the_text_twice"
    ),
}


def texts_of(table: Any) -> list[str]:
    """Return each row as a text: for each column a word of its own letter, a sign and the rounded number."""
    letters = "بتجحدرسشصطعفقكلمنهو"
    return [
        " ".join(
            f"{letters[column % len(letters)]}{'ي' if number < 0 else 'ا'}{abs(round(2 * number))}"
            for column, number in enumerate(row)
        )
        for row in np.asarray(table, dtype=np.float64).tolist()
    ]


class _TakesTables:
    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = False
        tags.input_tags.one_d_array = False
        tags.input_tags.two_d_array = True
        return tags

    def _texts(self, X: Any) -> list[str]:
        check_is_fitted(self)
        return texts_of(validate_data(self, X, reset=False))


class TableTfidf(_TakesTables, SubwordTfidf):
    """`SubwordTfidf` on tables of numbers."""

    def fit(self, X: Any, y: Any = None) -> TableTfidf:
        return super().fit(texts_of(validate_data(self, X)))

    def transform(self, X: Any) -> Any:
        return super().transform(self._texts(X))


class TableClassifier(_TakesTables, TopicClassifier):
    """`TopicClassifier` on tables of numbers."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> TableClassifier:
        return super().fit(texts_of(validate_data(self, X)), y, sample_weight)

    def _scores(self, X: Any) -> Any:
        return super()._scores(self._texts(X))


def checks_of(estimator: BaseEstimator) -> list[Any]:
    """Return scikit-learn's checks of an estimator, for pytest to parametrize a test with."""
    found = []
    for each, check in estimator_checks_generator(estimator):
        name = check.func.__name__
        marks = []
        if name in NOT_FOR_TEXTS:
            marks = [pytest.mark.skip(reason=NOT_FOR_TEXTS[name])]
        elif name in NOT_AS_CHECKED:
            marks = [pytest.mark.xfail(reason=NOT_AS_CHECKED[name], strict=True)]
        found.append(pytest.param(each, check, id=name, marks=marks))
    return found
