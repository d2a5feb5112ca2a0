"""Drafts: one item of a source made into what will be a record, cleaned, labelled and dated."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from newsclf.cleaning import Cleaner
from newsclf.dates import parse_date
from newsclf.errors import ConfigurationError
from newsclf.labels import Label, title_key
from newsclf.records import KINDS
from newsclf.sources.card import UNLABELLED, Card
from newsclf.sources.item import Item
from newsclf.taxonomy import category_ids

_LETTER_OR_DIGIT = re.compile(r"[^\W_]")


@dataclass
class Draft:
    """A record in the making, and what decides its split.

    Attributes
    ----------
    values : dict
        By column of the record table; group and split come later.
    card : Card
    file, place : str
        Where it was read, for messages.
    key : str
        `title_key` of its title as published, "" where it has none.
    """

    values: dict[str, Any]
    card: Card
    file: str
    place: str
    key: str


class Drafter:
    """Makes drafts of the items of one source.

    Parameters
    ----------
    card : Card
    labels : mapping of str to Label
        Labels by reading, by key; they win over the section.

    Attributes
    ----------
    unread_dates : int
        Items whose date could not be read.
    unmapped : Counter of str
        Sections that no category is known for, with their numbers of items.
    """

    def __init__(self, card: Card, labels: Mapping[str, Label]) -> None:
        self.unread_dates = 0
        self.unmapped: Counter[str] = Counter()
        self._card = card
        self._labels = labels
        self._cleaner = Cleaner(card.mask, card.bylines)

    def draft(self, item: Item, file: str) -> Draft | str:
        """Return the draft of an item, or why it can't become a record."""
        if item.fault:
            return item.fault
        title, body = self._cleaner.title(item.title), self._cleaner.body(item.body)
        title, body = (text if _LETTER_OR_DIGIT.search(text) else "" for text in (title, body))
        if not title and not body:
            return "has no word in its text" if item.title.strip() or item.body.strip() else "has no text"
        kind = "headline" if item.kind == "article" and not body else item.kind
        if kind not in KINDS:
            return f"kind {kind!r} is none of {', '.join(KINDS)}"
        key = title_key(item.title) if item.title else ""
        published_at = parse_date(item.published_at, self._card.time_zone) if item.published_at else None
        values = {
            "id": _record_id(self._card.name, item),
            "kind": kind,
            "title": title,
            "body": body,
            "section": item.section.strip() or None,
            "source": self._card.name,
            "outlet": item.outlet or None,
            "published_at": published_at,
            "year": published_at.year if published_at else item.year,
            "url": item.url or None,
            "style": item.style or None,
            "disputed": item.disputed,
            **self._labelling(item, self._labels.get(key)),
        }
        self.unread_dates += bool(item.published_at) and published_at is None
        return Draft(values, self._card, file, item.place, key)

    def _labelling(self, item: Item, label: Label | None) -> dict[str, str | None]:
        category = item.category or self._category(item.section)
        second = self._category(item.second) if item.second else None
        origin = self._card.label_origin if category else None
        role = self._card.role
        if label is not None:
            category, second, origin, role = label.category, label.second or None, "annotator", label.split or role
        return {
            "category": category,
            "second": second if category and second != category else None,
            "label_origin": origin,
            "role": role,
        }

    def _category(self, section: str) -> str | None:
        category = self._card.category(section)
        if not category:
            self.unmapped[section.strip()] += 1
        return category if category in category_ids() else None

    def refuse_unmapped_sections(self) -> None:
        """Refuse a source some of whose sections no category is known for.

        Raises
        ------
        ConfigurationError
            Naming them all, and what to write into the card.
        """
        if not self.unmapped:
            return
        found = ", ".join(f"{name!r} ({count} rows)" for name, count in self.unmapped.most_common(20))
        example = json.dumps(self.unmapped.most_common(1)[0][0], ensure_ascii=False)
        raise ConfigurationError(
            f"card {self._card.name}: no category is known for section {found}; say under [sections] what each means, "
            f'as in {example} = "other" (one of {", ".join(category_ids())}, or {UNLABELLED})'
        )


def _record_id(source: str, item: Item) -> str:
    """Return a name for an item that depends on nothing but what the source says of it."""
    if item.own_id:
        return f"{source}-{item.own_id}"
    content = [item.kind, item.title, item.body, item.section, item.outlet, item.published_at, item.url]
    digest = hashlib.sha256(json.dumps(content, ensure_ascii=False).encode("utf-8", "replace"))
    return f"{source}-{digest.hexdigest()[:16]}"
