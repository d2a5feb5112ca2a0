"""experiments/alterations.py: each alteration changes what it says, in training and answers alike, and is undone."""

from __future__ import annotations

import doctest
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
from experiments import alterations
from experiments.alterations import ALTERATIONS

from newsclf import scoretable, text, training, wordcounts
from newsclf.classifier import TopicClassifier
from newsclf.configuration import ContextSettings, Experiment, TrainingSettings
from newsclf.contextvectors import ContextVectors
from newsclf.features import SubwordTfidf
from newsclf.predictor import Predictor
from newsclf.sweepplan import read_sweep
from newsclf.wordcounts import count_words
from tests.conftest import headlines

# Tashkeel, forms of alef, final yeh, an article with a particle: something of everything that is altered.
UNSEEN = ["الأمنُ يُوقف لصاً إلى الملعب", "وبالملعبِ فوز الرجاء في كأس إفريقيا على ضيفه", "psg 2030"]


def fitted() -> TopicClassifier:
    """Return a model of the headlines."""
    texts, categories = headlines()
    return TopicClassifier(bucket_bits=8, min_document_frequency=1).fit(texts, categories)


def scores_of(model: TopicClassifier) -> npt.NDArray[np.float64]:
    """Return the scores of unseen texts, as the table of word scores gives them."""
    return Predictor(model.to_topic_model()).decision_function(UNSEEN)


@pytest.fixture(scope="module")
def unaltered() -> npt.NDArray[np.float64]:
    """The scores without any alteration."""
    return scores_of(fitted())


@pytest.mark.parametrize("name", ALTERATIONS)
def test_it_changes_training_and_answers_alike_and_is_undone(name: str, unaltered: npt.NDArray[np.float64]) -> None:
    with ALTERATIONS[name]():
        model = fitted()
        scores = scores_of(model)
        # The text without an Arabic letter has no telling word: `other`, whatever the features say.
        assert scores[:2] == pytest.approx(model.decision_function(UNSEEN)[:2], abs=1e-4)
    assert not np.allclose(scores[:2], unaltered[:2], atol=1e-3)
    assert np.array_equal(scores_of(fitted()), unaltered)


@pytest.mark.parametrize("name", ALTERATIONS)
def test_it_is_undone_after_an_error_too(name: str) -> None:
    before = altered_places()
    during = before
    with suppress(InterruptedError), ALTERATIONS[name]():
        during = altered_places()
        raise InterruptedError
    assert during != before
    assert altered_places() == before


def test_examples_are_right() -> None:
    assert doctest.testmod(alterations) == (0, 3)


def test_the_ablation_tries_every_alteration(monkeypatch: pytest.MonkeyPatch) -> None:
    experiments = Path(alterations.__file__).parent
    monkeypatch.chdir(experiments.parent)
    variants = read_sweep(experiments / "sweeps" / "ablation.toml").variants
    assert sorted(each.alteration.name for each in variants if each.alteration) == sorted(ALTERATIONS)


def altered_places() -> list[object]:
    """Return what alterations put something else in place of."""
    classes = [vars(kind)[name] for kind, name in ((SubwordTfidf, "fit_factors"), (SubwordTfidf, "_factors"))]
    functions = [wordcounts.words, scoretable.words, text._FOLDED, text.araby, text._mark_or_blank, training._context]
    return [*classes, *functions, vars(alterations.TopicModel)["scores"], alterations.classifier._cross_entropy]


def test_without_idf_all_words_and_all_n_grams_count_as_the_average_one() -> None:
    texts, _ = headlines()
    weighted = SubwordTfidf(bucket_bits=8, min_document_frequency=1).fit(texts)
    with ALTERATIONS["no-idf"]():
        flat = SubwordTfidf(bucket_bits=8, min_document_frequency=1).fit(texts)
    for name in ("word_idf_", "bucket_idf_"):
        of_all = np.unique(getattr(flat, name))
        assert of_all.size == 1
        assert getattr(weighted, name).min() < of_all[0] < getattr(weighted, name).max()
    assert flat.unseen_idf_ == flat.word_idf_[0]
    # The whole is as large as it was.
    assert flat.transform(texts).sum() == pytest.approx(weighted.transform(texts).sum(), rel=0.1)


