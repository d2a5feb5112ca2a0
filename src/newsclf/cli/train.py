"""``newsclf train``: run an experiment."""

from __future__ import annotations

from pathlib import Path

import click

from newsclf.cli.dataroot import data_root_option
from newsclf.cli.progress import said


@click.command()
@click.argument("experiment", type=click.Path(path_type=Path), default="experiments/default.toml")
@data_root_option
@click.option("--without", "left_out", multiple=True, metavar="SOURCE", help="Leave a source out; may be repeated.")
@click.option("--set", "changes", multiple=True, metavar="NAME=VALUE", help="Change one setting, as in model.C=3.")
@click.option("--name", help="Name of the run, where not the experiment's.")
def train(
    experiment: Path, data_root: Path | None, left_out: tuple[str, ...], changes: tuple[str, ...], name: str | None
) -> None:
    """Prepare records, train, evaluate, track in MLflow and save the model.

    EXPERIMENT is a TOML in experiments/.

    \b
    Examples:
      newsclf train
      newsclf train experiments/release.toml --data-root ~/corpora
      newsclf train experiments/release.toml --data-root ~/corpora --without egypt_rss --name no-egypt
      newsclf train --set model.C=3 --name stronger
    """
    from newsclf.cli.summary import training_summary
    from newsclf.configuration import parsed_change, read_experiment
    from newsclf.experiment import run_experiment

    plan = read_experiment(experiment).without(left_out)
    plan = plan.changed(dict(map(parsed_change, changes)), "--set")
    if name is not None:
        plan = plan.changed({"name": name}, "--name")
    with said() as say:
        outcome = run_experiment(plan, data_root=data_root, progress=say)
    click.echo(training_summary(outcome))
