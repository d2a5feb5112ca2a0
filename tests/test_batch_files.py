"""Files in every format, in and out: all columns kept, rows in order, none lost, the answers those of the predictor."""

from __future__ import annotations

import csv
import gzip
import io
import json
import multiprocessing
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from newsclf.batch import Summary, predict_file, reading, workers
from newsclf.errors import InputError
from newsclf.predictor import Predictor
from tests.newstexts import news_texts

ANSWERS = ["category", "probability", "second", "second_probability", "confident"]
ENDINGS = ["csv", "tsv", "jsonl", "parquet", "csv.gz", "jsonl.zst", "tsv.zst", "jsonl.gz"]
TRICKY = [
    "فوز الرجاء",
    'قال: "لا تعليق", ثم انصرف',
    "سطر أول\nسطر ثان",
    "سطر أول\r\nسطر ثان",
    "عمود\tوعمود",
    '"',
    "\\ و \\n",
    "نص\x00فيه صفر و\x07جرس",
    "توقيف لص 😀",
    "، ؛ ؟",
    "null",
    "  مسافات  ",
]


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Blocks of a few rows, so that small files have many."""
    monkeypatch.setattr(reading, "_BLOCK_BYTES", 200)
    monkeypatch.setattr(reading, "_BLOCK_ROWS", 5)
    monkeypatch.setattr(reading, "_BATCH_ROWS", 3)
    return


def write_rows(path: Path, rows: list[dict[str, Any]], ending: str) -> Path:
    """Write rows by other means than the ones that are tested."""
    path = path.with_name(f"{path.name}.{ending}")
    kind, _, compression = ending.partition(".")
    if kind == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=4)
        return path
    text = io.StringIO(newline="")
    if kind == "jsonl":
        text.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    else:
        writer = csv.DictWriter(text, list(rows[0]), delimiter="\t" if kind == "tsv" else ",")
        writer.writeheader()
        writer.writerows(rows)
    content = text.getvalue().encode()
    if compression == "gz":
        content = gzip.compress(content)
    elif compression == "zst":
        content = pa.compress(content, codec="zstd", asbytes=True)
    path.write_bytes(content)
    return path


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Read rows by other means than the ones that are tested."""
    kind = path.name.partition(".")[2]
    if kind == "parquet":
        return pq.read_table(path).to_pylist()  # type: ignore[no-any-return]
    content = path.read_bytes()
    if kind.endswith("gz"):
        content = gzip.decompress(content)
    elif kind.endswith("zst"):
        content = pa.CompressedInputStream(pa.BufferReader(content), "zstd").read()
    if kind.startswith("jsonl"):
        return [json.loads(line) for line in content.decode().split("\n") if line]
    delimiter = "\t" if kind.startswith("tsv") else ","
    return list(csv.DictReader(io.StringIO(content.decode(), newline=""), delimiter=delimiter))


def rejects_of(summary: Summary) -> list[dict[str, Any]]:
    if summary.rejects is None:
        return []
    return [json.loads(line) for line in Path(summary.rejects).read_text(encoding="utf-8").splitlines()]


def check_answers(predictor: Predictor, rows: list[dict[str, Any]], texts: list[str]) -> None:
    batch = predictor.predict_batch(texts)
    assert [row["category"] for row in rows] == batch.categories.to_pylist()
    assert [row["second"] for row in rows] == batch.second.to_pylist()
    assert np.array_equal(np.array([row["probability"] for row in rows], dtype=np.float32), batch.probability)
    assert np.array_equal(
        np.array([row["second_probability"] for row in rows], dtype=np.float32), batch.second_probability
    )
    assert [row["confident"] in (True, "true") for row in rows] == batch.confident.tolist()


