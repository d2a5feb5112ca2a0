"""``newsclf check``: audit records."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from newsclf.audit.corpus import Corpus
    from newsclf.audit.finding import Example, Finding
    from newsclf.audit.registry import Audit

_WIDTH = 100
_EXAMPLES_IN_TABLE = 5


@click.command()
@click.argument("records", type=click.Path(path_type=Path), default=Path("work/records/records.parquet"))
@click.option("--ignore", multiple=True, metavar="CODE", help="Leave a check out, as in NC007; may be repeated.")
@click.option(
    "--examples",
    type=click.IntRange(0),
    help=f"Examples to show of each finding, at most; {_EXAMPLES_IN_TABLE} in a table and all in JSON if not given.",
)
@click.option("--fast", is_flag=True, help="Leave out the checks that train models.")
@click.option("--list", "only_list", is_flag=True, help="List the checks and do nothing.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="How to print what is found.",
)
def check(records: Path, ignore: tuple[str, ...], examples: int | None, fast: bool, only_list: bool, form: str) -> None:
    """Audit records: leaks, wrong labels, garbled text, give-aways, templates.

    RECORDS is a record table; what 'newsclf prepare' writes by default where not given. Each finding has
    a code, says why it matters and what to do. The exit code is 1 if one is an error; warnings and notes
    are for reading.

    \b
    Examples:
      newsclf check
      newsclf check work/hespress/records.parquet --ignore NC006 --ignore NC013
      newsclf check --fast --format json
    """
    from newsclf.audit.corpus import corpus_of
    from newsclf.audit.finding import Severity
    from newsclf.audit.registry import run_checks
    from newsclf.errors import QualityError
    from newsclf.records import read_records

    if only_list:
        click.echo("\n".join(_list()))
        return
    corpus = corpus_of(read_records(records))
    found = run_checks(corpus, ignore, training=not fast, progress=lambda what: click.echo(f"{what} …", err=True))
    if form == "json":
        click.echo(_json(found, records, examples))
    else:
        most = _EXAMPLES_IN_TABLE if examples is None else examples
        click.echo("\n".join(_table(found, corpus, records, most)))
    errors = [finding.code for finding in found.of(Severity.ERROR)]
    if errors:
        raise QualityError(f"{records} has errors ({', '.join(errors)}): mend them, or leave a check out by --ignore")


def _list() -> Iterator[str]:
    from newsclf.audit.registry import CHECKS

    for each in CHECKS.values():
        yield f"{each.code}  {each.severity:<7}  {each.title}{' (trains models)' if each.trains else ''}"


def _json(found: Audit, records: Path, examples: int | None) -> str:
    import json

    shown = {
        "records": str(records),
        "findings": [finding.as_dict(examples) for finding in found.findings],
        "passed": found.passed,
        "not_applicable": found.not_applicable,
        "ignored": found.ignored,
    }
    return json.dumps(shown, ensure_ascii=False, indent=2)


def _table(found: Audit, corpus: Corpus, records: Path, most: int) -> Iterator[str]:
    """Yield the lines of an audit as a person reads it: findings, worst first, then what there is no finding of."""
    from newsclf.audit.finding import Severity, counted

    labelled = int(corpus.labelled.sum())
    yield f"{records}: {counted(len(corpus), 'record')}, {labelled:,} with a category"
    for severity in Severity:
        for finding in found.of(severity):
            yield ""
            yield from _finding(finding, most)
    if found.not_applicable:
        yield ""
        yield from (f"{code}  not applicable: {reason}" for code, reason in found.not_applicable.items())
    yield ""
    yield ", ".join(counted(len(found.of(severity)), severity) for severity in Severity) + (
        f"; {counted(len(found.passed), 'check')} passed, {len(found.not_applicable)} not applicable, "
        f"{len(found.ignored)} ignored"
    )


def _finding(finding: Finding, most: int) -> Iterator[str]:
    yield f"{finding.code}  {finding.severity}  {finding.title}: {finding.summary}"
    yield from _paragraph("Why", finding.explanation)
    yield from _paragraph("Fix", finding.fix)
    yield from (f"    {_example(example)}" for example in finding.examples[:most])
    if most and len(finding.examples) > most:
        yield f"    … and {len(finding.examples) - most:,} more"


def _paragraph(name: str, text: str) -> list[str]:
    return textwrap.wrap(f"{name}: {text}", _WIDTH, initial_indent="  ", subsequent_indent=" " * 7)


def _example(example: Example) -> str:
    # The text comes last: a terminal that turns Arabic around then leaves the rest where it is.
    place = f"[{example.record}]" if example.record else ""
    return "  ".join(part for part in (place, example.detail, " ".join(example.text.split())) if part)
