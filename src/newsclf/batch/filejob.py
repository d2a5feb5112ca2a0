"""`predict_file`: from a file of texts to a file of tagged texts."""

from __future__ import annotations

import contextlib
import itertools
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from newsclf.batch.filekinds import JSONL, PARQUET, STANDARD, TEXT, file_kind
from newsclf.batch.job import Job, PartRecord, identity
from newsclf.batch.joining import Join, join
from newsclf.batch.plan import Plan, make_plan
from newsclf.batch.reading import named_errors, opened, text_encoding
from newsclf.batch.workers import made_parts
from newsclf.errors import InputError
from newsclf.files import replaced_file
from newsclf.predictor import Predictor

Progress = Callable[[float | None, int], None]


@dataclass(frozen=True)
class Summary:
    """What became of the rows of a file; every row is either tagged or rejected.

    Attributes
    ----------
    rows : int
        Rows that were tagged.
    rejected : int
        Rows that could not be.
    categories : dict of str to int
        How many rows each category was given.
    confident : int
        How many of the answers are confident.
    rejects : str or None
        The file of the rejected rows, if there are any.
    """

    rows: int
    rejected: int
    categories: dict[str, int]
    confident: int
    rejects: str | None


def predict_file(
    predictor: Predictor,
    source: str,
    target: str,
    *,
    text_columns: Iterable[str] = (),
    prefix: str = "",
    input_format: str | None = None,
    output_format: str | None = None,
    encoding: str | None = None,
    rejects: str | None = None,
    workers: int = 1,
    resume: bool = False,
    progress: Progress | None = None,
) -> Summary:
    """Tag every row of a file.

    All columns of the input are kept in their order; `category`, `probability`, `second`,
    `second_probability` and `confident` are added. Rows keep their order. A row that can't be read
    or has no text goes to the rejects file, with its line and the reason; an empty line of plain
    text is not one of them: it is tagged, so that answers stay beside lines. The output appears
    when it is whole.

    Parameters
    ----------
    predictor : Predictor
    source, target : str
        Files in CSV, TSV, JSON Lines, Parquet or plain text (one text a line; written, one category
        a line), plain or compressed as .gz or .zst; ``-`` for standard input and output.
    text_columns : iterable of str
        The column with the text, or several to be read as one text; ``text`` where not given.
    prefix : str
        Put before the names of the columns that are added.
    input_format, output_format : str, optional
        What the name of a file does not say: the ending it should have, as in ``"jsonl.gz"``.
    encoding : str, optional
        Of a text file that is read; UTF-8 where not given. What is written is UTF-8.
    rejects : str, optional
        The rejects file; the target with ``.rejects.jsonl`` added where not given, and standard error
        for standard output.
    workers : int
        Processes to work in.
    resume : bool
        Go on where a run that was interrupted stopped. The result is the same to the byte.
    progress : callable, optional
        Called after each part with the share of the input that is done (None where that is not
        known) and the number of rows of the part.

    Returns
    -------
    Summary

    Raises
    ------
    InputError
        If the input can't be read as it was described or the output not be written.
    """
    reader = file_kind(source, input_format, default=TEXT)
    writer = file_kind(target, output_format, default=JSONL)
    _refuse_confusion(source, target, rejects, resume=resume)
    if encoding is not None and reader.format == PARQUET:
        raise InputError("Parquet has no encoding; leave --encoding out")
    with opened(source, reader, text_encoding(encoding or "utf-8")) as data:
        first = next(data.blocks, None)
        blocks = itertools.chain([first] if first else [], data.blocks)
        with named_errors(source):
            plan = make_plan(data, first, reader, writer, tuple(text_columns), prefix)

        def parts(job: Job) -> Iterator[PartRecord]:
            return _reported(made_parts(blocks, predictor, plan, job, workers), source, plan, progress)

        if target == STANDARD:
            return _to_standard_output(parts, plan, rejects)
        wanted = identity(Path(source), predictor.model, plan) if source != STANDARD else {}
        return _to_file(parts, plan, Path(target), rejects, wanted, resume=resume)


