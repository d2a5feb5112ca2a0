"""From a TOML in experiments/ to a trained, evaluated, tracked and saved model."""

from __future__ import annotations

import dataclasses
import datetime
import json
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from newsclf import report
from newsclf.configuration import Experiment
from newsclf.errors import InputError
from newsclf.estimators import make_estimator
from newsclf.files import refuse_unwritable, replaced_folder
from newsclf.modelcard import training_sources, write_model_card
from newsclf.pictures import draw_pictures
from newsclf.predictions import TESTED_VIEWS, judged_table, metrics_of
from newsclf.predictor import Predictor
from newsclf.prepare import Prepared, label_files_in_repository, prepare
from newsclf.protocols import Trial, further_trials, main_trial
from newsclf.records import fingerprint, read_records
from newsclf.topicmodel import TopicModel
from newsclf.tracking import started_run
from newsclf.tracking.runfolder import not_uploaded
from newsclf.training import Trained, record_weights, train

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Outcome:
    """What running an experiment gave.

    Attributes
    ----------
    folder : Path
        The run folder.
    run : mapping
        The content of its run.json.
    prepared : Prepared
        The records it used.
    run_id : str or None
        Of the MLflow run; None where the store was out of reach.
    model_folder : Path or None
        Where the model was saved; None for a baseline.
    """

    folder: Path
    run: Mapping[str, Any]
    prepared: Prepared
    run_id: str | None
    model_folder: Path | None


def prepare_records(experiment: Experiment, data_root: Path | None, work: Path) -> Prepared:
    """Prepare the records that an experiment names, or reuse them when they are up to date.

    Raises
    ------
    InputError, ConfigurationError
        As `prepare` does.
    """
    cards = experiment.data.cards
    labels = label_files_in_repository() if experiment.data.labels else []
    # A card may be named by its file.
    name = "-".join(sorted(Path(card).stem for card in cards))
    return prepare(cards, data_root, work / "records" / name, labels)


def run_experiment(
    experiment: Experiment,
    *,
    data_root: Path | None = None,
    home: Path = Path(),
    progress: Progress = lambda _: None,
    parent_run_id: str | None = None,
) -> Outcome:
    """Prepare records, train, evaluate, track and save.

    Parameters
    ----------
    experiment : Experiment
    data_root : Path, optional
        Folder of the corpora that cards name.
    home : Path
        The project's folder; records go to work/, runs to experiments/runs/, models to models/.
    progress : callable
        Is told in a few words what is being done.
    parent_run_id : str, optional
        The MLflow run that this one is part of.

    Returns
    -------
    Outcome

    Raises
    ------
    NewsclfError
        If data, configuration or output won't do. The MLflow run then ends as failed.
    """
    make_estimator(experiment.family, experiment.model)
    folder = home / "experiments" / "runs" / experiment.name
    model_folder = home / "models" / (experiment.saving.to or experiment.name)
    for output in (folder, model_folder):
        refuse_unwritable(output)
    progress("preparing records")
    prepared = prepare_records(experiment, data_root, home / "work")
    records = read_records(prepared.records)
    trial, furthers = main_trial(experiment, records), list(further_trials(experiment, records))
    if not any(each.tested for each in (trial, *furthers)):
        raise InputError("there is nothing to test the model on: no record of split test or dev has a category")
    tags = {"family": experiment.family, "purpose": experiment.purpose, **git_state(home)}
    data_fingerprint = str(prepared.summary["fingerprint"])
    tags["data_fingerprint"] = data_fingerprint[:12]
    begun = now()
    with started_run(
        experiment.name, tags=tags, parameters=whole_parameters(experiment), parent_run_id=parent_run_id
    ) as tracked:
        trained = train(experiment, records, trial.learnable, progress)
        predictions = _predictions(records, trained, trial)
        for further in furthers:
            progress(f"training again for the test '{next(iter(further.tested))}'")
            again = _retrained(experiment, records, further, trained, progress)
            predictions += _predictions(records, again, further)
        table = pa.concat_tables(predictions)
        run = describe(experiment, records, trained, trial, table, tags, begun, data_fingerprint)
        sources = training_sources(_learnt_from(experiment, records, trial), experiment.data.cards)
        progress("writing the report")
        _keep_if_not_uploaded(folder)
        model = _write_folder(folder, run, table, trained, sources, _baselines(folder.parent, run), tracked.mark)
        try:
            progress("logging the run")
            tracked.log_folder(folder)
            # Last in the run, so that a run that ends as killed or failed has left the model of the time before.
            if model is not None:
                _copy_model(folder / "model", model_folder)
        except KeyboardInterrupt:
            progress(f"interrupted; the run is done and kept in {folder}, 'newsclf sync' completes it in MLflow")
            raise
    return Outcome(folder, run, prepared, tracked.run_id, model_folder if model is not None else None)


