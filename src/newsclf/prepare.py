"""From sources to records: reading, cleaning, labelling, grouping duplicates, splitting; nothing silently dropped."""

from __future__ import annotations

import csv
import hashlib
import importlib
import json
import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow as pa

from newsclf.cleaning import Cleaner
from newsclf.dates import parse_date
from newsclf.duplicates import duplicate_groups
from newsclf.errors import ConfigurationError, InputError
from newsclf.files import replaced_file, sha256_of_file
from newsclf.labels import Label, read_labels, title_key
from newsclf.records import KINDS, SCHEMA, fingerprint, split_of_group, write_records
from newsclf.sources.card import UNLABELLED, Card, read_card, repository_root
from newsclf.sources.item import Item
from newsclf.taxonomy import category_ids

_QUARANTINE_COLUMNS = ("source", "file", "place", "reason", "title", "section")
_LETTER_OR_DIGIT = re.compile(r"[^\W_]")
# Modules whose rules decide what records come out: records made by other rules are not up to date.
_RULES = (
    *("cleaning", "dates", "duplicates", "labels", "prepare", "records", "taxonomy", "text"),
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
    _refuse_unwritable(out_folder)
    labels_from = sorted(label_files)
    inputs = _digest_of_inputs(sources, labels_from)
    done = _up_to_date(out_folder, inputs)
    if done is not None:
        return done

    labels = read_labels(labels_from)
    drafts: list[_Draft] = []
    quarantine: list[_Quarantined] = []
    tallies = [_read_source(source, labels, drafts, quarantine) for source in sources]
    _refuse_unmapped_sections(tallies)
    drafts = _set_repeated_rows_aside(drafts, quarantine)
    for tally in tallies:
        tally.refuse_if_useless(drafts, quarantine)

    drafts.sort(key=lambda draft: draft.values["id"])
    groups = duplicate_groups(
        [draft.values["title"] for draft in drafts], [draft.values["body"] for draft in drafts]
    ).tolist()
    _split(drafts, groups)
    table = pa.Table.from_pylist([draft.values for draft in drafts], SCHEMA)
    summary = _summary(inputs, tallies, drafts, quarantine, labels)
    summary["fingerprint"] = fingerprint(table)
    return _write(out_folder, table, quarantine, summary)


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


@dataclass
class _Draft:
    """A record in the making, with what decides its split."""

    values: dict[str, Any]
    card: Card
    file: str
    place: str
    key: str


@dataclass(frozen=True)
class _Quarantined:
    source: str
    file: str
    place: str
    reason: str
    title: str
    section: str


@dataclass
class _Tally:
    """What was met while reading one source."""

    card: Card
    rows: Counter[str] = field(default_factory=Counter)
    unread_dates: int = 0
    unmapped: Counter[str] = field(default_factory=Counter)

    def refuse_if_useless(self, drafts: list[_Draft], quarantine: list[_Quarantined]) -> None:
        if any(draft.card is self.card for draft in drafts):
            return
        first = next((each for each in quarantine if each.source == self.card.name), None)
        why = f"; the first of {self.rows.total()} rows, {first.file}, {first.place}: {first.reason}" if first else ""
        raise InputError(f"card {self.card.name}: no row can be used{why}")


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


def _refuse_unwritable(folder: Path) -> None:
    """Refuse an output folder before the work is done rather than after."""
    there = next(each for each in (folder.absolute(), *folder.absolute().parents) if each.exists())
    if not there.is_dir():
        raise InputError(f"{there} is a file; name a folder to write")
    if not os.access(there, os.W_OK | os.X_OK):
        raise InputError(f"{folder} can't be written: no permission to write in {there}")


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


def _read_source(
    source: _Source, labels: Mapping[str, Label], drafts: list[_Draft], quarantine: list[_Quarantined]
) -> _Tally:
    card = source.card
    reader = importlib.import_module(f"newsclf.sources.{card.reader}")
    cleaner = Cleaner(card.mask, card.bylines)
    tally = _Tally(card)
    for path in source.files:
        file = source.name_of(path)
        items: Iterator[Item] = reader.read_items(path, card)
        for item in items:
            tally.rows[file] += 1
            draft = _draft(item, card, cleaner, labels, tally, file)
            if isinstance(draft, str):
                quarantine.append(_Quarantined(card.name, file, item.place, draft, item.title, item.section))
            else:
                drafts.append(draft)
    return tally


def _draft(
    item: Item, card: Card, cleaner: Cleaner, labels: Mapping[str, Label], tally: _Tally, file: str
) -> _Draft | str:
    """Return a record in the making, or why the item can't become one."""
    if item.fault:
        return item.fault
    title, body = cleaner.title(item.title), cleaner.body(item.body)
    title, body = (text if _LETTER_OR_DIGIT.search(text) else "" for text in (title, body))
    if not title and not body:
        return "has no word in its text" if item.title.strip() or item.body.strip() else "has no text"
    kind = "headline" if item.kind == "article" and not body else item.kind
    if kind not in KINDS:
        return f"kind {kind!r} is none of {', '.join(KINDS)}"

    category = item.category or card.category(item.section)
    if not category:
        tally.unmapped[item.section.strip()] += 1
    category = "" if category == UNLABELLED else category
    second = card.category(item.second) if item.second else ""
    if item.second and not second:
        tally.unmapped[item.second] += 1
    origin = card.label_origin if category else ""
    role = card.role
    key = title_key(item.title) if item.title else ""
    label = labels.get(key)
    if label is not None:
        category, second, origin, role = label.category, label.second, "annotator", label.split or role
    published_at = parse_date(item.published_at, card.time_zone) if item.published_at else None
    tally.unread_dates += bool(item.published_at) and published_at is None
    values = {
        "id": _record_id(card.name, item),
        "kind": kind,
        "title": title,
        "body": body,
        "category": category or None,
        "second": second if second not in ("", UNLABELLED, category) else None,
        "section": item.section.strip() or None,
        "source": card.name,
        "outlet": item.outlet or None,
        "published_at": published_at,
        "url": item.url or None,
        "label_origin": origin or None,
        "style": item.style or None,
        "disputed": item.disputed,
        "role": role,
    }
    return _Draft(values, card, file, item.place, key)


def _record_id(source: str, item: Item) -> str:
    """Return a name for an item that depends on nothing but what the source says of it."""
    if item.own_id:
        return f"{source}-{item.own_id}"
    content = [item.title, item.body, item.section, item.outlet, item.published_at, item.url]
    digest = hashlib.sha256(json.dumps(content, ensure_ascii=False).encode("utf-8", "replace"))
    return f"{source}-{digest.hexdigest()[:16]}"


def _refuse_unmapped_sections(tallies: list[_Tally]) -> None:
    for tally in tallies:
        if tally.unmapped:
            found = ", ".join(f"{name!r} ({count} rows)" for name, count in tally.unmapped.most_common(20))
            example = json.dumps(tally.unmapped.most_common(1)[0][0], ensure_ascii=False)
            raise ConfigurationError(
                f"card {tally.card.name}: no category is known for section {found}; say under [sections] what each "
                f'means, as in {example} = "other" (one of {", ".join(category_ids())}, or {UNLABELLED})'
            )


def _set_repeated_rows_aside(drafts: list[_Draft], quarantine: list[_Quarantined]) -> list[_Draft]:
    """Return the drafts without those that repeat an earlier one in everything."""
    kept: dict[str, _Draft] = {}
    for draft in drafts:
        values = draft.values
        first = kept.setdefault(values["id"], draft)
        if first is not draft:
            reason = f"says the same as {first.file}, {first.place}"
            quarantine.append(
                _Quarantined(draft.card.name, draft.file, draft.place, reason, values["title"], values["section"] or "")
            )
    return list(kept.values())


def _split(drafts: list[_Draft], roots: list[int]) -> None:
    """Give every draft its group and split.

    A group is named for its first record. It goes whole to the test or dev set if any of its records
    has that role, and otherwise where the hash of its name says, by the largest shares of its sources.
    """
    members: defaultdict[int, list[_Draft]] = defaultdict(list)
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


def _summary(
    inputs: str,
    tallies: list[_Tally],
    drafts: list[_Draft],
    quarantine: list[_Quarantined],
    labels: Mapping[str, Label],
) -> dict[str, Any]:
    by_source: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for draft in drafts:
        by_source[draft.values["source"]].append(draft.values)
    in_quarantine = Counter(each.source for each in quarantine)
    matched = {draft.key for draft in drafts}
    sizes = Counter(draft.values["group"] for draft in drafts)
    return {
        "inputs": inputs,
        "rows": sum(tally.rows.total() for tally in tallies),
        "records": len(drafts),
        "quarantined": len(quarantine),
        "reasons": dict(sorted(Counter(each.reason.split(" the same as ")[0] for each in quarantine).items())),
        "sources": {
            tally.card.name: {
                "files": dict(tally.rows),
                "rows": tally.rows.total(),
                "records": len(by_source[tally.card.name]),
                "quarantined": in_quarantine[tally.card.name],
                "unread_dates": tally.unread_dates,
                "categories": _counts(by_source[tally.card.name], "category", (*category_ids(), UNLABELLED)),
                "kinds": _counts(by_source[tally.card.name], "kind", KINDS),
                "splits": _counts(by_source[tally.card.name], "split", ("train", "dev", "test")),
            }
            for tally in tallies
        },
        "labels": {
            corpus: {"given": len(keys), "matched": len(keys & matched)}
            for corpus, keys in sorted(_keys_by_corpus(labels).items())
        },
        "duplicates": {
            "groups": len(sizes),
            "records_in_larger_groups": sum(size for size in sizes.values() if size > 1),
            "largest_group": max(sizes.values()),
        },
    }


def _counts(rows: list[dict[str, Any]], name: str, order: Sequence[str]) -> dict[str, int]:
    counts = Counter(row[name] or UNLABELLED for row in rows)
    return {value: counts[value] for value in order}


def _keys_by_corpus(labels: Mapping[str, Label]) -> dict[str, set[str]]:
    keys: defaultdict[str, set[str]] = defaultdict(set)
    for label in labels.values():
        keys[label.source].add(label.key)
    return keys


def _write(folder: Path, table: pa.Table, quarantine: list[_Quarantined], summary: dict[str, Any]) -> Prepared:
    prepared = Prepared(folder / "records.parquet", folder / "quarantine.csv", summary, reused=False)
    write_records(table, prepared.records)
    with replaced_file(prepared.quarantine) as aside, aside.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(_QUARANTINE_COLUMNS)
        writer.writerows([getattr(row, name) for name in _QUARANTINE_COLUMNS] for row in quarantine)
    with replaced_file(folder / "summary.txt") as aside:
        aside.write_text(readable(summary), encoding="utf-8")
    # Last, because it vouches for the others.
    names = ("records.parquet", "quarantine.csv", "summary.txt")
    summary["files"] = {name: sha256_of_file(folder / name) for name in names}
    with replaced_file(folder / "summary.json") as aside:
        aside.write_text(json.dumps(summary, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return prepared


def readable(summary: Mapping[str, Any]) -> str:
    """Return a summary as a table for a reader.

    Parameters
    ----------
    summary : mapping
        Of a `Prepared`.

    Returns
    -------
    str
    """
    columns = [*category_ids(), UNLABELLED]
    header = ["source", "rows", "records", "set aside", *columns, "train", "dev", "test"]
    lines = [header]
    for name, source in summary["sources"].items():
        counts = [source["rows"], source["records"], source["quarantined"]]
        counts += [source["categories"][column] for column in columns] + list(source["splits"].values())
        lines.append([name, *map(str, counts)])
    totals = [sum(int(line[column]) for line in lines[1:]) for column in range(1, len(header))]
    lines.append(["total", *map(str, totals)])
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    text = [
        "  ".join(
            [line[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True))]
        )
        for line in lines
    ]
    text.append("")
    duplicates = summary["duplicates"]
    text.append(
        f"{duplicates['groups']} groups; {duplicates['records_in_larger_groups']} records share a group with a "
        f"near-duplicate, at most {duplicates['largest_group']} in one"
    )
    for corpus, counts in summary["labels"].items():
        text.append(f"labels by reading, {corpus}: {counts['matched']} of {counts['given']} matched")
    for name, source in summary["sources"].items():
        if source["unread_dates"]:
            text.append(f"{name}: {source['unread_dates']} dates could not be read")
    for reason, count in summary["reasons"].items():
        text.append(f"set aside: {count} × {reason}")
    return "\n".join(text) + "\n"
