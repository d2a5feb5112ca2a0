"""The topic model: scores of words, calibration, and what is on disk."""

from __future__ import annotations

import dataclasses
import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsclf.errors import InputError, ModelError
from newsclf.subwords import SubwordSettings
from newsclf.topicmodel import MANIFEST_FILE, WEIGHTS_FILE, Calibration, TopicModel

RNG = np.random.default_rng(5)


def made_model(settings: SubwordSettings | None = None, precision: str = "float32", **changes: object) -> TopicModel:
    settings = settings or SubwordSettings(2, 4, 6)
    parts: dict[str, object] = {
        "categories": ("security", "sport", "other"),
        "vocabulary": ("psg", "امن", "فوز"),
        "word_scores": RNG.normal(size=(3, 3)).astype(np.float32),
        "bucket_scores": RNG.normal(size=(settings.buckets, 3)).astype(np.float32),
        "bias": RNG.normal(size=3),
        "subword_settings": settings,
        "precision": precision,
    }
    return TopicModel(**{**parts, **changes})  # type: ignore[arg-type]


def test_a_known_word_has_its_own_scores() -> None:
    model = made_model()
    scores, telling = model.scores_of_words(["امن", "psg"])
    assert np.array_equal(scores, model.word_scores[[1, 0]])
    assert telling.tolist() == [True, True]


@pytest.mark.parametrize("settings", [SubwordSettings(2, 4, 6), SubwordSettings(4, 6, 6), SubwordSettings(6, 6, 6)])
def test_an_unseen_arabic_word_has_the_scores_of_its_ngrams(settings: SubwordSettings) -> None:
    # A word with no n-gram that is long enough scores nothing, wherever it stands.
    from newsclf.subwords import subwords

    model = made_model(settings)
    unseen = ["و", "توقيف", "في", "ال", "مباراة", "و"]
    scores, telling = model.scores_of_words(unseen)
    for word, row in zip(unseen, scores, strict=True):
        expected = model.bucket_scores[subwords([word], settings).buckets].astype(np.float64).sum(axis=0)
        assert row == pytest.approx(expected, abs=1e-12)
    assert telling.all()


def test_many_unseen_words_are_scored_in_steps_to_the_same_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    model = made_model()
    unseen = [f"كلمة{number}" if number % 5 else "psg" for number in range(57)]
    at_once, _ = model.scores_of_words(unseen)
    monkeypatch.setattr("newsclf.topicmodel._WORDS_AT_ONCE", 10)
    in_steps, telling = model.scores_of_words(unseen)
    assert np.array_equal(at_once, in_steps)
    assert telling.all()


def test_an_unseen_word_in_other_letters_says_nothing() -> None:
    scores, telling = made_model().scores_of_words(["fcb", "2030", "psg"])
    assert not scores[:2].any()
    assert telling.tolist() == [False, False, True]


def test_no_words_have_no_scores() -> None:
    scores, telling = made_model().scores_of_words([])
    assert (scores.shape, telling.shape) == ((0, 3), (0,))


def test_a_text_that_says_nothing_is_other() -> None:
    scores = made_model().scores(np.zeros((3, 2)), np.array([0, 1]))
    assert scores[:, 0].argmax() == 2


def test_without_a_class_other_a_text_that_says_nothing_has_the_bias() -> None:
    model = made_model(categories=("security", "sport", "economy"))
    assert model.scores(np.zeros((3, 1)), np.array([0]))[:, 0] == pytest.approx(model.bias)


@given(
    st.lists(st.tuples(st.floats(-800, 800), st.floats(-800, 800), st.integers(0, 5000)), min_size=1, max_size=5),
    st.floats(-2, 2),
    st.floats(-0.5, 0.5),
)
def test_probabilities_are_a_softmax_at_the_temperature_of_the_length(
    rows: list[tuple[float, float, int]], log_temperature: float, slope: float
) -> None:
    scores = np.array([[a, b, 0.0] for a, b, _ in rows]).T
    lengths = np.array([n for _, _, n in rows])
    found = Calibration(log_temperature, slope).probabilities(scores, lengths)
    assert found.dtype == np.float32
    assert found.sum(axis=0) == pytest.approx(np.ones(len(rows)), abs=1e-6)
    for column, (_, _, n) in enumerate(rows):
        temperature = math.exp(log_temperature + slope * math.log(max(n, 1)))
        top = max(scores[:, column])
        parts = [math.exp((score - top) / temperature) for score in scores[:, column]]
        assert found[:, column] == pytest.approx([part / sum(parts) for part in parts], abs=1e-6)


