"""From sources to records: reading, cleaning, labelling, grouping duplicates, splitting; nothing silently dropped."""

from __future__ import annotations

import csv
import hashlib
import importlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from newsclf.datasummary import counts_of_groups, counts_of_labels, counts_of_records, readable
from newsclf.drafts import Draft, Drafter
from newsclf.duplicates import duplicate_groups
from newsclf.errors import ConfigurationError, InputError
from newsclf.files import refuse_unwritable, replaced_file, sha256_of_file
from newsclf.labels import Label, read_labels
from newsclf.records import SCHEMA, fingerprint, split_of_group, write_records
from newsclf.sources.card import Card, read_card, repository_root
from newsclf.sources.item import Item

_QUARANTINE_COLUMNS = ("source", "file", "place", "reason", "title", "section")
# Modules whose rules decide what records come out: records made by other rules are not up to date.
_RULES = (
    *("cleaning", "datasummary", "dates", "drafts", "duplicates", "labels", "prepare", "records", "taxonomy", "text"),
    *(f"sources/{name}" for name in ("card", "folder", "page", "table", "textfile", "written")),
)


@dataclass(frozen=True)
class Prepared:
    """What `prepare` made.

    Attributes
    ----------
    records : Path
        The record table, for `newsclf.records.read_records`.
    quarantine : Path
        A CSV of the rows that can't be used, each with the reason.
    summary : mapping
        Counts by source, labels matched, duplicates: the content of summary.json.
    reused : bool
        Whether everything was up to date already.
    """

    records: Path
    quarantine: Path
    summary: Mapping[str, Any]
    reused: bool


def prepare(
    cards: Sequence[Card | str | Path],
    data_root: Path | None,
    out_folder: Path,
    label_files: Iterable[Path] = (),
) -> Prepared:
    """Turn sources into the record table.

    Parameters
    ----------
    cards : sequence of Card, str or Path
        Source cards, names of cards in data/sources, or paths of cards.
    data_root : Path or None
        The folder that the paths of most cards are under; cards of the repository need none.
    out_folder : Path
        Gets records.parquet, quarantine.csv, summary.json and summary.txt. Other files in it are
        left alone.
    label_files : iterable of Path
        Labels made by reading, to join by the hash of the title. A label wins over the section.

    Returns
    -------
    Prepared
        The same input gives the same bytes; where inputs, labels and rules are those of the last
        time, nothing is done.

    Raises
    ------
    InputError
        If a file is missing, in another encoding or format, or gives no record at all, or the
        output can't be written.
    ConfigurationError
        If a card says something newsclf doesn't understand, or a section is not mapped.
    """
    sources = _sources(cards, data_root)
    refuse_unwritable(out_folder)
    labels_from = sorted(label_files)
    inputs = _digest_of_inputs(sources, labels_from)
    done = _up_to_date(out_folder, inputs)
    if done is not None:
        return done

    labels = read_labels(labels_from)
    readings = [_read(source, labels) for source in sources]
    for reading in readings:
        reading.refuse_if_useless()
    drafts = sorted((draft for reading in readings for draft in reading.drafts), key=lambda draft: draft.values["id"])
    titles, bodies = ([draft.values[name] for draft in drafts] for name in ("title", "body"))
    _split(drafts, duplicate_groups(titles, bodies).tolist())
    table = pa.Table.from_pylist([draft.values for draft in drafts], SCHEMA)
    summary = _summary(readings, table)
    summary["labels"] = counts_of_labels(labels.values(), {draft.key for draft in drafts})
    summary["fingerprint"] = fingerprint(table)
    summary["inputs"] = inputs
    return _write(out_folder, table, [row for reading in readings for row in reading.quarantine], summary)


def label_files_in_repository() -> list[Path]:
    """Return the label files that come with the repository.

    Raises
    ------
    ConfigurationError
        If newsclf was installed without its repository and none is around.
    """
    return sorted((repository_root() / "data" / "labels").glob("*.csv"))


@dataclass(frozen=True)
class _Source:
    card: Card
    folder: Path
    files: list[Path]

    def name_of(self, path: Path) -> str:
        """Return a file's name that is the same wherever the data root is."""
        return path.relative_to(self.folder).as_posix() if path.is_relative_to(self.folder) else path.name


@dataclass(frozen=True)
class _Reading:
    """What was found in one source."""

    name: str
    rows: Counter[str]
    drafts: list[Draft]
    quarantine: list[tuple[str, ...]]
    unread_dates: int

    def refuse_if_useless(self) -> None:
        if self.drafts:
            return
        if not self.quarantine:
            raise InputError(f"card {self.name}: its files hold no rows")
        _, file, place, reason, *_ = self.quarantine[0]
        count = self.rows.total()
        raise InputError(f"card {self.name}: no row can be used; the first of {count} rows, {file}, {place}: {reason}")


def _sources(cards: Sequence[Card | str | Path], data_root: Path | None) -> list[_Source]:
    if not cards:
        raise ConfigurationError("no source cards to prepare")
    read = [card if isinstance(card, Card) else read_card(card) for card in cards]
    repeated = [name for name, count in Counter(card.name for card in read).items() if count > 1]
    if repeated:
        raise ConfigurationError(f"card {repeated[0]} is given twice")
    if data_root is not None and not data_root.is_dir():
        raise InputError(f"{data_root} is {'a file' if data_root.exists() else 'missing'}; name the data root's folder")
    ordered = sorted(read, key=lambda card: card.name)
    return [_Source(card, card.folder(data_root), card.files(data_root)) for card in ordered]