@pytest.mark.parametrize(("name", "power"), [("length-1", -1.0), ("length-0", 0.0)])
def test_length_has_another_power(name: str, power: float) -> None:
    long, short = "فوز " * 64, "فوز"
    at_16 = "فوز " * 16
    vectoriser = SubwordTfidf(bucket_bits=8, min_document_frequency=1).fit(headlines()[0])
    as_ever = vectoriser.transform([at_16]).sum()
    with ALTERATIONS[name]():
        sums = vectoriser.transform([short, at_16, long]).sum(axis=1)
    assert sums[1] == pytest.approx(as_ever)
    assert sums[2] / sums[0] == pytest.approx(64 ** (1 + power))


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("article-stripped", ["حكومه", "مغرب", "وزير", "الي", "بلد"]),
        ("clitics-stripped", ["حكومه", "مغرب", "زير", "الي", "بلد"]),
        ("light-stemmer", ["حكوم", "مغرب", "زير", "ال", "بلد"]),
    ],
)
def test_words_are_stripped_wherever_they_are_looked_up(name: str, found: list[str]) -> None:
    raw = "والحكومه للمغرب وزير إلى بلد"
    with ALTERATIONS[name]():
        assert count_words(pa.array([raw]))[1] == sorted(found)
        for module in alterations._USERS_OF_WORDS:
            assert module.words(raw) == found


def test_every_module_that_trains_or_answers_looks_words_up_where_they_are_altered() -> None:
    """A module that begins to import `words` must be told of in alterations."""
    package = Path(text.__file__).parent
    importing = {
        file.stem
        for file in package.glob("*.py")
        for line in file.read_text(encoding="utf-8").splitlines()
        if line.startswith("from newsclf.text import")
        and "words" in line.partition("import")[2].replace(",", " ").split()
    }
    assert importing == {module.__name__.rpartition(".")[2] for module in alterations._USERS_OF_WORDS}


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("tashkeel-kept", "يُوقف الامنَ الي موسكو اليوم"),
        ("alef-kept", "يوقف الأمن إلي موسكو اليوم"),
        ("yeh-kept", "يوقف الامن الى موسكو اليوم"),
    ],
)
def test_signs_and_letters_are_kept(name: str, found: str) -> None:
    raw = "يُوقف الأمنَ إلى «موســكو»، اليوم!"
    with ALTERATIONS[name]():
        assert text.normalise(raw) == found
    assert text.normalise(raw) == "يوقف الامن الي موسكو اليوم"


@pytest.mark.parametrize("name", ["squared-hinge", "squared-hinge-third", "squared-hinge-triple"])
def test_the_derivative_of_squared_hinge_is_right(name: str) -> None:
    random = np.random.default_rng(0)
    scores, share = random.normal(0, 2, (4, 3)), random.uniform(0.1, 1, (4, 1))
    target = np.eye(3)[[0, 1, 2, 0]]
    loss: Callable[..., tuple[float, npt.NDArray[np.float64]]]
    with ALTERATIONS[name]():
        loss = alterations.classifier._cross_entropy
    _, derivative = loss(scores, target, share)
    for place in np.ndindex(scores.shape):
        step = np.zeros_like(scores)
        step[place] = 1e-5
        numeric = (loss(scores + step, target, share)[0] - loss(scores - step, target, share)[0]) / 2e-5
        assert derivative[place] == pytest.approx(numeric, abs=1e-6)
    assert loss(10 * (2 * target - 1), target, share)[0] == 0


def test_vectors_of_a_file_are_those_of_the_altered_words(tmp_path: Path) -> None:
    """A file of context vectors was made with the words as they are; an altered model must not lose them."""
    vectors = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, -1.0]], dtype=np.float32)
    file = tmp_path / "vectors.npz"
    ContextVectors(("الامن", "امن", "لص"), vectors).save(file)
    experiment = Experiment("any", training=TrainingSettings(context=ContextSettings(file=str(file))))
    records = pa.table({"title": ["الأمنُ يوقف لصا"], "body": pa.array([None], pa.string())})

    def found(name: str, *words: str) -> list[list[float]]:
        with ALTERATIONS[name]():
            context = training._context(experiment, records, lambda _: None)
            assert context is not None
            assert list(context.words) == sorted(context.words)
            return context.of(words).toarray().tolist()

    half = pytest.approx([0.5**0.5, 0.5**0.5])
    assert found("article-stripped", "امن", "لص", "الامن") == [half, [0.0, -1.0], [0.0, 0.0]]
    assert found("alef-kept", "الأمن", "الامن", "لص") == [[1.0, 0.0], [1.0, 0.0], [0.0, -1.0]]
    assert found("tashkeel-kept", "الامنُ", "امن") == [[1.0, 0.0], [0.0, 1.0]]
    assert found("no-idf", "الامن") == [[1.0, 0.0]]
