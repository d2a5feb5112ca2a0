"""What of a record is given to a model: its headline, headline and lead, or headline and body."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from newsclf.errors import ConfigurationError

VIEWS = ("headline", "lead", "article")


def view_texts(records: pa.Table, view: str, lead_words: int = 60) -> pa.Array:
    """Return one text for each record, null where the record doesn't have that view.

    Parameters
    ----------
    records : pyarrow.Table
        With the columns title and body.
    view : {"headline", "lead", "article"}
        ``headline``: the title. ``lead``: the title and the first words of the body. ``article``:
        title and body. The last two need a body; a record without a title gives its body alone.
    lead_words : int
        Words of the body in a lead.

    Returns
    -------
    pyarrow.StringArray

    Examples
    --------
    >>> records = pa.table({"title": ["عاجل: زلزال", ""], "body": ["", "ضرب زلزال إقليم الحوز ليلا"]})
    >>> view_texts(records, "headline").to_pylist()
    ['عاجل: زلزال', None]
    >>> view_texts(records, "lead", 3).to_pylist()
    [None, 'ضرب زلزال إقليم']
    """
    titles = records["title"].combine_chunks()
    if view == "headline":
        return pc.if_else(pc.equal(titles, ""), pa.scalar(None, pa.string()), titles)
    if view not in VIEWS:
        raise ConfigurationError(f"view {view!r} is none of {', '.join(VIEWS)}")
    bodies = records["body"].combine_chunks()
    if view == "lead":
        leads = [" ".join(body.split(None, lead_words)[:lead_words]) for body in bodies.to_pylist()]
        bodies = pa.array(leads, pa.string())
    joined = pc.utf8_trim_whitespace(pc.binary_join_element_wise(titles, bodies, " "))
    return pc.if_else(pc.equal(records["body"].combine_chunks(), ""), pa.scalar(None, pa.string()), joined)


def stacked_views(records: pa.Table, views: tuple[str, ...], lead_words: int = 60) -> tuple[pa.Array, np.ndarray]:
    """Return the texts of several views one below the other, and the row of the record each is of."""
    texts, rows = [], []
    for view in views:
        of_view = view_texts(records, view, lead_words)
        there = np.flatnonzero(of_view.is_valid().to_numpy(zero_copy_only=False))
        texts.append(of_view.take(pa.array(there)))
        rows.append(there)
    return pa.concat_arrays(texts), np.concatenate(rows)


def whole_texts(records: pa.Table) -> pa.Array:
    """Return all there is of each record, title and body; one text for each.

    Examples
    --------
    >>> records = pa.table({"title": ["عاجل: زلزال", ""], "body": ["", "ضرب زلزال إقليم الحوز"]})
    >>> whole_texts(records).to_pylist()
    ['عاجل: زلزال', 'ضرب زلزال إقليم الحوز']
    """
    return pc.coalesce(view_texts(records, "article"), view_texts(records, "headline"), pa.scalar(""))
