"""`newsclf prepare` as it is typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from newsclf.cli import run
from newsclf.records import read_records

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def my_card(tmp_path: Path) -> Path:
    """The example card of the repository, beside a CSV that fits it."""
    card = tmp_path / "my_csv.toml"
    card.write_bytes((REPOSITORY / "data" / "sources" / "my_csv.toml").read_bytes())
    rows = ["title,body,section,date", "خبر عن الأمن,,حوادث,2025-03-01", "خبر عن الفن,,فن وثقافة,", ",,حوادث,"]
    (tmp_path / "my.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return card


def test_the_example_card_works_as_it_stands(my_card: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = my_card.parent / "out"
    arguments = ["prepare", str(my_card), "--data-root", str(my_card.parent), "--out", str(out)]
    assert run(arguments) == 0
    printed = capsys.readouterr().out
    assert "my_csv" in printed
    assert "set aside: 1 × has no text" in printed
    assert printed.endswith(f"{out / 'records.parquet'} written\n")
    categories = {row["title"]: row["category"] for row in read_records(out / "records.parquet").to_pylist()}
    assert categories == {"خبر عن الأمن": "security", "خبر عن الفن": "other"}
    assert run(arguments) == 0
    assert capsys.readouterr().out.endswith("up to date\n")


def test_help_shows_its_examples_line_by_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["prepare", "--help"]) == 0
    assert "\n    newsclf prepare my_csv.toml --data-root .\n" in capsys.readouterr().out


def test_the_summary_as_json(my_card: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(my_card.parent / "out")
    assert run(["prepare", str(my_card), "--data-root", str(my_card.parent), "--out", out, "--format", "json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert (summary["rows"], summary["records"], summary["quarantined"]) == (3, 2, 1)


def test_without_a_card_the_repository_is_prepared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(REPOSITORY)
    assert run(["prepare", "--out", str(tmp_path / "out"), "--format", "json"]) == 0
    sources = json.loads(capsys.readouterr().out)["sources"]
    assert sources["seed_page"]["kinds"] == {"headline": 0, "ticker": 5, "article": 1}
    assert sources["seed_page"]["categories"]["unlabelled"] == 6


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["prepare", "hespres"], "error: there is no card 'hespres'"),
        (["prepare", "hespress"], "say where that is with --data-root"),
        (["prepare", "hespress", "--data-root", "nowhere"], "nowhere is missing"),
        (["prepare", "none.toml"], "none.toml does not exist"),
        (["prepare", "my.csv"], "my.csv is no card; a card is a TOML"),
        (["prepare", "data/written"], "data/written is no card; a card is a TOML"),
    ],
)
def test_bad_input_ends_with_code_2_and_one_line(
    arguments: list[str], message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(REPOSITORY)
    monkeypatch.delenv("NEWSCLF_DATA_ROOT", raising=False)
    assert run(arguments) == 2
    printed = capsys.readouterr().err
    assert message in printed
    assert printed.count("\n") == 1
