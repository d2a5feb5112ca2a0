"""The record table: one row for each text as published, with its category, its group and its split."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from newsclf.errors import InputError
from newsclf.files import replaced_file
from newsclf.taxonomy import category_ids

KINDS = ("headline", "ticker", "article")
LABEL_ORIGINS = ("section", "annotator", "author", "keyword")
SPLITS = ("train", "dev", "test")
# A record with a role is in the guideline set (or another one made for testing) and never trains.
ROLES = ("dev", "test")

SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("title", pa.string(), nullable=False),
        pa.field("body", pa.string(), nullable=False),
        pa.field("category", pa.string()),
        pa.field("second", pa.string()),
        pa.field("section", pa.string()),
        pa.field("source", pa.string(), nullable=False),
        pa.field("outlet", pa.string()),
        pa.field("published_at", pa.timestamp("ms", tz="UTC")),
        # Of publication; for texts written for the project, the year their matter belongs to.
        pa.field("year", pa.int16()),
        pa.field("url", pa.string()),
        pa.field("label_origin", pa.string()),
        pa.field("style", pa.string()),
        # Two readers did not agree on the category.
        pa.field("disputed", pa.bool_(), nullable=False),
        pa.field("role", pa.string()),
        pa.field("group", pa.string(), nullable=False),
        pa.field("split", pa.string(), nullable=False),
    ]
)


def split_of_group(group: str, test_share: float = 0.1, dev_share: float = 0.1) -> str:
    """Return the split of a group, from a hash of its name alone.

    Parameters
    ----------
    group : str
    test_share, dev_share : float
        Share of groups that go to each; the rest is for training.

    Returns
    -------
    {"train", "dev", "test"}

    Examples
    --------
    >>> [split_of_group(f"written-{number}") for number in range(6)]
    ['test', 'train', 'train', 'train', 'train', 'train']
    """
    digest = hashlib.sha256(f"split\n{group}".encode()).digest()
    place = int.from_bytes(digest[:8], "big") / 2**64
    if place < test_share:
        return "test"
    return "dev" if place < test_share + dev_share else "train"


def validate(table: pa.Table) -> None:
    """Refuse a table that is not a record table.

    Raises
    ------
    InputError
        Naming what is wrong and the first record that shows it.
    """
    if table.schema.names != SCHEMA.names or table.schema.types != SCHEMA.types:
        _refuse_columns(table.schema)
    for name in SCHEMA.names:
        if not SCHEMA.field(name).nullable:
            _refuse_where(table, pc.is_null(table[name]), f"has no {name}")
    for name, known in (
        ("kind", KINDS),
        ("category", category_ids()),
        ("second", category_ids()),
        ("label_origin", LABEL_ORIGINS),
        ("split", SPLITS),
        ("role", ROLES),
    ):
        strange = pc.and_(pc.is_valid(table[name]), pc.invert(pc.is_in(table[name], pa.array(known, pa.string()))))
        _refuse_where(table, strange, f"has a {name} that is none of {', '.join(known)}")
    _refuse_where(table, pc.equal(table["category"], table["second"]), "has its category again as second category")
    _refuse_where(
        table,
        pc.not_equal(pc.is_valid(table["category"]), pc.is_valid(table["label_origin"])),
        "must have category and label_origin both or neither",
    )
    empty = pc.and_(pc.equal(table["title"], ""), pc.equal(table["body"], ""))
    _refuse_where(table, empty, "has neither title nor body")
    trained_on = pc.and_(pc.is_valid(table["role"]), pc.equal(table["split"], "train"))
    _refuse_where(table, trained_on, "has a role and yet is in split train")
    _refuse_repeated_ids(table)
    _refuse_groups_in_two_splits(table)


def _refuse_columns(schema: pa.Schema) -> None:
    for field in SCHEMA:
        if field.name not in schema.names:
            raise InputError(f"not a record table: column {field.name!r} is missing; it has {', '.join(schema.names)}")
        found = schema.field(field.name).type
        if found != field.type:
            raise InputError(f"not a record table: column {field.name!r} is {found}, not {field.type}")
    raise InputError(f"not a record table: its columns are {', '.join(schema.names)}, not {', '.join(SCHEMA.names)}")


def _refuse_where(table: pa.Table, wrong: pa.ChunkedArray, what: str) -> None:
    row = pc.index(pc.fill_null(wrong, False), True).as_py()
    if row >= 0:
        raise InputError(f"record {table['id'][row].as_py()!r} (row {row}) {what}")


def _refuse_repeated_ids(table: pa.Table) -> None:
    counts = pc.value_counts(table["id"])
    repeated = counts.filter(pc.greater(counts.field("counts"), 1))
    if len(repeated):
        raise InputError(f"record id {repeated[0]['values'].as_py()!r} is given {repeated[0]['counts']} times")


def _refuse_groups_in_two_splits(table: pa.Table) -> None:
    pairs = table.select(["group", "split"]).group_by(["group", "split"]).aggregate([])
    counts = pc.value_counts(pairs["group"])
    torn = counts.filter(pc.greater(counts.field("counts"), 1))
    if len(torn):
        raise InputError(f"group {torn[0]['values'].as_py()!r} is in more than one split")


def fingerprint(table: pa.Table) -> str:
    """Return a hash of the content of a record table, whatever the order of its rows.

    Parameters
    ----------
    table : pyarrow.Table
        With columns `SCHEMA`.

    Returns
    -------
    str
        SHA-256 in hexadecimal.
    """
    # A record's row as JSON does not depend on Arrow's version, its chunks or the file.
    moments = pc.cast(table["published_at"], pa.int64())
    plain = table.set_column(table.schema.get_field_index("published_at"), "published_at", moments)
    digest = hashlib.sha256()
    for row in plain.sort_by("id").to_pylist():
        digest.update(json.dumps(list(row.values()), ensure_ascii=False, separators=(",", ":")).encode())
        digest.update(b"\n")
    return digest.hexdigest()


def write_records(table: pa.Table, path: Path) -> None:
    """Write a record table as Parquet, whole or not at all.

    Raises
    ------
    InputError
        If it is no record table, or the file can't be written.
    """
    validate(table)
    with replaced_file(path) as aside:
        pq.write_table(table.cast(SCHEMA), aside, compression="zstd")


def read_records(path: Path) -> pa.Table:
    """Return the record table in a Parquet file.

    Raises
    ------
    InputError
        If the file is missing, no Parquet file or no record table.
    """
    if path.is_dir():
        raise InputError(f"{path} is a folder; name a file of records, such as {path / 'records.parquet'}")
    if not path.exists():
        raise InputError(f"{path} is missing; 'newsclf prepare' makes it")
    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{path} is no Parquet file: {str(error).splitlines()[0]}") from error
    try:
        validate(table)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    return table
