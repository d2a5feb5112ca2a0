"""``newsclf sweep``: variants of an experiment side by side."""

from __future__ import annotations

from pathlib import Path

import click

from newsclf.cli.dataroot import data_root_option
from newsclf.cli.progress import said


@click.command()
@click.argument("sweep", metavar="SWEEP", type=click.Path(path_type=Path))
@data_root_option
@click.option("--jobs", type=click.IntRange(1), help="Variants trained at once; what SWEEP says where not given.")
@click.option("--renew", is_flag=True, help="Train again what was trained by an older state of the code.")
@click.option("--into", type=click.Path(path_type=Path), help="Markdown file to put the table into, between its marks.")
@click.option(
    "--format", "form", type=click.Choice(["table", "csv"]), default="table", show_default=True, help="How to print it."
)
def sweep(sweep: Path, data_root: Path | None, jobs: int | None, renew: bool, into: Path | None, form: str) -> None:
    """Train every variant of a sweep, judge them on dev, and print how far each is from the base.

    SWEEP is a TOML in experiments/sweeps. Every variant is an MLflow run under one parent run. What is
    finished is kept in experiments/runs and not trained again: after Ctrl-C, or once the TOML has more
    variants, the same command goes on. The test split is never looked at.

    \b
    Examples:
      newsclf sweep experiments/sweeps/written.toml
      newsclf sweep experiments/sweeps/ablation.toml --data-root ~/corpora
      newsclf sweep experiments/sweeps/ablation.toml --data-root ~/corpora --into experiments/README.md
    """
    from newsclf.errors import InputError
    from newsclf.sweep import run_sweep
    from newsclf.sweepplan import read_sweep
    from newsclf.sweeptable import written_into

    plan = read_sweep(sweep)
    with said() as say:
        swept = run_sweep(plan, data_root=data_root, jobs=jobs, renew=renew, progress=say)
    click.echo(swept.table.csv() if form == "csv" else swept.table.markdown(), nl=False)
    click.echo(f"\nWritten to {swept.folder / 'table.md'} and table.csv", err=True)
    if into is not None:
        written_into(into, plan.name, swept.table.markdown())
        click.echo(f"{into} has the table", err=True)
    failed = [result for result in swept.table.results if result.predictions is None]
    if failed:
        raise InputError(f"{len(failed)} variants failed; the first, {failed[0].name!r}: {failed[0].run['error']}")
