"""Servers for tests, on this machine's own address and with an end: PostgreSQL and MLflow."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

HOST = "127.0.0.1"
PASSWORD = "only-for-this-test"
_SECONDS_TO_START = 120


def free_port() -> int:
    """Return a port that nobody listens at."""
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        return int(taken.getsockname()[1])


@contextmanager
def serving(command: Sequence[str], health: str, folder: Path, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server until the block ends, which begins when it answers."""
    quiet = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_LOGGING_LEVEL": "INFO"}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen(
            command,
            stdout=log,
            stderr=log,
            cwd=folder,
            env={**os.environ, **quiet, "PATH": path, **environment},
            start_new_session=True,
        )
    try:
        _wait(process, health, folder / "server.log")
        yield process
    finally:
        stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a server and all that it started."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=20)


@contextmanager
def mlflow_server(store: str, artifacts: Path, folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run `mlflow server` on a store, with artifacts in a folder of their own."""
    command = [sys.executable, "-m", "mlflow", "server", "--host", HOST, "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", store, "--artifacts-destination", str(artifacts)]
    with serving(command, f"http://{HOST}:{port}/health", folder) as process:
        yield process


@contextmanager
def postgresql() -> Iterator[str]:
    """Run a PostgreSQL of its own and give its address; skip the test where there is none to run."""
    found = _programs()
    if found is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    pytest.importorskip("psycopg2", reason="the PostgreSQL driver is not installed (pip install psycopg2-binary)")
    user = _unprivileged()
    folder = Path(tempfile.mkdtemp(prefix="newsclf-postgresql-"))
    try:
        if user:
            shutil.chown(folder, user)
        secret = folder / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        data, port = folder / "data", free_port()
        own = ["-U", "newsclf", "-A", "scram-sha-256", f"--pwfile={secret}", "-E", "UTF8", "--no-sync"]
        _run(user, [str(found / "initdb"), "-D", str(data), *own])
        options = f"-p {port} -k {folder} -c listen_addresses={HOST} -c fsync=off"
        control = [str(found / "pg_ctl"), "-D", str(data), "-w"]
        _run(user, [*control, "-l", str(folder / "log"), "-o", options, "start"])
        try:
            yield f"postgresql+psycopg2://newsclf:{PASSWORD}@{HOST}:{port}/postgres"
        finally:
            _run(user, [*control, "-m", "immediate", "stop"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path | None:
    """Return the folder of PostgreSQL's programs, where Debian keeps its newest or on the path; None without any."""
    kept = [*Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if kept:
        return max(kept, key=lambda program: [int(part) for part in program.parts[-3].split(".")]).parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


def _unprivileged() -> str | None:
    """Return the user that PostgreSQL must run as where this is root, who may not run it."""
    if os.getuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        pytest.skip("root can't run PostgreSQL, and there is no user postgres")


def _run(user: str | None, command: list[str]) -> None:
    as_user = ["runuser", "-u", user, "--"] if user else []
    # Not captured: what pg_ctl starts would keep the pipe open.
    subprocess.run([*as_user, *command], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")


def _wait(process: subprocess.Popen[bytes], health: str, log: Path) -> None:
    until = time.monotonic() + _SECONDS_TO_START
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended: {log.read_text(errors='replace')[-2000:]}")
        try:
            with urllib.request.urlopen(health, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError(f"no answer at {health}: {log.read_text(errors='replace')[-2000:]}")
