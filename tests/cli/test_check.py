"""`newsclf check` as it is typed: what a person and a pipeline get from it."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pyarrow as pa
import pytest

from newsclf.cli import run
from newsclf.cli.check import check
from newsclf.cli.prepare import prepare
from newsclf.records import SCHEMA, write_records
from tests.audit.corpora import Row, clean_rows


def _written(folder: Path, rows: list[Row]) -> str:
    path = folder / "records.parquet"
    write_records(pa.Table.from_pylist(rows, SCHEMA), path)
    return str(path)


@pytest.fixture
def broken(tmp_path: Path) -> str:
    """Records with an error, garbled text, and a warning, seven short titles."""
    rows = clean_rows()
    rows[0]["title"] = rows[0]["title"].encode("cp1256").decode("latin-1")
    for place, row in enumerate(rows[1:8], 1):
        row["title"] = f"طقس{place} الجمعة"
    return _written(tmp_path, rows)


def test_a_clean_table_passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = _written(tmp_path, clean_rows())
    assert run(["check", path, "--fast"]) == 0
    printed = capsys.readouterr()
    assert printed.out.startswith(f"{path}: 1,200 records, 1,200 with a category\n")
    assert printed.out.endswith("\n0 errors, 0 warnings, 0 notes; 15 checks passed, 3 not applicable, 0 ignored\n")
    assert "NC016  not applicable: 600 records written to train on" in printed.out
    assert printed.err == ""


def test_an_error_fails_and_the_worst_comes_first(broken: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", broken, "--fast"]) == 1
    printed = capsys.readouterr()
    assert "NC008  error  Garbled text: 1 record with garbled text\n" in printed.out
    assert "NC011  warning  Too short: 7 records with" in printed.out
    assert printed.out.index("NC008  error") < printed.out.index("NC011  warning")
    assert "    [published-security-1]  title of 2 words  طقس1 الجمعة\n" in printed.out
    assert printed.out.count(" الجمعة\n") == 5
    assert "    … and 2 more\n" in printed.out
    assert printed.err.count("\n") == 1
    assert "not good enough" in printed.err
    assert "NC008" in printed.err
    assert "NC011" not in printed.err


def test_a_warning_does_not_fail(broken: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", broken, "--fast", "--ignore", "nc008", "--ignore", "NC013", "--examples", "0"]) == 0
    printed = capsys.readouterr().out
    assert "الجمعة" not in printed
    assert "… and" not in printed
    assert printed.endswith("0 errors, 1 warning, 0 notes; 12 checks passed, 3 not applicable, 2 ignored\n")


def test_json_holds_every_check_and_every_example(broken: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", broken, "--fast", "--format", "json", "--ignore", "NC013"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert [(each["code"], each["severity"], each["count"]) for each in found["findings"]] == [
        ("NC008", "error", 1),
        ("NC011", "warning", 7),
    ]
    assert len(found["findings"][1]["examples"]) == 7
    assert set(found["findings"][0]) >= {"title", "summary", "explanation", "fix"}
    assert found["ignored"] == ["NC013"]
    assert len(found["passed"]) + len(found["not_applicable"]) + 3 == 18


def test_training_is_told_on_standard_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [row for row in clean_rows() if row["category"] in ("sport", "other")]
    assert run(["check", _written(tmp_path, rows), "--format", "json"]) == 0
    printed = capsys.readouterr()
    assert [each["code"] for each in json.loads(printed.out)["findings"]] == ["NC004"]
    assert printed.err == "NC017: training models …\nNC018: training models …\n"


def test_the_checks_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "NC001  error    Near-duplicates in two splits"
    assert len(lines) == 18


def test_what_prepare_writes_is_what_is_checked() -> None:
    def default(command: click.Command, name: str) -> Path:
        (found,) = [parameter.default for parameter in command.params if parameter.name == name]
        assert isinstance(found, Path)
        return found

    assert default(check, "records") == default(prepare, "out") / "records.parquet"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["check", "nowhere.parquet"], "nowhere.parquet is missing; 'newsclf prepare' makes it"),
        (["check", "{broken}", "--ignore", "NC81"], "there is no check 'NC81'; did you mean 'NC018'?"),
    ],
)
def test_bad_input_ends_with_code_2_and_one_line(
    arguments: list[str], message: str, broken: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([argument.format(broken=broken) for argument in arguments]) == 2
    printed = capsys.readouterr().err
    assert message in printed
    assert printed.count("\n") == 1
