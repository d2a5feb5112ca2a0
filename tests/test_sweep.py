"""Sweeps: what is tried, judged on dev alone, kept, gone on with, and told in one table."""

from __future__ import annotations

import csv
import io
import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from joblib.externals.loky import get_reusable_executor

from newsclf import sweepvariant
from newsclf.errors import ConfigurationError, InputError
from newsclf.labels import Label, title_key, write_labels
from newsclf.sweep import Swept, run_sweep
from newsclf.sweepplan import Sweep, Variant, read_sweep
from newsclf.sweeptable import Result, SweepTable, sweep_table, written_into
from newsclf.tracking import sync_runs
from newsclf.tracking.store import open_store
from tests.conftest import HEADLINES
from tests.smallsweep import GRID, SWEEP, write_base

pytest_plugins = ["tests.trackingstore", "tests.sweepfolder"]

REPOSITORY = Path(__file__).parents[1]


def plan(text: str = GRID) -> Sweep:
    """Write a sweep's TOML and read it."""
    file = Path("few.toml")
    file.write_text(text, encoding="utf-8")
    return read_sweep(file)


def swept(text: str = GRID, **options: Any) -> Swept:
    """Run a sweep on the small records."""
    return run_sweep(plan(text), data_root=Path(), **options)


def variants_trained(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that each training adds its variant's name to."""
    trained = []
    train = sweepvariant.train

    def noted(experiment: Any, *arguments: Any) -> Any:
        trained.append(experiment.name.partition("/")[2])
        return train(experiment, *arguments)

    monkeypatch.setattr(sweepvariant, "train", noted)
    return trained


def without_seconds(table: str) -> str:
    """Return a Markdown table without the column of how long fitting took, and without padding."""
    rows = [re.split(r"\s*\|\s*", line) for line in table.splitlines() if line.startswith("| ")]
    place = rows[0].index("s")
    return "\n".join(
        "|".join(cell for number, cell in enumerate(row) if number != place) for row in rows if row[1][0] != "-"
    )


# What there is to try


def test_every_combination_of_the_grid_and_every_variant_is_tried(folder: Path) -> None:
    found = plan(
        SWEEP
        + """
[changes]
calibration.folds = 3
[grid]
model.C = [1, 2]
training.views = [["headline"], ["headline", "lead"]]
[[variant]]
name = "no n-grams"
changes = { "model.subword_weight" = 0.0 }
"""
    )
    assert [(each.name, dict(each.changes)) for each in found.variants] == [
        ("base", {}),
        ('C=1, views=["headline"]', {"model.C": 1, "training.views": ["headline"]}),
        ('C=1, views=["headline", "lead"]', {"model.C": 1, "training.views": ["headline", "lead"]}),
        ('C=2, views=["headline"]', {"model.C": 2, "training.views": ["headline"]}),
        ('C=2, views=["headline", "lead"]', {"model.C": 2, "training.views": ["headline", "lead"]}),
        ("no n-grams", {"model.subword_weight": 0.0}),
    ]
    last = found.variants[-1].experiment
    assert (last.name, last.purpose, last.calibration.folds) == ("few/no n-grams", "sweep", 3)
    # What the base says of its model stays: a change is of one value, not of the table that it is in.
    assert last.model == {"bucket_bits": 10, "min_document_frequency": 1, "subword_weight": 0.0}


def test_two_settings_with_one_last_name_are_told_apart(folder: Path) -> None:
    found = plan(SWEEP + '[grid]\n"training.lead_words" = [30]\n"training.source_weights.mine" = [2.0]\n')
    assert found.variants[1].name == "lead_words=30, mine=2.0"
    found = plan(SWEEP + '[grid]\n"calibration.precision" = [0.9]\n"saving.precision" = ["float16"]\n')
    assert found.variants[1].name == 'calibration.precision=0.9, saving.precision="float16"'


def test_dev_and_test_are_never_trained_on(folder: Path) -> None:
    write_base(folder, training={"splits": ["train", "dev", "test"]})
    assert {each.experiment.training.splits for each in plan().variants} == {("train",)}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('nam = "few"', "few.toml: unknown key 'nam'; did you mean 'name'?"),
        ('name = "few"', "key 'experiment' is missing"),
        (SWEEP.replace("few", "a/b"), "name 'a/b' must be letters"),
        (SWEEP.replace("small.toml", "smal.toml"), "smal.toml does not exist"),
        (SWEEP, "nothing to try"),
        (SWEEP + 'purpose = "ablatio"', "did you mean 'ablation'?"),
        (SWEEP + "n_jobs = 0", "n_jobs must be 1 or more"),
        (SWEEP + '[grids]\n"model.C" = [1]', "unknown key 'grids'; did you mean 'grid'?"),
        (SWEEP + '[grid]\n"model.C" = 1', "few.toml [grid]: model.C must be a list of the values to try, not 1"),
        (SWEEP + '[grid]\n"model.C" = []', "must be a list"),
        (SWEEP + '[grid]\n"model.longes" = [1]', "unknown key 'longes'; did you mean 'longest'?"),
        (SWEEP + '[grid]\n"modle.C" = [1]', "unknown key 'modle'; did you mean 'model'?"),
        (SWEEP + '[grid]\n"training.lead_word" = [1]', "unknown key 'lead_word'; did you mean 'lead_words'?"),
        (SWEEP + '[grid]\n"training.lead_words" = ["x"]', "lead_words must be a whole number"),
        (SWEEP + '[grid]\n"training.views.x" = [1]', "variant 'x=1': 'views' in 'training.views.x' is no table"),
        (SWEEP + '[grid]\n"training.source_weights.main" = [0]', "'main' is not known; did you mean 'mine'?"),
        (SWEEP + '[grid]\n"training.origin_weights.autor" = [0]', "'autor' is not known; did you mean 'author'?"),
        (SWEEP + '[grid]\n"data.cards" = [["mine"]]', "training.source_weights.NAME = 0 leaves a source out"),
        (SWEEP + '[grid]\n"training.splits" = [["dev"]]', "a sweep trains on the split train"),
        (SWEEP + '[grid]\n"evaluation.folds" = [2]', "a sweep is judged on dev only"),
        (SWEEP + '[grid]\n"saving.to" = ["x"]', "a sweep saves no model"),
        (SWEEP + '[changes]\nname = "x"\n[grid]\n"model.C" = [1]', "name can't be changed"),
        (SWEEP + "[variant]\nname = 'x'", "write [[variant]], with two brackets"),
        (SWEEP + "variant = [1]", "[[variant]] 1 must be a table, not 1"),
        (SWEEP + "[[variant]]\nname = 'x'", "[[variant]] 1: key 'changes' is missing"),
        (SWEEP + "[[variant]]\nnames = 'x'\nchanges = {}", "unknown key 'names'; did you mean 'name'?"),
        (SWEEP + "[[variant]]\nname = 'base'\nchanges = {}", "two variants are called 'base'"),
        (SWEEP + "changes = 1", "few.toml [changes] must be a table, not 1"),
        (GRID.replace("dev.mine.acc", "test.mine.acc"), "'test.mine.accuracy': a sweep is judged on dev"),
        (GRID.replace("dev.mine.accuracy", "dev"), "name a metric as in dev.annotator.accuracy"),
        (GRID.replace("mine.accuracy", "mine.acuracy"), "'acuracy' is not known; did you mean 'accuracy'?"),
        (re.sub(r"judged_by = .*", "judged_by = []", GRID), "judged_by names no metric"),
    ],
)
def test_a_bad_file_is_refused_with_the_nearest_right_name(folder: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(message)):
        plan(text)


