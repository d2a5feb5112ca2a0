"""The predictor against a slow reference, and the promises every caller leans on."""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsclf.errors import InputError
from newsclf.predictor import Prediction, Predictor
from newsclf.subwords import SubwordSettings
from newsclf.text import words
from newsclf.topicmodel import Calibration, TopicModel
from tests.newstexts import news_texts

many_texts = st.lists(news_texts, min_size=1, max_size=10)


@pytest.fixture(scope="module")
def wide_predictor() -> Predictor:
    """A predictor of 17 categories, none of them `other`, with weights drawn at random."""
    rng = np.random.default_rng(3)
    settings = SubwordSettings(3, 4, 8)
    model = TopicModel(
        categories=tuple(f"class{number}" for number in range(17)),
        vocabulary=("psg", "الرجاء", "فوز", "لص"),
        word_scores=rng.normal(size=(4, 17)).astype(np.float32),
        bucket_scores=rng.normal(size=(settings.buckets, 17)).astype(np.float32),
        bias=rng.normal(size=17),
        subword_settings=settings,
        calibration=Calibration(0.2, 0.1, 0.4),
    )
    return Predictor(model)


@pytest.fixture(scope="module", params=["tiny", "wide"])
def predictor(request: pytest.FixtureRequest, tiny_predictor: Predictor, wide_predictor: Predictor) -> Predictor:
    return tiny_predictor if request.param == "tiny" else wide_predictor


def slow_scores(model: TopicModel, text: str) -> list[float]:
    """The scores of a text by their definition: its words' scores over the root of their number, plus the bias."""
    found = words(text)
    rows, telling = model.scores_of_words(found)
    count = sum(map(bool, telling))
    if count == 0:
        if "other" in model.categories:
            return [1.0 if name == "other" else 0.0 for name in model.categories]
        return [float(value) for value in model.bias]
    return [
        math.fsum(float(row[column]) for row in rows) / math.sqrt(count) + float(model.bias[column])
        for column in range(len(model.categories))
    ]


@given(texts=many_texts)
def test_scores_are_those_of_the_slow_reference(predictor: Predictor, texts: list[str]) -> None:
    expected = np.array([slow_scores(predictor.model, text) for text in texts])
    assert predictor.decision_function(texts) == pytest.approx(expected, abs=1e-9, rel=0)


@given(texts=many_texts)
def test_a_batch_is_its_texts_one_by_one_to_the_bit(predictor: Predictor, texts: list[str]) -> None:
    # A predictor of its own for each, so that nothing is remembered from one to the other.
    together = Predictor(predictor.model)
    alone = Predictor(predictor.model)
    assert np.array_equal(together.predict_proba(texts), np.vstack([alone.predict_proba([text]) for text in texts]))
    assert np.array_equal(
        together.decision_function(texts), np.vstack([alone.decision_function([text]) for text in texts])
    )
    assert together.predict(texts) == [alone.predict(text)[0] for text in texts]
    batch = together.predict_batch(texts)
    for number, text in enumerate(texts):
        assert alone.tag(text) == Prediction(
            text,
            batch.categories[number].as_py(),
            float(batch.probability[number]),
            batch.second[number].as_py(),
            float(batch.second_probability[number]),
            bool(batch.confident[number]),
        )


def test_a_large_batch_is_its_texts_one_by_one_to_the_bit(predictor: Predictor) -> None:
    # Large enough for every vectorised loop, and its odd end, to be taken.
    chooser = random.Random(1)
    known = ["فوز", "الرجاء", "توقيف", "لص", "مدينة", "البورصة", "abc", "2030"]
    texts = [" ".join(chooser.choices(known, k=chooser.randrange(40))) for _ in range(1031)]
    together = predictor.predict_proba(texts)
    for number in [*range(40), *range(1000, 1031)]:
        assert np.array_equal(predictor.predict_proba([texts[number]])[0], together[number])
    assert np.array_equal(
        np.vstack([predictor.predict_proba(texts[:517]), predictor.predict_proba(texts[517:])]), together
    )


@given(text=news_texts, seed=st.integers(0, 1000))
def test_the_order_of_words_changes_nothing_to_the_bit(predictor: Predictor, text: str, seed: int) -> None:
    shuffled = words(text)
    random.Random(seed).shuffle(shuffled)
    one, other = predictor.decision_function([" ".join(words(text)), " ".join(shuffled)])
    assert np.array_equal(one, other)


@given(texts=many_texts)
def test_labels_are_the_most_probable_and_rows_are_probabilities(predictor: Predictor, texts: list[str]) -> None:
    probabilities = predictor.predict_proba(texts)
    assert probabilities.shape == (len(texts), len(predictor.categories))
    assert probabilities.dtype == np.float32
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(len(texts)), abs=1e-5)
    labels = predictor.predict(texts)
    assert len(labels) == len(texts)
    assert labels == [predictor.categories[column] for column in probabilities.argmax(axis=1)]
    batch = predictor.predict_batch(texts)
    assert batch.categories.to_pylist() == labels
    assert np.array_equal(batch.probability, probabilities.max(axis=1))
    for row, second, its_probability in zip(
        probabilities, batch.second.to_pylist(), batch.second_probability, strict=True
    ):
        assert its_probability == np.sort(row)[-2]
        assert row[predictor.categories.index(second)] == its_probability