@pytest.mark.parametrize("precision", ["float32", "float16"])
def test_what_is_saved_is_what_is_loaded(precision: str, tmp_path: Path) -> None:
    model = made_model(precision=precision, manifest={"عن": ["tests", 1]}, calibration=Calibration(0.3, 0.1, 0.7))
    model.save(tmp_path / "model")
    found = TopicModel.load(tmp_path / "model")
    for field in dataclasses.fields(TopicModel):
        before, after = getattr(model, field.name), getattr(found, field.name)
        if isinstance(before, np.ndarray):
            assert np.array_equal(before, after)
            assert before.dtype == after.dtype
        else:
            assert before == after


def test_rounding_to_disk_precision_is_done_before_measuring() -> None:
    model = made_model(precision="float16")
    assert np.array_equal(model.word_scores, model.word_scores.astype(np.float16).astype(np.float32))


def test_the_same_model_is_the_same_bytes(tmp_path: Path) -> None:
    model = made_model()
    model.save(tmp_path / "a")
    model.save(tmp_path / "b")
    TopicModel.load(tmp_path / "a").save(tmp_path / "c")
    for name in (MANIFEST_FILE, WEIGHTS_FILE):
        contents = {(tmp_path / folder / name).read_bytes() for folder in "abc"}
        assert len(contents) == 1


def test_saving_over_a_model_replaces_it_whole(tmp_path: Path) -> None:
    made_model().save(tmp_path / "model")
    (tmp_path / "model" / "stray.txt").write_text("left by hand")
    second = made_model()
    second.save(tmp_path / "model")
    assert sorted(path.name for path in (tmp_path / "model").iterdir()) == [MANIFEST_FILE, WEIGHTS_FILE]
    assert np.array_equal(TopicModel.load(tmp_path / "model").bias, second.bias)
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_saving_where_a_file_stands_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model").write_text("a file")
    with pytest.raises(InputError, match="is a file; name a folder"):
        made_model().save(tmp_path / "model")


def test_a_vocabulary_of_nothing_is_kept(tmp_path: Path) -> None:
    made_model(vocabulary=(), word_scores=np.zeros((0, 3), np.float32)).save(tmp_path / "model")
    assert TopicModel.load(tmp_path / "model").vocabulary == ()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"bias": np.zeros(4)}, r"bias has shape \(4,\) where the model needs \(3,\)"),
        ({"word_scores": np.zeros((2, 3), np.float32)}, "word_scores has shape"),
        ({"bucket_scores": np.zeros((5, 3), np.float32)}, "bucket_scores has shape"),
        ({"bias": np.array([0.0, np.nan, 0.0])}, "bias holds values that are not finite"),
        ({"precision": "int8"}, "precision must be float32 or float16, not int8"),
    ],
)
def test_parts_that_do_not_fit_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        made_model(**changes)  # type: ignore[arg-type]


def edited(folder: Path, **changes: object) -> None:
    path = folder / MANIFEST_FILE
    description = json.loads(path.read_text(encoding="utf-8"))
    description.update(changes)
    for key in [key for key, value in description.items() if value is None]:
        del description[key]
    path.write_text(json.dumps(description), encoding="utf-8")


