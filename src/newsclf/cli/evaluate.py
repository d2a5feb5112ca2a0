"""``newsclf evaluate``: test a saved model on records."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("model", type=click.Path(path_type=Path), required=False)
@click.option(
    "--records",
    type=click.Path(path_type=Path),
    required=True,
    help="A record table that 'newsclf prepare' made.",
)
@click.option(
    "--split",
    type=click.Choice(["test", "dev", "train", "all"]),
    default="test",
    show_default=True,
    help="Which records to test on.",
)
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the report and the predictions.")
@click.option("--format", "shape", type=click.Choice(["table", "json"]), default="table", show_default=True)
def evaluate(model: Path | None, records: Path, split: str, out: Path | None, shape: str) -> None:
    """Measure a model folder (the released model where none is named) on the labelled records of a split.

    \b
    Examples:
      newsclf evaluate --records work/records/seed_page-written/records.parquet
      newsclf evaluate models/default --records work/records/seed_page-written/records.parquet --out work/evaluation
    """
    import json

    from newsclf.cli.summary import metrics_table
    from newsclf.evaluating import evaluate_model
    from newsclf.loading import released_folder
    from newsclf.records import read_records
    from newsclf.topicmodel import TopicModel

    found = TopicModel.load(model or released_folder())
    run = evaluate_model(found, read_records(records), split, out)
    if shape == "json":
        click.echo(json.dumps(run["metrics"], indent=2))
    else:
        click.echo(metrics_table(run["metrics"]))
        if out:
            click.echo(f"\nReport   {out / 'report.html'}")
