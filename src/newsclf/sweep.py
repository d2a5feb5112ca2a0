"""Training many variants of one experiment, judged on dev; what is finished is kept and not done again."""

from __future__ import annotations

import hashlib
import json
import re
import warnings
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import pyarrow as pa
import pyarrow.compute as pc
from joblib.externals.loky.process_executor import TerminatedWorkerError
from tqdm import tqdm

from newsclf.configuration import Experiment
from newsclf.errors import ConfigurationError, InputError, NewsclfError
from newsclf.experiment import git_state, now, prepare_records
from newsclf.files import replaced_file
from newsclf.predictions import TESTED_VIEWS
from newsclf.prepare import label_files_in_repository, prepare
from newsclf.records import fingerprint, read_records, write_records
from newsclf.sweepplan import Sweep
from newsclf.sweeptable import GUIDELINE, SweepTable, sweep_table
from newsclf.sweepvariant import Material, Task, code_digest, is_finished, json_text, read_run, result_of, train_variant
from newsclf.tomlfile import nearest
from newsclf.tracking.sweepruns import SweepRuns
from newsclf.training import labelled

Progress = Callable[[str], None]

# Settings that change neither the model nor what it is judged on.
_SAYING_NOTHING = ("name", "description", "purpose", "evaluation.", "saving.to")


@dataclass(frozen=True)
class Swept:
    """What a sweep gave.

    Attributes
    ----------
    folder : Path
        The sweep's folder: a run folder for each variant, table.md, table.csv.
    table : SweepTable
    run_id : str or None
        Of the MLflow parent run; None where the store was out of reach.
    """

    folder: Path
    table: SweepTable
    run_id: str | None


def run_sweep(
    sweep: Sweep,
    *,
    data_root: Path | None = None,
    home: Path = Path(),
    jobs: int | None = None,
    renew: bool = False,
    progress: Progress = lambda _: None,
) -> Swept:
    """Train every variant that isn't finished yet, and return the table of all of them.

    The test split is never looked at: it is taken out of the records before anything is trained.

    Parameters
    ----------
    sweep : Sweep
    data_root : Path, optional
        Folder of the corpora that cards name.
    home : Path
        The project's folder; records go to work/, the sweep's folder to experiments/runs/.
    jobs : int, optional
        How many variants are trained at once, each in a process of its own; as the sweep says where
        not given.
    renew : bool
        Whether what was trained by an older state of the code is trained again. Where it isn't, the
        table names it.
    progress : callable
        Is told in a few words what is being done.

    Returns
    -------
    Swept

    Raises
    ------
    NewsclfError
        If data, configuration or output won't do, or the base can't be trained. A variant that can't
        be trained stands in the table with its error.
    KeyboardInterrupt
        Passed on; what is finished is kept.
    """
    folder = home / "experiments" / "runs" / sweep.name
    run = _begun(sweep, folder, git_state(home))
    progress("preparing records")
    materials = _materials(sweep, data_root, home / "work")
    tasks = _tasks(sweep, materials, folder, run)
    _write_run(folder, run)
    tracked = SweepRuns(folder)
    run["status"] = "failed"
    try:
        _train_missing(tasks, jobs or sweep.n_jobs, renew, tracked, progress)
        table = sweep_table(sweep, [result_of(task) for task in tasks])
        _write_text(folder / "table.md", table.markdown())
        _write_text(folder / "table.csv", table.csv())
        run |= {
            "status": "finished",
            "description": f"{sweep.description}\n\n{table.summary()}",
            "metrics": _metrics(table),
        }
    except KeyboardInterrupt:
        run["status"] = "killed"
        finished = sum(is_finished(task) for task in tasks)
        progress(f"interrupted; {finished} of {len(tasks)} variants are finished and kept, the same command goes on")
        raise
    except NewsclfError as error:
        run["error"] = str(error)
        raise
    finally:
        run["ended_at"] = now()
        _write_run(folder, run)
        tracked.end()
    return Swept(folder, table, tracked.run_id)


def _begun(sweep: Sweep, folder: Path, git: Mapping[str, str]) -> dict[str, Any]:
    """Return what the sweep's own run.json says at the beginning; it began when its first part did."""
    before: dict[str, Any] = {}
    if (folder / "run.json").is_file():
        before = read_run(folder)
        if "sweep" not in before:
            raise ConfigurationError(f"{folder} holds a run that is no sweep; give the sweep another name")
    base = sweep.variants[0].experiment
    return {
        "name": sweep.name,
        "family": base.family,
        "purpose": sweep.purpose,
        "status": "running",
        "started_at": before.get("started_at", now()),
        "git_commit": git.get("git_commit", ""),
        "git_dirty": git.get("git_dirty", ""),
        "parameters": {"sweep.experiment": sweep.experiment, "sweep.judged_by": list(sweep.judged_by)},
        "metrics": {},
        "datasets": [],
        "categories": list(base.training.categories),
        "description": sweep.description,
        "sweep": sweep.name,
    }


