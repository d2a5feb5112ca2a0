"""One file an article, one folder a category: the folder's name is the section."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsclf.errors import InputError
from newsclf.sources.card import Card
from newsclf.sources.folder import read_items
from newsclf.sources.item import Item


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_the_folder_names_the_section(tmp_path: Path) -> None:
    path = _write(tmp_path / "Sports" / "0001.txt", "نص المقال\nبقيته\n")
    card = Card("a", "folder", ("**/*.txt",), kind="article")
    assert list(read_items(path, card)) == [Item("whole file", "article", "", "نص المقال\nبقيته", "Sports")]
    assert [found.name for found in card.files(tmp_path)] == ["0001.txt"]


def test_the_first_line_may_be_the_title(tmp_path: Path) -> None:
    card = Card("a", "folder", ("*.txt",), first_line="title")
    item = next(read_items(_write(tmp_path / "Sports" / "1.txt", "العنوان\n\nالنص"), card))
    assert (item.kind, item.title, item.body) == ("article", "العنوان", "النص")
    item = next(read_items(_write(tmp_path / "Sports" / "2.txt", "العنوان"), card))
    assert (item.kind, item.title, item.body) == ("headline", "العنوان", "")


def test_an_empty_file_is_a_row_without_text_and_a_wrong_encoding_stops(tmp_path: Path) -> None:
    card = Card("a", "folder", ("*.txt",))
    assert next(read_items(_write(tmp_path / "Sports" / "1.txt", ""), card)).body == ""
    (tmp_path / "2.txt").write_bytes("طنجة".encode("cp1256"))
    with pytest.raises(InputError, match=r"2.txt, line 1, byte 1"):
        next(read_items(tmp_path / "2.txt", card))
    with pytest.raises(InputError, match="is missing"):
        next(read_items(tmp_path / "3.txt", card))
