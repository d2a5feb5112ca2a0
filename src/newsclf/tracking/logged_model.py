"""The model as MLflow serves it: a table of texts in, a table of answers out.

mlflow copies this file into what it logs and runs it when the model is loaded ("models from code"), so
that nothing is pickled. It imports the prediction wing and what mlflow's pyfunc needs anyway.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.models import set_model
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE

from newsclf.errors import InputError
from newsclf.predictor import Predictor
from newsclf.topicmodel import TopicModel

with warnings.catch_warnings():
    # Types of mlflow's own make it warn while this is imported.
    warnings.simplefilter("ignore")
    from mlflow.pyfunc.model import PythonModel, PythonModelContext


class TextTagger(PythonModel):
    """Tags the column `text` of a table: one answer a row, in the order of the rows."""

    def load_context(self, context: PythonModelContext) -> None:
        """Read the model that was logged."""
        self._predictor = Predictor(TopicModel.load(Path(context.artifacts["model"])))

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
            found = self._predictor.predict_batch(model_input["text"])
        except InputError as error:
            raise MlflowException(str(error), error_code=INVALID_PARAMETER_VALUE) from error
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


set_model(TextTagger())