@given(text=news_texts)
def test_an_explanation_sums_to_the_scores_less_the_bias(predictor: Predictor, text: str) -> None:
    explanation = predictor.explain(text)
    assert [word for word, _ in explanation] == words(text)
    found, telling = predictor.model.scores_of_words(words(text))
    scores = predictor.decision_function([text])[0]
    for column, name in enumerate(predictor.categories):
        total = math.fsum(shares[name] for _, shares in explanation)
        if telling.any():
            assert total == pytest.approx(scores[column] - predictor.model.bias[column], abs=1e-8)
        else:
            assert total == 0
    assert len(explanation) == len(found)


@pytest.mark.parametrize("text", ["", " ", "\n\t", "😀 …", "hello world", "2030", "…،؛؟", "\0", "\u200f"])
def test_a_text_without_a_telling_word_is_other_and_not_confident(tiny_predictor: Predictor, text: str) -> None:
    answer = tiny_predictor.tag(text)
    assert answer.category == "other"
    assert not answer.confident
    assert answer.text == text


def test_a_text_that_tells_nothing_is_never_confident_even_where_nothing_is_asked(tiny_model: TopicModel) -> None:
    import dataclasses

    eager = Predictor(dataclasses.replace(tiny_model, calibration=Calibration(threshold=0.0)))
    assert not eager.tag("2030").confident
    assert eager.tag("فوز").confident


def test_confidence_is_the_threshold_of_the_model(tiny_predictor: Predictor, sample_headlines: list[str]) -> None:
    batch = tiny_predictor.predict_batch([*sample_headlines, "مدينة", "خبر عن شيء"])
    assert np.array_equal(batch.confident, batch.probability >= tiny_predictor.model.calibration.threshold)
    assert batch.confident.any()


def test_the_model_knows_what_it_was_trained_on(tiny_predictor: Predictor) -> None:
    from tests.conftest import headlines

    texts, labels = headlines()
    assert tiny_predictor.predict(texts) == labels
    assert tiny_predictor.predict(["توقيف لص بطنجة", "فوز الوداد في المباراة"]) == ["security", "sport"]


def test_spelling_that_outlets_vary_changes_nothing(tiny_predictor: Predictor) -> None:
    plain = tiny_predictor.predict_proba(["الامن يوقف لصا"])
    for varied in ("الأمن يوقف لصا", "الأَمْنُ يُوقِفُ لصّاً", "“الأمـــن” يوقف لصا..", "\u200fالأمن\u200f يوقف، لصا!"):
        assert np.array_equal(tiny_predictor.predict_proba([varied]), plain)


@pytest.mark.parametrize(
    "texts",
    [
        pd.Series(["فوز", "لص"]),
        np.array(["فوز", "لص"], dtype=object),
        ("فوز", "لص"),
        pa.chunked_array([["فوز"], ["لص"]]),
    ],
    ids=lambda texts: type(texts).__name__,
)
def test_every_kind_of_sequence_gives_the_same(tiny_predictor: Predictor, texts: Any) -> None:
    assert tiny_predictor.predict(texts) == tiny_predictor.predict(["فوز", "لص"])


@pytest.mark.parametrize("method", ["predict", "predict_proba", "decision_function", "predict_batch"])
def test_missing_texts_and_tables_are_refused(tiny_predictor: Predictor, method: str) -> None:
    ask = getattr(tiny_predictor, method)
    with pytest.raises(InputError, match="text 1 is None"):
        ask(["فوز", None])
    with pytest.raises(InputError, match="text 0 is NaN"):
        ask(pd.Series([float("nan"), "فوز"], dtype=object))
    with pytest.raises(InputError, match="that is a table"):
        ask(pd.DataFrame({"title": ["فوز"]}))


def test_tagging_nothing_gives_nothing(tiny_predictor: Predictor) -> None:
    assert tiny_predictor.predict([]) == []
    assert tiny_predictor.predict_proba([]).shape == (0, 5)
    assert len(tiny_predictor.predict_batch([]).categories) == 0


@pytest.mark.parametrize("method", ["tag", "explain"])
def test_one_text_must_be_a_text(tiny_predictor: Predictor, method: str) -> None:
    for wrong in (None, 7, float("nan")):
        with pytest.raises(InputError, match="text 0 is"):
            getattr(tiny_predictor, method)(wrong)


def test_ten_megabytes_of_text_are_tagged(tiny_predictor: Predictor) -> None:
    long = "توقيف مروج مخدرات بحي شعبي في طنجة " * 160_000
    assert len(long.encode()) > 10_000_000
    answers = tiny_predictor.predict_batch(["فوز الرجاء", long, "فوز الرجاء"])
    assert answers.categories.to_pylist() == ["sport", "security", "sport"]
    one_word = tiny_predictor.tag("ط" * 5_000_000)
    assert 0 < one_word.probability <= 1


def test_control_characters_and_half_surrogates_are_taken(tiny_predictor: Predictor) -> None:
    plain = tiny_predictor.predict_proba(["فوز الرجاء"])
    assert np.array_equal(tiny_predictor.predict_proba(["فوز\x00الرجاء"]), plain)
    assert np.array_equal(tiny_predictor.predict_proba(["\ud800 فوز \x07 الرجاء \udfff"]), plain)
    assert tiny_predictor.tag("فوز \ud800").category == "sport"
