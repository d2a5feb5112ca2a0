"""The logged model as other programs use it: over HTTP, from mlflow's command line, in Spark."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from newsclf.predictor import Predictor
from newsclf.topicmodel import TopicModel
from newsclf.tracking.logged import fill_logged_model, new_logged_model
from newsclf.tracking.store import open_store
from tests.conftest import headlines
from tests.server.processes import HOST, free_port, serving

pytest_plugins = ["tests.trackingstore"]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def logged(tiny_folder: Path, empty_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a logged model."""
    project = tmp_path_factory.mktemp("project")
    (project / "experiments").mkdir()
    shutil.copy(empty_store, project / "experiments" / "mlflow.db")
    before = Path.cwd()
    os.chdir(project)
    try:
        store = open_store()
        run_id = store.client.create_run(store.experiment_id).info.run_id
        fill_logged_model(store, run_id, new_logged_model(store, run_id, {}), tiny_folder)
    finally:
        os.chdir(before)
    (found,) = project.rglob("MLmodel")
    return found.parent


@pytest.fixture(scope="module")
def server(logged: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of `mlflow models serve`."""
    port = free_port()
    command = [sys.executable, "-m", "mlflow", "models", "serve", "-m", str(logged), "--env-manager", "local"]
    command += ["-h", HOST, "-p", str(port)]
    with serving(command, f"http://{HOST}:{port}/ping", tmp_path_factory.mktemp("serving")):
        yield f"http://{HOST}:{port}/invocations"


def ask(server: str, body: object, kind: str = "application/json") -> tuple[int, str]:
    """Send a request and return the answer's status and text."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(server, content, {"Content-Type": kind})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


# Every shape of request that mlflow takes, made of a list of texts.
FORMS: dict[str, Callable[[list[Any]], dict[str, Any]]] = {
    "dataframe_split": lambda texts: {"dataframe_split": {"columns": ["text"], "data": [[text] for text in texts]}},
    "dataframe_records": lambda texts: {"dataframe_records": [{"text": text} for text in texts]},
    "inputs": lambda texts: {"inputs": texts},
    "inputs, a column": lambda texts: {"inputs": {"text": texts}},
    "inputs, rows": lambda texts: {"inputs": [{"text": text} for text in texts]},
    "instances": lambda texts: {"instances": texts},
    "instances, a column": lambda texts: {"instances": {"text": texts}},
    "instances, rows": lambda texts: {"instances": [{"text": text} for text in texts]},
}


@pytest.mark.parametrize("form", FORMS)
def test_answers_every_row_in_order(server: str, tiny_model: TopicModel, form: str) -> None:
    texts, _ = headlines()
    status, answer = ask(server, FORMS[form](texts))
    assert status == 200
    assert [row["category"] for row in json.loads(answer)["predictions"]] == Predictor(tiny_model).predict(texts)


def test_answers_csv(server: str, tiny_model: TopicModel) -> None:
    texts, _ = headlines()
    _, answer = ask(server, "\n".join(["text", *texts]).encode(), "text/csv")
    assert [row["category"] for row in json.loads(answer)["predictions"]] == Predictor(tiny_model).predict(texts)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["فوز الوداد", None], r"text 1 is (None|NaN)"),
        ([None], "text 0 is None"),
        (["فوز الوداد", "توقيف لص", 5], "text 2 is int, not str"),
        ([5.5], "text 0 is float, not str"),
        (["فوز الوداد", True], "text 1 is bool, not str"),
        (["فوز الوداد", ["توقيف لص", "فوز"]], "text 1 is list, not str"),
        ([["فوز الوداد", "توقيف لص"]], "text 0 is list, not str"),
        ([], "there is no text in the request"),
    ],
    ids=["a null", "only null", "a number", "only a number", "a truth value", "a list", "only a list", "nothing"],
)
def test_what_is_no_text_is_refused_by_its_position(server: str, form: str, texts: list[Any], said: str) -> None:
    status, answer = ask(server, FORMS[form](texts))
    assert status == 400
    assert re.search(said, json.loads(answer)["message"])


@pytest.mark.parametrize("form", [form for form in FORMS if form not in ("inputs", "instances")])
def test_another_column_is_refused(server: str, form: str) -> None:
    body = json.dumps(FORMS[form](["فوز الوداد"])).replace('"text"', '"title"')
    status, answer = ask(server, body.encode())
    assert status == 400
    assert "missing inputs ['text']. Note that there were extra inputs: ['title']" in json.loads(answer)["message"]


