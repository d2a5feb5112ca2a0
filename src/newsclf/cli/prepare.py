"""`newsclf prepare`: sources to records."""

from __future__ import annotations

import json
from pathlib import Path

import click

from newsclf.cli.dataroot import data_root_option


@click.command()
@click.argument("cards", nargs=-1, metavar="[CARD]...")
@data_root_option
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("work/records"),
    show_default=True,
    help="Folder for records.parquet, quarantine.csv and the summary.",
)
@click.option("--labels/--no-labels", default=True, show_default=True, help="Join the labels in data/labels.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How to print the summary.",
)
def prepare(cards: tuple[str, ...], data_root: Path | None, out: Path, labels: bool, form: str) -> None:
    """Turn sources of news texts into one table of records.

    CARD is the name of a card in data/sources, or the path of a card of your own. Without any, the
    sources that come with the repository are prepared.

    \b
    Examples:
      newsclf prepare
      newsclf prepare written hespress --data-root ~/corpora --out work/hespress
      newsclf prepare my_csv.toml --data-root .
    """
    from newsclf import prepare as preparing
    from newsclf.datasummary import readable
    from newsclf.sources.card import cards_in_repository

    chosen = list(cards) or cards_in_repository()
    label_files = preparing.label_files_in_repository() if labels else []
    prepared = preparing.prepare(chosen, data_root, out, label_files)
    if form == "json":
        click.echo(json.dumps(prepared.summary, ensure_ascii=False))
        return
    click.echo(readable(prepared.summary), nl=False)
    state = "up to date" if prepared.reused else "written"
    click.echo(f"{prepared.records} {state}")
