"""`Corpus`: records to audit, what is known about their sources, and what several checks need, computed once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from newsclf.audit.mojibake import misreadings
from newsclf.audit.outoffold import OutOfFold, out_of_fold
from newsclf.audit.words import Integers, Mask, WordTable
from newsclf.configuration import read_experiment
from newsclf.duplicates import duplicate_groups
from newsclf.errors import ConfigurationError
from newsclf.sources.card import read_card, repository_root

Names = npt.NDArray[np.object_]

_KEYWORDS = Path("experiments", "baselines", "keyword.toml")
# What of a long body is shown of a record without a title.
_SHOWN_WORDS = 20


@dataclass(frozen=True, eq=False)
class Corpus:
    """Records to audit.

    Parameters
    ----------
    records : pyarrow.Table
        A record table.
    outlet_names : sequence of str
        Names of outlets and agencies, which say nothing of the topic.
    keywords : mapping of str to sequence of str
        For each category, the beginnings of words that speak for it.
    """

    records: pa.Table
    outlet_names: Sequence[str] = ()
    keywords: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.records)

    def column(self, name: str) -> Names:
        """Return a column, with an empty string for null."""
        values = self.records[name].to_pylist()
        column = np.empty(len(values), dtype=object)
        column[:] = ["" if value is None else value for value in values]
        return column

    @cached_property
    def ids(self) -> Names:
        """The id of each record."""
        return self.column("id")

    @cached_property
    def titles(self) -> Names:
        """The title of each record."""
        return self.column("title")

    @cached_property
    def bodies(self) -> Names:
        """The body of each record."""
        return self.column("body")

    @cached_property
    def categories(self) -> Names:
        """The category of each record, empty where it has none."""
        return self.column("category")

    @cached_property
    def sources(self) -> Names:
        """The source of each record."""
        return self.column("source")

    @cached_property
    def labelled(self) -> Mask:
        """Whether each record has a category."""
        return np.asarray(self.categories != "", dtype=np.bool_)

    @cached_property
    def written(self) -> Mask:
        """Whether the author of each record gave its category: it was written to be a training text."""
        return np.asarray(self.column("label_origin") == "author", dtype=np.bool_)

    @cached_property
    def misread(self) -> dict[str, Mask]:
        """For each way of misreading Arabic, which records show it in title or body."""
        return misreadings(pc.binary_join_element_wise(self.records["title"], self.records["body"], "\n"))

    @cached_property
    def garbled(self) -> Mask:
        """Whether each record shows any misreading: it has no words that could be judged."""
        return np.asarray(np.logical_or.reduce(list(self.misread.values())), dtype=np.bool_)

    @cached_property
    def words(self) -> WordTable:
        """The words of every title, and after them those of every body: text i is of record i modulo n."""
        return WordTable.of([*self.titles, *self.bodies])

    @cached_property
    def duplicate_groups(self) -> Integers:
        """For each record, the first record of those that say the same."""
        return duplicate_groups(self.titles.tolist(), self.bodies.tolist())

    @cached_property
    def out_of_fold(self) -> OutOfFold | str:
        """What models that did not see them say of the labelled records, or why that can't be had."""
        return out_of_fold(self.records)

    def shown(self, row: int) -> str:
        """Return the title of a record, or the beginning of its body."""
        return str(self.titles[row]) or " ".join(str(self.bodies[row]).split(None, _SHOWN_WORDS)[:_SHOWN_WORDS])

    def words_of(self, wanted: Mask) -> WordTable:
        """Return the words of some records, titles and bodies."""
        return self.words.only(np.concatenate([wanted, wanted]))


def corpus_of(records: pa.Table) -> Corpus:
    """Return records with what the repository knows: outlet names from source cards, the baseline's keywords.

    Without a repository around, nothing is known, and the checks that need it say so.

    Raises
    ------
    ConfigurationError
        If a card or the baseline's TOML says something newsclf doesn't understand.
    """
    try:
        root = repository_root()
    except ConfigurationError:
        return Corpus(records)
    cards = [read_card(path) for path in sorted((root / "data" / "sources").glob("*.toml"))]
    names = sorted({name for card in cards for name in card.mask})
    keywords = root / _KEYWORDS
    known = read_experiment(keywords).model.get("keywords", {}) if keywords.exists() else {}
    return Corpus(records, names, known)
