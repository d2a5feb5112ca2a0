"""Saying on the terminal what is being done."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click


@contextmanager
def said() -> Iterator[Callable[[str], None]]:
    """Give a function that prints what is being done, with the seconds since the beginning, to standard error."""
    begin = time.monotonic()

    def say(what: str) -> None:
        click.echo(f"[{time.monotonic() - begin:6.1f} s] {what}", err=True)

    yield say
    say("done")
