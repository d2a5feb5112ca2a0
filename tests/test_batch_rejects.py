"""Rows that can't be tagged and inputs that can't be read: named with place, reason and fix, none lost."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from newsclf.batch import Summary, predict_file, reading
from newsclf.batch.filekinds import FileKind, file_kind
from newsclf.errors import InputError
from newsclf.predictor import Predictor


def rejects_of(summary: Summary) -> list[dict[str, Any]]:
    assert summary.rejects is not None
    return [json.loads(line) for line in Path(summary.rejects).read_text(encoding="utf-8").splitlines()]


@pytest.fixture(params=[100, 8_000_000], ids=["many blocks", "one block"])
def block_bytes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(reading, "_BLOCK_BYTES", request.param)
    return int(request.param)


CSV_LINES = [
    b"id,text",  # line 1
    "1,فوز الرجاء".encode(),
    b"2,",
    '3,"سطر أول'.encode(),  # a value over two lines
    'سطر ثان"'.encode(),
    "4,فوز,زائد".encode(),
    b"",
    b"5",
    "6,لص".encode("cp1256"),
    b'7,""',
    b'8,"  "',
    "9,توقيف لص".encode(),
    '10,فوز "الرجاء" في الديربي'.encode(),
    '11,"فوز الرجاء'.encode(),  # line 14: never closed
    "12,حريق بمستودع".encode(),
]


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.usefixtures("block_bytes")
def test_rows_of_csv_that_cannot_be_tagged(end: bytes, tmp_path: Path, tiny_predictor: Predictor) -> None:
    # In several blocks the quote that is never closed must not swallow what follows, nor shift line numbers.
    (tmp_path / "in.csv").write_bytes(end.join([*CSV_LINES, b""]))
    summary = predict_file(tiny_predictor, str(tmp_path / "in.csv"), str(tmp_path / "out.csv"))
    assert (summary.rows, summary.rejected) == (5, 7)
    assert summary.rejects == str(tmp_path / "out.csv.rejects.jsonl")
    found = rejects_of(summary)
    assert [(row["line"], row["reason"]) for row in found] == [
        (3, "the row has no text"),
        (6, "the row has 3 fields where the header has 2"),
        (8, "the row has 1 field where the header has 2"),
        (9, "the row is not utf-8"),
        (10, "the row has no text"),
        (11, "the row has no text"),
        (14, "a quote is opened here and never closed"),
    ]
    assert [row["content"] for row in found] == [
        "2,",
        "4,فوز,زائد",
        "5",
        "6,��",
        '7,""',
        '8,"  "',
        '11,"فوز الرجاء',
    ]
    kept = [line.split(",")[0] for line in (tmp_path / "out.csv").read_text().splitlines()[1:]]
    assert [each for each in kept if each.isdigit()] == ["1", "3", "9", "10", "12"]


@pytest.mark.usefixtures("block_bytes")
def test_a_column_of_texts_alone_may_hold_empty_rows(tmp_path: Path, tiny_predictor: Predictor) -> None:
    # In a file of one column an empty line is a row; elsewhere it is none.
    (tmp_path / "in.csv").write_text("text\nفوز\n\nلص\n")
    summary = predict_file(tiny_predictor, str(tmp_path / "in.csv"), str(tmp_path / "out.csv"))
    assert (summary.rows, [row["line"] for row in rejects_of(summary)]) == (2, [3])


@pytest.mark.usefixtures("block_bytes")
def test_rows_of_json_lines_that_cannot_be_tagged(tmp_path: Path, tiny_predictor: Predictor) -> None:
    lines = [
        '{"text": "فوز الرجاء"}'.encode(),
        b'{"text": null}',
        b'{"id": 3}',
        b'{"text": "cut',
        b'["text"]',
        b'{"text": 7}',
        '{"text": "لص", "x": "'.encode() + b'\xc7"}',
        b'{"text": "\t"}',
        b'{"text": "a"} {"text": "b"}',
        b"",
        b'{"text":',
        '"توقيف لص"}'.encode(),
        b"[" * 100_000,
        ('{"text": "لص", "n": ' + "9" * 5000 + "}").encode(),
        '{"text": "توقيف لص"}'.encode(),
    ]
    (tmp_path / "in.jsonl").write_bytes(b"\n".join(lines))
    summary = predict_file(tiny_predictor, str(tmp_path / "in.jsonl"), str(tmp_path / "out.jsonl"))
    assert (summary.rows, summary.rejected) == (3, 11)
    found = rejects_of(summary)
    assert [row["line"] for row in found] == [2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13]
    reasons = [row["reason"] for row in found]
    assert reasons[0] == reasons[1] == "the row has no text"
    assert reasons[2].startswith("the row is not JSON (Unterminated string")
    assert reasons[3] == "the row is no JSON object"
    assert reasons[4] == "'text' is a number where the column holds text"
    assert reasons[5] == "the row is not utf-8"
    assert "not JSON (Invalid control character" in reasons[6]
    assert "not JSON (Extra data" in reasons[7]
    assert all("not JSON" in reason for reason in reasons[8:])
    assert max(len(row["content"]) for row in found) == 1001


def test_a_late_row_that_has_our_key_is_rejected(
    tmp_path: Path, tiny_predictor: Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_BLOCK_BYTES", 100)
    lines = ['{"text": "فوز"}'] * 20 + ['{"text": "فوز", "second": 1}', '{"text": "\\"second\\"", "x": {"second": 1}}']
    (tmp_path / "in.jsonl").write_text("\n".join(lines))
    summary = predict_file(tiny_predictor, str(tmp_path / "in.jsonl"), str(tmp_path / "out.jsonl"))
    assert (summary.rows, summary.rejected) == (21, 1)
    assert rejects_of(summary) == [
        {
            "line": 21,
            "reason": "the row has a key 'second' already; say --prefix newsclf_ to call ours otherwise",
            "content": lines[20],
        }
    ]


@pytest.mark.usefixtures("block_bytes")
def test_lines_of_text_that_cannot_be_read(tmp_path: Path, tiny_predictor: Predictor) -> None:
    (tmp_path / "in.txt").write_bytes("فوز\n".encode() * 5 + "لص\n".encode("cp1256") + "لص\n".encode())
    summary = predict_file(tiny_predictor, str(tmp_path / "in.txt"), str(tmp_path / "out.txt"))
    assert (summary.rows, summary.rejected) == (6, 1)
    assert rejects_of(summary) == [{"line": 6, "reason": "the row is not utf-8", "content": "��"}]


def test_bytes_that_an_encoding_has_no_meaning_for(tmp_path: Path, tiny_predictor: Predictor) -> None:
    (tmp_path / "in.txt").write_bytes("élection\n".encode("cp1252") * 3 + b"\x81\n")
    summary = predict_file(tiny_predictor, str(tmp_path / "in.txt"), str(tmp_path / "out.txt"), encoding="cp1252")
    assert (summary.rows, rejects_of(summary)[0]["reason"]) == (3, "the row is not cp1252")


def test_rows_of_parquet_without_text(
    tmp_path: Path, tiny_predictor: Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_BLOCK_ROWS", 3)
    monkeypatch.setattr(reading, "_BATCH_ROWS", 2)
    table = pa.table({"id": range(7), "text": ["فوز", None, "لص", "", "لص", " ", "فوز"]})
    pq.write_table(table, tmp_path / "in.parquet", row_group_size=4)
    summary = predict_file(tiny_predictor, str(tmp_path / "in.parquet"), str(tmp_path / "out.parquet"))
    assert [(row["row"], json.loads(row["content"])["id"]) for row in rejects_of(summary)] == [(2, 1), (4, 3), (6, 5)]
    assert pq.read_table(tmp_path / "out.parquet")["id"].to_pylist() == [0, 2, 4, 6]


def test_when_all_rows_are_rejected_the_output_is_there_and_empty(tmp_path: Path, tiny_predictor: Predictor) -> None:
    pq.write_table(pa.table({"text": pa.array([None, ""], pa.string())}), tmp_path / "in.parquet")
    for ending in ("parquet", "csv", "jsonl"):
        summary = predict_file(tiny_predictor, str(tmp_path / "in.parquet"), str(tmp_path / f"out.{ending}"))
        assert (summary.rows, summary.rejected) == (0, 2)
    assert pq.read_table(tmp_path / "out.parquet").num_rows == 0
    assert (tmp_path / "out.csv").read_text() == "text,category,probability,second,second_probability,confident\n"


def test_rejects_of_an_earlier_run_do_not_stay(tmp_path: Path, tiny_predictor: Predictor) -> None:
    given, out = tmp_path / "in.csv", tmp_path / "out.csv"
    given.write_text("id,text\n1,\n2,فوز\n")
    assert predict_file(tiny_predictor, str(given), str(out)).rejects is not None
    given.write_text("id,text\n1,لص\n2,فوز\n")
    assert predict_file(tiny_predictor, str(given), str(out)).rejects is None
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.csv"]


def test_rejects_go_where_they_are_sent(tmp_path: Path, tiny_predictor: Predictor) -> None:
    (tmp_path / "in.csv").write_text("id,text\n1,\n2,فوز\n")
    summary = predict_file(
        tiny_predictor,
        str(tmp_path / "in.csv"),
        str(tmp_path / "out.csv"),
        rejects=str(tmp_path / "refused" / "r.jsonl"),
    )
    assert summary.rejects == str(tmp_path / "refused" / "r.jsonl")
    assert len(rejects_of(summary)) == 1


def refused(predictor: Predictor, source: Path | str, target: Path | str, **options: Any) -> str:
    """Return the message with which a job is refused; nothing may be left behind, and the message is one line."""
    before = set(Path(target).parent.iterdir()) if Path(target).parent.is_dir() else set()
    with pytest.raises(InputError) as caught:
        predict_file(predictor, str(source), str(target), **options)
    message = str(caught.value)
    assert "\n" not in message
    if Path(target).parent.is_dir():
        assert set(Path(target).parent.iterdir()) == before
    return message


def test_inputs_that_are_no_files(tmp_path: Path, tiny_predictor: Predictor) -> None:
    out = tmp_path / "out.csv"
    assert refused(tiny_predictor, tmp_path / "none.csv", out) == f"{tmp_path}/none.csv: No such file or directory"
    (tmp_path / "folder.csv").mkdir()
    assert "this is a folder; name a file" in refused(tiny_predictor, tmp_path / "folder.csv", out)
    for ending in ("csv", "txt", "jsonl", "parquet", "csv.gz"):
        (tmp_path / f"empty.{ending}").touch()
        assert "the file is empty" in refused(tiny_predictor, tmp_path / f"empty.{ending}", out)


@pytest.mark.parametrize("content", ["\n\n", "\r\n", "\ufeff"])
def test_csv_without_a_header(content: str, tmp_path: Path, tiny_predictor: Predictor) -> None:
    (tmp_path / "in.csv").write_bytes(content.encode())
    assert "there is no header" in refused(tiny_predictor, tmp_path / "in.csv", tmp_path / "out.csv")


def test_columns_that_are_not_there_or_hold_no_text(tmp_path: Path, tiny_predictor: Predictor) -> None:
    (tmp_path / "in.csv").write_text("id,العنوان\n1,فوز\n")
    message = refused(tiny_predictor, tmp_path / "in.csv", tmp_path / "out.csv")
    assert (
        message == f"{tmp_path}/in.csv: there is no column 'text'; say which holds the text with --text-column "
        "(columns: id, العنوان)"
    )
    message = refused(tiny_predictor, tmp_path / "in.csv", tmp_path / "out.csv", text_columns=["العنوان", "body"])
    assert "there is no column 'body'" in message
    (tmp_path / "in.jsonl").write_text('{"title": "فوز"}\n')
    assert "there is no column 'text'" in refused(tiny_predictor, tmp_path / "in.jsonl", tmp_path / "out.jsonl")
    pq.write_table(pa.table({"text": [1, 2], "name": ["a", "b"]}), tmp_path / "in.parquet")
    assert "column 'text' holds int64, not text (text, name)" in refused(
        tiny_predictor, tmp_path / "in.parquet", tmp_path / "out.csv"
    )
    (tmp_path / "twice.csv").write_text("text,text\nفوز,لص\n")
    assert "two columns are called 'text'" in refused(tiny_predictor, tmp_path / "twice.csv", tmp_path / "out.csv")
    (tmp_path / "in.txt").write_text("فوز\n")
    assert "plain text has no columns" in refused(
        tiny_predictor, tmp_path / "in.txt", tmp_path / "out.csv", text_columns=["title"]
    )


def test_a_header_that_never_ends(tmp_path: Path, tiny_predictor: Predictor) -> None:
    (tmp_path / "in.csv").write_text('id,"text\n1,فوز\n')
    assert "the header opens a quote" in refused(tiny_predictor, tmp_path / "in.csv", tmp_path / "out.csv")


@pytest.mark.parametrize("ending", ["csv", "txt", "jsonl"])
def test_the_wrong_encoding_is_noticed(ending: str, tmp_path: Path, tiny_predictor: Predictor) -> None:
    line = {"csv": "1,{}", "txt": "{}", "jsonl": '{{"text": "{}"}}'}[ending]
    lines = ["id,text"] if ending == "csv" else []
    lines += [line.format("توقيف لص")] * 20 + [line.format("psg")]
    (tmp_path / f"in.{ending}").write_bytes("\n".join(lines).encode("cp1256"))
    message = refused(tiny_predictor, tmp_path / f"in.{ending}", tmp_path / "out.csv")
    assert "most rows are not utf-8; name the encoding, as in --encoding cp1256" in message
    (tmp_path / f"in.{ending}").write_bytes("\n".join(lines).encode())
    message = refused(tiny_predictor, tmp_path / f"in.{ending}", tmp_path / "out.csv", encoding="cp1256")
    assert "it is utf-8, not cp1256; leave --encoding out" in message
    (tmp_path / f"in.{ending}").write_bytes("\n".join(lines).encode("utf-16"))
    assert "--encoding utf-16" in refused(tiny_predictor, tmp_path / f"in.{ending}", tmp_path / "out.csv")
    message = refused(tiny_predictor, tmp_path / f"in.{ending}", tmp_path / "out.csv", encoding="klingon")
    assert "'klingon' is no text encoding" in message
    message = refused(tiny_predictor, tmp_path / f"in.{ending}", tmp_path / "out.csv", encoding="base64")
    assert "'base64' is no text encoding" in message


def test_a_header_in_another_encoding(tmp_path: Path, tiny_predictor: Predictor) -> None:
    (tmp_path / "in.csv").write_bytes("العنوان,text\n1,فوز\n".encode("cp1256"))
    assert "--encoding cp1256" in refused(tiny_predictor, tmp_path / "in.csv", tmp_path / "out.csv")


def test_half_a_character_at_the_end_of_utf16(tmp_path: Path, tiny_predictor: Predictor) -> None:
    (tmp_path / "in.txt").write_bytes("فوز".encode("utf-16")[:-1])
    message = refused(tiny_predictor, tmp_path / "in.txt", tmp_path / "out.csv", encoding="utf-16")
    assert "in.txt: 'utf-16" in message


@pytest.mark.parametrize("ending", ["csv.gz", "csv.zst", "parquet"])
def test_damaged_files(ending: str, tmp_path: Path, tiny_predictor: Predictor) -> None:
    lines = "id,text\n" + "".join(f"{n},فوز الرجاء رقم {n * n}\n" for n in range(3000))
    if ending == "parquet":
        pq.write_table(pa.table({"text": lines.split("\n")}), tmp_path / "whole.parquet", compression="none")
        content = (tmp_path / "whole.parquet").read_bytes()
    elif ending == "csv.gz":
        content = gzip.compress(lines.encode())
    else:
        content = pa.compress(lines.encode(), codec="zstd", asbytes=True)
    for damaged in (content[:-20], b"not at all " * 10, content[: len(content) // 2]):
        (tmp_path / f"in.{ending}").write_bytes(damaged)
        message = refused(tiny_predictor, tmp_path / f"in.{ending}", tmp_path / "out.csv")
        assert message.startswith(f"{tmp_path}/in.{ending}: damaged, or not what its name says it is")


def test_a_line_without_end_is_refused_before_memory_is(
    tmp_path: Path, tiny_predictor: Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_LONGEST_ROW", 1_000_000)
    monkeypatch.setattr(reading, "_BLOCK_BYTES", 100_000)
    for ending in ("txt", "csv"):
        (tmp_path / f"in.{ending}").write_bytes(b"id,text\n" + b"x" * 3_000_000)
        message = refused(tiny_predictor, tmp_path / f"in.{ending}", tmp_path / "out.csv")
        assert "line 2 is longer than 1 MB" in message


def test_a_quote_left_open_costs_its_line_only(
    tmp_path: Path, tiny_predictor: Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_LONGEST_ROW", 2_000)
    monkeypatch.setattr(reading, "_BLOCK_BYTES", 500)
    lines = ["id,text", '0,"فوز', *(f"{n},فوز رقم {n}" for n in range(1, 500))]
    (tmp_path / "in.csv").write_text("\n".join(lines))
    summary = predict_file(tiny_predictor, str(tmp_path / "in.csv"), str(tmp_path / "out.csv"))
    assert (summary.rows, summary.rejected) == (499, 1)
    assert rejects_of(summary)[0]["line"] == 2


def test_outputs_that_cannot_be_written(tmp_path: Path, tiny_predictor: Predictor) -> None:
    given = tmp_path / "in.csv"
    given.write_text("text\nفوز\n")
    (tmp_path / "folder.csv").mkdir()
    assert "folder.csv is a folder; name a file" in refused(tiny_predictor, given, tmp_path / "folder.csv")
    (tmp_path / "file").write_text("x")
    assert "can't be written" in refused(tiny_predictor, given, tmp_path / "file" / "out.csv")
    assert "different files" in refused(tiny_predictor, given, given)
    assert "different files" in refused(tiny_predictor, given, tmp_path / "out.csv", rejects=str(given))
    (tmp_path / "link.csv").symlink_to(given)
    assert "different files" in refused(tiny_predictor, given, tmp_path / "link.csv")
    assert given.read_text() == "text\nفوز\n"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission(tmp_path: Path, tiny_predictor: Predictor) -> None:
    (tmp_path / "in.csv").write_text("text\nفوز\n")
    (tmp_path / "locked").mkdir(mode=0o500)
    assert "can't be written" in refused(tiny_predictor, tmp_path / "in.csv", tmp_path / "locked" / "out.csv")


def test_a_full_disk_is_said_and_what_is_finished_is_kept(
    tmp_path: Path, tiny_predictor: Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno

    from newsclf.batch.job import Job

    monkeypatch.setattr(reading, "_BLOCK_BYTES", 100)
    (tmp_path / "in.csv").write_text("text\n" + "فوز الرجاء\n" * 50)
    store = Job.store

    def full(self: Job, number: int, *rest: Any) -> None:
        if number == 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        store(self, number, *rest)

    monkeypatch.setattr(Job, "store", full)
    with pytest.raises(InputError, match=r"out\.csv can't be written: No space left on device; .*--resume"):
        predict_file(tiny_predictor, str(tmp_path / "in.csv"), str(tmp_path / "out.csv"))
    assert not (tmp_path / "out.csv").exists()
    monkeypatch.setattr(Job, "store", store)
    predict_file(tiny_predictor, str(tmp_path / "in.csv"), str(tmp_path / "out.csv"), resume=True)
    assert len((tmp_path / "out.csv").read_text().splitlines()) == 51


def test_options_that_do_not_go_together(tmp_path: Path, tiny_predictor: Predictor) -> None:
    pq.write_table(pa.table({"text": ["فوز"]}), tmp_path / "in.parquet")
    given, out = tmp_path / "in.parquet", tmp_path / "out.csv"
    assert "Parquet has no encoding" in refused(tiny_predictor, given, out, encoding="utf-8")
    assert "only a job from a file to a file" in refused(tiny_predictor, given, "-", resume=True)
    assert "Parquet can't be read from standard input" in refused(tiny_predictor, "-", out, input_format="parquet")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.csv", FileKind("csv")),
        ("A.CSV.GZ", FileKind("csv", "gzip")),
        ("dir.csv/b.tab", FileKind("tsv")),
        ("b.ndjson.zst", FileKind("jsonl", "zstd")),
        ("b.pq", FileKind("parquet")),
        ("b.2021.txt", FileKind("text")),
    ],
)
def test_names_tell_formats(name: str, expected: FileKind) -> None:
    assert file_kind(name, None, default="text") == expected


@pytest.mark.parametrize("name", ["a", "csv", "a.json", "a.xlsx", "a.gz", "a.parquet.gz", "a.csv.bz2", ".csv/a"])
def test_names_that_tell_nothing_are_refused_with_those_that_do(name: str) -> None:
    with pytest.raises(InputError, match=r"ending"):
        file_kind(name, None, default="text")


def test_a_format_that_is_named_wins_over_the_name() -> None:
    assert file_kind("a.csv", "tsv.gz", default="text") == FileKind("tsv", "gzip")
    assert file_kind("-", None, default="jsonl") == FileKind("jsonl")
    with pytest.raises(InputError, match="'excel' does not say"):
        file_kind("a.csv", "excel", default="text")
