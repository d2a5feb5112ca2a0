"""``newsclf tag``: arguments, pages, files of lines and live streams."""

from __future__ import annotations

import contextlib
import csv
import ctypes
import functools
import importlib
import io
import json
import os
import pty
import signal
import subprocess
import sys
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from newsclf.cli import run
from newsclf.predictor import Predictor

PAGE = """• فوز الوداد في مباراة الديربي
  • ارتفاع أسعار المحروقات
عاجل
الجمعة 03 دجنبر 2021 على الساعة 12:30

توقيف مروج مخدرات بطنجة

توقيف مروج مخدرات بطنجة

أوقفت عناصر الشرطة القضائية بمدينة طنجة، صباح اليوم، شخصا يشتبه في ترويجه للمخدرات بأحد أحياء المدينة.
"""

Tag = Callable[..., tuple[int, str, str]]


@pytest.fixture
def tag(tiny_folder: Path, capsys: pytest.CaptureFixture[str]) -> Tag:
    """Run the command and return exit code, output and errors."""

    def run_it(*words: str) -> tuple[int, str, str]:
        code = run(["tag", "--model", str(tiny_folder), *words])
        return (code, *capsys.readouterr())

    return run_it


def json_lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_texts_are_answered_in_order(tag: Tag, tiny_predictor: Predictor) -> None:
    texts = ["فوز الرجاء", "توقيف لص بطنجة", "", "abc", "--ليس خيارا"]
    code, out, err = tag("--", *texts)
    assert (code, err) == (0, "")
    answers = json_lines(out)
    assert [row["text"] for row in answers] == texts
    for row in answers:
        expected = tiny_predictor.tag(row["text"])
        assert list(row) == ["text", "category", "probability", "second", "second_probability", "confident"]
        assert (row["category"], row["second"], row["confident"]) == (
            expected.category,
            expected.second,
            expected.confident,
        )
        assert row["probability"] == pytest.approx(expected.probability, abs=1e-4)


def test_csv_is_csv(tag: Tag) -> None:
    code, out, _ = tag('قال: "فوز", الرجاء', "سطر\nآخر", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out, newline="")))
    assert code == 0
    assert [row["text"] for row in rows] == ['قال: "فوز", الرجاء', "سطر\nآخر"]
    assert {row["confident"] for row in rows} <= {"true", "false"}


def test_a_table_has_a_line_for_each_text(tag: Tag) -> None:
    code, out, _ = tag("فوز الرجاء", "سطر\nآخر", "--format", "table")
    lines = out.splitlines()
    assert code == 0
    assert len(lines) == 3
    assert lines[0].split() == ["category", "prob", "second", "prob", "sure", "text"]
    assert lines[1].startswith("sport")
    assert lines[1].endswith("فوز الرجاء")
    assert lines[2].endswith("سطر آخر")


