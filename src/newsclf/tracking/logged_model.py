"""The model as MLflow serves it: a table of texts in, a table of answers out.

mlflow copies this file into what it logs and runs it when the model is loaded ("models from code"), so
that nothing is pickled. It imports the prediction wing and what mlflow's pyfunc needs anyway.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.models import set_model
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE

from newsclf.errors import InputError
from newsclf.predictor import Predictor
from newsclf.textinput import as_texts
from newsclf.topicmodel import TopicModel

with warnings.catch_warnings():
    # Types of mlflow's own make it warn while this is imported.
    warnings.simplefilter("ignore")
    from mlflow.pyfunc.model import PythonModel, PythonModelContext

COLUMN = "text"
_NO_TEXT = "there is no text in the request"


class TextTagger(PythonModel):
    """Tags the column `text` of a table: one answer a row, in the order of the rows."""

    def load_context(self, context: PythonModelContext) -> None:
        """Read the model that was logged."""
        self._predictor = Predictor(TopicModel.load(Path(context.artifacts["model"])))
        _look_at_requests()

    def predict(
        self,
        context: PythonModelContext,
        model_input: pd.DataFrame,
        params: dict[str, Any] | None = None,
    ) -> pd.DataFrame:
        """Return category, probability, second, second_probability and confident for each row.

        Parameters
        ----------
        context : PythonModelContext
        model_input : pandas.DataFrame
            With a column `text`.
        params : dict, optional
            Not used.

        Returns
        -------
        pandas.DataFrame
            With the index of the input.

        Raises
        ------
        MlflowException
            If a text is missing or no text, naming its row; a server answers it with 400.
        """
        try:
            found = self._predictor.predict_batch(model_input[COLUMN])
        except InputError as error:
            raise _refusal(str(error)) from error
        return pd.DataFrame(
            {
                "category": found.categories.to_pylist(),
                "probability": found.probability,
                "second": found.second.to_pylist(),
                "second_probability": found.second_probability,
                "confident": found.confident,
            },
            index=model_input.index,
        )


def _look_at_requests() -> None:
    """Where this process is mlflow's server, have it look at requests before it reads them.

    Reading `inputs` and `instances`, it makes the text "None" of null and "5" of 5, whatever the
    signature, and no model gets to know.
    """
    server = sys.modules.get("mlflow.pyfunc.scoring_server")
    read = getattr(server, "infer_and_parse_data", None)
    if server is not None and read is not None and read.__module__ == server.__name__:
        server.infer_and_parse_data = _looking_first(read)  # type: ignore[attr-defined]


def _looking_first(read: Callable[..., Any]) -> Callable[..., Any]:
    """Return the server's function that reads a request, refusing one to this model that has anything but texts."""

    def looked_at(request: dict[str, Any], schema: Any = None) -> Any:
        if schema is None or schema.input_names() != [COLUMN]:
            return read(request, schema)
        for form in ("inputs", "instances"):
            if form in request:
                _demand_texts(form, request[form])
        found = read(request, schema)
        if isinstance(found, pd.DataFrame) and found.empty:
            raise _refusal(_NO_TEXT)
        return found

    return looked_at


def _demand_texts(form: str, content: Any) -> None:
    """Refuse what is no text, by its position; that the column is missing, mlflow says itself."""
    if isinstance(content, dict):
        if COLUMN not in content:
            return
        content = content[COLUMN]
    elif isinstance(content, list) and any(isinstance(row, dict) for row in content):
        if not any(isinstance(row, dict) and COLUMN in row for row in content):
            return
        content = [row.get(COLUMN) if isinstance(row, dict) else row for row in content]
    try:
        texts = as_texts(content)
    except InputError as error:
        raise _refusal(f"{form}: {error}") from error
    if not len(texts):
        raise _refusal(f"{form}: {_NO_TEXT}")


def _refusal(said: str) -> MlflowException:
    return MlflowException(said, error_code=INVALID_PARAMETER_VALUE)


set_model(TextTagger())
