"""`newsclf sync`: upload the runs that MLflow doesn't have."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path))
def sync(folder: Path | None) -> None:
    """Upload run folders that the MLflow store lacks, or has only in part.

    FOLDER holds the run folders, or is one; experiments/runs where not given. The variants in a
    sweep's folder become its children. Runs that are there already are left alone, so it can be
    repeated at will.

    \b
    Examples:
      newsclf sync
      MLFLOW_TRACKING_URI=http://127.0.0.1:5000 newsclf sync
    """
    from newsclf.errors import InputError
    from newsclf.tracking import sync_runs

    outcomes = []
    for run in sync_runs(folder):
        outcomes.append(run.outcome)
        if run.outcome == "refused":
            click.echo(f"refused    {run.name}: {run.reason}", err=True)
        elif run.outcome != "there":
            click.echo(f"{run.outcome:10} {run.name}")
    new, there, refused = (
        sum(outcome in wanted for outcome in outcomes)
        for wanted in (("uploaded", "completed"), ("there",), ("refused",))
    )
    click.echo(f"{new} uploaded, {there} there already" + (f", {refused} refused" if refused else ""))
    if refused:
        raise InputError(f"{refused} run folders can't be read; remove or mend them")
