"""Every check by its code, and running them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from newsclf.audit import balance, encoding, giveaways, leakage, learning, lengths, repetition
from newsclf.audit.corpus import Corpus
from newsclf.audit.finding import Check, Finding, NotApplicable, Severity
from newsclf.errors import ConfigurationError
from newsclf.tomlfile import nearest

CHECKS: dict[str, Check] = {
    check.code: check
    for family in (leakage, balance, encoding, giveaways, lengths, repetition, learning)
    for check in family.CHECKS
}


@dataclass(frozen=True)
class Audit:
    """What the checks said of a corpus; every check is in one of these, by code.

    Attributes
    ----------
    findings : tuple of Finding
    passed : tuple of str
    not_applicable : dict of str to str
        With the reason.
    ignored : tuple of str
    """

    findings: tuple[Finding, ...]
    passed: tuple[str, ...]
    not_applicable: dict[str, str]
    ignored: tuple[str, ...]

    def of(self, severity: Severity) -> list[Finding]:
        """Return the findings of one severity."""
        return [finding for finding in self.findings if finding.severity == severity]


def run_checks(
    corpus: Corpus,
    ignore: Collection[str] = (),
    *,
    training: bool = True,
    progress: Callable[[str], None] = lambda _: None,
) -> Audit:
    """Run every check.

    Parameters
    ----------
    corpus : Corpus
    ignore : collection of str
        Codes of checks that are left out, in any case.
    training : bool
        Whether to run the checks that train models.
    progress : callable
        Is told in a few words what is being done.

    Returns
    -------
    Audit

    Raises
    ------
    ConfigurationError
        If there is no check of an ignored code.
    """
    ignored = {code.strip().upper() for code in ignore}
    for code in sorted(ignored):
        if code not in CHECKS:
            raise ConfigurationError(f"there is no check {code!r}; {nearest(code, CHECKS)}")
    findings: list[Finding] = []
    passed: list[str] = []
    not_applicable: dict[str, str] = {}
    for check in CHECKS.values():
        if check.code in ignored:
            continue
        if check.trains and not training:
            not_applicable[check.code] = "it trains models, which was not wanted"
            continue
        if check.trains:
            progress(f"{check.code}: training models")
        answer = check.find(corpus)
        if answer is None:
            passed.append(check.code)
        elif isinstance(answer, NotApplicable):
            not_applicable[check.code] = answer.reason
        else:
            findings.append(Finding.of(check, answer))
    return Audit(tuple(findings), tuple(passed), not_applicable, tuple(sorted(ignored)))