def _refuse_confusion(source: str, target: str, rejects: str | None, *, resume: bool) -> None:
    if resume and STANDARD in (source, target):
        raise InputError("only a job from a file to a file can be resumed; name both")
    names = [name for name in (source, target, rejects) if name not in (None, STANDARD)]
    paths = [Path(name).resolve() for name in names if name]
    if len(set(paths)) < len(paths):
        raise InputError("input, output and rejects must be different files")
    if target != STANDARD and Path(target).is_dir():
        raise InputError(f"{target} is a folder; name a file to write")


def _reported(
    made: Iterable[tuple[float | None, PartRecord]], source: str, plan: Plan, progress: Progress | None
) -> Iterator[PartRecord]:
    """Pass records on, telling of progress; stop early if the encoding is not what was said."""
    for number, (share, record) in enumerate(made):
        rows = record.rows + record.rejected
        if number == 0 and 2 * record.misencoded > rows:
            raise InputError(f"{source}: most rows are not {plan.encoding}; name the encoding, as in --encoding cp1256")
        if progress is not None:
            progress(share, rows)
        yield record


def _to_standard_output(parts: Callable[[Job], Iterator[PartRecord]], plan: Plan, rejects: str | None) -> Summary:
    with contextlib.ExitStack() as stack:
        job = Job(Path(stack.enter_context(tempfile.TemporaryDirectory())) / "parts")
        job.begin({}, resume=False)
        aside = stack.enter_context(replaced_file(Path(rejects))) if rejects else None
        refused = stack.enter_context(aside.open("wb")) if aside else sys.stderr.buffer
        joined = join(plan, sys.stdout.buffer)
        records = []
        for number, record in enumerate(parts(job)):
            _add(joined, job, number, record)
            refused.write(job.rejects(number).read_bytes())
            job.drop(number)
            records.append(record)
        joined.finish()
        sys.stdout.buffer.flush()
    return _summary(records, rejects)


def _to_file(
    parts: Callable[[Job], Iterator[PartRecord]],
    plan: Plan,
    target: Path,
    rejects: str | None,
    wanted: dict[str, Any],
    *,
    resume: bool,
) -> Summary:
    job = Job(target.with_name(f".{target.name}.parts"))
    try:
        job.begin(wanted, resume=resume)
        whole = job.folder / "whole"
        records = []
        try:
            with whole.open("wb") as out:
                joined = join(plan, out)
                for number, record in enumerate(parts(job)):
                    _add(joined, job, number, record)
                    records.append(record)
                joined.finish()
        except InputError:
            job.remove()
            raise
        refused = _write_rejects(job, records, target, rejects)
        whole.replace(target)
        job.remove()
    except OSError as error:
        raise InputError(
            f"{target} can't be written: {error.strerror or error}; when that is put right, --resume goes on from there"
        ) from error
    return _summary(records, refused)


def _add(joined: Join, job: Job, number: int, record: PartRecord) -> None:
    if record.rows:
        with job.part(number).open("rb") as part:
            joined.add(part)


def _write_rejects(job: Job, records: list[PartRecord], target: Path, named: str | None) -> str | None:
    path = Path(named) if named else target.with_name(target.name + ".rejects.jsonl")
    rejected = [number for number, record in enumerate(records) if record.rejected]
    if not rejected and not named:
        # One that an earlier run left would speak of rows that are no longer rejected.
        path.unlink(missing_ok=True)
        return None
    with replaced_file(path) as aside, aside.open("wb") as out:
        for number in rejected:
            out.write(job.rejects(number).read_bytes())
    return str(path)


def _summary(records: list[PartRecord], rejects: str | None) -> Summary:
    categories: Counter[str] = Counter()
    for record in records:
        categories.update(record.categories)
    return Summary(
        rows=sum(record.rows for record in records),
        rejected=sum(record.rejected for record in records),
        categories=dict(categories),
        confident=sum(record.confident for record in records),
        rejects=rejects,
    )
