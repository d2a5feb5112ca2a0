"""A sweep's alterations: named in its TOML, in force while their variant trains and answers, told everywhere."""

from __future__ import annotations

import json
import re
from pathlib import Path

import joblib
import pytest
from joblib.externals.loky import get_reusable_executor

from newsclf.errors import ConfigurationError
from newsclf.sweep import run_sweep
from newsclf.sweepalteration import Alteration, alterations_in
from newsclf.sweepplan import Sweep, read_sweep
from newsclf.tracking.store import open_store
from tests.smallsweep import SWEEP

pytest_plugins = ["tests.trackingstore", "tests.sweepfolder"]

ALTERATIONS = Path(__file__).parents[1] / "experiments" / "alterations.py"
WITHOUT_FILE = SWEEP + '[[variant]]\nname = "flat"\nalteration = "no-idf"\n'


@pytest.fixture
def altered(folder: Path) -> Path:
    """A project with the alterations of the ablation beside its experiment."""
    (folder / "altered.py").write_text(ALTERATIONS.read_text(encoding="utf-8"), encoding="utf-8")
    return folder


def plan(text: str, alterations: str = "altered.py") -> Sweep:
    """Write a sweep's TOML and read it."""
    file = Path("few.toml")
    file.write_text(f'alterations = "{alterations}"\n{text}', encoding="utf-8")
    return read_sweep(file)


def test_a_variant_may_name_an_alteration_with_changes_or_without(altered: Path) -> None:
    text = WITHOUT_FILE + '[[variant]]\nname = "both"\nalteration = "length-1"\nchanges = { "model.C" = 3.0 }\n'
    base, flat, both = plan(text).variants
    assert base.alteration is None
    assert base.differences == {}
    assert "alteration" not in base.parameters()
    assert flat.alteration == Alteration(Path("altered.py"), "no-idf")
    assert flat.parameters() == {**flat.experiment.parameters(), "alteration": "no-idf"}
    assert both.differences == {"model.C": 3.0, "alteration": "length-1"}


def test_what_is_no_alteration_is_refused(altered: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"variant 'flat': alteration 'no-idg' is not known; did you mean 'no"):
        plan(WITHOUT_FILE.replace("no-idf", "no-idg"))
    with pytest.raises(ConfigurationError, match="alteration 'no-idf' needs the sweep's key 'alterations'"):
        plan(WITHOUT_FILE, alterations="")
    with pytest.raises(ConfigurationError, match=r"none\.py can't be loaded"):
        plan(WITHOUT_FILE, alterations="none.py")
    with pytest.raises(ConfigurationError, match="is no Python file"):
        plan(WITHOUT_FILE, alterations="small.toml")
    Path("empty.py").write_text("", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"empty\.py defines no ALTERATIONS"):
        plan(WITHOUT_FILE, alterations="empty.py")
    Path("broken.py").write_text("ALTERATIONS = {", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"broken\.py can't be loaded"):
        plan(WITHOUT_FILE, alterations="broken.py")


def test_folds_inside_an_alteration_run_where_it_holds(tmp_path: Path) -> None:
    file = tmp_path / "noting.py"
    file.write_text(
        "from contextlib import contextmanager\n"
        "import newsclf.text\n"
        "from unittest.mock import patch\n"
        "ALTERATIONS = {'louder': lambda: patch.object(newsclf.text, 'words', lambda raw: [raw.upper()])}\n",
        encoding="utf-8",
    )
    assert list(alterations_in(file)) == ["louder"]
    with Alteration(file, "louder").applied():
        assert joblib.Parallel(n_jobs=2)(joblib.delayed(looked_up)(raw) for raw in ("a", "b")) == [["A"], ["B"]]
    assert looked_up("a") == ["a"]


def looked_up(raw: str) -> list[str]:
    """Return words as a module finds them when it looks."""
    import newsclf.text

    return newsclf.text.words(raw)


def test_an_altered_variant_goes_the_whole_way(altered: Path) -> None:
    found = run_sweep(plan(WITHOUT_FILE), data_root=Path())
    base, flat = found.table.results
    assert base.run["status"] == flat.run["status"] == "finished"
    assert flat.run["parameters"]["alteration"] == "no-idf"
    assert "alteration" not in base.run["parameters"]
    assert flat.run["description"].startswith("Trained by altered code: no-idf.")
    assert base.predictions is not None
    assert flat.predictions is not None
    assert base.predictions["id"].equals(flat.predictions["id"])
    assert not base.predictions["p.sport"].equals(flat.predictions["p.sport"])
    assert found.table.figures[1]["dev.mine.accuracy"].difference is not None
    assert re.search(r'^\| flat .*alteration = "no-idf"', found.table.markdown(), re.MULTILINE)
    store = open_store()
    runs = {run.info.run_name: run for run in store.client.search_runs([store.experiment_id])}
    assert runs["few/flat"].data.params["alteration"] == "no-idf"
    assert "alteration" not in runs["few/base"].data.params
    # Nobody comes to use an altered model by mistake.
    assert not list(altered.rglob("weights.npz"))

    # It is kept, and done again only when the alterations are others.
    kept = flat.run["started_at"]
    assert run_sweep(plan(WITHOUT_FILE), data_root=Path()).table.results[1].run["started_at"] == kept
    renamed = WITHOUT_FILE.replace('"no-idf"', '"length-1"')
    other = run_sweep(plan(renamed), data_root=Path()).table.results[1]
    assert other.folder != flat.folder
    with Path("altered.py").open("a", encoding="utf-8") as file:
        file.write("# Thought better of.\n")
    first, again = run_sweep(plan(WITHOUT_FILE), data_root=Path()).table.results
    assert again.folder != flat.folder
    assert first.folder == base.folder
    assert json.loads((again.folder / "run.json").read_text(encoding="utf-8"))["key"] != flat.run["key"]


@pytest.mark.slow
def test_an_alteration_holds_in_a_process_of_its_own(altered: Path) -> None:
    text = SWEEP + "".join(
        f'[[variant]]\nname = "{name}"\nalteration = "{name}"\n' for name in ("length-0", "squared-hinge")
    )
    alone = [result.predictions for result in run_sweep(plan(text), data_root=Path()).table.results]
    Path("experiments/runs/few").rename("aside")
    # Workers that an earlier test left are still in the folder of that test.
    get_reusable_executor().shutdown(wait=True)
    with joblib.parallel_config(backend="loky"):
        at_once = [result.predictions for result in run_sweep(plan(text), data_root=Path(), jobs=2).table.results]
    assert at_once == alone