def _digest_of_inputs(sources: list[_Source], label_files: list[Path]) -> str:
    package = Path(__file__).parent
    rules = [package / f"{name}.py" for name in _RULES]
    inputs = {
        "version": version("newsclf"),
        "rules": [_sha256(path) for path in (*rules, package / "taxonomy.toml")],
        "sources": [
            [asdict(source.card), [[source.name_of(path), _sha256(path)] for path in source.files]]
            for source in sources
        ],
        "labels": [_sha256(path) for path in label_files],
    }
    return hashlib.sha256(json.dumps(inputs, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _sha256(path: Path) -> str:
    try:
        return sha256_of_file(path)
    except IsADirectoryError as error:
        raise InputError(f"{path} is a folder, not a file; write {path.name}/* for the files in it") from error
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror or error}") from error


def _up_to_date(folder: Path, inputs: str) -> Prepared | None:
    try:
        summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
        if summary["inputs"] != inputs:
            return None
        for name, digest in summary["files"].items():
            if sha256_of_file(folder / name) != digest:
                return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return Prepared(folder / "records.parquet", folder / "quarantine.csv", summary, reused=True)


def _read(source: _Source, labels: Mapping[str, Label]) -> _Reading:
    """Return what a source holds, each row as a draft or set aside with the reason."""
    reader = importlib.import_module(f"newsclf.sources.{source.card.reader}")
    drafter = Drafter(source.card, labels)
    rows: Counter[str] = Counter()
    drafts: dict[str, Draft] = {}
    quarantine: list[tuple[str, ...]] = []
    for path in source.files:
        file = source.name_of(path)
        items: Iterator[Item] = reader.read_items(path, source.card)
        for item in items:
            rows[file] += 1
            draft = drafter.draft(item, file)
            if isinstance(draft, Draft):
                first = drafts.setdefault(draft.values["id"], draft)
                if first is draft:
                    continue
                draft = _why_set_aside(draft, first)
            quarantine.append((source.card.name, file, item.place, draft, item.title, item.section))
    drafter.refuse_unmapped_sections()
    return _Reading(source.card.name, rows, list(drafts.values()), quarantine, drafter.unread_dates)


def _why_set_aside(draft: Draft, first: Draft) -> str:
    if any(draft.values[name] != first.values[name] for name in ("kind", "title", "body")):
        raise InputError(
            f"{draft.file}, {draft.place}, has the id of another text, {first.values['id']!r} "
            f"in {first.file}, {first.place}"
        )
    return f"says the same as {first.file}, {first.place}"


def _split(drafts: list[Draft], roots: list[int]) -> None:
    """Give every draft its group and split.

    A group is named for its first record. It goes whole to the test or dev set if any of its records
    has that role, and otherwise where the hash of its name says, by the largest shares of its sources.
    """
    members: defaultdict[int, list[Draft]] = defaultdict(list)
    for draft, root in zip(drafts, roots, strict=True):
        members[root].append(draft)
    for group in members.values():
        name = group[0].values["id"]
        roles = {draft.values["role"] for draft in group} - {None}
        if roles:
            split = "test" if "test" in roles else "dev"
        else:
            test_share = max(draft.card.test_share for draft in group)
            dev_share = min(max(draft.card.dev_share for draft in group), 1 - test_share)
            split = split_of_group(name, test_share, dev_share)
        for draft in group:
            draft.values.update(group=name, split=split)


def _summary(readings: list[_Reading], table: pa.Table) -> dict[str, Any]:
    rows = {reading.name: reading.rows.total() for reading in readings}
    reasons = Counter(row[3].split(" the same as ")[0] for reading in readings for row in reading.quarantine)
    return {
        "rows": sum(rows.values()),
        "records": table.num_rows,
        "quarantined": reasons.total(),
        "reasons": dict(sorted(reasons.items())),
        "sources": {
            reading.name: {
                "files": dict(reading.rows),
                "rows": rows[reading.name],
                "records": len(reading.drafts),
                "quarantined": len(reading.quarantine),
                "unread_dates": reading.unread_dates,
                **counts_of_records(table.filter(pc.equal(table["source"], reading.name))),
            }
            for reading in readings
        },
        "duplicates": counts_of_groups(table),
    }


def _write(folder: Path, table: pa.Table, quarantine: list[tuple[str, ...]], summary: dict[str, Any]) -> Prepared:
    prepared = Prepared(folder / "records.parquet", folder / "quarantine.csv", summary, reused=False)
    write_records(table, prepared.records)
    with replaced_file(prepared.quarantine) as aside, aside.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(_QUARANTINE_COLUMNS)
        writer.writerows(quarantine)
    with replaced_file(folder / "summary.txt") as aside:
        aside.write_text(readable(summary), encoding="utf-8")
    # Last, because it vouches for the others.
    names = ("records.parquet", "quarantine.csv", "summary.txt")
    summary["files"] = {name: sha256_of_file(folder / name) for name in names}
    with replaced_file(folder / "summary.json") as aside:
        aside.write_text(json.dumps(summary, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return prepared