def test_a_page_gives_its_ticker_and_headline(tag: Tag, tmp_path: Path) -> None:
    page = tmp_path / "صفحة.txt"
    page.write_text(PAGE, encoding="utf-8")
    code, out, _ = tag(str(page))
    assert code == 0
    assert [(row["kind"], row["text"], row["category"]) for row in json_lines(out)] == [
        ("ticker", "فوز الوداد في مباراة الديربي", "sport"),
        ("ticker", "ارتفاع أسعار المحروقات", "economy"),
        ("headline", "توقيف مروج مخدرات بطنجة", "security"),
    ]
    _, out, _ = tag(str(page), "نص", "--format", "table")
    assert [line.split()[5] for line in out.splitlines()] == ["kind", "ticker", "ticker", "headline", "text"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1256", "utf-16"])
def test_pages_in_other_encodings(encoding: str, tag: Tag, tmp_path: Path) -> None:
    (tmp_path / "page.txt").write_bytes(PAGE.replace("•", "-").encode(encoding))
    code, out, err = tag(str(tmp_path / "page.txt"), "--encoding", encoding)
    assert (code, err) == (0, "")
    assert len(json_lines(out)) == 3


def test_a_file_that_is_no_page_is_a_text_a_line(tag: Tag, tmp_path: Path) -> None:
    (tmp_path / "lines.txt").write_text("فوز الرجاء\r\n\nتوقيف لص\nالبورصة تغلق على انخفاض\nمهرجان\n", encoding="utf-8")
    _, out, _ = tag(str(tmp_path / "lines.txt"))
    assert [row["text"] for row in json_lines(out)] == ["فوز الرجاء", "توقيف لص", "البورصة تغلق على انخفاض", "مهرجان"]
    assert "kind" not in out


def test_the_seed_page_is_tagged(tag: Tag) -> None:
    seeds = sorted((Path(__file__).parents[2] / "seeds").glob("*.txt"))
    if not seeds:
        pytest.skip("the seed page is not here")
    code, out, _ = tag(str(seeds[0]))
    assert code == 0
    assert [row["kind"] for row in json_lines(out)] == ["ticker"] * 5 + ["headline"]


def test_arguments_that_cannot_be_names_are_texts(tag: Tag) -> None:
    for text in ("طنجة " * 200, "ط" * 300, " ", "", "نص\nآخر"):
        code, out, _ = tag(text)
        assert (code, json_lines(out)[0]["text"]) == (0, text)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("missing.txt", None, "missing.txt is missing"),
        ("folder", "", "folder is a folder; name a file in it"),
        ("empty.txt", b"", "empty.txt is empty"),
        ("latin.txt", "فوز الرجاء".encode("cp1256"), "is not utf-8; if it is Windows Arabic"),
        ("page.txt", b"<html><body>news</body></html>", "is HTML or XML; save the page as plain text"),
        ("rows.csv", b"text\n", "holds rows; use newsclf predict"),
        ("rows.csv.gz", b"", "holds rows; use newsclf predict"),
        ("zero.txt", b"a\0b", "holds NUL characters"),
    ],
)
def test_files_that_cannot_be_tagged(
    name: str, content: bytes | str | None, message: str, tag: Tag, tmp_path: Path
) -> None:
    if isinstance(content, str):
        (tmp_path / name).mkdir()
    elif content is not None:
        (tmp_path / name).write_bytes(content)
    code, out, err = tag(str(tmp_path / name))
    assert (code, out) == (2, "")
    assert message in err
    assert len(err.splitlines()) == 1