@pytest.mark.parametrize("output", ENDINGS)
@pytest.mark.parametrize("source", ENDINGS)
@pytest.mark.usefixtures("small_blocks")
def test_every_format_becomes_every_other(source: str, output: str, tmp_path: Path, tiny_predictor: Predictor) -> None:
    rows = [{"id": str(number), "title": text, "آخر": f"قيمة, {number}"} for number, text in enumerate(TRICKY)]
    given = write_rows(tmp_path / "in", rows, source)
    out = tmp_path / f"out.{output}"
    summary = predict_file(tiny_predictor, str(given), str(out), text_columns=["title"])
    assert (summary.rows, summary.rejected, summary.rejects) == (len(TRICKY), 0, None)
    assert sum(summary.categories.values()) == len(TRICKY)
    found = read_rows(out)
    assert list(found[0]) == ["id", "title", "آخر", *ANSWERS]
    assert [{name: row[name] for name in rows[0]} for row in found] == rows
    check_answers(tiny_predictor, found, TRICKY)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([given.name, out.name])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(
    rows=st.lists(
        st.tuples(news_texts, st.text(st.sampled_from('"\n\r,\t؛ab\\{}[]\x00 '), max_size=8)), min_size=1, max_size=12
    ),
    kinds=st.tuples(
        st.sampled_from(["csv", "tsv", "jsonl", "parquet"]), st.sampled_from(["csv", "tsv", "jsonl", "parquet"])
    ),
)
@example(rows=[("\ufeff", "")], kinds=("csv", "csv"))
@example(rows=[("\ufefffoo", '"'), ("\ufeff", "")] * 3, kinds=("tsv", "jsonl"))
@pytest.mark.usefixtures("small_blocks")
def test_whatever_stands_in_the_cells_is_kept(
    rows: list[tuple[str, str]],
    kinds: tuple[str, str],
    tmp_path_factory: pytest.TempPathFactory,
    tiny_predictor: Predictor,
) -> None:
    folder = tmp_path_factory.mktemp("cells")
    table = [{"text": text, "note": note} for text, note in rows]
    given = write_rows(folder / "in", table, kinds[0])
    out = folder / f"out.{kinds[1]}"
    summary = predict_file(tiny_predictor, str(given), str(out))
    kept = [row for row in table if row["text"].strip()]
    assert summary.rows == len(kept)
    assert summary.rows + summary.rejected == len(rows)
    found = read_rows(out)
    assert [row["text"] for row in found] == [row["text"] for row in kept]
    # Of an empty value CSV can't say whether it is missing; Python's writer does not quote it.
    assert [row["note"] or "" for row in found] == [row["note"] for row in kept]
    if kept:
        check_answers(tiny_predictor, found, [row["text"] for row in kept])


def test_text_lines_in_and_out(tmp_path: Path, tiny_predictor: Predictor) -> None:
    # An empty line is answered too: answer i belongs to line i.
    (tmp_path / "in.txt").write_bytes("فوز الرجاء\n\nتوقيف لص بطنجة\r\nabc".encode())
    summary = predict_file(tiny_predictor, str(tmp_path / "in.txt"), str(tmp_path / "out.txt"))
    assert (summary.rows, summary.rejected) == (4, 0)
    assert (tmp_path / "out.txt").read_text() == "sport\nother\nsecurity\nother\n"
    predict_file(tiny_predictor, str(tmp_path / "in.txt"), str(tmp_path / "out.jsonl"))
    found = read_rows(tmp_path / "out.jsonl")
    assert [row["text"] for row in found] == ["فوز الرجاء", "", "توقيف لص بطنجة", "abc"]
    assert [row["confident"] for row in found][1] is False
    predict_file(tiny_predictor, str(tmp_path / "in.txt"), str(tmp_path / "out.csv"))
    check_answers(tiny_predictor, read_rows(tmp_path / "out.csv"), [row["text"] for row in found])


@pytest.mark.parametrize("content", ["فوز الرجاء\n", "فوز الرجاء", "\ufeffفوز الرجاء\r\n"])
def test_the_last_line_needs_no_end_and_a_mark_is_no_text(
    content: str, tmp_path: Path, tiny_predictor: Predictor
) -> None:
    (tmp_path / "in.txt").write_bytes(content.encode())
    predict_file(tiny_predictor, str(tmp_path / "in.txt"), str(tmp_path / "out.jsonl"))
    assert [row["text"] for row in read_rows(tmp_path / "out.jsonl")] == ["فوز الرجاء"]


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.usefixtures("small_blocks")
def test_line_ends_and_marks_of_csv(mark: str, end: str, tmp_path: Path, tiny_predictor: Predictor) -> None:
    lines = ["id,title", *(f'{number},"فوز رقم {number}, في المباراة"' for number in range(40)), ""]
    (tmp_path / "in.csv").write_bytes((mark + end.join(lines)).encode())
    predict_file(tiny_predictor, str(tmp_path / "in.csv"), str(tmp_path / "out.csv"), text_columns=["title"])
    found = read_rows(tmp_path / "out.csv")
    assert [row["id"] for row in found] == [str(number) for number in range(40)]
    assert found[7]["title"] == "فوز رقم 7, في المباراة"
    assert b"\r" not in (tmp_path / "out.csv").read_bytes()


