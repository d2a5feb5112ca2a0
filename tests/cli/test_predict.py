"""``newsclf predict``: options, what is said at the end, exit codes; test_batch_* test what it does with files."""

from __future__ import annotations

import csv
import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from newsclf.batch import reading
from newsclf.cli import run

Predict = Callable[..., tuple[int, str, str]]


@pytest.fixture
def predict(tiny_folder: Path, capfd: pytest.CaptureFixture[str]) -> Predict:
    """Run the command and return exit code, output and errors."""

    def run_it(*words: Path | str) -> tuple[int, str, str]:
        code = run(["predict", "--model", str(tiny_folder), *map(str, words)])
        return (code, *capfd.readouterr())

    return run_it


@pytest.fixture
def headlines_file(tmp_path: Path) -> Path:
    path = tmp_path / "in.csv"
    path.write_text("id,title,body\n1,فوز الرجاء,مباراة\n2,,\n3,توقيف لص,\n4,البورصة\n", encoding="utf-8")
    return path


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_file_is_tagged_and_every_row_accounted_for(predict: Predict, headlines_file: Path, tmp_path: Path) -> None:
    code, out, err = predict(headlines_file, tmp_path / "out.csv", "--text-column", "title")
    assert (code, out) == (0, "")
    assert [row["category"] for row in rows_of(tmp_path / "out.csv")] == ["sport", "security"]
    first, second = err.splitlines()
    rejects = tmp_path / "out.csv.rejects.jsonl"
    assert first.startswith("4 rows in ")
    assert first.endswith(f": 2 tagged in {tmp_path / 'out.csv'}, 2 rejected in {rejects}")
    assert second.startswith("security 50.0 %, sport 50.0 %, politics 0.0 %")
    assert [json.loads(line)["line"] for line in rejects.read_text().splitlines()] == [3, 5]


def test_title_and_body_are_read_together(predict: Predict, headlines_file: Path, tmp_path: Path) -> None:
    code, _, _ = predict(headlines_file, tmp_path / "both.csv", "--title-column", "title", "--body-column", "body")
    assert code == 0
    predict(headlines_file, tmp_path / "title.csv", "--title-column", "title")
    both, title = rows_of(tmp_path / "both.csv")[0], rows_of(tmp_path / "title.csv")[0]
    assert both["category"] == title["category"] == "sport"
    assert both["probability"] != title["probability"]


def test_options_reach_the_job(predict: Predict, tmp_path: Path) -> None:
    given = tmp_path / "lines"
    given.write_bytes("title\nفوز الرجاء\n".encode("cp1256"))
    words = ["--input-format", "csv", "--output-format", "jsonl", "--encoding", "cp1256", "--text-column", "title"]
    code, _, err = predict(given, tmp_path / "out", *words, "--prefix", "our_", "--workers", "2", "--resume")
    assert code == 0, err
    row = json.loads((tmp_path / "out").read_text(encoding="utf-8"))
    assert (row["title"], row["our_category"]) == ("فوز الرجاء", "sport")


