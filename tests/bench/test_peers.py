"""Every peer that is installed learns, is kept in a folder, and answers every text with a category."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from bench.peers import PEERS, SAME_MODEL, default_classifier, reason_to_skip
from newsclf.configuration import read_experiment
from newsclf.sources.card import repository_root
from tests.conftest import headlines

TRAINED = [name for name in PEERS if name not in SAME_MODEL and name != "floor"]


@pytest.mark.parametrize("name", TRAINED)
def test_a_peer_learns_and_answers(name: str, tmp_path: Path) -> None:
    reason = reason_to_skip(name)
    if reason:
        pytest.skip(reason)
    texts, labels = headlines()
    PEERS[name].fit(texts * 4, labels * 4, tmp_path / "model")
    predict = PEERS[name].load(tmp_path / "model")
    # Signs that mean something in the files of fastText and Vowpal Wabbit, and a text with no word.
    strange = ["فوز: الرجاء | ديربي\nطنجة\r\0", "", "__label__x 1 | توقيف"]
    found = predict(texts + strange)
    assert len(found) == len(texts) + len(strange)
    assert set(found) <= set(labels)
    assert sum(one == other for one, other in zip(found, labels, strict=False)) > len(labels) / 2


def test_our_model_answers_alike_from_a_list_and_from_arrow(tmp_path: Path) -> None:
    texts, labels = headlines()
    PEERS["newsclf"].fit(texts, labels, tmp_path / "model")
    from_list = PEERS["newsclf"].load(tmp_path / "model")(texts)
    assert PEERS["newsclf-arrow"].load(tmp_path / "model")(pa.array(texts)) == from_list


def test_the_floor_takes_texts_and_gives_nothing(tmp_path: Path) -> None:
    assert PEERS["floor"].load(tmp_path)(pa.array(["فوز الرجاء"])) is None


def test_what_is_compared_is_our_default_model() -> None:
    texts, categories = headlines()
    settings = read_experiment(repository_root() / "experiments" / "default.toml")
    classifier = default_classifier(texts, categories)
    assert dict(settings.model).items() <= classifier.get_params().items()
    assert classifier.vectoriser_.context_.dimensions == 50
