"""Folders: one text file an article, in one folder for each section, as SANAD ships."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from newsclf.errors import InputError
from newsclf.sources.card import Card
from newsclf.sources.item import Item
from newsclf.sources.textfile import read_text


def read_items(path: Path, card: Card) -> Iterator[Item]:
    """Yield the one text of a file; its section is the name of the folder that the file is in.

    Parameters
    ----------
    path : Path
    card : Card

    Raises
    ------
    InputError
        If the file is missing, a folder or in another encoding.
    """
    try:
        text = read_text(path, card.encoding).strip()
    except InputError as error:
        # One empty file among thousands is a row with no text, not a reason to stop.
        if path.is_file() and path.stat().st_size == 0:
            yield Item(place="whole file", section=path.parent.name)
            return
        raise error
    title, body = "", text
    if card.first_line == "title":
        title, _, body = text.partition("\n")
    kind = "article" if body.strip() else card.kind
    yield Item(place="whole file", kind=kind, title=title.strip(), body=body.strip(), section=path.parent.name)
