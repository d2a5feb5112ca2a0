"""What a check is, what it answers, and the finding that is made of both."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from newsclf.audit.corpus import Corpus


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return a number and what it is of, in the right form.

    Examples
    --------
    >>> counted(1, "record"), counted(1200, "record"), counted(2, "category", "categories")
    ('1 record', '1,200 records', '2 categories')
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


class Severity(enum.StrEnum):
    """How bad a finding is. Only an error fails an audit.

    An error makes a model or its test wrong; a warning may, and somebody should look; a note is
    something to know or to read through.
    """

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True)
class Example:
    """One thing that a check found.

    Attributes
    ----------
    text : str
        A text of the corpus, a word, a source: what it is about.
    record : str
        Id of the record that shows it, where there is one.
    detail : str
        What is wrong with it, in a few words.
    """

    text: str
    record: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Evidence:
    """What a check found.

    Attributes
    ----------
    summary : str
        In one sentence, with the numbers.
    examples : tuple of Example
        Every thing found, worst first.
    """

    summary: str
    examples: tuple[Example, ...]


@dataclass(frozen=True)
class NotApplicable:
    """A check's answer where the records can't show what it looks for.

    Attributes
    ----------
    reason : str
    """

    reason: str


@dataclass(frozen=True)
class Check:
    """One check.

    Attributes
    ----------
    code : str
        Its name for good, as in NC001; never given to another check.
    title : str
    severity : Severity
    explanation : str
        Why it matters.
    fix : str
        What to do about it.
    find : callable
        From a corpus to the evidence, None where all is well.
    trains : bool
        Whether it trains models, which takes longer than all the rest.
    """

    code: str
    title: str
    severity: Severity
    explanation: str
    fix: str
    find: Callable[[Corpus], Evidence | NotApplicable | None]
    trains: bool = False


@dataclass(frozen=True)
class Finding:
    """What a check found, with all that a reader needs to act on it.

    Attributes
    ----------
    code, title, severity, explanation, fix
        Of the check.
    summary, examples
        Of the evidence.
    """

    code: str
    severity: Severity
    title: str
    summary: str
    explanation: str
    fix: str
    examples: tuple[Example, ...]

    @classmethod
    def of(cls, check: Check, evidence: Evidence) -> Finding:
        """Return the finding of a check."""
        return cls(
            code=check.code,
            severity=check.severity,
            title=check.title,
            summary=evidence.summary,
            explanation=check.explanation,
            fix=check.fix,
            examples=evidence.examples,
        )

    def as_dict(self, most: int | None = None) -> dict[str, Any]:
        """Return the finding for JSON, with the number of its examples and at most `most` of them."""
        found = asdict(self)
        return {**found, "count": len(self.examples), "examples": list(found["examples"][:most])}