def test_csv_cells_are_not_taken_for_numbers_or_dates(tmp_path: Path, tiny_predictor: Predictor) -> None:
    line = '007,2024-01-01,1e5,True,NA,,"",فوز الرجاء'
    (tmp_path / "in.csv").write_text(f"a,b,c,d,e,f,g,text\n{line}\n")
    predict_file(tiny_predictor, str(tmp_path / "in.csv"), str(tmp_path / "out.csv"))
    assert (tmp_path / "out.csv").read_text().splitlines()[1].startswith(line + ",sport,")
    predict_file(tiny_predictor, str(tmp_path / "in.csv"), str(tmp_path / "out.parquet"))
    row = pq.read_table(tmp_path / "out.parquet").to_pylist()[0]
    assert [row[name] for name in "abcdefg"] == ["007", "2024-01-01", "1e5", "True", "NA", None, ""]


def test_title_and_body_are_one_text(tmp_path: Path, tiny_predictor: Predictor) -> None:
    rows = [
        {"title": "فوز الرجاء", "body": "توقيف لص"},
        {"title": None, "body": "توقيف لص"},
        {"title": "فوز الرجاء", "body": None},
        {"title": None, "body": None},
        {"title": "", "body": " "},
    ]
    given = write_rows(tmp_path / "in", rows, "parquet")
    out = tmp_path / "out.jsonl"
    summary = predict_file(tiny_predictor, str(given), str(out), text_columns=["title", "body"])
    assert (summary.rows, summary.rejected) == (3, 2)
    check_answers(tiny_predictor, read_rows(out), ["فوز الرجاء\nتوقيف لص", "توقيف لص", "فوز الرجاء"])


def test_parquet_keeps_types_order_and_metadata(tmp_path: Path, tiny_predictor: Predictor) -> None:
    table = pa.table(
        {
            "price": pa.array([1.5, None, float("nan")]),
            "text": pa.array(["فوز", "لص", "حريق"], pa.large_string()),
            "tags": [["أ"], [], None],
            "at": pa.array([1, 2, None], pa.timestamp("us", "Africa/Casablanca")),
            "raw": pa.array([b"\xff", None, b""]),
            "section": pa.array(["ا", None, "ب"]).dictionary_encode(),
            "place": [{"city": "فاس"}, None, {"city": None}],
        }
    ).replace_schema_metadata({"made by": "the archive"})
    pq.write_table(table, tmp_path / "in.parquet")
    predict_file(tiny_predictor, str(tmp_path / "in.parquet"), str(tmp_path / "out.parquet"))
    found = pq.read_table(tmp_path / "out.parquet")
    assert found.column_names == [*table.column_names, *ANSWERS]
    for name in table.column_names:
        assert found.schema.field(name).type == table.schema.field(name).type
    assert found.schema.metadata[b"made by"] == b"the archive"
    assert repr(found.select(table.column_names).to_pylist()) == repr(table.to_pylist())
    assert str(found.schema.field("category").type.value_type) == "string"
    assert found.schema.field("probability").type == pa.float32()


@pytest.mark.parametrize(
    "kind", [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())]
)
def test_text_of_every_arrow_kind_is_read(kind: pa.DataType, tmp_path: Path, tiny_predictor: Predictor) -> None:
    pq.write_table(pa.table({"text": pa.array(["فوز", "لص"]).cast(kind)}), tmp_path / "in.parquet")
    predict_file(tiny_predictor, str(tmp_path / "in.parquet"), str(tmp_path / "out.txt"))
    assert (tmp_path / "out.txt").read_text() == "sport\nsecurity\n"