def _retrained(experiment: Experiment, records: pa.Table, trial: Trial, first: Trained, progress: Progress) -> Trained:
    """Train on a trial's records; the first model's calibration serves again."""
    trained = train(experiment, records, trial.learnable, progress, calibration=first.calibration)
    if trained.categories != first.categories:
        odd = ", ".join(sorted(set(first.categories) ^ set(trained.categories)))
        raise InputError(
            f"too few records of {odd} for the test {next(iter(trial.tested))!r}: its model learns other categories; "
            "add records, or leave the test out of [evaluation] protocols"
        )
    return trained


def _predictions(records: pa.Table, trained: Trained, trial: Trial) -> list[pa.Table]:
    return [
        judged_table(records.filter(pa.array(mask)), trained, split, view)
        for split, mask in trial.tested.items()
        for view in TESTED_VIEWS
    ]


def whole_parameters(experiment: Experiment) -> dict[str, Any]:
    """Return the whole configuration, flat, by dotted name; the model's parameters also where left at their defaults.

    Examples
    --------
    >>> found = whole_parameters(Experiment("any", family="scikit-learn", model={"linear": "svm"}))
    >>> {name: value for name, value in found.items() if name.startswith("model.")}
    {'model.linear': 'svm', 'model.C': 1.0, 'model.features': 'words'}
    """
    found = experiment.parameters()
    for name, value in make_estimator(experiment.family, experiment.model).get_params(deep=False).items():
        # What is a table in the TOML is there by the names in it.
        if name not in experiment.model:
            found[f"model.{name}"] = value
    return found


def describe(
    experiment: Experiment,
    records: pa.Table,
    trained: Trained,
    trial: Trial,
    predictions: pa.Table,
    tags: Mapping[str, str],
    begun: str,
    data_fingerprint: str,
) -> dict[str, Any]:
    """Return the content of run.json for a trained and tested experiment."""
    metrics = metrics_of(predictions)
    metrics["training.fit_seconds"] = trained.fit_seconds
    metrics["training.texts"] = float(trained.texts)
    metrics["calibration.log_temperature"] = trained.calibration.log_temperature
    metrics["calibration.length_slope"] = trained.calibration.length_slope
    metrics["calibration.threshold"] = trained.calibration.threshold
    datasets = [_dataset("train", "train", records.filter(pa.array(trial.learnable)))]
    datasets += [_dataset(name, name, records.filter(pa.array(mask))) for name, mask in trial.tested.items()]
    by_name = {dataset["name"]: dataset["fingerprint"] for dataset in datasets}
    curve = getattr(trained.estimator, "loss_curve_", [])
    run = {
        "name": experiment.name,
        "family": experiment.family,
        "purpose": experiment.purpose,
        "status": "finished",
        "started_at": begun,
        "ended_at": now(),
        "git_commit": tags.get("git_commit", ""),
        "git_dirty": tags.get("git_dirty", ""),
        "parameters": whole_parameters(experiment),
        "metrics": metrics,
        "curves": {"training.loss": list(curve)} if curve else {},
        "datasets": datasets,
        "data_fingerprint": data_fingerprint,
        "test_fingerprint": by_name.get("test", ""),
        "categories": list(trained.categories),
    }
    run["description"] = _description(run["metrics"], experiment.description)
    return run


