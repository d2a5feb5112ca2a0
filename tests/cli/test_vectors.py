"""`newsclf vectors`: makes a file that an experiment can name, and refuses in one line."""

from __future__ import annotations

from pathlib import Path

import pyarrow.compute as pc
import pytest

from newsclf.cli import run
from newsclf.contextvectors import ContextVectors, context_vectors
from newsclf.records import read_records
from newsclf.views import whole_texts
from tests.smallexperiment import rows_of_headlines, write_experiment

COMMAND = ["vectors", "mine.toml", "--data-root", ".", "--dimensions", "3"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a small card, to be in."""
    write_experiment(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_makes_a_file_of_the_words_of_train_and_says_how_many(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*COMMAND, "--min-document-frequency", "2", "--out", "new/vectors.npz"]) == 0
    splits = read_records(folder / "work/records/mine/records.parquet")["split"].to_pylist()
    learnt = splits.count("train")
    found = ContextVectors.load(folder / "new/vectors.npz")
    assert found.dimensions == 3
    assert 0 < learnt < len(splits)
    said = f"new/vectors.npz: {len(found.words)} words, 3 dimensions, from {learnt} records\n"
    assert capsys.readouterr().out == said
    before = (folder / "new/vectors.npz").read_bytes()
    assert run([*COMMAND, "--min-document-frequency", "2", "--out", "new/vectors.npz"]) == 0
    assert (folder / "new/vectors.npz").read_bytes() == before


def test_words_of_test_and_dev_are_not_learnt(folder: Path) -> None:
    assert run([*COMMAND, "--min-document-frequency", "1", "--out", "vectors.npz"]) == 0
    records = read_records(folder / "work/records/mine/records.parquet")
    of_all, of_train = (
        context_vectors(whole_texts(table), dimensions=3, min_document_frequency=1)
        for table in (records, records.filter(pc.equal(records["split"], "train")))
    )
    assert of_all is not None
    assert of_train is not None
    words = ContextVectors.load(folder / "vectors.npz").words
    assert words == of_train.words
    assert set(words) < set(of_all.words)


def test_too_few_texts_are_refused_in_one_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_experiment(folder, rows=rows_of_headlines()[:3])
    assert run([*COMMAND, "--out", "vectors.npz"]) == 2
    said = capsys.readouterr()
    (line,) = said.err.splitlines()
    assert "records have too few words in common to learn from; add texts, or lower --min-document" in line
    assert said.out == ""
    assert not (folder / "vectors.npz").exists()


@pytest.mark.parametrize(
    ("out", "message"),
    [
        ("mine.csv/vectors.npz", "mine.csv is a file; name a folder to write"),
        ("mine.csv/more/vectors.npz", "mine.csv is a file; name a folder to write"),
        ("full", "'full' is a directory"),
    ],
)
def test_an_unwritable_file_is_refused_before_the_work(
    folder: Path, out: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "full").mkdir()
    assert run([*COMMAND, "--out", out]) == 2
    assert message in capsys.readouterr().err.splitlines()[-1]
    assert not (folder / "work").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["vectors", "none.toml", "--out", "vectors.npz"], "none.toml does not exist"),
        (["vectors", "--out", "vectors.npz"], "Missing argument 'CARD...'"),
        ([*COMMAND], "Missing option '--out'"),
        ([*COMMAND, "--dimensions", "0", "--out", "vectors.npz"], "0 is not in the range"),
    ],
)
def test_bad_input_ends_with_code_2(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 2
    assert message in capsys.readouterr().err


def test_help_shows_its_example_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["vectors", "--help"]) == 0
    assert "\n    newsclf vectors hespress ant_multisource --data-root" in capsys.readouterr().out