def test_standard_input_to_standard_output(tiny_folder: Path) -> None:
    command = [sys.executable, "-m", "newsclf", "predict", "-", "-", "--model", str(tiny_folder)]
    found = subprocess.run(command, input="فوز الرجاء\n\nلص".encode(), capture_output=True, check=True)
    rows = [json.loads(line) for line in found.stdout.decode().splitlines()]
    assert [(row["text"], row["category"]) for row in rows] == [
        ("فوز الرجاء", "sport"),
        ("", "other"),
        ("لص", "security"),
    ]
    assert found.stderr.decode().startswith("3 rows in ")
    empty = subprocess.run(command, input=b"", capture_output=True, check=True)
    assert empty.stdout == b""


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["none.csv", "out.csv"], "none.csv: No such file or directory"),
        (
            ["in.csv", "out.csv"],
            "there is no column 'text'; say which holds the text with --text-column (columns: id, title, body)",
        ),
        ([".", "out.csv"], ". is a folder; name a file"),
        (["in.csv", "."], ". is a folder; name a file"),
        (["in.csv", "out.xlsx", "--text-column", "title"], "does not say what format it is"),
        (["in.csv", "in.csv", "--text-column", "title"], "must be different files"),
        (["in.csv", "-", "--resume"], "only a job from a file to a file can be resumed"),
        (["in.csv", "out.csv", "--text-column", "title", "--encoding", "latin"], None),
        (["in.csv", "out.csv", "--text-column", "title", "--encoding", "klingon"], "'klingon' is no text encoding"),
        (["in.csv", "out.csv", "--text-column", "title", "--body-column", "body"], "give --text-column, or"),
        (["in.csv", "out.csv", "--workers", "0"], "0 is not in the range x>=1"),
        (["in.csv"], "Missing argument 'OUT'"),
    ],
)
def test_wrong_use_is_said_in_a_line(
    words: list[str], message: str | None, predict: Predict, headlines_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(headlines_file.parent)
    before = set(headlines_file.parent.iterdir())
    code, out, err = predict(*words)
    assert (code, out) == (2, "")
    assert (message or "it is utf-8, not iso8859-1") in err
    assert set(headlines_file.parent.iterdir()) == before
    if "Usage" not in err:
        assert len(err.splitlines()) == 1


def test_help_shows_examples(predict: Predict) -> None:
    code, out, _ = predict("--help")
    assert code == 0
    assert "newsclf predict headlines.csv tagged.csv --text-column title" in out


def test_ctrl_c_says_how_to_go_on(tiny_folder: Path, tmp_path: Path) -> None:
    given = tmp_path / "in.txt"
    given.write_text("فوز الرجاء في مباراة الديربي\n" * 1_000_000, encoding="utf-8")
    command = [sys.executable, "-m", "newsclf", "predict", str(given), str(tmp_path / "out.csv.gz")]
    command += ["--model", str(tiny_folder), "--workers", "2"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, start_new_session=True)
    while process.poll() is None and not (tmp_path / ".out.csv.gz.parts" / "0.json").exists():
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 130
    said = error.decode().strip().splitlines()
    assert said == [
        "What is finished is kept: the same command with --resume goes on from there.",
        "",
        "newsclf: interrupted",
    ]
    assert not (tmp_path / "out.csv.gz").exists()


def test_a_terminal_shows_progress(tiny_folder: Path, tmp_path: Path) -> None:
    given = tmp_path / "in.txt"
    given.write_text("فوز الرجاء في مباراة الديربي\n" * 400_000, encoding="utf-8")
    primary, secondary = pty.openpty()
    command = [sys.executable, "-m", "newsclf", "predict", str(given), str(tmp_path / "out.txt")]
    subprocess.run([*command, "--model", str(tiny_folder)], stderr=secondary, check=True)
    os.close(secondary)
    shown = os.read(primary, 100_000).decode()
    os.close(primary)
    assert "100%" in shown
    assert "400,000 rows, " in shown
    assert " a second" in shown


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_reader_that_has_had_enough_is_no_error(workers: str, tiny_folder: Path, tmp_path: Path) -> None:
    given = tmp_path / "in.txt"
    given.write_text("فوز الرجاء في مباراة الديربي\n" * 600_000, encoding="utf-8")
    command = [sys.executable, "-m", "newsclf", "predict", str(given), "-", "--model", str(tiny_folder)]
    process = subprocess.Popen([*command, "--workers", workers], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline()
    process.stdout.close()
    with process.stderr as errors:
        assert errors.read() == b""
    assert process.wait(60) == 0


def test_small_blocks_show_nothing_where_there_is_no_terminal(
    predict: Predict, headlines_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_BLOCK_BYTES", 30)
    _, _, err = predict(headlines_file, tmp_path / "out.csv", "--text-column", "title")
    assert len(err.splitlines()) == 2
