"""MLflow: runs, what they log, the model they leave, the registry. No other package imports mlflow.

The modules are imported when a name of theirs is first asked for, because importing mlflow takes
seconds and comparing two run folders needs none of it.
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from newsclf.tracking.logged import download_model as download_model
    from newsclf.tracking.lookup import FoundRun as FoundRun
    from newsclf.tracking.lookup import find_run as find_run
    from newsclf.tracking.registry import history as history
    from newsclf.tracking.registry import promote as promote
    from newsclf.tracking.registry import rollback as rollback
    from newsclf.tracking.run import TrackedRun as TrackedRun
    from newsclf.tracking.run import started_run as started_run
    from newsclf.tracking.sync import sync_runs as sync_runs

_HOMES = {
    "FoundRun": "lookup",
    "TrackedRun": "run",
    "download_model": "logged",
    "find_run": "lookup",
    "history": "registry",
    "promote": "registry",
    "rollback": "registry",
    "started_run": "run",
    "sync_runs": "sync",
}
__all__ = sorted(_HOMES)

# mlflow reads these when it is imported. What the user set stays.
_DEFAULTS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    # What goes wrong is raised, and told in one line by whoever asked; "INFO" or "DEBUG" shows mlflow's own words.
    "MLFLOW_LOGGING_LEVEL": "CRITICAL",
    # A server that is gone is noticed in seconds instead of minutes; `newsclf sync` makes up for it.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
}
for _name, _value in _DEFAULTS.items():
    os.environ.setdefault(_name, _value)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
