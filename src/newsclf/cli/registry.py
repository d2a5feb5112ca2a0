"""`newsclf promote`, `rollback` and `history`: which model is the champion."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from newsclf.tracking.registry import Move

GATES_FILE = Path("experiments/gates.toml")

_format = click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True, help="How to show it."
)


@click.command()
@click.argument("run", metavar="RUN")
@click.option("--why", default="", help="Why, for the record.")
@click.option("--force", is_flag=True, help="Promote even if gates fail; needs --why, and is on record.")
@click.option(
    "--gates",
    type=click.Path(path_type=Path),
    help=f"TOML with the heights of the gates.  [default: {GATES_FILE}, if there is one]",
)
@_format
def promote(run: str, why: str, force: bool, gates: Path | None, form: str) -> None:
    """Make a run's model the champion, if it passes the gates.

    It must beat the keyword and majority baselines on the same test records, find enough of every
    category, be calibrated, be no worse than the present champion, load in a new process and answer
    there as in its tests. RUN is as for 'newsclf compare'.

    \b
    Examples:
      newsclf promote default
      newsclf promote default --force --why "the champion has not seen this year's names"
    """
    from newsclf.tomlfile import read_toml, settings_from
    from newsclf.tracking import promote as promoted
    from newsclf.tracking.gates import GateSettings
    from newsclf.tracking.registry import GatesFailedError

    file = gates or (GATES_FILE if GATES_FILE.is_file() else None)
    settings = settings_from(GateSettings, read_toml(file), str(file)) if file else GateSettings()
    try:
        move = promoted(run, settings=settings, why=why, force=force)
    except GatesFailedError as error:
        if form == "json":
            asked = [dataclasses.asdict(gate) for gate in error.gates]
            click.echo(json.dumps({"promoted": False, "gates": asked}, ensure_ascii=False))
        else:
            _show_gates(dataclasses.asdict(gate) for gate in error.gates)
        raise
    if form == "json":
        click.echo(json.dumps({"promoted": True, **dataclasses.asdict(move)}, ensure_ascii=False))
        return
    _show_gates(move.gates)
    click.echo(f"{move.run} is the champion: version {move.after}{_instead_of(move)}{' by force' * move.forced}")
    click.echo("load it with newsclf.load(\"models:/newsclf@champion\"); take it back with 'newsclf rollback'")


@click.command()
@click.option("--why", default="", help="Why, for the record.")
@_format
def rollback(why: str, form: str) -> None:
    """Make the champion before the present one the champion again.

    \b
    Example:
      newsclf rollback --why "takes club elections for politics"
    """
    from newsclf.tracking import rollback as rolled_back

    move = rolled_back(why=why)
    if form == "json":
        click.echo(json.dumps(dataclasses.asdict(move), ensure_ascii=False))
    else:
        click.echo(f"{move.run} is the champion again: version {move.after}{_instead_of(move)}")


@click.command()
@_format
def history(form: str) -> None:
    """Show every move of the champion: when, who, from, to, why.

    \b
    Examples:
      newsclf history
      newsclf history --format json
    """
    from newsclf.tracking import history as moves

    found = moves()
    if form == "json":
        click.echo(json.dumps([dataclasses.asdict(move) for move in found], ensure_ascii=False))
    elif not found:
        click.echo("no model was promoted yet; promote one with 'newsclf promote RUN'")
    else:
        heads = ("when", "who", "what", "from", "to", "run", "accuracy", "why")
        for line in _columns([heads, *map(_row, found)]):
            click.echo(line)


def _row(move: Move) -> tuple[str, ...]:
    accuracy = next((f"{value:.3f}" for name, value in move.metrics.items() if name.endswith(".accuracy")), "")
    what = f"{move.action} (forced)" if move.forced else move.action
    return (f"{move.when[:16]}Z", move.who, what, move.before or "-", move.after, move.run, accuracy, move.why)


def _instead_of(move: Move) -> str:
    return f", instead of version {move.before}" if move.before else ""


def _show_gates(gates: Iterable[dict[str, Any]]) -> None:
    rows = [("passed" if gate["passed"] else "FAILED", gate["name"], gate["detail"]) for gate in gates]
    for line in _columns(rows):
        click.echo(line)


def _columns(rows: Sequence[Sequence[str]]) -> Iterable[str]:
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
