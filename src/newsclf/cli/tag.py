"""``newsclf tag``: texts, a page or a live stream."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from newsclf.cli.output import answer_printer, chosen_shape, format_option, model_option

if TYPE_CHECKING:
    from newsclf.predictor import Predictor

_STREAM = "-"
# Files with rows rather than texts; 'newsclf predict' reads those.
_TABLES = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet", ".gz", ".zst")
_TEXT_FILES = (".txt", ".text")


@click.command()
@click.argument("texts", metavar="TEXT…", nargs=-1, required=True)
@model_option
@format_option
@click.option("--encoding", default="utf-8", show_default=True, help="Of files that are named.")
def tag(texts: tuple[str, ...], model: str | None, shape: str | None, encoding: str) -> None:
    """Say what each TEXT is about.

    A TEXT that names a file stands for the ticker items and the headline of the news page in it, or for its
    lines if it holds no page. A single - stands for standard input: every line is answered at once, with one
    line, until the input ends.

    \b
    Examples:
      newsclf tag "الوداد يتعاقد مع مدرب جديد" "توقيف مروج مخدرات بطنجة"
      newsclf tag seeds/000_a6a047dd21cfc6cd.txt
      tail -f ticker.log | newsclf tag - --format jsonl
    """
    if _STREAM in texts and len(texts) > 1:
        raise click.UsageError("give - alone: standard input can't stand among texts")
    from newsclf.loading import load

    predictor = load(model)
    shape = chosen_shape(shape)
    if texts == (_STREAM,):
        _answer_stream(predictor, shape)
        return
    found = [pair for text in texts for pair in _kinds_and_texts(text, encoding)]
    kinds = any(kind for kind, _ in found)
    say = answer_printer(shape, predictor.categories, kinds=kinds)
    for kind, text in found:
        say(predictor.tag(text), kind or ("text" if kinds else ""))


def _answer_stream(predictor: Predictor, shape: str) -> None:
    """Answer each line of standard input with one line, an empty one too."""
    say = answer_printer(shape, predictor.categories, kinds=False, header=False)
    try:
        for line in sys.stdin.buffer:
            text = line.rstrip(b"\r\n").decode("utf-8", "replace").removeprefix("\ufeff")
            say(predictor.tag(text), "")
        # An interruption that arrives with the end of the input is only raised by the next call: be it one in here.
        sys.stdout.flush()
    except KeyboardInterrupt:
        # How a person ends a live stream.
        return


def _kinds_and_texts(argument: str, encoding: str) -> Iterator[tuple[str, str]]:
    """Give the texts that an argument stands for, each with its kind where it is one of a page's."""
    path = _named_file(argument)
    if path is None:
        yield "", argument
        return
    from newsclf.errors import InputError
    from newsclf.sources.page import read_page
    from newsclf.sources.textfile import read_text

    if path.suffix.lower() in _TABLES:
        raise InputError(f"{path} holds rows; use newsclf predict {path} OUT")
    content = read_text(path, encoding)
    try:
        page = read_page(content, name=str(path))
    except InputError:
        if content.lstrip().startswith("<"):
            raise
        for line in content.splitlines():
            if line.strip():
                yield "", line
        return
    for item in page.ticker:
        yield "ticker", item
    yield "headline", page.headline


def _named_file(argument: str) -> Path | None:
    """Return the file that an argument names; None if it is a text."""
    if not argument.strip():
        return None
    try:
        path = Path(argument)
        if path.exists():
            return path
    except (OSError, ValueError):
        # Longer than a name can be, or with a character that names can't have.
        return None
    if path.suffix.lower() in (*_TABLES, *_TEXT_FILES) and len(argument.split()) == 1:
        return path
    return None
