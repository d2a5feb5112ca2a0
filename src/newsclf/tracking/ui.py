"""Opening the MLflow UI on the store, at a view with the columns that tell runs apart.

Run as ``python -m newsclf.tracking.ui``.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys

from newsclf.errors import NewsclfError
from newsclf.tracking.place import without_password
from newsclf.tracking.store import Store, reached_store

VIEW = "newsclf"
METRICS = (
    "test.headline.accuracy",
    "test.headline.accuracy.low",
    "test.headline.accuracy.high",
    "test.headline.macro_f1",
    "test.article.accuracy",
    "later.headline.accuracy",
    "test.headline.calibration_error",
    "test.headline.coverage",
    "training.fit_seconds",
)
TAGS = ("family", "purpose", "test_fingerprint")

# What the UI keeps when somebody shares a view: what is searched, how it is sorted, which columns show.
_SEARCH = {
    "searchFilter": "",
    "orderByKey": f"metrics.`{METRICS[0]}`",
    "orderByAsc": False,
    "startTime": "ALL",
    "lifecycleFilter": "Active",
    "datasetsFilter": [],
    "modelVersionFilter": "All Runs",
}


def save_view(store: Store) -> None:
    """Keep the view in the store, as the UI's own "share" button does."""
    columns = [f"tags.`{name}`" for name in TAGS] + [f"metrics.`{name}`" for name in METRICS]
    state = {**_SEARCH, "selectedColumns": [*columns, "attributes.`Dataset`", "attributes.`Models`"]}
    store.client.set_experiment_tag(store.experiment_id, f"mlflow.sharedViewState.{VIEW}", json.dumps(state))


def address(store: Store, server: str) -> str:
    """Return the address of the view on a server."""
    return f"{server.rstrip('/')}/#/experiments/{store.experiment_id}/runs?viewStateShareKey={VIEW}"


def main(arguments: list[str] | None = None) -> int:
    """Save the view, say where it is, and serve the store until interrupted, if it is not a server itself."""
    parser = argparse.ArgumentParser(prog="python -m newsclf.tracking.ui", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to serve at (default: %(default)s)")
    parser.add_argument("--port", type=int, default=5000, help="port to serve at (default: %(default)s)")
    given = parser.parse_args(arguments)
    try:
        with reached_store() as store:
            save_view(store)
    except NewsclfError as error:
        print(f"newsclf: error: {error}", file=sys.stderr)  # noqa: T201
        return 2
    if store.uri.startswith(("http:", "https:")):
        print(f"The store is a server: open {address(store, without_password(store.uri))}")  # noqa: T201
        return 0
    print(f"Open {address(store, f'http://{given.host}:{given.port}')}  (Ctrl-C ends it)", flush=True)  # noqa: T201
    command = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", store.uri]
    command += [
        "--host",
        given.host,
        "--port",
        str(given.port),
        "--workers",
        "1",
        "--uvicorn-opts",
        "--log-level warning",
    ]
    try:
        return subprocess.run(command, env=os.environ, check=False).returncode
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
