"""Killing a job at any moment and resuming it: the same bytes as if nothing had happened."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from newsclf.batch import predict_file, reading
from newsclf.errors import InputError
from newsclf.predictor import Predictor

# A job in a process of its own that kills itself, as `kill -9` would, just before the n-th call of a function.
KILLED = """
import importlib, json, os, signal, sys
from newsclf.batch import predict_file, reading
from newsclf.loading import load

if __name__ == "__main__":
    options = json.loads(sys.argv[1])
    reading._BLOCK_BYTES, reading._BLOCK_ROWS, reading._BATCH_ROWS = options.pop("block")
    moment, left = options.pop("moment", None), options.pop("after", 0)
    if moment:
        module, _, name = moment.partition(":")
        owner = importlib.import_module(module)
        *path, last = name.split(".")
        for each in path:
            owner = getattr(owner, each)
        original = getattr(owner, last)

        def counted(*arguments, **named):
            global left
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1
            return original(*arguments, **named)

        setattr(owner, last, counted)
    predict_file(load(options.pop("model")), options.pop("source"), options.pop("target"), **options)
"""
BLOCK = [4000, 40, 10]
MOMENTS = [
    ("newsclf.batch.parts:parse", 0),
    ("newsclf.batch.parts:parse", 3),
    ("newsclf.batch.job:Job.store", 4),
    ("newsclf.batch.job:Job._put", 0),
    ("newsclf.batch.job:Job._put", 1),
    ("newsclf.batch.job:Job._put", 6),
    ("newsclf.batch.joining:PlainJoin.add", 5),
    ("newsclf.batch.filejob:_write_rejects", 0),
    ("pathlib:Path.replace", 7),
    ("newsclf.batch.job:Job.remove", 1),
    ("shutil:rmtree", 0),
]


def start(folder: Path, **options: Any) -> subprocess.Popen[bytes]:
    script = folder / "job.py"
    script.write_text(KILLED, encoding="utf-8")
    options = {"block": BLOCK, **options}
    with (folder / "job.err").open("wb") as errors:
        return subprocess.Popen([sys.executable, str(script), json.dumps(options)], stderr=errors)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A CSV of 800 rows, every 50th without text."""
    path = tmp_path / "in.csv"
    words = ["فوز", "الرجاء", "توقيف", "لص", "البورصة", "مهرجان", '"طنجة", فاس', "سطر\nآخر"]
    chooser = random.Random(2)
    with path.open("w", encoding="utf-8") as file:
        file.write("id,text\n")
        for number in range(800):
            text = " ".join(chooser.choices(words, k=5)).replace('"', '""') if number % 50 else ""
            file.write(f'{number},"{text}"\n')
    return path


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in zip(("_BLOCK_BYTES", "_BLOCK_ROWS", "_BATCH_ROWS"), BLOCK, strict=True):
        monkeypatch.setattr(reading, name, value)


def files_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {"in.csv", "in.parquet", "job.py", "job.err"}


@pytest.mark.parametrize(("moment", "after"), MOMENTS, ids=lambda value: str(value).rpartition(":")[2])
@pytest.mark.usefixtures("small_blocks")
def test_killed_at_this_moment_and_resumed(
    moment: str, after: int, archive: Path, tmp_path: Path, tiny_folder: Path, tiny_predictor: Predictor
) -> None:
    out = tmp_path / "out.jsonl"
    whole = predict_file(tiny_predictor, str(archive), str(tmp_path / "whole.jsonl"))
    assert (whole.rows, whole.rejected) == (784, 16)
    job = {"model": str(tiny_folder), "source": str(archive), "target": str(out), "moment": moment, "after": after}
    assert start(tmp_path, **job).wait(60) == -signal.SIGKILL
    finished = "remove" in moment or "rmtree" in moment
    assert out.exists() == finished, "an output must be whole or not there"
    made = []
    summary = predict_file(
        tiny_predictor, str(archive), str(out), resume=True, progress=lambda share, rows: made.append(rows)
    )
    assert (summary.rows, summary.rejected, summary.categories) == (whole.rows, whole.rejected, whole.categories)
    assert out.read_bytes() == (tmp_path / "whole.jsonl").read_bytes()
    rejects = [tmp_path / f"{name}.jsonl.rejects.jsonl" for name in ("out", "whole")]
    assert rejects[0].read_bytes() == rejects[1].read_bytes()
    assert sum(made) == 800
    assert files_in(tmp_path) == {"out.jsonl", "whole.jsonl", rejects[0].name, rejects[1].name}