def test_values_of_parquet_as_json_and_csv(tmp_path: Path, tiny_predictor: Predictor) -> None:
    import datetime
    import decimal

    table = pa.table(
        {
            "text": ["فوز", "لص"],
            "whole": pa.array([2**60, None]),
            "part": [0.1, float("nan")],
            "endless": [float("inf"), 1e300],
            "yes": [True, None],
            "day": [datetime.date(2021, 12, 3), None],
            "at": [datetime.datetime(2021, 12, 3, 12, 30), None],
            "cost": [decimal.Decimal("1.50"), None],
            "tags": [["أ", 'ب"'], None],
            "place": [{"city": "فاس"}, None],
            "nothing": pa.nulls(2),
            "section": pa.array(['قسم, "أول"', None]).dictionary_encode(),
            "large": pa.array(["سطر\nثان", ""], pa.large_string()),
        }
    )
    pq.write_table(table, tmp_path / "in.parquet")
    predict_file(tiny_predictor, str(tmp_path / "in.parquet"), str(tmp_path / "out.jsonl"))
    first, second = read_rows(tmp_path / "out.jsonl")
    assert first["whole"] == 2**60
    assert (first["part"], first["endless"], first["yes"], first["cost"]) == (0.1, None, True, 1.5)
    assert first["day"] == "2021-12-03"
    assert first["at"].startswith("2021-12-03 12:30:00")
    assert (first["tags"], first["place"]) == (["أ", 'ب"'], {"city": "فاس"})
    assert {name: second[name] for name in ("whole", "part", "yes", "day", "tags", "nothing")} == dict.fromkeys(
        ("whole", "part", "yes", "day", "tags", "nothing")
    )
    assert second["endless"] == 1e300
    assert (first["section"], first["large"], second["large"]) == ('قسم, "أول"', "سطر\nثان", "")
    predict_file(tiny_predictor, str(tmp_path / "in.parquet"), str(tmp_path / "out.csv"))
    first, second = read_rows(tmp_path / "out.csv")
    assert (first["whole"], first["yes"], first["cost"], json.loads(first["tags"])) == (
        str(2**60),
        "true",
        "1.50",
        ["أ", 'ب"'],
    )
    assert (second["whole"], second["day"], second["tags"]) == ("", "", "")
    assert (first["section"], first["large"], second["section"]) == ('قسم, "أول"', "سطر\nثان", "")


def test_binary_columns_fit_in_parquet_only(tmp_path: Path, tiny_predictor: Predictor) -> None:
    pq.write_table(pa.table({"text": ["فوز"], "raw": [b"\xff"]}), tmp_path / "in.parquet")
    for ending in ("csv", "jsonl"):
        with pytest.raises(InputError, match=r"'raw' holds binary.*Parquet"):
            predict_file(tiny_predictor, str(tmp_path / "in.parquet"), str(tmp_path / f"out.{ending}"))


@pytest.mark.usefixtures("small_blocks")
def test_json_lines_are_passed_on_as_they_stand(tmp_path: Path, tiny_predictor: Predictor) -> None:
    lines = [
        '{"n": 1.50, "text": "فوز الرجاء", "deep": {"a": [1, {"b": null}]}}',
        '  {"text":"توقيف \\"لص\\"","later": 12345678901234567890123 }  ',
        '{"text": "نص \\ud800 مكسور", "n": "\\u0041"}',
        "",
        '{"text": "\\u0641\\u0648\\u0632", "n": NaN}',
        '{"text": "فوز", "text": "توقيف لص"}',
    ]
    (tmp_path / "in.jsonl").write_text("\r\n".join(lines), newline="")
    summary = predict_file(tiny_predictor, str(tmp_path / "in.jsonl"), str(tmp_path / "out.jsonl"))
    assert (summary.rows, summary.rejected) == (5, 0)
    written = (tmp_path / "out.jsonl").read_text().splitlines()
    for line, out in zip([line.strip() for line in lines if line], written, strict=True):
        assert out.startswith(line.rstrip("}") if not line.endswith("}]}}") else line[:-1])
    texts = ["فوز الرجاء", 'توقيف "لص"', "نص ? مكسور", "فوز", "توقيف لص"]
    check_answers(tiny_predictor, [json.loads(line) for line in written], texts)


def test_json_columns_have_the_types_of_the_first_rows(tmp_path: Path, tiny_predictor: Predictor) -> None:
    rows = [
        {"text": "فوز", "whole": 1, "part": 1, "yes": True, "mixed": 1, "list": [1], "huge": 2**70, "none": None},
        {"text": "لص", "whole": None, "part": 0.5, "mixed": "س", "extra": "هنا"},
    ]
    given = write_rows(tmp_path / "in", rows, "jsonl")
    predict_file(tiny_predictor, str(given), str(tmp_path / "out.parquet"))
    table = pq.read_table(tmp_path / "out.parquet")
    assert [str(kind) for kind in table.schema.types[:9]] == (
        ["string", "int64", "double", "bool", "string", "string", "string", "string", "string"]
    )
    assert [table[name].to_pylist() for name in ("whole", "part", "yes", "mixed", "list", "huge", "none", "extra")] == [
        [1, None],
        [1.0, 0.5],
        [True, None],
        ["1", '"س"'],
        ["[1]", None],
        [str(2**70), None],
        [None, None],
        [None, "هنا"],
    ]


