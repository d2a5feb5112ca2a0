"""The categories: what each is called, in which languages, and which outlet sections mean it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

SECURITY = "security"
SPORT = "sport"
POLITICS = "politics"
ECONOMY = "economy"
OTHER = "other"


@dataclass(frozen=True)
class Category:
    """One category of the taxonomy.

    Attributes
    ----------
    id : str
        The name used in data, models and metrics.
    arabic, french, english : str
        The name to show to a reader of that language.
    iptc : tuple of str
        The IPTC Media Topic codes that correspond to it.
    sections : tuple of str
        Names of outlet sections that mean it, lower-case.
    """

    id: str
    arabic: str
    french: str
    english: str
    iptc: tuple[str, ...]
    sections: tuple[str, ...]


@cache
def categories() -> tuple[Category, ...]:
    """Return every category, in the order all of newsclf uses.

    Examples
    --------
    >>> [category.id for category in categories()]
    ['security', 'sport', 'politics', 'economy', 'other']
    """
    table = tomllib.loads(files("newsclf").joinpath("taxonomy.toml").read_text(encoding="utf-8"))
    return tuple(
        Category(
            id=row["id"],
            arabic=row["arabic"],
            french=row["french"],
            english=row["english"],
            iptc=tuple(row["iptc"]),
            sections=tuple(name.lower() for name in row["sections"]),
        )
        for row in table["category"]
    )


def category_ids() -> tuple[str, ...]:
    """Return the ids of every category, in taxonomy order.

    Examples
    --------
    >>> category_ids()
    ('security', 'sport', 'politics', 'economy', 'other')
    """
    return tuple(category.id for category in categories())


def category_of_section(section: str) -> str | None:
    """Return the category that an outlet's section name means, or None when it is not known.

    Examples
    --------
    >>> category_of_section("Faits-Divers")
    'security'
    >>> category_of_section("رياضة")
    'sport'
    >>> category_of_section("societe") is None
    True
    """
    name = section.strip().lower()
    for category in categories():
        if name == category.id or name in category.sections:
            return category.id
    return None
