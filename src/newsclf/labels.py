"""Labels that people gave to published headlines by reading them, kept as a hash of the title and a category.

A label file holds no text: only who has the headline can use its label. The hash is taken of the
title *normalised by the rules of this module*, which are frozen: a change would orphan every label
ever given. That is why they are written out here and not taken from `newsclf.text`.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from newsclf.errors import InputError
from newsclf.files import replaced_file
from newsclf.records import ROLES
from newsclf.sources.textfile import read_text
from newsclf.taxonomy import category_ids

_FROZEN_DELETED = re.compile(
    r"[\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u0640"
    r"\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u061c]"
)
_FROZEN_ALEFS = re.compile("[أإآٱ]")
_FROZEN_WORD = re.compile(r"\w+")
_KEY = re.compile(r"[0-9a-f]{64}")


def title_key(title: str) -> str:
    """Return the key of a title: the SHA-256 of its words, in hexadecimal.

    The title is put through NFKC; Arabic marks, tatweel and invisible signs are deleted; أ إ آ ٱ
    become ا; letters become lower-case; the runs of word characters are joined by one blank.

    Parameters
    ----------
    title : str
        As published.

    Returns
    -------
    str

    Examples
    --------
    >>> title_key("الأمـنُ يُوقف مروجا!") == title_key("الامن يوقف مروجا")
    True
    >>> title_key("طنجة")
    '285dd01139c1f3886a545715a176281859f0309ab4a5dd69139039f92137154d'
    """
    bare = _FROZEN_DELETED.sub("", unicodedata.normalize("NFKC", title))
    words = _FROZEN_WORD.findall(_FROZEN_ALEFS.sub("ا", bare).lower())
    return hashlib.sha256(" ".join(words).encode("utf-8", "replace")).hexdigest()


@dataclass(frozen=True)
class Label:
    """One label.

    Attributes
    ----------
    key : str
        `title_key` of the title as published.
    category : str
    second : str
        Another category that applies too, or "".
    source : str
        The corpus the title is from.
    reader : str
        Who read it.
    split : str
        ``dev`` or ``test`` for a label of the guideline set, which never trains; "" otherwise.
    """

    key: str
    category: str
    second: str
    source: str
    reader: str
    split: str


COLUMNS = tuple(field.name for field in fields(Label))


def read_labels(paths: Iterable[Path]) -> dict[str, Label]:
    """Return the labels in label files, by key.

    Parameters
    ----------
    paths : iterable of Path
        CSV files with the columns key, category, second, source, reader, split.

    Returns
    -------
    dict from str to Label

    Raises
    ------
    InputError
        If a file is no label file, a line makes no sense, or two lines disagree on one key.
    """
    labels: dict[str, Label] = {}
    places: dict[str, str] = {}
    for path in paths:
        for place, label in _lines(path):
            earlier = labels.get(label.key)
            if earlier is not None and _disagree(earlier, label):
                raise InputError(f"{place} labels the same title as {places[label.key]} otherwise; keep one of the two")
            # Where one title is in the guideline set and in another file too, the guideline set wins.
            if earlier is None or label.split:
                labels[label.key] = label
                places[label.key] = place
    return labels


def _disagree(one: Label, other: Label) -> bool:
    two_splits = bool(one.split and other.split and one.split != other.split)
    return two_splits or (one.category, one.second) != (other.category, other.second)


def _lines(path: Path) -> Iterator[tuple[str, Label]]:
    reader = csv.reader(io.StringIO(read_text(path), newline=""))
    header = next(reader, [])
    if tuple(header) != COLUMNS:
        raise InputError(f"{path} is no label file: its columns are {', '.join(header)}, not {', '.join(COLUMNS)}")
    known = category_ids()
    for row in reader:
        place = f"{path}, line {reader.line_num},"
        if len(row) != len(COLUMNS):
            raise InputError(f"{place} has {len(row)} fields, not {len(COLUMNS)}")
        label = Label(*row)
        if not _KEY.fullmatch(label.key):
            raise InputError(f"{place} has no key of 64 hexadecimal digits")
        if label.category not in known or label.second not in ("", *known) or label.second == label.category:
            raise InputError(
                f"{place} has category {label.category!r} and second {label.second!r}; "
                f"give two different ones of {', '.join(known)}, or leave second empty"
            )
        if label.split not in ("", *ROLES):
            raise InputError(f"{place} has split {label.split!r}; give {' or '.join(ROLES)}, or leave it empty")
        yield place, label


def write_labels(labels: Iterable[Label], path: Path) -> None:
    """Write a label file, sorted by key so that it says nothing of the order of the corpus.

    Raises
    ------
    InputError
        If the file can't be written.
    """
    with replaced_file(path) as aside, aside.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(astuple(label) for label in sorted(labels, key=lambda label: label.key))