def damage(folder: Path, how: str) -> None:
    weights, manifest = folder / WEIGHTS_FILE, folder / MANIFEST_FILE
    content = weights.read_bytes()
    if how == "flipped bit":
        weights.write_bytes(content[:200] + bytes([content[200] ^ 1]) + content[201:])
    elif how == "cut weights":
        weights.write_bytes(content[:-10])
    elif how == "no weights":
        weights.unlink()
    elif how == "weights are a folder":
        weights.unlink()
        weights.mkdir()
    elif how == "no manifest":
        manifest.unlink()
    elif how == "cut manifest":
        manifest.write_bytes(manifest.read_bytes()[:-20])
    elif how == "manifest is not text":
        manifest.write_bytes(b"\xff\xfe\x00")
    elif how == "manifest is a list":
        manifest.write_text("[1]")
    elif how == "foreign":
        manifest.write_text('{"artifact_path": "model"}')
    elif how == "newer version":
        edited(folder, format_version=2)
    elif how == "no categories":
        edited(folder, categories=None)
    elif how == "other categories":
        edited(folder, categories=["sport", "other"])
    elif how == "other settings":
        edited(folder, subwords={"shortest": 9, "longest": 3, "bucket_bits": 6})
    elif how == "calibration of another kind":
        edited(folder, calibration={"temperature": 1.0})


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("flipped bit", "weights.npz is not the file that model.json describes"),
        ("cut weights", "weights.npz is not the file that model.json describes"),
        ("no weights", "weights.npz can't be read"),
        ("weights are a folder", "weights.npz can't be read"),
        ("no manifest", "holds no model.json, so it is no newsclf model"),
        ("cut manifest", "model.json is damaged"),
        ("manifest is not text", "model.json is damaged"),
        ("manifest is a list", "does not describe a newsclf model"),
        ("foreign", "does not describe a newsclf model"),
        ("newer version", "has format version 2; this newsclf reads 1"),
        ("no categories", "is not a whole newsclf model"),
        ("other categories", "has shape"),
        ("other settings", "subword lengths"),
        ("calibration of another kind", "is not a whole newsclf model"),
    ],
)
def test_a_folder_that_is_no_whole_model_is_refused_by_name(how: str, message: str, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    made_model().save(folder)
    damage(folder, how)
    with pytest.raises(ModelError, match=message) as caught:
        TopicModel.load(folder)
    assert str(folder) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_weights_that_are_no_archive_are_refused_even_with_the_right_hash(tmp_path: Path) -> None:
    import hashlib

    folder = tmp_path / "model"
    made_model().save(folder)
    for content in (b"no archive", b"", b"PK\x03\x04 cut"):
        (folder / WEIGHTS_FILE).write_bytes(content)
        edited(folder, weights_sha256=hashlib.sha256(content).hexdigest())
        with pytest.raises(ModelError, match=r"weights\.npz is damaged"):
            TopicModel.load(folder)


def test_a_missing_folder_and_a_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="is no folder"):
        TopicModel.load(tmp_path / "nowhere")
    (tmp_path / "file").write_text("x")
    with pytest.raises(ModelError, match="is no folder"):
        TopicModel.load(tmp_path / "file")


def test_a_pickle_in_the_weights_is_never_opened(tmp_path: Path) -> None:
    import hashlib
    import io

    folder = tmp_path / "model"
    made_model().save(folder)
    buffer = io.BytesIO()
    np.savez(buffer, words=np.array([{"an": "object"}], dtype=object))
    (folder / WEIGHTS_FILE).write_bytes(buffer.getvalue())
    edited(folder, weights_sha256=hashlib.sha256(buffer.getvalue()).hexdigest())
    with pytest.raises(ModelError, match="damaged"):
        TopicModel.load(folder)


def test_a_new_process_gives_the_same_probabilities(tiny_folder: Path, sample_headlines: list[str]) -> None:
    import newsclf

    code = (
        "import json, sys, newsclf\n"
        "texts = json.load(sys.stdin)\n"
        "print(json.dumps(newsclf.load(sys.argv[1]).predict_proba(texts).tolist()))"
    )
    texts = [*sample_headlines, "نص لم يره النموذج من قبل", "", "PSG 2-1"]
    found = subprocess.run(
        [sys.executable, "-c", code, str(tiny_folder)],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(found.stdout) == newsclf.load(tiny_folder).predict_proba(texts).tolist()