@pytest.mark.parametrize(
    "file", sorted((REPOSITORY / "experiments" / "sweeps").glob("*.toml")), ids=lambda file: file.stem
)
def test_the_sweeps_of_the_repository_can_be_read(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(REPOSITORY)
    found = read_sweep(file)
    assert found.name == file.stem
    assert len(found.variants) > 1


# What comes of it


def test_a_sweep_leaves_a_table_and_a_run_folder_for_each_variant(folder: Path) -> None:
    found = swept()
    assert found.folder == Path("experiments/runs/few")
    assert [result.name for result in found.table.results] == ["base", "C=0.001", "C=10.0"]
    table = (found.folder / "table.md").read_text(encoding="utf-8")
    assert table == found.table.markdown()
    assert "| C=0.001 " in table
    assert re.search(r"^Best by dev\.mine\.in_scope_accuracy: ", table, re.MULTILINE)
    rows = list(csv.DictReader(io.StringIO((found.folder / "table.csv").read_text(encoding="utf-8"))))
    assert [row["variant"] for row in rows] == ["base", "C=0.001", "C=10.0"]
    parameters = {"base": 10.0, "C=0.001": 0.001, "C=10.0": 10.0}
    for row, result in zip(rows, found.table.results, strict=True):
        run = json.loads((result.folder / "run.json").read_text(encoding="utf-8"))
        assert (run["status"], run["purpose"], row["folder"]) == ("finished", "sweep", result.folder.name)
        # What nobody set is on record as well.
        assert (run["parameters"]["model.C"], run["parameters"]["model.longest"]) == (parameters[result.name], 5)
        # The table says what the run says of itself.
        for name in ("dev.mine.accuracy", "dev.mine.accuracy.low", "dev.mine.in_scope_accuracy", "model.bytes"):
            assert float(row[name]) == pytest.approx(run["metrics"][name])
    # C = 10 is the base's own by default, so it is as good, to the text.
    assert float(rows[2]["dev.mine.accuracy.difference"]) == 0
    assert rows[0]["dev.mine.accuracy.difference"] == ""


def test_the_test_split_is_never_looked_at(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = set()
    train = sweepvariant.train

    def watched(experiment: Any, records: pa.Table, mask: Any, progress: Any) -> Any:
        seen.update(records["split"].to_pylist())
        assert set(records.filter(pa.array(mask))["split"].to_pylist()) == {"train"}
        return train(experiment, records, mask, progress)

    monkeypatch.setattr(sweepvariant, "train", watched)
    found = swept()
    prepared = pq.read_table("work/records/mine/records.parquet")
    assert "test" in prepared["split"].to_pylist()
    assert seen == {"train", "dev"}
    dev = set(prepared.filter(pc.equal(prepared["split"], "dev"))["id"].to_pylist())
    for result in found.table.results:
        assert result.predictions is not None
        assert set(result.predictions["id"].to_pylist()) == dev
        assert not [name for name in result.run["metrics"] if name.startswith("test.")]


def test_what_is_finished_is_not_trained_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trained = variants_trained(monkeypatch)
    first = swept()
    assert trained == ["base", "C=0.001", "C=10.0"]
    again = swept()
    assert again.table.markdown() == first.table.markdown()
    assert again.run_id == first.run_id
    assert len(trained) == 3
    more = swept(GRID.replace("10.0]", "10.0, 3.0]"))
    assert trained[3:] == ["C=3.0"]
    assert len(more.table.results) == 4
    # A variant under another name is the same variant; other records are other work.
    swept(SWEEP + '[[variant]]\nname = "weak"\nchanges = { "model.C" = 0.001 }\n')
    assert len(trained) == 4
    write_base(folder, leave_out=1)
    swept()
    assert trained[4:] == ["base", "C=0.001", "C=10.0"]


def test_a_grid_point_that_is_the_base_is_trained_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trained = variants_trained(monkeypatch)
    write_base(folder, model={"C": 10.0})
    found = swept()
    assert trained == ["base", "C=0.001"]
    assert found.table.results[0].folder == found.table.results[2].folder


def test_results_of_older_code_are_named_and_can_be_renewed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    swept()
    monkeypatch.setattr("newsclf.sweep.code_digest", lambda: "newer")
    trained = variants_trained(monkeypatch)
    mixed = swept(GRID.replace("10.0]", "10.0, 3.0]"))
    assert trained == ["C=3.0"]
    assert "NOT trained by the code that trained the base: C=3.0;" in mixed.table.markdown()
    renewed = swept(renew=True)
    assert trained[1:] == ["base", "C=0.001", "C=10.0"]
    assert "NOT trained" not in renewed.table.markdown()


def test_each_variant_is_a_child_run_with_the_whole_configuration(folder: Path) -> None:
    found = swept()
    store = open_store()
    runs = {run.info.run_name: run for run in store.client.search_runs([store.experiment_id])}
    assert set(runs) == {"few", "few/base", "few/C=0.001", "few/C=10.0"}
    parent = runs["few"]
    assert (parent.info.run_id, parent.info.status) == (found.run_id, "FINISHED")
    assert parent.data.metrics["sweep.variants"] == 3
    assert "| C=0.001 |" in parent.data.tags["mlflow.note.content"]
    for name in ("few/base", "few/C=0.001", "few/C=10.0"):
        child = runs[name]
        assert child.info.status == "FINISHED"
        assert child.data.tags["mlflow.parentRunId"] == parent.info.run_id
        assert child.data.params["training.views"] == "headline,lead"
        assert "dev.mine.accuracy" in child.data.metrics
    assert runs["few/C=0.001"].data.params["model.C"] == "0.001"


def test_a_variant_that_fails_stands_in_the_table_and_is_tried_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = SWEEP + '[grid]\n"model.bucket_bits" = [99, 8]\n'
    found = swept(text)
    assert [result.run["status"] for result in found.table.results] == ["finished", "failed", "finished"]
    assert re.search(r"\| bucket_bits=99 .*failed: bucket_bits must be", found.table.markdown())
    assert "bucket_bits=99" not in found.table.sentence
    store = open_store()
    (failed,) = store.client.search_runs([store.experiment_id], "attributes.status = 'FAILED'")
    assert failed.data.tags["error"].startswith("bucket_bits must be")
    trained = variants_trained(monkeypatch)
    swept(text)
    assert trained == ["bucket_bits=99"]


def test_a_base_that_fails_stops_the_sweep(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trained = variants_trained(monkeypatch)
    write_base(folder, model={"bucket_bits": 99})
    with pytest.raises(InputError, match="the base can't be trained: bucket_bits must be"):
        swept()
    assert trained == ["base"]


def test_after_an_interruption_the_same_command_goes_on(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = without_seconds(swept().table.markdown())
    Path("experiments/runs/few").rename("aside")
    said: list[str] = []
    with monkeypatch.context() as patched:
        train = sweepvariant.train

        def interrupted(experiment: Any, *arguments: Any) -> Any:
            if experiment.name == "few/C=10.0":
                raise KeyboardInterrupt
            return train(experiment, *arguments)

        patched.setattr(sweepvariant, "train", interrupted)
        with pytest.raises(KeyboardInterrupt):
            swept(progress=said.append)
    assert said[-1].startswith("interrupted; 2 of 3 variants are finished and kept")
    run = json.loads(Path("experiments/runs/few/run.json").read_text(encoding="utf-8"))
    assert run["status"] == "killed"
    store = open_store()
    newest = store.client.search_runs([store.experiment_id], "attributes.run_name = 'few'")[0]
    assert newest.info.status == "KILLED"
    trained = variants_trained(monkeypatch)
    found = swept()
    assert trained == ["C=10.0"]
    assert without_seconds(found.table.markdown()) == whole
    assert found.run_id == newest.info.run_id
    assert store.client.get_run(newest.info.run_id).info.status == "FINISHED"
    assert not store.client.search_runs([store.experiment_id], "attributes.status = 'RUNNING'")


@pytest.mark.slow
def test_killed_outright_nothing_finished_is_lost(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan(GRID.replace("10.0]", "10.0, 3.0, 2.0, 1.0, 0.5, 0.3, 0.2, 0.1, 0.05, 0.03]"))
    command = [sys.executable, "-m", "newsclf", "sweep", "few.toml", "--data-root", ".", "--jobs", "1"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    runs = Path("experiments/runs/few")
    end = time.monotonic() + 120
    while len(list(runs.glob("*/run.json"))) < 2 and process.poll() is None and time.monotonic() < end:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = {
        path.parent.name: path.read_bytes() for path in runs.glob("*/run.json") if not path.parent.name.startswith(".")
    }
    assert 2 <= len(kept) < 12
    trained = variants_trained(monkeypatch)
    found = run_sweep(read_sweep(Path("few.toml")), data_root=Path())
    assert len(trained) == 12 - len(kept)
    assert {result.run["status"] for result in found.table.results} == {"finished"}
    assert all((runs / name / "run.json").read_bytes() == content for name, content in kept.items())
    # MLflow has each of them once, also one that was written and not yet logged when the end came.
    store = open_store()
    children = [
        run.info.run_name for run in store.client.search_runs([store.experiment_id], "attributes.status = 'FINISHED'")
    ]
    assert set(children) == {"few", *(f"few/{result.name}" for result in found.table.results)}


@pytest.mark.slow
def test_variants_trained_at_once_come_out_as_one_after_the_other(folder: Path) -> None:
    alone = without_seconds(swept().table.markdown())
    Path("experiments/runs/few").rename("aside")
    # Workers that an earlier test left are still in the folder of that test.
    get_reusable_executor().shutdown(wait=True)
    with joblib.parallel_config(backend="loky"):
        assert without_seconds(swept(jobs=2).table.markdown()) == alone


def test_a_store_that_is_gone_stops_nothing_and_is_made_up_for(
    folder: Path, gone_server: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    found = swept()
    assert found.run_id is None
    assert len(found.table.results) == 3
    assert caplog.text.count("MLflow") == 1 or caplog.text.count("does not take the run") == 1
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    trained = variants_trained(monkeypatch)
    swept()
    assert trained == []
    store = open_store()
    assert len(store.client.search_runs([store.experiment_id])) == 4


def test_sync_makes_up_for_a_sweep_without_a_store(
    folder: Path, gone_server: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    swept()
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    assert [run.outcome for run in sync_runs()] == ["uploaded"] * 4
    store = open_store()
    runs = {run.info.run_name: run for run in store.client.search_runs([store.experiment_id])}
    parent = runs.pop("few")
    assert parent.data.metrics["sweep.variants"] == 3
    assert [run.data.tags["mlflow.parentRunId"] for run in runs.values()] == [parent.info.run_id] * 3


def test_sync_makes_up_for_the_end_of_a_sweep_that_was_there_before(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    begun = swept()
    with monkeypatch.context() as gone:
        gone.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:1")
        gone.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
        swept(GRID.replace("10.0]", "10.0, 3.0]"))
    assert [run.outcome for run in sync_runs()] == ["completed", "there", "there", "uploaded", "there"]
    parent = open_store().client.get_run(str(begun.run_id))
    assert (parent.data.metrics["sweep.variants"], parent.info.status) == (4, "FINISHED")
    assert [run.outcome for run in sync_runs()] == ["there"] * 5


def test_a_run_that_is_no_sweep_is_not_written_over(folder: Path) -> None:
    other = Path("experiments/runs/few")
    other.mkdir()
    (other / "run.json").write_text('{"name": "few"}', encoding="utf-8")
    with pytest.raises(ConfigurationError, match="holds a run that is no sweep; give the sweep another name"):
        swept()
    assert (other / "run.json").read_text(encoding="utf-8") == '{"name": "few"}'


def test_a_slice_that_dev_does_not_have_is_refused_before_training(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained = variants_trained(monkeypatch)
    with pytest.raises(ConfigurationError, match="dev has no labelled 'main'; did you mean 'mine'"):
        swept(GRID.replace("dev.mine.acc", "dev.main.acc"))
    with pytest.raises(ConfigurationError, match="dev has no labelled 'guideline'"):
        swept(GRID.replace("dev.mine.acc", "dev.guideline.acc"))
    write_base(folder, dev_share=0)
    with pytest.raises(InputError, match="no labelled record is in dev"):
        swept()
    assert not trained


def test_without_other_only_the_same_texts_are_compared(folder: Path) -> None:
    text = (
        SWEEP
        + """
[[variant]]
name = "without other"
changes = { "training.categories" = ["security", "sport", "politics", "economy"] }
"""
    )
    figures = swept(text).table.figures[1]
    assert figures["dev.mine.in_scope_accuracy"].difference is not None
    assert figures["dev.mine.accuracy"].difference is None
    assert figures["dev.mine.accuracy"].texts == figures["dev.mine.in_scope_accuracy"].texts


def test_labels_by_reading_are_left_out_of_training_only(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is judged stays: the same dev texts with the labels that reading gave them."""
    # Readers call sport what is not: a headline of each category in the guideline set, three for training.
    labels = [
        Label(title_key(title), "sport", "", "mine", "r1", split)
        for titles in HEADLINES.values()
        for title, split in zip(titles, ("dev", "", "", ""), strict=False)
    ]
    write_labels(labels, folder / "labels.csv")
    for module in ("experiment", "sweep"):
        monkeypatch.setattr(f"newsclf.{module}.label_files_in_repository", lambda: [folder / "labels.csv"])
    write_base(folder, data={"labels": True})
    learnt = {}
    train = sweepvariant.train

    def watched(experiment: Any, records: pa.Table, mask: Any, progress: Any) -> Any:
        used = records.filter(pa.array(mask))
        learnt[experiment.name] = dict(zip(used["title"].to_pylist(), used["category"].to_pylist(), strict=True))
        return train(experiment, records, mask, progress)

    monkeypatch.setattr(sweepvariant, "train", watched)
    text = (
        SWEEP.replace("dev.mine.in_scope", "dev.guideline.in_scope")
        + """
[[variant]]
name = "unread"
changes = { "data.labels" = false }
"""
    )
    found = swept(text)
    read, unread = learnt["few/base"], learnt["few/unread"]
    # The same records, some of which reading had called sport.
    assert set(read) == set(unread)
    changed = {title for title in read if read[title] != unread[title]}
    assert changed
    assert {read[title] for title in changed} == {"sport"}
    for name in ("dev.guideline.in_scope_accuracy", "dev.mine.accuracy"):
        assert found.table.figures[1][name].difference is not None
    assert found.table.figures[0]["dev.guideline.in_scope_accuracy"].texts == 5


# The table


def made_up(wrong: int, name: str, texts: int = 400, error: str = "") -> Result:
    """Return a result that gets the first texts wrong."""
    categories = ("security", "sport", "other")
    truth = [categories[place % 3] for place in range(texts)]
    said = [categories[(place + (place < wrong)) % 3] for place in range(texts)]
    columns: dict[str, Any] = {
        "id": [str(place) for place in range(texts)],
        "split": ["dev"] * texts,
        "view": ["headline"] * texts,
        "source": ["mine"] * texts,
        "label_origin": ["author"] * texts,
        "guideline": [False] * texts,
        "text": [f"خبر {place}" for place in range(texts)],
        "category": truth,
        "confident": [True] * texts,
    }
    for category in categories:
        columns[f"p.{category}"] = np.where(np.array(said) == category, 0.8, 0.1).astype(np.float32)
    run: dict[str, Any] = {"status": "failed" if error else "finished", "error": error, "git_commit": "0123456789ab"}
    run["metrics"] = {} if error else {"training.texts": 1000.0, "training.fit_seconds": 2.5, "model.bytes": 1500000}
    return Result(name, {"model.C": 1.0}, run, Path(f"{name}-0123"), None if error else pa.table(columns))


def table_of(*results: Result, judged_by: tuple[str, ...] = ("dev.mine.accuracy",)) -> SweepTable:
    """Return the table of made-up results."""
    return sweep_table(Sweep("few", "", "sweep", "small.toml", judged_by, 1, ()), results)


def test_better_and_worse_are_said_only_of_real_differences() -> None:
    table = table_of(made_up(60, "base"), made_up(20, "good"), made_up(58, "alike"), made_up(120, "bad"))
    figures = [each["dev.mine.accuracy"] for each in table.figures]
    assert [figure.verdict for figure in figures] == ["", "better", "", "worse"]
    assert figures[1].value == 0.95
    assert figures[1].difference is not None
    assert figures[1].difference.difference == pytest.approx(0.1)
    assert figures[1].difference.low > 0.05
    assert table.sentence == (
        "Best by dev.mine.accuracy: good, 95.0 (92.8 to 97.0), +10.0 (+7.3 to +13.0) points over the base: better."
    )
    assert re.search(
        r"\| good +\| 95\.0 \(.*\| \+10\.0 \(.*\) better +\| 1,000 +\| 1\.5 +\| 2 +\| model\.C = 1\.0 +\|",
        table.markdown(),
    )


def test_the_best_is_by_the_first_metric_then_the_next_then_the_base() -> None:
    metrics = ("dev.mine.in_scope_accuracy", "dev.mine.accuracy")
    # Of the first three texts the third is of `other`, which only the second metric sees.
    base, alike, better_by_the_next, better = (made_up(wrong, str(wrong)) for wrong in (3, 3, 2, 1))
    assert table_of(base, alike, judged_by=metrics).best == 0
    assert table_of(base, alike, better_by_the_next, judged_by=metrics).best == 2
    assert table_of(base, better_by_the_next, better, judged_by=metrics).best == 2


def test_the_table_of_a_sweep_in_which_everything_failed() -> None:
    table = table_of(made_up(0, "base"), made_up(0, "broken", error="no | such\nthing"))
    assert "failed: no / such / thing" in table.markdown()
    assert list(csv.DictReader(io.StringIO(table.csv())))[1]["error"] == "no | such\nthing"
    assert "broken" not in table.summary()


def test_a_summary_fits_a_run_description() -> None:
    table = table_of(*(made_up(place, "base" if not place else "long name " * 20 + str(place)) for place in range(45)))
    assert len(table.summary()) < 8000


def test_the_table_is_put_between_its_marks_and_nowhere_else(tmp_path: Path) -> None:
    file = tmp_path / "README.md"
    file.write_text("before\n<!-- sweep few -->\nold\n<!-- end of sweep few -->\nafter\n", encoding="utf-8")
    for _ in range(2):
        written_into(file, "few", "| a |\n")
        content = "before\n<!-- sweep few -->\n\n| a |\n\n<!-- end of sweep few -->\nafter\n"
        assert file.read_text(encoding="utf-8") == content
    with pytest.raises(InputError, match="has no place for the table; put the lines '<!-- sweep many -->'"):
        written_into(file, "many", "")
    with pytest.raises(InputError, match="can't be read"):
        written_into(tmp_path / "none.md", "few", "")


def test_variants_are_what_the_table_is_made_of(folder: Path) -> None:
    first = plan().variants[0]
    assert isinstance(first, Variant)
    assert first.changes == {}
