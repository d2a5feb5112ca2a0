"""`ScoreTable`: sums that depend on nothing but the words of a text."""

from __future__ import annotations

import threading

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from newsclf.scoretable import ScoreTable
from newsclf.topicmodel import TopicModel
from tests.newstexts import news_texts

many_texts = st.lists(news_texts, min_size=1, max_size=10)


def sums(table: ScoreTable, texts: list[str]) -> tuple[list[list[float]], list[int]]:
    found, lengths = table.sums(pa.array(texts, pa.string()))
    return found.tolist(), lengths.tolist()


@given(st.lists(many_texts, min_size=1, max_size=4), st.integers(1, 12))
def test_forgetting_changes_nothing(tiny_model: TopicModel, calls: list[list[str]], most_chunks: int) -> None:
    forgetful, remembering = ScoreTable(tiny_model, most_chunks=most_chunks), ScoreTable(tiny_model)
    for texts in calls:
        assert sums(forgetful, texts) == sums(remembering, texts)


def test_what_is_remembered_is_bounded(tiny_model: TopicModel) -> None:
    table = ScoreTable(tiny_model, most_chunks=50)
    for call in range(40):
        sums(table, [f"كلمة{call}-{number}" for number in range(20)])
        assert table._index.size <= 50


def test_more_chunks_at_once_than_are_remembered_are_summed_all_the_same(tiny_model: TopicModel) -> None:
    texts = [f"كلمة{number} فوز" for number in range(100)]
    assert sums(ScoreTable(tiny_model, most_chunks=3), texts) == sums(ScoreTable(tiny_model), texts)


@given(many_texts)
def test_a_text_is_scored_alike_in_company_and_alone(tiny_model: TopicModel, texts: list[str]) -> None:
    together, lengths = ScoreTable(tiny_model).sums(pa.array(texts))
    for number, text in enumerate(texts):
        alone, length = ScoreTable(tiny_model).sums(pa.array([text]))
        assert np.array_equal(alone[:, 0], together[:, number])
        assert length[0] == lengths[number]


def test_cutting_into_pieces_changes_nothing(tiny_model: TopicModel, monkeypatch: object) -> None:
    import newsclf.scoretable

    texts = [f"فوز {number} الرجاء {'طنجة ' * (number % 7)}" for number in range(50)]
    whole = sums(ScoreTable(tiny_model), texts)
    monkeypatch.setattr(newsclf.scoretable, "_TEXT_BYTES_AT_ONCE", 64)  # type: ignore[attr-defined]
    assert sums(ScoreTable(tiny_model), texts) == whole


def test_no_texts_have_no_sums(tiny_model: TopicModel) -> None:
    found, lengths = ScoreTable(tiny_model).sums(pa.array([], pa.string()))
    assert (found.shape, lengths.shape) == ((5, 0), (0,))


def test_a_slice_is_summed_as_the_slice(tiny_model: TopicModel) -> None:
    array = pa.array(["فوز الرجاء", "توقيف لص", "", "مهرجان"])
    found, _ = ScoreTable(tiny_model).sums(array.slice(1, 2))
    expected, _ = ScoreTable(tiny_model).sums(pa.array(["توقيف لص", ""]))
    assert np.array_equal(found, expected)


def test_large_strings_are_summed_alike(tiny_model: TopicModel) -> None:
    texts = ["فوز الرجاء", "ط" * 100, ""]
    large, _ = ScoreTable(tiny_model).sums(pa.array(texts, pa.large_string()))
    small, _ = ScoreTable(tiny_model).sums(pa.array(texts))
    assert np.array_equal(large, small)


def test_one_table_serves_several_threads(tiny_model: TopicModel) -> None:
    table = ScoreTable(tiny_model, most_chunks=64)
    texts = [[f"كلمة{thread}{number} فوز الوداد" for number in range(60)] for thread in range(4)]
    expected = [sums(ScoreTable(tiny_model), each) for each in texts]
    found: list[list[object]] = [[] for _ in texts]

    def work(thread: int) -> None:
        for _ in range(10):
            found[thread].append(sums(table, texts[thread]))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(each == [expected[number]] * 10 for number, each in enumerate(found))
