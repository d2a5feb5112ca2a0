"""Tables arrive in every state; each text must come out of them once, or the reason must."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsclf.errors import ConfigurationError, InputError
from newsclf.sources.card import Card
from newsclf.sources.item import Item
from newsclf.sources.table import read_items

COLUMNS = {"title": "titre", "body": "texte", "section": "rubrique"}
CARD = Card("a", "table", ("*",), columns=COLUMNS)
HEADER = "id,titre,texte,rubrique"


def _read(path: Path, card: Card = CARD) -> list[Item]:
    return list(read_items(path, card))


def _csv(folder: Path, *lines: str, name: str = "a.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(("\n".join(lines) + "\n").encode(encoding))
    return path


def test_rows_of_a_csv(tmp_path: Path) -> None:
    path = _csv(
        tmp_path,
        HEADER,
        '1,"مطر، وثلوج","سطر أول',
        'سطر ""ثان""",طقس',
        "",
        "2, خبر عاجل ,,سياسة",
    )
    first, second = _read(path)
    assert first == Item("line 2", "article", "مطر، وثلوج", 'سطر أول\nسطر "ثان"', "طقس")
    assert second == Item("line 5", "headline", "خبر عاجل", "", "سياسة")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1256"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_what_spreadsheets_save(tmp_path: Path, encoding: str, separator: str) -> None:
    lines = [separator.join(fields) for fields in (("titre", "texte", "rubrique"), ("خبر", "", "رياضة"))]
    path = _csv(tmp_path, *lines, encoding=encoding)
    card = Card("a", "table", ("*",), columns=COLUMNS, encoding=encoding.removesuffix("-sig"))
    assert [(item.title, item.section) for item in _read(path, card)] == [("خبر", "رياضة")]


def test_a_tsv_whose_quotes_are_plain_signs(tmp_path: Path) -> None:
    path = _csv(tmp_path, "titre", '"قالها وانصرف', 'قال: "نعم"', name="a.tsv")
    card = Card("a", "table", ("*",), columns={"title": "titre"}, quoting=False)
    assert [item.title for item in _read(path, card)] == ['"قالها وانصرف', 'قال: "نعم"']


def test_a_quote_that_never_closes_swallows_nothing_in_silence(tmp_path: Path) -> None:
    path = _csv(tmp_path, HEADER, "1,خبر,,سياسة", '2,"خبر,,سياسة', "3,خبر,,سياسة")
    with pytest.raises(InputError, match=r"a.csv, line 3: a quote opens here and never closes; .*quoting = false"):
        _read(path)


def test_rows_of_another_length_are_items_with_a_fault(tmp_path: Path) -> None:
    path = _csv(tmp_path, HEADER, "1,خبر,سياسة", "2,خبر,,سياسة")
    short, good = _read(path)
    assert short == Item("line 2", fault="has 3 fields where the header has 4")
    assert good.title == "خبر"


def test_json_lines(tmp_path: Path) -> None:
    rows = [{"titre": "خبر", "texte": None, "rubrique": 7}, {"titre": "خبر ثان", "texte": "نص"}]
    path = _csv(tmp_path, json.dumps(rows[0]), "", json.dumps(rows[1]), "[1]", '{"titre": ', name="a.jsonl")
    first, second, third, fourth = _read(path)
    assert first == Item("line 1", "headline", "خبر", "", "7")
    assert second == Item("line 3", "article", "خبر ثان", "نص")
    assert third.fault == "is a JSON list, not an object"
    assert fourth.fault.startswith("is not JSON")


def test_parquet(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    table = pa.table(
        {
            "titre": pa.array(["خبر", None]).dictionary_encode(),
            "texte": pa.array(["", "نص"], pa.large_string()),
            "rubrique": [1, 2],
            "autre": [[1], [2]],
        }
    )
    pq.write_table(table, path)
    assert _read(path) == [Item("row 1", "headline", "خبر", "", "1"), Item("row 2", "article", "", "نص", "2")]
    with pytest.raises(InputError, match="column 'autre' is list"):
        _read(path, Card("a", "table", ("*",), columns={"title": "autre"}))


def test_a_column_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    files = [_csv(tmp_path, "id,title,texte,rubrique", "1,خبر,,سياسة")]
    files.append(_csv(tmp_path, '{"id": 1, "title": "خبر", "texte": "", "rubrique": ""}', name="a.jsonl"))
    pq.write_table(pa.table({"id": [1], "title": ["خبر"], "texte": [""], "rubrique": [""]}), tmp_path / "a.parquet")
    files.append(tmp_path / "a.parquet")
    for path in files:
        with pytest.raises(
            InputError,
            match=rf"{path.name} has no column 'titre', which card a names for title; "
            r"did you mean 'title'\? \(columns: id, title, texte, rubrique\)",
        ):
            _read(path)


def test_a_column_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has 2 columns 'titre'"):
        _read(_csv(tmp_path, "titre,titre,texte,rubrique", "a,b,c,d"))


def test_what_is_no_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.parquet is missing"):
        _read(tmp_path / "none.parquet")
    with pytest.raises(InputError, match="has no rows under its header"):
        _read(_csv(tmp_path, HEADER))
    with pytest.raises(InputError, match=r"b\.parquet is no Parquet file"):
        _read(_csv(tmp_path, HEADER, name="b.parquet"))
    with pytest.raises(ConfigurationError, match=r"a.xlsx is no table that can be read; known are .csv"):
        _read(_csv(tmp_path, HEADER, name="a.xlsx"))


# What a spreadsheet may hold in a cell; a carriage return alone ends a line for the csv module's reader.
cells = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0\r")).map(str.strip)


@given(st.lists(st.tuples(cells, cells, cells), min_size=1, max_size=8))
def test_what_the_csv_module_writes_comes_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str]]
) -> None:
    path = tmp_path_factory.mktemp("tables") / "a.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["titre", "texte", "rubrique"])
        writer.writerows(rows)
    assert [(item.title, item.body, item.section) for item in _read(path)] == rows
