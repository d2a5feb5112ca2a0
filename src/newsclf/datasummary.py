"""What a preparation of records found, for a program and for a reader."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from newsclf.labels import Label
from newsclf.records import KINDS, SPLITS
from newsclf.sources.card import UNLABELLED
from newsclf.taxonomy import category_ids

_CATEGORIES = (*category_ids(), UNLABELLED)


def counts_of_records(table: pa.Table) -> dict[str, dict[str, int]]:
    """Return how many records of a table there are of each category, kind and split."""
    return {
        "categories": _counts(table["category"], _CATEGORIES),
        "kinds": _counts(table["kind"], KINDS),
        "splits": _counts(table["split"], SPLITS),
    }


def _counts(column: pa.ChunkedArray, order: Sequence[str]) -> dict[str, int]:
    counts = Counter(pc.fill_null(column, UNLABELLED).to_pylist())
    return {value: counts[value] for value in order}


def counts_of_groups(table: pa.Table) -> dict[str, int]:
    """Return how many groups there are, how many records share one, and the size of the largest."""
    sizes = pc.value_counts(table["group"]).field("counts").to_pylist()
    return {
        "groups": len(sizes),
        "records_in_larger_groups": sum(size for size in sizes if size > 1),
        "largest_group": max(sizes),
    }


def counts_of_labels(labels: Iterable[Label], keys: set[str]) -> dict[str, dict[str, int]]:
    """Return for each corpus how many labels were given and how many of them found their title.

    Parameters
    ----------
    labels : iterable of Label
    keys : set of str
        The keys of the titles that are there.
    """
    given: Counter[str] = Counter()
    matched: Counter[str] = Counter()
    for label in labels:
        given[label.source] += 1
        matched[label.source] += label.key in keys
    return {source: {"given": given[source], "matched": matched[source]} for source in sorted(given)}


def readable(summary: Mapping[str, Any]) -> str:
    """Return a summary as a table for a reader.

    Parameters
    ----------
    summary : mapping
        The `summary` of what `newsclf.prepare.prepare` returns.

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
        # Of the corpora that were not prepared there is nothing to tell.
        if counts["matched"] or corpus in summary["sources"]:
            text.append(f"labels by reading, {corpus}: {counts['matched']} of {counts['given']} matched")
    for name, source in summary["sources"].items():
        if source["unread_dates"]:
            text.append(f"{name}: {source['unread_dates']} dates could not be read")
    for reason, count in summary["reasons"].items():
        text.append(f"set aside: {count} × {reason}")
    return "\n".join(text) + "\n"
