"""`newsclf compare`: two runs on the same test records."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from newsclf.comparison import Comparison, Difference, Slice, ViewComparison


@click.command()
@click.argument("first", metavar="RUN")
@click.argument("second", metavar="RUN")
@click.option("--split", default="test", show_default=True, help="Which of the tests.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "html"]),
    default="table",
    show_default=True,
    help="How to show it.",
)
@click.option("--out", type=click.Path(path_type=Path), help="File to write instead of printing.")
@click.option(
    "--texts", type=click.IntRange(0), default=20, show_default=True, help="How many differing texts the table shows."
)
def compare(first: str, second: str, split: str, form: str, out: Path | None, texts: int) -> None:
    """Compare two models on the test records that both have: how far apart they are, and whether by luck.

    RUN is a run folder, the name of a run (its newest), an MLflow run id, @champion or another alias,
    or models:/newsclf/3. Differences are the second RUN less the first, with paired bootstrap
    intervals and McNemar's exact test.

    \b
    Examples:
      newsclf compare baseline-union-logistic default
      newsclf compare @champion default --format html --out comparison.html
    """
    from newsclf.comparison import compare as compared
    from newsclf.tracking import find_run

    runs = [find_run(first), find_run(second)]
    names = (runs[0].name, runs[1].name) if runs[0].name != runs[1].name else (first, second)
    found = compared(
        runs[0].predictions(),
        runs[1].predictions(),
        names=names,
        fingerprints=(runs[0].test_fingerprint, runs[1].test_fingerprint),
        split=split,
    )
    if form == "json":
        shown = json.dumps(found.as_dict(), ensure_ascii=False)
    elif form == "html":
        shown = page(found)
    else:
        shown = "\n".join(table(found, texts))
    if out is None:
        click.echo(shown)
        return
    from newsclf.files import replaced_file

    with replaced_file(out) as aside:
        aside.write_text(shown + "\n", encoding="utf-8")
    click.echo(f"{out} written")


def page(found: Comparison) -> str:
    """Return a comparison as an HTML page that needs no other file."""
    import jinja2

    pages = jinja2.Environment(loader=jinja2.PackageLoader("newsclf"), autoescape=True, trim_blocks=True)
    pages.filters["percent"] = lambda value: f"{100 * value:.1f}"
    pages.filters["points"] = lambda value: f"{100 * value:+.1f}"
    return pages.get_template("comparison.html").render(found=found, common=common_records(found))


def common_records(found: Comparison) -> str:
    """Return, in one sentence, on which records the runs are compared."""
    if found.same_records:
        return "Both were tested on the same records."
    left_out = [
        f"{number:,} of {name}" for name, number in ((found.first, found.only_first), (found.second, found.only_second))
    ]
    relabelled = f" and {found.relabelled:,} that changed text or category" if found.relabelled else ""
    return (
        "They were tested on different records. Compared is what they have in common; "
        f"left out are {' and '.join(left_out)}{relabelled}."
    )


def table(found: Comparison, texts: int) -> Iterator[str]:
    """Yield the lines of a comparison as a table for a terminal."""
    yield f"first   {found.first}"
    yield f"second  {found.second}"
    yield common_records(found)
    for view in found.views:
        yield ""
        yield f"{view.view}: {found.verdict(view)}"
        yield ""
        yield from _slices(view)
        yield ""
        yield from _categories(view)
        if view.disagreements and texts:
            yield ""
            yield from _texts(view, texts)


def _slices(view: ViewComparison) -> Iterator[str]:
    heads = ("slice", "texts", "accuracy", "", "difference", "95 %", "macro-F1", "", "difference", "95 %", "McNemar p")
    rows = [_slice(part) for part in (view.overall, *view.slices)]
    yield from _aligned([heads, *rows])
    if view.slices:
        yield "The more slices, the likelier that one differs by luck: p is not corrected for their number."


def _slice(part: Slice) -> tuple[str, ...]:
    return (part.name, f"{part.texts:,}", *_metric(part.accuracy), *_metric(part.macro_f1), f"{part.p_value:.2g}")


def _metric(metric: Difference) -> tuple[str, str, str, str]:
    return (
        f"{metric.first:.3f}",
        f"{metric.second:.3f}",
        f"{100 * metric.difference:+.1f}",
        f"{100 * metric.low:+.1f} to {100 * metric.high:+.1f}",
    )


def _categories(view: ViewComparison) -> Iterator[str]:
    rows = [("category", "texts", "precision", "", "recall", "", "F1", "", "difference", "95 %")]
    for each in view.categories:
        rates = [f"{value:.3f}" for rate in (each.precision, each.recall) for value in (rate.first, rate.second)]
        rows.append((each.category, f"{each.texts:,}", *rates, *_metric(each.f1)))  # type: ignore[arg-type]
    yield from _aligned(rows)


def _texts(view: ViewComparison, most: int) -> Iterator[str]:
    shown = view.disagreements[:most]
    yield f"Texts on which they differ, {len(shown):,} of {len(view.disagreements):,} (right: first → second):"
    for each in shown:
        yield f"  {each.category}: {each.first} → {each.second}   {' '.join(each.text.split())[:120]}"


def _aligned(rows: Sequence[Sequence[str]]) -> Iterable[str]:
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    for row in rows:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        yield "  ".join(cells).rstrip()