def test_wrong_use(tag: Tag, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, _, err = tag("-", "نص")
    assert code == 2
    assert "give - alone" in err
    assert run(["tag"]) == 2
    assert "TEXT" in capsys.readouterr().err
    assert run(["tag", "نص", "--model", str(tmp_path / "nowhere")]) == 2
    assert "nowhere is no folder" in capsys.readouterr().err
    assert run(["tag", "--help"]) == 0
    assert "newsclf tag - --format jsonl" in capsys.readouterr().out


def test_half_a_character_in_an_argument_is_shown_as_a_question_mark(tiny_folder: Path) -> None:
    command = [sys.executable, "-m", "newsclf", "tag", "--model", str(tiny_folder), b"\xd9\x81\xd9\x88\xd8\xb2 \xff"]
    found = subprocess.run(command, capture_output=True, check=True)
    assert json.loads(found.stdout)["text"] == "فوز ?"


@pytest.mark.parametrize(
    "locale", [{"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, {"PYTHONIOENCODING": "ascii"}]
)
def test_answers_are_utf8_whatever_the_locale(locale: dict[str, str], tiny_folder: Path) -> None:
    command = [sys.executable, "-m", "newsclf", "tag", "-", "--model", str(tiny_folder)]
    found = subprocess.run(
        command, input="فوز\n".encode(), capture_output=True, check=True, env={**os.environ, **locale}
    )
    assert json.loads(found.stdout.decode("utf-8"))["text"] == "فوز"


class Live:
    """A running ``newsclf tag -``."""

    def __init__(self, folder: Path, *options: str) -> None:
        command = [sys.executable, "-m", "newsclf", "tag", "-", "--model", str(folder), *options]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
        )

    def ask(self, line: bytes) -> bytes:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(line)
        self.process.stdin.flush()
        return self.process.stdout.readline()

    def end(self) -> tuple[int, bytes, bytes]:
        out, err = self.process.communicate(timeout=30)
        return self.process.returncode, out, err


def test_a_live_stream_is_answered_line_by_line(tiny_folder: Path) -> None:
    # Each answer is awaited before the next line is sent: nothing may wait for a buffer to fill.
    live = Live(tiny_folder)
    sent = [
        "فوز الرجاء\n".encode(),
        b"\n",
        "توقيف لص\r\n".encode(),
        b"\xff\xfe bytes\n",
        b"\x00\x07\n",
        "نص\u2028آخر\n".encode(),
    ]
    answers = [json.loads(live.ask(line)) for line in sent]
    assert [row["text"] for row in answers] == ["فوز الرجاء", "", "توقيف لص", "�� bytes", "\x00\x07", "نص\u2028آخر"]
    assert [row["category"] for row in answers[:3]] == ["sport", "other", "security"]
    assert [row["confident"] for row in answers[:2]] == [True, False]
    assert live.end() == (0, b"", b"")


def test_the_last_line_of_a_stream_needs_no_end(tiny_folder: Path) -> None:
    command = [sys.executable, "-m", "newsclf", "tag", "-", "--model", str(tiny_folder)]
    found = subprocess.run(command, input="\ufeffفوز\nلص".encode(), capture_output=True, check=True)
    assert [row["text"] for row in json_lines(found.stdout.decode())] == ["فوز", "لص"]
    assert subprocess.run(command, input=b"", capture_output=True, check=True).stdout == b""


def test_a_stream_in_a_table_has_a_line_for_each_line(tiny_folder: Path) -> None:
    live = Live(tiny_folder, "--format", "table")
    assert live.ask("فوز الرجاء\n".encode()).decode().startswith("sport ")
    assert live.ask(b"\n").decode().startswith("other ")
    assert live.end()[0] == 0


def test_ctrl_c_ends_a_stream_quietly(tiny_folder: Path) -> None:
    live = Live(tiny_folder)
    live.ask("فوز\n".encode())
    live.process.send_signal(signal.SIGINT)
    assert live.end() == (0, b"", b"")


def test_ctrl_c_that_arrives_with_the_end_of_a_stream_is_no_error(
    tiny_predictor: Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Ends at once, with an interruption that Python has noted and not raised yet, as a read that is not woken by it.
    ended = iter(functools.partial(ctypes.CDLL(None)["raise"], int(signal.SIGINT)), 0)
    monkeypatch.setattr(sys, "stdin", types.SimpleNamespace(buffer=ended))
    # The package's attribute of this name is the command.
    module = importlib.import_module("newsclf.cli.tag")
    try:
        module._answer_stream(tiny_predictor, "jsonl")
    except KeyboardInterrupt:
        pytest.fail("the interruption came through")


def test_a_reader_that_has_had_enough_is_no_error(tiny_folder: Path) -> None:
    live = Live(tiny_folder)
    assert live.process.stdin is not None
    assert live.process.stdout is not None
    live.ask("فوز\n".encode())
    live.process.stdout.close()
    with contextlib.suppress(BrokenPipeError):
        for _ in range(50):
            live.process.stdin.write("فوز\n".encode())
            live.process.stdin.flush()
            time.sleep(0.01)
    with contextlib.suppress(BrokenPipeError):
        live.process.stdin.close()
    assert live.process.stderr is not None
    with live.process.stderr as errors:
        assert errors.read() == b""
    assert live.process.wait(30) == 0


def test_on_a_terminal_answers_are_a_table(tiny_folder: Path) -> None:
    primary, secondary = pty.openpty()
    command = [sys.executable, "-m", "newsclf", "tag", "فوز الرجاء", "--model", str(tiny_folder)]
    subprocess.run(command, stdout=secondary, check=True)
    os.close(secondary)
    shown = os.read(primary, 10_000).decode()
    os.close(primary)
    assert shown.startswith("category")
