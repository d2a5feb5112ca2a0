"""The texts written for the project: JSON Lines, one file for each category and form, read strictly."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from newsclf.errors import InputError
from newsclf.records import KINDS
from newsclf.sources.card import Card
from newsclf.sources.item import Item
from newsclf.sources.textfile import read_text
from newsclf.taxonomy import category_ids
from newsclf.tomlfile import nearest

REQUIRED = ("id", "kind", "title", "category")
KEYS = (*REQUIRED, "body", "second", "year", "region", "style", "disputed")
_FORMS = {"headlines": ("headline", "ticker"), "articles": ("article",)}


def read_items(path: Path, card: Card) -> Iterator[Item]:
    """Yield the texts of one file of the written data.

    Parameters
    ----------
    path : Path
        Named ``<category>-headlines.jsonl`` or ``<category>-articles.jsonl``.
    card : Card

    Raises
    ------
    InputError
        If the file's name or a line of it is not as it should be: this is the project's own data,
        so nothing in it is passed over.
    """
    category, _, form = path.stem.rpartition("-")
    if category not in category_ids() or form not in _FORMS:
        raise InputError(f"{path} must be named CATEGORY-headlines.jsonl or CATEGORY-articles.jsonl")
    places: dict[str, int] = {}
    for number, line in enumerate(read_text(path, card.encoding).split("\n"), 1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        row = _row(line, where)
        if row["category"] != category or row["kind"] not in _FORMS[form]:
            raise InputError(f"{where} is a {row['category']} {row['kind']}, which belongs in another file")
        if row["id"] in places:
            raise InputError(f"{where} has the id of line {places[row['id']]}, {row['id']!r}")
        places[row["id"]] = number
        yield Item(
            place=f"line {number}",
            kind=row["kind"],
            title=row["title"],
            body=row.get("body", ""),
            category=row["category"],
            second=row.get("second") or "",
            style=row.get("style") or "",
            year=row.get("year"),
            disputed=row.get("disputed", False),
            own_id=row["id"],
        )


def _row(line: str, where: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise InputError(f"{where} is not JSON: {error.msg} at column {error.colno}") from error
    if not isinstance(row, dict):
        raise InputError(f"{where} is no JSON object")
    for key in row:
        if key not in KEYS:
            raise InputError(f"{where}: unknown key {key!r}; {nearest(key, KEYS)}")
    for key in REQUIRED:
        if not isinstance(row.get(key), str) or not row[key].strip():
            raise InputError(f"{where}: {key} is missing or no text")
    if row["kind"] not in KINDS:
        raise InputError(f"{where}: kind {row['kind']!r} is not known; {nearest(row['kind'], KINDS)}")
    if bool(str(row.get("body") or "").strip()) != (row["kind"] == "article"):
        raise InputError(f"{where}: an article has a body, and nothing else has")
    if row.get("year") is not None and type(row["year"]) is not int:
        raise InputError(f"{where}: year must be a whole number")
    if not isinstance(row.get("disputed", False), bool):
        raise InputError(f"{where}: disputed must be true or false")
    second = row.get("second")
    if second and (second not in category_ids() or second == row["category"]):
        raise InputError(f"{where}: second {second!r} must be another of {', '.join(category_ids())}")
    return row