@pytest.mark.usefixtures("small_blocks")
def test_finished_parts_are_not_made_again(
    archive: Path, tmp_path: Path, tiny_folder: Path, tiny_predictor: Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from newsclf.batch.parts import PartMaker

    out = tmp_path / "out.csv"
    job = {"model": str(tiny_folder), "source": str(archive), "target": str(out)}
    assert start(tmp_path, **job, moment="newsclf.batch.parts:parse", after=6).wait(60) == -signal.SIGKILL
    finished = len(list((tmp_path / ".out.csv.parts").glob("*.json"))) - 1
    assert finished == 6
    made = []
    make = PartMaker.make
    monkeypatch.setattr(PartMaker, "make", lambda self, number, block: made.append(number) or make(self, number, block))
    predict_file(tiny_predictor, str(archive), str(out), resume=True)
    assert made[0] == 6
    made.clear()
    # Without --resume everything is done anew.
    assert start(tmp_path, **job, moment="newsclf.batch.parts:parse", after=6).wait(60) == -signal.SIGKILL
    predict_file(tiny_predictor, str(archive), str(out))
    assert made[0] == 0
    assert not (tmp_path / ".out.csv.parts").exists()


@pytest.mark.usefixtures("small_blocks")
def test_killed_again_and_again(archive: Path, tmp_path: Path, tiny_folder: Path, tiny_predictor: Predictor) -> None:
    out = tmp_path / "out.csv.gz"
    predict_file(tiny_predictor, str(archive), str(tmp_path / "whole.csv.gz"))
    job = {"model": str(tiny_folder), "source": str(archive), "target": str(out), "resume": True}
    for _ in range(4):
        assert start(tmp_path, **job, moment="newsclf.batch.job:Job.store", after=3).wait(60) == -signal.SIGKILL
    assert start(tmp_path, **job).wait(60) == 0
    assert out.read_bytes() == (tmp_path / "whole.csv.gz").read_bytes()


@pytest.mark.usefixtures("small_blocks")
def test_a_parquet_job_with_workers_is_killed_at_random_and_resumed_without(
    tmp_path: Path, tiny_folder: Path, tiny_predictor: Predictor
) -> None:
    given = tmp_path / "in.parquet"
    table = pa.table({"id": range(4000), "text": [f"فوز الرجاء رقم {n}" if n % 90 else None for n in range(4000)]})
    pq.write_table(table, given, row_group_size=300)
    predict_file(tiny_predictor, str(given), str(tmp_path / "whole.parquet"))
    chooser = random.Random(7)
    job = {"model": str(tiny_folder), "source": str(given), "target": str(tmp_path / "out.parquet"), "workers": 2}
    kills = 0
    for _ in range(3):
        process = start(tmp_path, **job, resume=True)
        parts = tmp_path / ".out.parquet.parts"
        before = len(list(parts.glob("*.json")))
        enough = before + chooser.randrange(1, 25)
        while process.poll() is None and len(list(parts.glob("*.json"))) < enough:
            time.sleep(0.005)
        if process.poll() is None:
            process.kill()
            kills += 1
        process.wait(60)
    assert kills >= 2
    predict_file(tiny_predictor, str(given), str(tmp_path / "out.parquet"), resume=True)
    assert (tmp_path / "out.parquet").read_bytes() == (tmp_path / "whole.parquet").read_bytes()
    assert pq.read_table(tmp_path / "out.parquet")["id"].to_pylist() == [n for n in range(4000) if n % 90]


def children_of(pid: int) -> list[int]:
    listing = subprocess.run(
        ["ps", "-o", "pid=,stat=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    )
    return [int(line.split()[0]) for line in listing.stdout.splitlines() if not line.split()[1].startswith("Z")]


def alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc to look at processes")
def test_workers_end_when_their_parent_is_killed(tmp_path: Path, tiny_folder: Path) -> None:
    given = tmp_path / "in.parquet"
    pq.write_table(pa.table({"text": ["فوز الرجاء"] * 200_000}), given)
    job = {"model": str(tiny_folder), "source": str(given), "target": str(tmp_path / "out.csv"), "workers": 2}
    process = start(tmp_path, **job, block=[4000, 200, 100])
    children: list[int] = []
    while process.poll() is None and not list((tmp_path).glob(".out.csv.parts/5.json")):
        children = children_of(process.pid)
        time.sleep(0.02)
    assert process.poll() is None
    assert len(children) >= 2
    process.kill()
    process.wait(60)
    deadline = time.monotonic() + 20
    while any(map(alive, children)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(alive, children))


def test_a_worker_that_is_killed_ends_the_job_with_a_reason(tmp_path: Path, tiny_folder: Path) -> None:
    given = tmp_path / "in.parquet"
    pq.write_table(pa.table({"text": ["فوز الرجاء"] * 100_000}), given)
    job = {"model": str(tiny_folder), "source": str(given), "target": str(tmp_path / "out.csv"), "workers": 2}
    process = start(tmp_path, **job, block=[4000, 200, 100])
    parts = tmp_path / ".out.csv.parts"
    while process.poll() is None and not (parts / "5.json").exists():
        time.sleep(0.02)
    # The oldest child is multiprocessing's own bookkeeper.
    os.kill(max(children_of(process.pid)), signal.SIGKILL)
    assert process.wait(60) == 1
    message = "a worker process was ended from outside, perhaps for lack of memory; --resume goes on from there"
    assert message in (tmp_path / "job.err").read_text()
    assert (parts / "5.json").exists()


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize(
    ("change", "named"),
    [("input", "another input"), ("model", "another model"), ("options", "another columns or format")],
)
def test_what_is_finished_must_belong_to_the_same_job(
    change: str, named: str, archive: Path, tmp_path: Path, tiny_folder: Path, tiny_predictor: Predictor
) -> None:
    out = tmp_path / "out.csv"
    job = {"model": str(tiny_folder), "source": str(archive), "target": str(out)}
    assert start(tmp_path, **job, moment="newsclf.batch.parts:parse", after=3).wait(60) == -signal.SIGKILL
    predictor, options = tiny_predictor, {}
    if change == "input":
        os.utime(archive, (1, 1))
    elif change == "options":
        options = {"prefix": "x_"}
    else:
        import dataclasses

        predictor = Predictor(dataclasses.replace(tiny_predictor.model, bias=tiny_predictor.model.bias + 1))
    with pytest.raises(InputError, match=f"made with {named}; leave --resume out"):
        predict_file(predictor, str(archive), str(out), resume=True, **options)
    # What is finished is not lost by that: the right job can still be resumed.
    assert len(list((tmp_path / ".out.csv.parts").glob("*.json"))) == 4


@pytest.mark.usefixtures("small_blocks")
def test_a_damaged_part_is_made_again(
    archive: Path, tmp_path: Path, tiny_folder: Path, tiny_predictor: Predictor
) -> None:
    out = tmp_path / "out.csv"
    job = {"model": str(tiny_folder), "source": str(archive), "target": str(out)}
    assert start(tmp_path, **job, moment="newsclf.batch.parts:parse", after=6).wait(60) == -signal.SIGKILL
    parts = tmp_path / ".out.csv.parts"
    (parts / "1.rows").write_bytes((parts / "1.rows").read_bytes()[:-1])
    (parts / "2.json").write_text("{")
    (parts / "3.rows").unlink()
    predict_file(tiny_predictor, str(archive), str(out), resume=True)
    predict_file(tiny_predictor, str(archive), str(tmp_path / "whole.csv"))
    assert out.read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_resuming_what_was_never_begun_begins_it(archive: Path, tmp_path: Path, tiny_predictor: Predictor) -> None:
    summary = predict_file(tiny_predictor, str(archive), str(tmp_path / "out.csv"), resume=True)
    assert summary.rows == 784


@pytest.mark.usefixtures("small_blocks")
def test_ctrl_c_keeps_what_is_finished(archive: Path, tmp_path: Path, tiny_predictor: Predictor) -> None:
    def interrupt(share: float | None, rows: int) -> None:
        if share and share > 0.5:
            raise KeyboardInterrupt

    out = tmp_path / "out.csv"
    with pytest.raises(KeyboardInterrupt):
        predict_file(tiny_predictor, str(archive), str(out), progress=interrupt)
    assert not out.exists()
    assert (tmp_path / ".out.csv.parts").is_dir()
    predict_file(tiny_predictor, str(archive), str(out), resume=True)
    predict_file(tiny_predictor, str(archive), str(tmp_path / "whole.csv"))
    assert out.read_bytes() == (tmp_path / "whole.csv").read_bytes()
