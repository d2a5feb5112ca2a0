"""`load`: a predictor from the released model, a folder, or the model registry."""

from __future__ import annotations

import os
from functools import cache
from importlib.resources import files
from pathlib import Path

from newsclf.errors import ModelError
from newsclf.predictor import Predictor
from newsclf.topicmodel import MANIFEST_FILE, TopicModel

_REGISTRY_PREFIXES = ("models:/", "runs:/", "mlflow-artifacts:/")


def load(model: str | os.PathLike[str] | None = None) -> Predictor:
    """Return a predictor.

    Parameters
    ----------
    model : str or path, optional
        A model folder, or an MLflow address such as ``models:/newsclf@champion`` (which needs
        mlflow). The released model that comes with newsclf where not given.

    Returns
    -------
    Predictor

    Raises
    ------
    ModelError
        If there is no usable model there.

    Examples
    --------
    >>> load().predict("توقيف مروج مخدرات بطنجة")
    ['security']
    """
    if model is None:
        return Predictor(_model(released_folder()))
    if str(model).startswith(_REGISTRY_PREFIXES):
        from newsclf.tracking import download_model

        return Predictor(TopicModel.load(download_model(str(model))))
    return Predictor(TopicModel.load(Path(model)))


@cache
def _model(folder: Path) -> TopicModel:
    return TopicModel.load(folder)


def released_folder() -> Path:
    """Return the folder of the released model.

    Raises
    ------
    ModelError
        If this installation has none.
    """
    # In the repository a link to models/newsclf-ar; in an installed package the files themselves.
    folder = Path(str(files("newsclf").joinpath("released")))
    if (folder / MANIFEST_FILE).is_file():
        return folder
    raise ModelError(
        "this installation holds no released model; name a model folder, or train one with 'newsclf train'"
    )