@pytest.mark.usefixtures("small_blocks")
def test_json_rows_unlike_the_first_are_rejected_from_a_table(tmp_path: Path, tiny_predictor: Predictor) -> None:
    rows: list[dict[str, Any]] = [{"text": f"فوز {number}", "id": number} for number in range(20)]
    rows += [{"text": "لص", "id": 1.5}, {"text": "لص", "new": 1}, {"text": "لص", "id": None}, {"id": 7, "text": "لص"}]
    given = write_rows(tmp_path / "in", rows, "jsonl")
    summary = predict_file(tiny_predictor, str(given), str(tmp_path / "out.csv"))
    assert (summary.rows, summary.rejected) == (22, 2)
    found = rejects_of(summary)
    assert [row["line"] for row in found] == [21, 22]
    assert "'id' is a number where the column holds whole numbers" in found[0]["reason"]
    assert "'new'" in found[1]["reason"]
    assert predict_file(tiny_predictor, str(given), str(tmp_path / "out.jsonl")).rejected == 0


def test_answers_can_be_called_otherwise(tmp_path: Path, tiny_predictor: Predictor) -> None:
    rows = [{"text": "فوز", "category": "قديم", "second": "قديم"}]
    for ending in ("csv", "jsonl", "parquet"):
        given = write_rows(tmp_path / "in", rows, ending)
        out = tmp_path / f"out.{ending}"
        with pytest.raises(InputError, match="'category' already; say --prefix"):
            predict_file(tiny_predictor, str(given), str(out))
        assert not out.exists()
        predict_file(tiny_predictor, str(given), str(out), prefix="ours_")
        found = read_rows(out)[0]
        assert list(found) == ["text", "category", "second", *(f"ours_{name}" for name in ANSWERS)]
        assert (found["category"], found["ours_category"]) == ("قديم", "sport")


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1256", "فوز الرجاء"),
        ("windows-1256", "توقيف لص"),
        ("utf-16", "فوز الرجاء"),
        ("utf-16-le", "فوز"),
        ("utf-8-sig", "فوز"),
        ("iso-8859-6", "فوز الرجاء"),
    ],
)
@pytest.mark.parametrize("ending", ["csv", "txt", "jsonl"])
@pytest.mark.usefixtures("small_blocks")
def test_other_encodings_are_read_and_utf8_is_written(
    encoding: str, text: str, ending: str, tmp_path: Path, tiny_predictor: Predictor
) -> None:
    lines = {"csv": ["id,text", *[f'{n},"{text}"' for n in range(30)]], "txt": [text] * 30}
    lines["jsonl"] = [json.dumps({"text": text}, ensure_ascii=False)] * 30
    (tmp_path / f"in.{ending}").write_bytes(("\n".join(lines[ending]) + "\n").encode(encoding))
    out = tmp_path / "out.jsonl"
    summary = predict_file(tiny_predictor, str(tmp_path / f"in.{ending}"), str(out), encoding=encoding)
    assert (summary.rows, summary.rejected) == (30, 0)
    assert {row["text"] for row in read_rows(out)} == {text}


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.usefixtures("small_blocks")
def test_workers_change_nothing_in_the_output(
    method: str, tmp_path: Path, tiny_predictor: Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "_context", lambda: multiprocessing.get_context(method))
    rows = [{"id": n, "text": f"{TRICKY[n % len(TRICKY)]} {n}" if n % 10 else None} for n in range(120)]
    for ending in ("csv", "parquet", "jsonl"):
        given = write_rows(tmp_path / "in", rows, ending)
        alone = predict_file(tiny_predictor, str(given), str(tmp_path / f"alone.{ending}"))
        several = predict_file(tiny_predictor, str(given), str(tmp_path / f"out.{ending}"), workers=2)
        assert (tmp_path / f"out.{ending}").read_bytes() == (tmp_path / f"alone.{ending}").read_bytes()
        assert rejects_of(several) == rejects_of(alone)
        assert (several.rows, several.rejected) == (108, 12)
        assert several.categories == alone.categories


def test_progress_goes_from_nothing_to_all(tmp_path: Path, tiny_predictor: Predictor, small_blocks: None) -> None:
    seen: list[tuple[float | None, int]] = []
    for ending in ("csv", "parquet", "jsonl.gz"):
        given = write_rows(tmp_path / "in", [{"text": f"فوز {n}"} for n in range(100)], ending)
        seen.clear()
        predict_file(
            tiny_predictor,
            str(given),
            str(tmp_path / "out.csv"),
            progress=lambda share, rows: seen.append((share, rows)),
        )
        shares = [share for share, _ in seen if share is not None]
        assert shares == sorted(shares)
        assert shares[-1] == 1.0
        assert sum(rows for _, rows in seen) == 100


