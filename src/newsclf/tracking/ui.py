# ruff: noqa: T201
"""Opening the MLflow UI on the store, at a view with the columns that tell runs apart.

Run as ``python -m newsclf.tracking.ui``.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

from newsclf.errors import NewsclfError
from newsclf.tracking.place import without_password
from newsclf.tracking.store import Store, reached_store

VIEW = "newsclf"
# Columns of tags and metrics, and how wide their names are, in pixels.
COLUMNS = {
    "tags.`family`": 90,
    "tags.`purpose`": 90,
    "tags.`test_fingerprint`": 130,
    "metrics.`test.headline.accuracy`": 180,
    "metrics.`test.headline.accuracy.low`": 205,
    "metrics.`test.headline.accuracy.high`": 210,
    "metrics.`test.headline.macro_f1`": 190,
    "metrics.`dev.headline.accuracy`": 180,
    "metrics.`test.article.accuracy`": 165,
    "metrics.`later.headline.accuracy`": 180,
    "metrics.`test.headline.calibration_error`": 235,
    "metrics.`test.headline.coverage`": 185,
    "metrics.`training.fit_seconds`": 155,
}
# The columns that are always there stand left of them: the tick, the name, the time.
_FIRST = ("0", "attributes.`Run Name`", "runDateAndNestInfo")
_LAST = ("attributes.`Models`", "duration")

# What the UI keeps when somebody shares a view: what is searched, how it is sorted, which columns show.
_SEARCH = {
    "searchFilter": "",
    "orderByKey": "metrics.`test.headline.accuracy`",
    "orderByAsc": False,
    "startTime": "ALL",
    "lifecycleFilter": "Active",
    "datasetsFilter": [],
    "modelVersionFilter": "All Runs",
}


def save_view(store: Store) -> None:
    """Keep the view in the store, as the UI's own "share" button does."""
    state = {
        **_SEARCH,
        "selectedColumns": [*COLUMNS, _LAST[0]],
        "columnOrder": [*_FIRST, *COLUMNS, *_LAST],
        "columnWidths": COLUMNS,
    }
    store.client.set_experiment_tag(store.experiment_id, f"mlflow.sharedViewState.{VIEW}", json.dumps(state))


def address(store: Store, server: str) -> str:
    """Return the address of the view on a server."""
    page = f"{server.rstrip('/')}/#/experiments/{store.experiment_id}/runs"
    return f"{page}?viewStateShareKey={VIEW}&workflowType=machine_learning"


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
        print(f"newsclf: error: {error}", file=sys.stderr)
        return 2
    if store.uri.startswith(("http:", "https:")):
        print(f"The store is a server: open {address(store, without_password(store.uri))}")
        return 0
    return _serve(store, given.host, given.port)


def _serve(store: Store, host: str, port: int) -> int:
    """Serve the store until interrupted, and say where once it answers."""
    if _is_taken(host, port):
        print(f"newsclf: error: port {port} is taken; name another, as in: make ui PORT={port + 1}", file=sys.stderr)
        return 2
    server = f"http://{host}:{port}"
    command = [sys.executable, "-m", "mlflow", "server", "--host", host, "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", store.uri, "--registry-store-uri", store.uri]
    command += ["--uvicorn-opts", "--log-level warning"]
    # Its job runners serve language models only, and its words matter only if it does not start.
    quiet = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "PYTHONWARNINGS": "ignore"}
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryFile("w+") as words:
        process = subprocess.Popen(command, env={**os.environ, **quiet}, stdout=words, stderr=subprocess.STDOUT)
        try:
            while process.poll() is None and not _answers(f"{server}/health"):
                time.sleep(0.2)
            if process.poll() is None:
                print(f"Open {address(store, server)}  (Ctrl-C ends it)", flush=True)
                process.wait()
            words.seek(0)
            print(words.read(), file=sys.stderr)
            return 2
        except KeyboardInterrupt:
            return 0
        finally:
            process.terminate()
            process.wait()


def _is_taken(host: str, port: int) -> bool:
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((host, port))
        except OSError:
            return True
    return False


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main())
