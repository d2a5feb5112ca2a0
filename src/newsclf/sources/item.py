"""`Item`: one text as a source holds it, before anything is done to it."""

from __future__ import annotations

from typing import NamedTuple


class Item(NamedTuple):
    """One text as a source holds it; an empty string is what the source doesn't say.

    Attributes
    ----------
    place : str
        Where in its file it stands, for messages: ``line 12``.
    kind : str
        ``headline``, ``ticker`` or ``article``.
    title, body : str
    section : str
        As the outlet wrote it; the card says which category it means.
    category, second : str
        Categories that a person gave, where the source has such.
    outlet, published_at, url, style : str
    year : int or None
        Where the source says the year and not the day.
    disputed : bool
        Whether readers did not agree on the category.
    own_id : str
        The source's own name for the text, where it is stable and unique.
    fault : str
        Why this row can't be read at all, where it can't.
    """

    place: str
    kind: str = ""
    title: str = ""
    body: str = ""
    section: str = ""
    category: str = ""
    second: str = ""
    outlet: str = ""
    published_at: str = ""
    url: str = ""
    style: str = ""
    year: int | None = None
    disputed: bool = False
    own_id: str = ""
    fault: str = ""
