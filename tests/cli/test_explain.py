"""``newsclf explain``: contributions that add up."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest

from newsclf.cli import run
from newsclf.predictor import Predictor
from newsclf.text import words

TEXT = "توقيف لصّ بالرباط، PSG 2030"

Explain = Callable[..., tuple[int, str, str]]


@pytest.fixture
def explain(tiny_folder: Path, capsys: pytest.CaptureFixture[str]) -> Explain:
    """Run the command and return exit code, output and errors."""

    def run_it(*words: str) -> tuple[int, str, str]:
        code = run(["explain", "--model", str(tiny_folder), *words])
        return (code, *capsys.readouterr())

    return run_it


def test_json_holds_every_number_and_they_add_up(explain: Explain, tiny_predictor: Predictor) -> None:
    code, out, err = explain(TEXT)
    assert (code, err, len(out.splitlines())) == (0, "", 1)
    found = json.loads(out)
    answer = tiny_predictor.tag(TEXT)
    assert (found["text"], found["category"], found["confident"]) == (TEXT, answer.category, answer.confident)
    assert [word["word"] for word in found["words"]] == words(TEXT)
    names = list(found["scores"])
    assert names[0] == answer.category
    assert list(found["scores"].values()) == sorted(found["scores"].values(), reverse=True)
    for name in names:
        total = math.fsum(word["contributions"][name] for word in found["words"])
        assert found["sums"][name] == pytest.approx(total, abs=1e-12)
        assert found["sums"][name] + found["bias"][name] == pytest.approx(found["scores"][name], abs=1e-8)
    assert sum(found["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    assert found["probabilities"][answer.category] == pytest.approx(answer.probability)


def test_a_table_shows_the_winner_first_and_the_sums(explain: Explain) -> None:
    code, out, _ = explain(TEXT, "--format", "table")
    lines = out.splitlines()
    assert code == 0
    assert lines[0].startswith("security 0.")
    assert lines[0].endswith(", confident")
    names = lines[2].split()
    assert names[0] == "security"
    rows = {line.split(maxsplit=5)[-1]: list(map(float, line.split()[:5])) for line in lines[3:]}
    assert list(rows) == [*words(TEXT), "= sums", "= bias", "= scores", "= probabilities"]
    for column in range(5):
        added = sum(rows[word][column] for word in words(TEXT))
        assert rows["= sums"][column] == pytest.approx(added, abs=0.005)
        assert rows["= scores"][column] == pytest.approx(rows["= sums"][column] + rows["= bias"][column], abs=0.002)


def test_csv_has_a_row_for_each_word_and_each_sum(explain: Explain) -> None:
    _, out, _ = explain(TEXT, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [row["word"] for row in rows if row["row"] == "word"] == words(TEXT)
    assert [row["row"] for row in rows[-4:]] == ["sums", "bias", "scores", "probabilities"]


@pytest.mark.parametrize("text", ["", "PSG 2030", "😀"])
def test_a_text_that_tells_nothing_says_so(text: str, explain: Explain) -> None:
    code, out, _ = explain(text, "--format", "table")
    assert code == 0
    assert out == "other 0.40, not confident\nNo word of this text tells anything.\n"
    assert not any(json.loads(explain(text)[1])["sums"].values())


def test_wrong_use(explain: Explain) -> None:
    code, _, err = explain()
    assert (code, "Missing argument 'TEXT'" in err) == (2, True)
    code, _, err = explain("نص", "--format", "xml")
    assert (code, "'xml' is not one of" in err) == (2, True)
    code, out, _ = explain("--help")
    assert (code, "newsclf explain" in out) == (0, True)
