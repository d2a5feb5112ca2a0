"""``newsclf predict``: files."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from newsclf.cli.output import model_option

if TYPE_CHECKING:
    from newsclf.batch import Summary

_STEPS = 1000


@click.command()
@click.argument("source", metavar="IN")
@click.argument("target", metavar="OUT")
@click.option("--text-column", metavar="NAME", help="The column with the text; 'text' where not given.")
@click.option("--title-column", metavar="NAME", help="The column with the headline, alone or with --body-column.")
@click.option("--body-column", metavar="NAME", help="The column with the article, read after the headline.")
@click.option("--prefix", default="", metavar="TEXT", help="Put before the names of the columns that are added.")
@click.option("--input-format", metavar="ENDING", help="What the name of IN should end in, as csv or jsonl.gz.")
@click.option("--output-format", metavar="ENDING", help="What the name of OUT should end in.")
@click.option("--encoding", metavar="NAME", help="Of IN, as utf-8 (where not given) or cp1256; OUT is utf-8.")
@click.option("--rejects", metavar="FILE", help="Where rejected rows go; OUT.rejects.jsonl where not given.")
@click.option("--workers", type=click.IntRange(min=1), default=1, show_default=True, help="Processes to work in.")
@click.option("--resume", is_flag=True, help="Go on where an interrupted run stopped, instead of over.")
@model_option
def predict(
    source: str,
    target: str,
    text_column: str | None,
    title_column: str | None,
    body_column: str | None,
    prefix: str,
    input_format: str | None,
    output_format: str | None,
    encoding: str | None,
    rejects: str | None,
    workers: int,
    resume: bool,
    model: str | None,
) -> None:
    """Tag every row of the file IN and write all of it, with the answers, to OUT.

    Files are CSV, TSV, JSON Lines, Parquet or plain text with one text a line, told by their names, also with
    .gz or .zst behind; - is standard input (text lines) or output (JSON Lines). The columns category,
    probability, second, second_probability and confident are added behind those of IN; plain text OUT has one
    category a line. Rows that can't be read or have no text go to the rejects file with line and reason; an empty
    line of plain text is answered like any other, so that answers stay beside lines. OUT appears when it is whole.

    \b
    Examples:
      newsclf predict headlines.csv tagged.csv --text-column title
      newsclf predict archive.parquet tagged.parquet --title-column title --body-column body --workers 4
      newsclf predict archive.parquet tagged.parquet --title-column title --body-column body --workers 4 --resume
      zcat lines.txt.gz | newsclf predict - - --output-format csv > tagged.csv
    """
    if text_column is not None and (title_column is not None or body_column is not None):
        raise click.UsageError("give --text-column, or --title-column and --body-column")
    columns = [name for name in (text_column, title_column, body_column) if name is not None]
    from newsclf.batch import predict_file
    from newsclf.loading import load

    predictor = load(model)
    begin = time.monotonic()
    try:
        with _progress() as progress:
            summary = predict_file(
                predictor,
                source,
                target,
                text_columns=columns,
                prefix=prefix,
                input_format=input_format,
                output_format=output_format,
                encoding=encoding,
                rejects=rejects,
                workers=workers,
                resume=resume,
                progress=progress,
            )
    except KeyboardInterrupt:
        if "-" not in (source, target):
            click.echo("\nWhat is finished is kept: the same command with --resume goes on from there.", err=True)
        raise
    click.echo(_summary_text(summary, target, time.monotonic() - begin), err=True)


@contextmanager
def _progress() -> Iterator[Callable[[float | None, int], None] | None]:
    """Give a function that draws how far the job is, on a terminal; None elsewhere."""
    if not sys.stderr.isatty():
        yield None
        return
    begin = time.monotonic()
    rows = 0

    def shown(_: object) -> str:
        return f"{rows:,} rows, {rows / max(time.monotonic() - begin, 1e-9):,.0f} a second"

    with click.progressbar(length=_STEPS, file=sys.stderr, item_show_func=shown) as bar:

        def progress(share: float | None, more: int) -> None:
            nonlocal rows
            rows += more
            # Of standard input nobody knows how much there is.
            bar.update(0 if share is None else int(share * _STEPS) - bar.pos, rows)
            bar.render_progress()

        yield progress


def _summary_text(summary: Summary, target: str, seconds: float) -> str:
    total = summary.rows + summary.rejected
    where = "standard output" if target == "-" else target
    lines = [
        f"{total:,} rows in {seconds:.1f} s ({total / max(seconds, 1e-9):,.0f} a second): "
        f"{summary.rows:,} tagged in {where}, {summary.rejected:,} rejected"
        + (f" in {summary.rejects}" if summary.rejects else "")
    ]
    if summary.rows:
        shares = [f"{name} {100 * count / summary.rows:.1f} %" for name, count in summary.categories.items()]
        lines.append(f"{', '.join(shares)}; confident {100 * summary.confident / summary.rows:.1f} %")
    return "\n".join(lines)
