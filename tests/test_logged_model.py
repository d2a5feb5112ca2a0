"""What loading a logged model does to mlflow's server, where it is the one that serves it."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsclf.tracking.store import MlflowException, quietly

with quietly():
    from mlflow.pyfunc import PythonModelContext, scoring_server
    from mlflow.types import ColSpec, DataType, Schema

    from newsclf.tracking.logged import SIGNATURE
    from newsclf.tracking.logged_model import TextTagger


@pytest.fixture
def loaded(tiny_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model loaded twice where mlflow's server has been imported."""
    monkeypatch.setattr(scoring_server, "infer_and_parse_data", scoring_server.infer_and_parse_data)
    TextTagger().load_context(PythonModelContext({"model": str(tiny_folder)}, {}))
    looking = scoring_server.infer_and_parse_data
    TextTagger().load_context(PythonModelContext({"model": str(tiny_folder)}, {}))
    assert scoring_server.infer_and_parse_data is looking


@pytest.mark.usefixtures("loaded")
def test_a_null_is_refused_before_it_becomes_a_text() -> None:
    with pytest.raises(MlflowException, match="inputs: text 1 is None") as caught:
        scoring_server.infer_and_parse_data({"inputs": ["فوز الوداد", None]}, SIGNATURE.inputs)
    assert caught.value.get_http_status_code() == 400


@pytest.mark.usefixtures("loaded")
@pytest.mark.parametrize("schema", [None, Schema([ColSpec(DataType.string, "title")])], ids=["none", "another"])
def test_requests_to_models_of_another_signature_are_let_be(schema: Schema | None) -> None:
    assert len(scoring_server.infer_and_parse_data({"instances": ["فوز الوداد", None]}, schema)) in (1, 2)