def _materials(sweep: Sweep, data_root: Path | None, work: Path) -> dict[bool, Material]:
    """Return the records to train on, by whether labels made by reading are joined to them.

    Whatever a variant trains on, it is judged on the base's dev records.
    """
    base = sweep.variants[0].experiment
    prepared = prepare_records(base, data_root, work)
    records = read_records(prepared.records)
    data_fingerprint = str(prepared.summary["fingerprint"])
    records = records.filter(pc.is_in(records["split"], pa.array(["train", "dev"])))
    _demand_slices(records, base, sweep.judged_by)
    tables = {base.data.labels: records}
    other = not base.data.labels
    if any(variant.experiment.data.labels == other for variant in sweep.variants):
        folder = work / "records" / "-".join([*sorted(base.data.cards), "labels" if other else "no-labels"])
        label_files = label_files_in_repository() if other else []
        again = read_records(prepare(base.data.cards, data_root, folder, label_files).records)
        dev = records.filter(pc.equal(records["split"], "dev"))
        learnable = records.filter(pc.equal(records["split"], "train"))["id"]
        again = again.filter(pc.and_(pc.is_in(again["id"], learnable), pc.equal(again["split"], "train")))
        tables[other] = pa.concat_tables([again, dev])
    materials = {}
    for labels, table in tables.items():
        file = work / "sweeps" / sweep.name / ("labels.parquet" if labels else "no-labels.parquet")
        write_records(table, file)
        materials[labels] = Material(file, fingerprint(table), data_fingerprint)
    return materials


def _demand_slices(records: pa.Table, base: Experiment, metrics: Iterable[str]) -> None:
    """Refuse to be judged by a part of dev that isn't there, before hours of training."""
    dev = records.filter(pa.array(labelled(records, base)))
    dev = dev.filter(pc.equal(dev["split"], "dev"))
    if len(dev) == 0:
        raise InputError("no labelled record is in dev, which a sweep is judged on")
    parts = [*TESTED_VIEWS, *(str(part) for name in ("label_origin", "source") for part in pc.unique(dev[name]))]
    if dev["role"].null_count < len(dev):
        parts.append(GUIDELINE)
    for name in metrics:
        part = name.split(".")[1]
        if part not in parts:
            raise ConfigurationError(f"judged_by: {name!r}: dev has no labelled {part!r}; {nearest(part, parts)}")


def _tasks(sweep: Sweep, materials: Mapping[bool, Material], folder: Path, run: Mapping[str, Any]) -> list[Task]:
    """Return what there is to do, a task for each variant; those of the same configuration share a folder."""
    folders: dict[str, Path] = {}
    code = code_digest()
    tasks = []
    for variant in sweep.variants:
        material = materials[variant.experiment.data.labels]
        parameters = variant.parameters().items()
        told = {
            "parameters": {name: value for name, value in parameters if not name.startswith(_SAYING_NOTHING)},
            "records": material.fingerprint,
            "judged_by": sorted(sweep.judged_by),
        }
        if variant.alteration:
            told["alteration_code"] = variant.alteration.digest()
        key = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
        if key not in folders:
            # A variant that was given another name since is found by its key.
            short = key[:12]
            readable = re.sub(r"[^\w.=,+-]+", "-", variant.name).strip("-")[:60]
            folders[key] = next(iter(sorted(folder.glob(f"*-{short}"))), folder / f"{readable}-{short}")
        tags = {name: run[name] for name in ("git_commit", "git_dirty")}
        tasks.append(Task(variant, material, sweep.judged_by, key, folders[key], tags, code))
    return tasks


def _train_missing(tasks: list[Task], jobs: int, renew: bool, tracked: SweepRuns, progress: Progress) -> None:
    """Train what isn't finished, and log what MLflow doesn't have."""
    distinct = [task for place, task in enumerate(tasks) if task.key not in {each.key for each in tasks[:place]}]
    finished = [task for task in distinct if is_finished(task, by_this_code=renew)]
    missing = [task for task in distinct if task not in finished]
    progress(f"{len(distinct)} variants, {len(finished)} of them finished before")
    for task in finished:
        tracked.log(task.folder)
    with (
        tqdm(total=len(distinct), initial=len(finished), unit="variant", disable=None, dynamic_ncols=True) as bar,
        closing(_trained(missing, jobs)) as trained,
    ):
        for task in trained:
            run = read_run(task.folder)
            tracked.log(task.folder)
            bar.set_postfix_str(f"last {task.variant.name}", refresh=False)
            bar.update()
            if bar.disable:
                progress(f"{task.variant.name}: {run['status']}")
            if task.key == tasks[0].key and run["status"] == "failed":
                raise InputError(f"the base can't be trained: {run['error']}")


def _trained(tasks: list[Task], jobs: int) -> Generator[Task]:
    """Train variants and yield each when it is done."""
    # Never threads: an alteration holds for a whole process.
    parallel = joblib.Parallel(n_jobs=jobs, backend="loky", return_as="generator_unordered")
    with warnings.catch_warnings():
        # What joblib says when it is stopped in the middle.
        warnings.filterwarnings("ignore", ".*still being processed by the workers", UserWarning)
        try:
            with closing(parallel(joblib.delayed(train_variant)(task) for task in tasks)) as trained:
                yield from trained
        except TerminatedWorkerError as error:
            raise InputError(
                f"a training process was killed, most likely for want of memory; use fewer than {jobs} --jobs"
            ) from error


def _metrics(table: SweepTable) -> dict[str, float]:
    """Return the figures of the best variant, for the parent run."""
    found = {"sweep.variants": float(len(table.results))}
    for name, figure in table.figures[table.best].items():
        found |= {name: figure.value, f"{name}.low": figure.low, f"{name}.high": figure.high}
    return found


def _write_run(folder: Path, run: Mapping[str, Any]) -> None:
    _write_text(folder / "run.json", json_text(run))


def _write_text(file: Path, text: str) -> None:
    with replaced_file(file) as aside:
        aside.write_text(text, encoding="utf-8")
