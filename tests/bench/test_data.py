"""The texts of the benchmark: the same for every peer, and nothing that is tested is trained on."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from bench import data

COLUMNS = ("title", "body", "category", "source", "label_origin", "split", "role")


def records(*rows: tuple[str, str, str | None, str, str, str, str | None]) -> pa.Table:
    return pa.table({name: pa.array([row[place] for row in rows], pa.string()) for place, name in enumerate(COLUMNS)})


LABELLED = records(
    ("فوز الرجاء", "متن طويل", "sport", "hespress", "section", "train", None),
    ("توقيف لص", "", "security", "egypt_rss", "section", "train", None),
    ("حكومة جديدة", "", "politics", "egypt_rss", "annotator", "train", None),
    ("أسعار المحروقات", "", "economy", "hespress", "annotator", "test", "test"),
    ("مهرجان", "", "other", "hespress", "annotator", "test", None),
    ("الوداد", "", "sport", "hespress", "section", "test", None),
    ("", "متن بلا عنوان", "sport", "sanad", "annotator", "test", None),
)


def test_training_takes_trusted_labels_of_split_train_with_their_views() -> None:
    found = data.training_table(LABELLED).to_pylist()
    assert sorted((row["text"], row["label"]) for row in found) == [
        ("حكومة جديدة", "politics"),
        ("فوز الرجاء", "sport"),
        ("فوز الرجاء متن طويل", "sport"),
    ]


def test_testing_takes_headlines_read_of_split_test() -> None:
    found = data.test_table(LABELLED)
    assert found["text"].to_pylist() == ["أسعار المحروقات", "مهرجان"]
    assert found["guideline"].to_pylist() == [True, False]


def test_without_labels_by_reading_those_of_authors_are_tested() -> None:
    found = data.test_table(records(("فوز", "", "sport", "written", "author", "test", None)))
    assert found["text"].to_pylist() == ["فوز"]
    assert found["guideline"].to_pylist() == [False]


def test_texts_begin_again_when_they_run_out() -> None:
    assert data.repeated(pa.array(["فاس", "طنجة"]), 5).to_pylist() == ["فاس", "طنجة", "فاس", "طنجة", "فاس"]


def test_shuffling_keeps_every_text_and_is_always_the_same() -> None:
    texts = pa.array([str(number) for number in range(50)])
    assert sorted(data.shuffled(texts).to_pylist()) == sorted(texts.to_pylist())
    assert data.shuffled(texts).equals(data.shuffled(texts))
    assert not data.shuffled(texts).equals(texts)


def test_corpora_are_where_the_environment_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NEWSCLF_CORPORA", str(tmp_path))
    assert data.corpora_folder() == tmp_path
    monkeypatch.setenv("NEWSCLF_CORPORA", str(tmp_path / "nowhere"))
    assert data.corpora_folder() is None
