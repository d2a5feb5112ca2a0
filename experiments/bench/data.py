"""The texts that everything is measured on: made once from the record table, the same for every peer."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from newsclf.prepare import label_files_in_repository, prepare
from newsclf.records import read_records
from newsclf.sources.card import repository_root
from newsclf.views import stacked_views, view_texts

CORPORA_CARDS = ("written", "hespress", "sanad", "ant_jawhara", "ant_multisource", "egypt_rss")
# Its sections are no topics of ours: "politics" holds most of the unrest of 2013.
UNTRUSTED_SECTIONS = ("egypt_rss",)
HEADLINES = 100_000
ARTICLES = 8_000
LEAD_WORDS = 60
SEED = 5


def corpora_folder() -> Path | None:
    """Return the folder of the corpora: NEWSCLF_CORPORA, or shared/corpora beside the repository; None if absent."""
    named = os.environ.get("NEWSCLF_CORPORA")
    folder = Path(named) if named else repository_root().parent / "shared" / "corpora"
    return folder if folder.is_dir() else None


def make_data(folder: Path) -> dict[str, Any]:
    """Write the texts to train, test and measure with, and return what they are.

    Without the corpora, the texts written for the project stand in for them, repeated until there are
    enough: rates are then those of few distinct words.
    """
    corpora = corpora_folder()
    cards: Sequence[str] = CORPORA_CARDS if corpora else ("written",)
    prepared = prepare(cards, corpora, folder / "records", label_files_in_repository())
    about_file = folder / "about.json"
    fingerprint = prepared.summary["fingerprint"]
    if about_file.is_file():
        about: dict[str, Any] = json.loads(about_file.read_text(encoding="utf-8"))
        if about["records_fingerprint"] == fingerprint:
            return about
    records = read_records(prepared.records)
    labelled = records.filter(pc.is_valid(records["category"]))
    train = training_table(labelled)
    test = test_table(labelled)
    headlines = repeated(shuffled(nonempty(records["title"])), HEADLINES)
    articles = repeated(shuffled(view_texts(records, "article").drop_null()), ARTICLES)
    for name, table in (
        ("train", train),
        ("test", test),
        ("headlines", pa.table({"text": headlines})),
        ("articles", pa.table({"text": articles})),
        ("labelled", labelled.select(["title", "body", "category"])),
    ):
        pq.write_table(table, folder / f"{name}.parquet", compression="zstd")
    about = {
        "records_fingerprint": fingerprint,
        "corpora": corpora is not None,
        "train_texts": len(train),
        "test_headlines": len(test),
        "guideline_headlines": int(pc.sum(test["guideline"]).as_py() or 0),
        "headlines": len(headlines),
        "headlines_bytes": int(pc.sum(pc.binary_length(headlines)).as_py()),
        "headlines_distinct_chunks": len(pc.ascii_split_whitespace(headlines).flatten().unique()),
        "articles": len(articles),
        "articles_bytes": int(pc.sum(pc.binary_length(articles)).as_py()),
        "labelled_records": len(labelled),
    }
    about_file.write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
    return about


def training_table(labelled: pa.Table) -> pa.Table:
    """Return headlines, and headlines with leads, of the training records whose label can be trusted, shuffled."""
    untrusted = pc.and_(
        pc.is_in(labelled["source"], pa.array(UNTRUSTED_SECTIONS)), pc.equal(labelled["label_origin"], "section")
    )
    chosen = labelled.filter(pc.and_(pc.equal(labelled["split"], "train"), pc.invert(untrusted)))
    texts, rows = stacked_views(chosen, ("headline", "lead"), LEAD_WORDS)
    table = pa.table({"text": texts, "label": chosen["category"].combine_chunks().take(pa.array(rows))})
    return table.take(pa.array(np.random.default_rng(SEED).permutation(len(table))))


def test_table(labelled: pa.Table) -> pa.Table:
    """Return the headlines of split test that were labelled by reading, or by their author where none was read."""
    tested = labelled.filter(pc.and_(pc.equal(labelled["split"], "test"), pc.not_equal(labelled["title"], "")))
    read = tested.filter(pc.equal(tested["label_origin"], "annotator"))
    chosen = read if len(read) else tested
    return pa.table(
        {
            "text": chosen["title"],
            "label": chosen["category"],
            "guideline": pc.fill_null(pc.equal(chosen["role"], "test"), False),
        }
    )


def nonempty(column: pa.ChunkedArray) -> pa.Array:
    """Return the texts that are not empty."""
    texts = column.combine_chunks()
    return texts.filter(pc.not_equal(texts, ""))


def shuffled(texts: pa.Array) -> pa.Array:
    """Return texts in an order that is the same each time, no outlet or section standing together."""
    return texts.take(pa.array(np.random.default_rng(SEED).permutation(len(texts))))


def repeated(texts: pa.Array, count: int) -> pa.Array:
    """Return so many texts, from the beginning again when they run out."""
    return texts.take(pa.array(np.arange(count) % len(texts)))


if __name__ == "__main__":
    print(json.dumps(make_data(Path(sys.argv[1]))))
