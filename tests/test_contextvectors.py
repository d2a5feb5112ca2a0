"""Context vectors: words in the same company are alike, whatever the label, and what is saved is read back."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from newsclf.classifier import TopicClassifier
from newsclf.contextvectors import ContextVectors, context_vectors
from newsclf.errors import InputError, ModelError
from newsclf.predictor import Predictor

ARTICLES = [
    "الوداد يفوز في الديربي أمام الجمهور",
    "الرجاء يفوز في الديربي بهدف",
    "الجمهور يحتفل بهدف الوداد",
    "الدرك يوقف مروج مخدرات",
    "الشرطة توقف مروج أقراص",
    "الدرك والشرطة يحجزان مخدرات وأقراص",
] * 3


@pytest.fixture(scope="module")
def learnt() -> ContextVectors:
    """Vectors of the words of `ARTICLES`."""
    found = context_vectors(pa.array(ARTICLES), dimensions=2, min_document_frequency=2)
    assert found is not None
    return found


def alike(vectors: ContextVectors, one: str, other: str) -> float:
    """The cosine of two words' vectors."""
    return float((vectors.of([one]) @ vectors.of([other]).T).toarray()[0, 0])


def test_words_of_the_same_articles_are_alike(learnt: ContextVectors) -> None:
    assert alike(learnt, "الوداد", "بهدف") > 0.9
    assert alike(learnt, "مخدرات", "الشرطة") > 0.9
    assert abs(alike(learnt, "الوداد", "مخدرات")) < 0.1


def test_vectors_have_length_1_and_unknown_words_none(learnt: ContextVectors) -> None:
    assert list(learnt.words) == sorted(learnt.words)
    assert np.linalg.norm(learnt.vectors, axis=1) == pytest.approx(1.0)
    found = learnt.of(["غير", learnt.words[0], "معروف"])
    assert np.diff(found.indptr).tolist() == [0, 2, 0]
    assert learnt.of([]).shape == (0, 2)


def test_words_of_few_texts_have_none_and_one_word_compares_with_nothing() -> None:
    texts = [f"عاجل كلمة{number} {'فوز' if number % 2 else 'نص'}" for number in range(6)]
    found = context_vectors(pa.array(texts), dimensions=2, min_document_frequency=2)
    assert found is not None
    assert found.words == ("عاجل", "فوز", "نص")
    assert context_vectors(pa.array(texts), dimensions=2, min_document_frequency=4) is None
    assert context_vectors(pa.array([], pa.string()), dimensions=2) is None


def test_what_is_saved_is_read_back_to_a_hundredth(learnt: ContextVectors, tmp_path: Path) -> None:
    learnt.save(tmp_path / "one.npz")
    learnt.save(tmp_path / "two.npz")
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
    again = ContextVectors.load(tmp_path / "one.npz")
    assert again.words == learnt.words
    assert again.vectors == pytest.approx(learnt.vectors, abs=0.01)
    assert np.linalg.norm(again.vectors, axis=1) == pytest.approx(1.0)


def test_files_that_hold_no_vectors_are_refused_by_name(learnt: ContextVectors, tmp_path: Path) -> None:
    path = tmp_path / "vectors.npz"
    with pytest.raises(InputError, match=r"vectors\.npz can't be read: .* 'newsclf vectors' makes it"):
        ContextVectors.load(path)
    path.write_bytes(b"no archive")
    with pytest.raises(ModelError, match=r"vectors\.npz is damaged"):
        ContextVectors.load(path)
    np.savez(path, words=np.zeros(1, dtype=np.uint8))
    with pytest.raises(ModelError, match="is no file of context vectors"):
        ContextVectors.load(path)
    np.savez(path, words=np.frombuffer(b"a\nb", np.uint8), numbers=np.zeros((3, 2), np.int8), steps=np.ones(2))
    with pytest.raises(ModelError, match="has 2 words, but vectors of the shape"):
        ContextVectors.load(path)


def test_a_new_process_learns_the_same_to_the_bit(learnt: ContextVectors, tmp_path: Path) -> None:
    code = (
        "import sys, pyarrow as pa; from pathlib import Path; from tests.test_contextvectors import ARTICLES\n"
        "from newsclf.contextvectors import context_vectors\n"
        "context_vectors(pa.array(ARTICLES), 2, 2).save(Path(sys.argv[1]))"
    )
    out = tmp_path / "other.npz"
    environment = {**os.environ, "PYTHONHASHSEED": "1", "OMP_NUM_THREADS": "1"}
    subprocess.run([sys.executable, "-c", code, out], check=True, cwd=Path(__file__).parents[1], env=environment)
    learnt.save(tmp_path / "here.npz")
    assert (tmp_path / "here.npz").read_bytes() == out.read_bytes()


def test_a_classifier_knows_words_that_no_labelled_text_holds(learnt: ContextVectors) -> None:
    texts, categories = ["الوداد يفوز", "مروج مخدرات"] * 2, ["sport", "security"] * 2
    parameters = {"bucket_bits": 6, "min_document_frequency": 1, "subword_weight": 0.0, "context_weight": 1.0}
    with_context = TopicClassifier(**parameters).fit(texts, categories, context=learnt)
    unseen = ["بهدف الجمهور", "الشرطة أقراص"]
    assert with_context.predict(unseen).tolist() == ["sport", "security"]
    model = with_context.to_topic_model()
    assert set(learnt.words) <= set(model.vocabulary)
    found = Predictor(model).decision_function([*texts, *unseen])
    explicit = with_context.vectoriser_.transform([*texts, *unseen]) @ with_context.coef_ + with_context.intercept_
    assert found == pytest.approx(explicit, abs=1e-5)
