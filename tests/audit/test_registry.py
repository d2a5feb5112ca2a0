"""The audit as a whole: silent where all is well, the same every time, every check accounted for."""

from __future__ import annotations

import re

import pyarrow as pa
import pytest

from newsclf.audit import corpus as corpus_module
from newsclf.audit.corpus import Corpus, corpus_of
from newsclf.audit.finding import NotApplicable, Severity
from newsclf.audit.registry import CHECKS, run_checks
from newsclf.errors import ConfigurationError
from newsclf.records import SCHEMA
from tests.audit.corpora import audited, clean_rows, corpus


def test_a_clean_corpus_has_no_finding() -> None:
    audit = run_checks(corpus(clean_rows()))
    assert audit.findings == ()
    # Too few written records to count words; all else must have been looked at.
    assert list(audit.not_applicable) == ["NC016"]
    assert [*audit.passed, "NC016"] == [*sorted(set(CHECKS) - {"NC016"}), "NC016"]


def test_the_same_records_give_the_same_audit_and_are_left_as_they_are() -> None:
    rows = clean_rows()
    rows[0]["title"] = "قصير"
    rows[7]["body"] = rows[7]["title"] = "no arabic"
    one = corpus(rows)
    before = one.records.to_pylist()
    assert run_checks(one, training=False) == audited(rows)
    assert one.records.to_pylist() == before


def test_checks_are_named_once_and_say_what_to_do() -> None:
    for code, check in CHECKS.items():
        assert re.fullmatch(r"NC\d{3}", code)
        assert code == check.code
        assert check.explanation.endswith(".")
        assert check.fix.endswith(".")
    assert len({check.title for check in CHECKS.values()}) == len(CHECKS)
    assert list(CHECKS) == sorted(CHECKS)


def test_what_is_ignored_is_not_run() -> None:
    rows = clean_rows()
    rows[0]["title"] = "قصير"
    assert [finding.code for finding in audited(rows).findings] == ["NC011"]
    audit = run_checks(corpus(rows), [" nc011 "], training=False)
    assert audit.findings == ()
    assert audit.ignored == ("NC011",)
    assert "NC011" not in audit.passed


def test_an_unknown_code_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="there is no check 'NC01'; did you mean 'NC01"):
        run_checks(corpus(clean_rows()), ["NC01"])


def test_a_finding_tells_all_examples_or_as_many_as_asked() -> None:
    rows = clean_rows()
    for row in rows[:4]:
        row["title"] = "قصير"
    (finding,) = audited(rows).of(Severity.WARNING)
    assert len(finding.as_dict()["examples"]) == 4
    shown = finding.as_dict(1)
    assert (shown["count"], shown["severity"]) == (4, "warning")
    assert shown["examples"] == [
        {"text": "قصير", "record": "published-security-0", "detail": "title of 1 word"},
    ]


@pytest.mark.parametrize("number", [0, 1])
def test_hardly_any_records_are_no_reason_to_fail(number: int) -> None:
    audit = run_checks(corpus([row | {"category": None, "label_origin": None} for row in clean_rows()[:number]]))
    assert [finding.code for finding in audit.findings] == ["NC004"]


def test_the_repository_knows_outlets_and_keywords(monkeypatch: pytest.MonkeyPatch) -> None:
    empty = SCHEMA.empty_table()
    known = corpus_of(empty)
    assert "هسبريس" in known.outlet_names
    assert set(known.keywords) == {"security", "sport", "politics", "economy", "other"}

    def missing() -> None:
        raise ConfigurationError("no data/sources here")

    monkeypatch.setattr(corpus_module, "repository_root", missing)
    unknown = corpus_of(empty)
    assert (list(unknown.outlet_names), dict(unknown.keywords)) == ([], {})
    bare = Corpus(pa.Table.from_pylist(clean_rows(), SCHEMA))
    assert isinstance(CHECKS["NC009"].find(bare), NotApplicable)
    assert isinstance(CHECKS["NC018"].find(bare), NotApplicable)