def test_standard_input_and_output(
    tiny_predictor: Predictor, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    class Stream:
        buffer = io.BytesIO("فوز الرجاء\n\nتوقيف لص\n".encode())

    monkeypatch.setattr(sys, "stdin", Stream)
    summary = predict_file(tiny_predictor, "-", "-", output_format="csv")
    assert summary.rows == 3
    out = capfdbinary.readouterr().out.decode()
    check_answers(tiny_predictor, list(csv.DictReader(io.StringIO(out))), ["فوز الرجاء", "", "توقيف لص"])


@pytest.mark.usefixtures("small_blocks")
def test_workers_write_nothing_to_standard_output_themselves(
    tmp_path: Path, tiny_predictor: Predictor, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    given = write_rows(tmp_path / "in", [{"text": f"فوز {number}"} for number in range(60)], "csv")
    predict_file(tiny_predictor, str(given), "-", output_format="csv")
    alone = capfdbinary.readouterr().out
    predict_file(tiny_predictor, str(given), "-", output_format="csv", workers=2)
    assert capfdbinary.readouterr().out == alone


@pytest.mark.parametrize("ending", ["jsonl", "parquet", "csv.gz"])
def test_rejects_of_standard_output_go_to_standard_error(
    ending: str,
    tiny_predictor: Predictor,
    tmp_path: Path,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    given = write_rows(tmp_path / "in", [{"text": "فوز"}, {"text": None}, {"text": "لص"}], "parquet")
    predict_file(tiny_predictor, str(given), "-", output_format=ending)
    out, err = capfdbinary.readouterr()
    assert json.loads(err) == {"row": 2, "reason": "the row has no text", "content": '{"text": null}'}
    (tmp_path / f"out.{ending}").write_bytes(out)
    assert [row["text"] for row in read_rows(tmp_path / f"out.{ending}")] == ["فوز", "لص"]
    summary = predict_file(
        tiny_predictor, str(given), "-", output_format=ending, rejects=str(tmp_path / "refused.jsonl")
    )
    assert capfdbinary.readouterr().err == b""
    assert [row["row"] for row in rejects_of(summary)] == [2]


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "tsv.zst"])
def test_a_header_without_rows_is_written_as_such(ending: str, tmp_path: Path, tiny_predictor: Predictor) -> None:
    (tmp_path / "in.csv").write_text("id,text\n")
    summary = predict_file(tiny_predictor, str(tmp_path / "in.csv"), str(tmp_path / f"out.{ending}"))
    assert (summary.rows, summary.rejected) == (0, 0)
    assert read_rows(tmp_path / f"out.{ending}") == []
    predict_file(tiny_predictor, str(tmp_path / "in.csv"), str(tmp_path / "out.parquet"))
    assert pq.read_table(tmp_path / "out.parquet").column_names == ["id", "text", *ANSWERS]
    predict_file(tiny_predictor, str(tmp_path / "in.csv"), str(tmp_path / "out.jsonl.gz"))
    assert gzip.decompress((tmp_path / "out.jsonl.gz").read_bytes()) == b""


def test_parquet_without_rows(tmp_path: Path, tiny_predictor: Predictor) -> None:
    pq.write_table(pa.table({"text": pa.array([], pa.string())}), tmp_path / "in.parquet")
    predict_file(tiny_predictor, str(tmp_path / "in.parquet"), str(tmp_path / "out.parquet"))
    assert pq.read_table(tmp_path / "out.parquet").num_rows == 0


def test_text_longer_than_a_block(tmp_path: Path, tiny_predictor: Predictor) -> None:
    long = "توقيف مروج مخدرات بحي شعبي\nفي طنجة " * 160_000
    rows = [{"text": "فوز الرجاء"}, {"text": long}, {"text": "فوز الرجاء"}]
    assert len(long.encode()) > 10_000_000
    for ending in ("csv", "jsonl", "parquet"):
        given = write_rows(tmp_path / "in", rows, ending)
        out = tmp_path / f"out.{ending}"
        summary = predict_file(tiny_predictor, str(given), str(out))
        assert (summary.rows, summary.rejected) == (3, 0)
        csv.field_size_limit(len(long.encode()))
        found = read_rows(out)
        assert [row["category"] for row in found] == ["sport", "security", "sport"]
        assert found[1]["text"] == long
