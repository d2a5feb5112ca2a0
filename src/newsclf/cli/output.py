"""What the tagging commands have in common: their options, and how answers are printed."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TextIO

import click

if TYPE_CHECKING:
    from newsclf.predictor import Prediction

TABLE, JSONL, CSV = "table", "jsonl", "csv"
_COLUMNS = ("text", "category", "probability", "second", "second_probability", "confident")
# Enough to tell answers apart; the rest is noise.
_DECIMALS = 4

model_option = click.option(
    "--model",
    metavar="MODEL",
    help="A model folder or a registry address (models:/newsclf@champion); the released model where not given.",
)
format_option = click.option(
    "--format",
    "shape",
    type=click.Choice([TABLE, JSONL, CSV]),
    help="How to print; a table on a terminal and JSON Lines elsewhere, where not given.",
)


def standard_output() -> TextIO:
    """Return standard output, set to UTF-8 whatever the terminal says it can show."""
    stream = sys.stdout
    if hasattr(stream, "reconfigure"):
        # Half a surrogate pair in an argument can't be written; it becomes a question mark.
        stream.reconfigure(encoding="utf-8", errors="replace", newline="\n")
    return stream


def chosen_shape(shape: str | None) -> str:
    """Return the shape that was asked for, or the one that suits where the output goes."""
    return shape or (TABLE if sys.stdout.isatty() else JSONL)


def answer_printer(
    shape: str, categories: Iterable[str], *, kinds: bool, header: bool = True
) -> Callable[[Prediction, str], None]:
    """Return a function that prints a prediction, and what kind of text it is of, as soon as it is called.

    Parameters
    ----------
    shape : {"table", "jsonl", "csv"}
    categories : iterable of str
        Those the model knows; a table's columns are as wide as the longest.
    kinds : bool
        Whether to print what kind of text it is.
    header : bool
        Whether a table has one.

    Returns
    -------
    callable
    """
    stream = standard_output()
    columns = ("kind", *_COLUMNS) if kinds else _COLUMNS
    if shape == JSONL:

        def print_json(answer: Prediction, kind: str) -> None:
            row = dict(zip(columns, _values(answer, kind, kinds=kinds), strict=True))
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")
            stream.flush()

        return print_json
    if shape == CSV:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(columns)

        def print_csv(answer: Prediction, kind: str) -> None:
            *values, confident = _values(answer, kind, kinds=kinds)
            writer.writerow([*values, "true" if confident else "false"])
            stream.flush()

        return print_csv
    width = max(map(len, [*categories, "category"]))
    if header:
        stream.write(_table_line("category", "prob", "second", "prob", "sure", "kind" if kinds else "", "text", width))

    def print_line(answer: Prediction, kind: str) -> None:
        probability, second = f"{answer.probability:.2f}", f"{answer.second_probability:.2f}"
        sure = "yes" if answer.confident else "no"
        text = " ".join(answer.text.split())
        stream.write(_table_line(answer.category, probability, answer.second, second, sure, kind, text, width))
        stream.flush()

    return print_line


def _values(answer: Prediction, kind: str, *, kinds: bool) -> list[Any]:
    values: list[Any] = [
        answer.text,
        answer.category,
        round(answer.probability, _DECIMALS),
        answer.second,
        round(answer.second_probability, _DECIMALS),
        answer.confident,
    ]
    return [kind, *values] if kinds else values


def _table_line(
    category: str, probability: str, second: str, second_probability: str, sure: str, kind: str, text: str, width: int
) -> str:
    # The text comes last: a terminal that turns Arabic around then leaves the columns where they are.
    kind = f"{kind:<8}  " if kind else ""
    return (
        f"{category:<{width}}  {probability:<4}  {second:<{width}}  {second_probability:<4}  {sure:<4}  {kind}{text}\n"
    )


def columns_text(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as lines, numbers aligned right and the last column as it is."""
    widths = [max(map(len, column)) for column in list(zip(*rows, strict=True))[:-1]]
    lines = ["  ".join([*(f"{cell:>{w}}" for cell, w in zip(row, widths, strict=False)), row[-1]]) for row in rows]
    return "".join(f"{line.rstrip()}\n" for line in lines)