def _description(metrics: Mapping[str, float], sentence: str) -> str:
    """Return a run's description in Markdown: one sentence and the table of its headline figures."""
    rows = [sentence, "", "| test | texts | accuracy | 95 % interval | macro-F1 |", "|---|---|---|---|---|"]
    for name in metrics:
        if name.endswith(".accuracy") and f"{name}.low" in metrics:
            part = name.removesuffix(".accuracy")
            rows.append(
                f"| {part} | {metrics[f'{part}.count']:.0f} | {metrics[name]:.3f} "
                f"| {metrics[f'{name}.low']:.3f} to {metrics[f'{name}.high']:.3f} | {metrics[f'{part}.macro_f1']:.3f} |"
            )
    return "\n".join(rows).strip() + "\n"


def _dataset(name: str, context: str, records: pa.Table) -> dict[str, Any]:
    sources = sorted(pc.unique(records["source"]).to_pylist())
    return {
        "name": name,
        "context": context,
        "fingerprint": fingerprint(records),
        "rows": len(records),
        "source": ", ".join(sources),
    }


def _write_folder(
    folder: Path,
    run: Mapping[str, Any],
    predictions: pa.Table,
    trained: Trained,
    sources: list[dict[str, Any]],
    baselines: list[Mapping[str, Any]],
    mark: Callable[[Path], None],
) -> TopicModel | None:
    """Write a run folder, marked, whole or not at all, and return the model in it."""
    model = trained.topic_model()
    if model is not None:
        model = dataclasses.replace(model, manifest=manifest_of(run, sources))
    with replaced_folder(folder) as aside:
        if model is not None:
            model.save(aside / "model")
            write_model_card(aside / "model", run, run["parameters"]["saving.to"] or run["name"])
        (aside / "run.json").write_text(json.dumps(run, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        pq.write_table(predictions, aside / "predictions.parquet", compression="zstd")
        errors = report.errors_table(predictions, Predictor(model) if model else None)
        pq.write_table(errors, aside / "errors.parquet", compression="zstd")
        draw_pictures(predictions, aside / "pictures")
        report.write_report(run, predictions, model, baselines, aside)
        mark(aside)
    return model


def manifest_of(run: Mapping[str, Any], sources: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what a saved model tells of its training.

    No time of day and no duration: the same training gives the same bytes.
    """
    timeless = {name: value for name, value in run["metrics"].items() if not name.endswith("_seconds")}
    return {
        "name": run["name"],
        "parameters": run["parameters"],
        "metrics": timeless,
        "datasets": run["datasets"],
        "sources": sources,
    }


def _learnt_from(experiment: Experiment, records: pa.Table, trial: Trial) -> pa.Table:
    """Return the records that a trial's model may have learnt from: of its training splits, with a weight."""
    learnt = records.filter(pa.array(trial.learnable))
    return learnt.filter(pa.array(record_weights(learnt, experiment) > 0))


def _baselines(runs: Path, run: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the runs of other families on the same test records, for the report."""
    found = []
    for path in sorted(runs.glob("*/run.json")):
        try:
            other = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        same = other.get("test_fingerprint") == run["test_fingerprint"] and run["test_fingerprint"]
        if same and other.get("purpose") == "baseline" and other.get("name") != run["name"]:
            found.append(other)
    return found


def _copy_model(source: Path, target: Path) -> None:
    with replaced_folder(target) as aside:
        for path in source.iterdir():
            shutil.copy2(path, aside / path.name)


def _keep_if_not_uploaded(folder: Path) -> None:
    """Move a run aside that is in no store yet, so that training under its name again does not lose it."""
    if not_uploaded(folder):
        begun = json.loads((folder / "run.json").read_text(encoding="utf-8"))["started_at"]
        folder.rename(folder.with_name(f"{folder.name}-{begun.replace(':', '')}"))


def git_state(home: Path) -> dict[str, str]:
    """Return the commit the code is at and whether the tree differs from it; nothing outside a checkout."""
    try:
        commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=home, capture_output=True, text=True, check=True)
        status = subprocess.run(["git", "status", "--porcelain"], cwd=home, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return {}
    return {"git_commit": commit.stdout.strip(), "git_dirty": str(bool(status.stdout.strip())).lower()}


def now() -> str:
    """Return the time as ISO 8601 in UTC, to the second."""
    return datetime.datetime.fromtimestamp(time.time(), datetime.UTC).isoformat(timespec="seconds")