@pytest.mark.parametrize("form", ["dataframe_records", "inputs", "instances"])
def test_a_row_without_a_text_is_refused(server: str, form: str) -> None:
    status, answer = ask(server, {form: [{"text": "فوز الوداد"}, {}]})
    assert status == 400
    assert re.search(r"text 1 is (None|NaN)", json.loads(answer)["message"])


@pytest.mark.parametrize("form", FORMS)
def test_broken_json_is_refused(server: str, form: str) -> None:
    status, answer = ask(server, json.dumps(FORMS[form](["فوز الوداد"])).encode()[:-2])
    assert status == 400
    assert "JSON" in json.loads(answer)["message"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"texts": ["فوز الوداد"]}, "dataframe_split"),
        ({"inputs": ["فوز الوداد"], "instances": ["فوز الوداد"]}, "exactly one of the input fields"),
        ({"inputs": None}, "not NoneType"),
        ({"instances": {"text": 5}}, "not int"),
        ({"dataframe_split": None}, "must be a dictionary"),
        ({"dataframe_records": {"text": "فوز الوداد"}}, "must be a list"),
        (["فوز الوداد"], "Received a list"),
        (b"nonsense", "JSON"),
        (b"\xff\xfe", "JSON"),
        (b"", "JSON"),
    ],
    ids=[
        *("another protocol", "two forms", "null for all", "a number for all", "null for a table"),
        *("a row for a table", "a list", "no JSON", "no UTF-8", "no body"),
    ],
)
def test_wrong_payloads_are_refused_clearly(server: str, body: object, said: str) -> None:
    status, answer = ask(server, body)
    assert status == 400
    assert said in json.loads(answer)["message"]


@pytest.mark.parametrize(
    ("body", "said"),
    [('text\nفوز الوداد\n""\n', "text 1 is NaN"), ("title\nفوز الوداد\n", "missing inputs")],
    ids=["a missing text", "another column"],
)
def test_wrong_csv_is_refused_clearly(server: str, body: str, said: str) -> None:
    status, answer = ask(server, body.encode(), "text/csv")
    assert status == 400
    assert said in json.loads(answer)["message"]


def test_an_unknown_content_type_is_refused(server: str) -> None:
    assert ask(server, b"text", "text/plain")[0] == 415


def test_mlflow_models_predict(logged: Path, tmp_path: Path) -> None:
    asked = tmp_path / "texts.csv"
    asked.write_text("text\nالوداد يتعاقد مع مدرب جديد لقيادة الفريق\nتوقيف مروج مخدرات بحي شعبي\n", encoding="utf-8")
    command = [sys.executable, "-m", "mlflow", "models", "predict", "-m", str(logged), "--env-manager", "local"]
    command += ["-i", str(asked), "-t", "csv"]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PATH": path}, check=True)
    answers = json.loads(done.stdout.strip().splitlines()[-1])["predictions"]
    assert [row["category"] for row in answers] == ["sport", "security"]


_SPARK = f"""
import sys
import mlflow
from pyspark.sql import SparkSession
spark = (
    SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    .config("spark.driver.host", "{HOST}").config("spark.driver.bindAddress", "{HOST}").getOrCreate()
)
tagged = mlflow.pyfunc.spark_udf(
    spark, sys.argv[1], env_manager="local",
    result_type="category string, probability float, second string, second_probability float, confident boolean",
)
texts = spark.createDataFrame([("فوز الوداد في الديربي",), ("توقيف لص",)], ["text"])
print([row.category for row in texts.select(tagged("text").alias("found")).select("found.category").collect()])
"""


def test_spark(logged: Path) -> None:
    """Runs where Java and pyspark are: pip install pyspark, then make test-server."""
    pytest.importorskip("pyspark", reason="pyspark is not installed (pip install pyspark)")
    if shutil.which("java") is None:
        pytest.skip("Java is not installed (Debian: apt-get install default-jre-headless)")
    own = {"PYSPARK_PYTHON": sys.executable, "PYTHONWARNINGS": "ignore", "MLFLOW_DISABLE_TELEMETRY": "true"}
    done = subprocess.run(
        [sys.executable, "-c", _SPARK, str(logged)], capture_output=True, text=True, env={**os.environ, **own}
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip().splitlines()[-1] == "['sport', 'security']"
