"""The model registry: which model is the champion, how one becomes it, and every move on record."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from newsclf.errors import InputError, QualityError
from newsclf.predictor import Predictor
from newsclf.topicmodel import TopicModel
from newsclf.tracking.gates import (
    BASELINES,
    Gate,
    GateSettings,
    beats,
    failures,
    finds_every_category,
    is_calibrated,
    not_worse,
    of_the_test,
)
from newsclf.tracking.logged import download_model, logged_model_of
from newsclf.tracking.lookup import FoundRun, find_run, in_store
from newsclf.tracking.place import MODEL_NAME
from newsclf.tracking.run import user
from newsclf.tracking.store import Store, reached_store
from newsclf.tracking.upload import KEY_TAG, as_word

CHAMPION = "champion"
MOVE_TAG = "newsclf.move."
PENDING_TAG = "newsclf.pending"

_TEXTS_TO_ANSWER = 50
_SECONDS_TO_ANSWER = 300
# A promotion that died leaves its version pending; after this long nobody waits for it.
_PENDING_MILLISECONDS = 10 * 60 * 1000
_HEADLINE_METRICS = ("accuracy", "macro_f1", "calibration_error", "coverage")

_ANSWER = """
import json, sys
import mlflow, pandas
model = mlflow.pyfunc.load_model(sys.argv[1])
answers = model.predict(pandas.DataFrame({"text": json.load(sys.stdin)}))
json.dump(answers["category"].tolist(), sys.stdout)
"""


@dataclass(frozen=True)
class Move:
    """One move of the alias `champion`.

    Attributes
    ----------
    when : str
        ISO time, UTC.
    who : str
    action : {"promote", "rollback"}
    before, after : str
        Versions; `before` is empty for the first.
    run, run_id : str
        The run whose model became champion.
    why : str
    forced : bool
        Whether gates were overridden.
    gates : list of dict
        Name, whether passed, and detail of each gate asked.
    metrics : dict of str to float
    """

    when: str
    who: str
    action: str
    before: str
    after: str
    run: str
    run_id: str
    why: str
    forced: bool
    gates: list[dict[str, Any]]
    metrics: dict[str, float]


class GatesFailedError(QualityError):
    """A model that did not pass; `gates` holds every gate asked, passed or not."""

    def __init__(self, run: str, gates: Sequence[Gate]) -> None:
        reasons = "; ".join(f"{gate.name}: {gate.detail}" for gate in failures(gates))
        super().__init__(f"{run} is not promoted: {reasons}")
        self.gates = list(gates)


def promote(reference: str, *, settings: GateSettings | None = None, why: str = "", force: bool = False) -> Move:
    """Make a run's model the champion if it passes the gates.

    Parameters
    ----------
    reference : str
        As for `newsclf.tracking.find_run`.
    settings : GateSettings, optional
    why : str
        For the record.
    force : bool
        Promote even if gates fail; `why` must then be given.

    Returns
    -------
    Move

    Raises
    ------
    GatesFailedError
        If it does not pass.
    InputError
        If there is no such run, it has no model, it is the champion already, another promotion is
        under way or was faster, or the store can't be reached.
    """
    if force and not why.strip():
        raise InputError("a forced promotion needs a reason for the record; add --why")
    settings = settings or GateSettings()
    with reached_store() as store:
        run = _in_the_store(store, reference)
        model_id = logged_model_of(store.client, str(run.run_id))
        if model_id is None:
            raise InputError(f"the run {run.name} has no model to promote; only runs of the family newsclf have one")
        champion = _champion(store)
        if champion is not None and champion.run_id == run.run_id:
            raise InputError(f"{run.name} is the champion already (version {champion.version})")
        gates = _gates(store, run, model_id, champion, settings)
        failed = failures(gates)
        if failed and not force:
            raise GatesFailedError(run.name, gates)
        version = _register(store, run, model_id)
        try:
            _stand_alone(store, version, champion)
            move = Move(
                when=_now(),
                who=user(),
                action="promote",
                before=str(champion.version) if champion else "",
                after=str(version.version),
                run=run.name,
                run_id=str(run.run_id),
                why=why,
                forced=bool(failed),
                gates=[asdict(gate) for gate in gates],
                metrics=_headline_metrics(run, settings.view),
            )
            _move(store, move)
        except BaseException:
            with contextlib.suppress(MlflowException):
                store.client.delete_model_version(MODEL_NAME, version.version)
            raise
        store.client.delete_model_version_tag(MODEL_NAME, version.version, PENDING_TAG)
        return move


def rollback(*, why: str = "") -> Move:
    """Make the champion before the present one the champion again.

    Parameters
    ----------
    why : str
        For the record.

    Returns
    -------
    Move

    Raises
    ------
    InputError
        If there is no champion, none before it, a promotion is under way, or the store can't be
        reached.
    """
    with reached_store() as store:
        champion = _champion(store)
        if champion is None:
            raise InputError("no model is the champion; make one with 'newsclf promote RUN'")
        versions = _versions(store)
        _refuse_if_pending(versions, _milliseconds_now())
        earlier = _earlier_champions(_moves(versions), str(champion.version))
        if not earlier:
            raise InputError(f"version {champion.version} is the first champion; there is none to go back to")
        target = next((found for found in versions if str(found.version) == earlier[-1]), None)
        if target is None:
            raise InputError(f"version {earlier[-1]}, the champion before, was deleted from the registry")
        run = in_store(store, str(target.run_id))
        move = Move(
            when=_now(),
            who=user(),
            action="rollback",
            before=str(champion.version),
            after=str(target.version),
            run=run.name,
            run_id=str(run.run_id),
            why=why,
            forced=False,
            gates=[],
            metrics=_headline_metrics(run, GateSettings().view),
        )
        _move(store, move)
        return move


def history() -> list[Move]:
    """Return every move of the champion, oldest first.

    Raises
    ------
    InputError
        If the store can't be reached.
    """
    with reached_store() as store:
        return _moves(_versions(store))


def _in_the_store(store: Store, reference: str) -> FoundRun:
    """Return a run as the store has it, also if it is named by its folder."""
    found = find_run(reference)
    if found.run_id is not None:
        return found
    quoted = found.key.replace("\\", "\\\\").replace("'", "\\'")
    runs = store.client.search_runs([store.experiment_id], f"tags.`{KEY_TAG}` = '{quoted}'", max_results=1)
    if not runs:
        raise InputError(f"MLflow does not have the run {found.name} yet; upload it with 'newsclf sync'")
    return FoundRun(runs[0].info.run_name, runs[0].info.run_id, None)


def _champion(store: Store) -> ModelVersion | None:
    try:
        return store.client.get_model_version_by_alias(MODEL_NAME, CHAMPION)
    except MlflowException as error:
        if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            return None
        raise


def _gates(
    store: Store, run: FoundRun, model_id: str, champion: ModelVersion | None, settings: GateSettings
) -> list[Gate]:
    predictions = run.predictions()
    candidate = of_the_test(predictions, settings.view)
    if candidate.num_rows == 0:
        raise InputError(f"the run {run.name} was tested on no {settings.view}; train again with a test split")
    cards = as_word(run.description.get("parameters", {}).get("data.cards", ""))
    gates = [
        beats(family, predictions, _baseline(store, family, run.test_fingerprint), cards, settings)
        for family in BASELINES
    ]
    gates += finds_every_category(candidate, settings)
    gates.append(is_calibrated(candidate, settings))
    gates.append(not_worse(predictions, _answers_of_champion(store, champion, run, candidate), settings))
    gates.append(_answers_in_a_new_process(store, model_id, candidate))
    return gates


def _baseline(store: Store, family: str, fingerprint: str | None) -> pa.Table | None:
    """Return the predictions of the newest baseline run on the same test records."""
    if fingerprint is None:
        return None
    wanted = f"tags.family = '{family}' and tags.test_fingerprint = '{fingerprint}' and attributes.status = 'FINISHED'"
    found = store.client.search_runs(
        [store.experiment_id], wanted, order_by=["attributes.start_time DESC"], max_results=1
    )
    return FoundRun(found[0].info.run_name, found[0].info.run_id, None).predictions() if found else None


def _answers_of_champion(
    store: Store, champion: ModelVersion | None, run: FoundRun, candidate: pa.Table
) -> pa.Table | None:
    """Return what the champion says of the candidate's test texts.

    Its own predictions where it was tested on the same records; else it is asked now.
    """
    if champion is None:
        return None
    tested_before = in_store(store, str(champion.run_id))
    if tested_before.test_fingerprint is not None and tested_before.test_fingerprint == run.test_fingerprint:
        return tested_before.predictions()
    model = TopicModel.load(download_model(f"models:/{MODEL_NAME}/{champion.version}"))
    answers = Predictor(model).predict(candidate["text"].combine_chunks())
    return candidate.set_column(candidate.column_names.index("predicted"), "predicted", pa.array(answers))


def _answers_in_a_new_process(store: Store, model_id: str, candidate: pa.Table) -> Gate:
    """Ask that the logged model load where nothing of this process is left, and say what it said in the tests."""
    title = "loads and answers"
    some = candidate.slice(0, _TEXTS_TO_ANSWER)
    with tempfile.TemporaryDirectory() as elsewhere:
        try:
            done = subprocess.run(
                [sys.executable, "-c", _ANSWER, f"models:/{model_id}"],
                input=json.dumps(some["text"].to_pylist()),
                capture_output=True,
                text=True,
                encoding="utf-8",
                timeout=_SECONDS_TO_ANSWER,
                cwd=elsewhere,
                env={**os.environ, "MLFLOW_TRACKING_URI": store.uri, "PYTHONIOENCODING": "utf-8"},
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Gate(title, False, f"no answer in {_SECONDS_TO_ANSWER} seconds")
    if done.returncode:
        return Gate(title, False, (done.stderr.strip().splitlines() or ["no answer"])[-1])
    answers = np.array(json.loads(done.stdout.splitlines()[-1]), dtype=object)
    expected = np.array(some["predicted"].to_pylist(), dtype=object)
    same = int((answers == expected).sum()) if answers.shape == expected.shape else 0
    return Gate(title, same == expected.size, f"{same} of {expected.size} answers as in the tests")


def _register(store: Store, run: FoundRun, model_id: str) -> ModelVersion:
    """Register a model as a new version that is pending."""
    try:
        store.client.create_registered_model(MODEL_NAME, description="Topic classifier for Arabic news")
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    with store.as_default():
        return store.client.create_model_version(
            MODEL_NAME,
            f"models:/{model_id}",
            run_id=run.run_id,
            model_id=model_id,
            tags={PENDING_TAG: "true"},
            description=run.description.get("description"),
        )


def _stand_alone(store: Store, version: ModelVersion, champion: ModelVersion | None) -> None:
    """Refuse to go on if another promotion is under way or was done meanwhile.

    Version numbers are given out one after another, so of several pending versions the lowest goes
    on. First the pending ones are looked at, then the champion: a promotion that ended between the
    two looks has moved the champion.
    """
    others = [found for found in _versions(store) if int(found.version) < int(version.version)]
    _refuse_if_pending(others, int(version.creation_timestamp))
    now = _champion(store)
    if (now.version if now else None) != (champion.version if champion else None):
        raise InputError(
            f"another promotion was faster: the champion is version {now.version if now else 'none'} now; "
            "compare with it and promote again"
        )


def _refuse_if_pending(versions: Sequence[ModelVersion], now: int) -> None:
    for found in versions:
        if PENDING_TAG in found.tags and now - int(found.creation_timestamp) < _PENDING_MILLISECONDS:
            raise InputError(
                f"another promotion is under way (version {found.version}); "
                "wait until it is done, look at 'newsclf history', and try again"
            )


def _move(store: Store, move: Move) -> None:
    """Write a move down and make it. What is pending is not in the history, so the order is safe."""
    key = f"{MOVE_TAG}{move.when.replace(':', '')}"
    store.client.set_model_version_tag(MODEL_NAME, move.after, key, json.dumps(asdict(move), ensure_ascii=False))
    store.client.set_registered_model_alias(MODEL_NAME, CHAMPION, move.after)


def _versions(store: Store) -> list[ModelVersion]:
    found: list[ModelVersion] = []
    token = None
    while True:
        page = store.client.search_model_versions(f"name = '{MODEL_NAME}'", max_results=1000, page_token=token)
        found += page
        token = page.token
        if not token:
            return sorted(found, key=lambda version: int(version.version))


def _moves(versions: Sequence[ModelVersion]) -> list[Move]:
    written = [
        value
        for version in versions
        if PENDING_TAG not in version.tags
        for name, value in version.tags.items()
        if name.startswith(MOVE_TAG)
    ]
    return sorted((Move(**json.loads(value)) for value in written), key=lambda move: move.when)


def _earlier_champions(moves: Sequence[Move], champion: str) -> list[str]:
    """Return the champions under the present one, as on a stack: a rollback takes the top off.

    If somebody moved the alias by hand, the champion on record is the one before.
    """
    stack: list[str] = []
    for move in moves:
        if move.action == "rollback":
            while stack and stack[-1] != move.after:
                stack.pop()
        if not stack or stack[-1] != move.after:
            stack.append(move.after)
    return stack[:-1] if stack and stack[-1] == champion else stack


def _headline_metrics(run: FoundRun, view: str) -> dict[str, float]:
    measured = run.description.get("metrics", {})
    names = [f"test.{view}.{name}" for name in _HEADLINE_METRICS]
    return {name: float(measured[name]) for name in names if name in measured}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _milliseconds_now() -> int:
    return round(datetime.now(UTC).timestamp() * 1000)
