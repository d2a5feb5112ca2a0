"""Results as Markdown: ratios first, and put into the README between its marks."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.peers import PEERS


def markdown(results: Mapping[str, Any]) -> str:
    """Return all results as Markdown tables."""
    parts = []
    if "peers" in results:
        parts += [
            _about(results),
            ratio_table(results["ratios"], results["cold"]),
            peer_table(results["peers"]),
            *(f"Not measured: {PEERS[name].title} ({reason})." for name, reason in results["skipped"].items()),
        ]
    sections: dict[str, tuple[str, Callable[[Sequence[Mapping[str, Any]]], str]]] = {
        "stages": ("Where the time of the headlines goes", stage_table),
        "fit_curve": ("Training, by number of records", curve_table),
        "live": ("`newsclf tag -`, one line at a time", live_table),
        "file_jobs": ("`newsclf predict`, Parquet to Parquet", jobs_table),
    }
    for name, (title, table) in sections.items():
        if name in results:
            parts += [f"### {title}", table(results[name])]
    return "\n\n".join(parts) + "\n"


def _about(results: Mapping[str, Any]) -> str:
    data, machine = results["data"], results["machine"]
    where = "the corpora" if data["corpora"] else "the texts written for the project, repeated"
    return (
        f"{data['headlines']:,} headlines ({data['headlines_bytes'] / 1e6:.1f} MB, "
        f"{data['headlines_distinct_chunks']:,} distinct pieces) and {data['articles']:,} articles "
        f"({data['articles_bytes'] / 1e6:.1f} MB) from {where}; every peer trained on the same "
        f"{data['train_texts']:,} texts and tested on the same {data['test_headlines']:,} headlines labelled by "
        f"reading. Python {machine['python']}, numpy {machine['numpy']}, pyarrow {machine['pyarrow']}, "
        f"{machine['processor']}, one thread; medians of {results['rounds']} rounds, in processor seconds. "
        f"Other work on the machine: load {machine['load_before']:.1f} before, {machine['load_after']:.1f} after, "
        f"{machine['cores']} cores."
    )


def ratio_table(ratios: Mapping[str, Mapping[str, float]], cold: Mapping[str, float]) -> str:
    """Return how newsclf stands to its peers."""
    rows = [
        [
            PEERS[name].title,
            f"{values['headlines_per_second']:.2f}" if name == "floor" else f"{values['headlines_per_second']:.1f}",
            f"{values['article_megabytes_per_second']:.2f}"
            if name == "floor"
            else f"{values['article_megabytes_per_second']:.1f}",
        ]
        for name, values in ratios.items()
    ]
    table = _table(["newsclf is so many times as fast as", "headlines/s", "articles, MB/s"], rows)
    return (
        f"{table}\n\nCold start, `import newsclf; newsclf.load(folder).predict([text])`: {cold['ratio']:.2f} times "
        f"`import numpy, pyarrow.compute` ({cold['newsclf_seconds']:.2f} s to {cold['imports_seconds']:.2f} s)."
    )


def peer_table(peers: Mapping[str, Mapping[str, Any]]) -> str:
    """Return what was measured of each peer."""
    columns: dict[str, Callable[[Mapping[str, Any]], str]] = {
        "headlines/s": lambda peer: f"{peer['headlines_per_second']:,.0f}",
        "the first time": lambda peer: f"{peer['first_headlines_per_second']:,.0f}",
        "articles MB/s": lambda peer: f"{peer['article_megabytes_per_second']:.1f}",
        "fit s": lambda peer: f"{peer['fit_seconds']:.0f}",
        "model MB": lambda peer: f"{peer['model_bytes'] / 1e6:.1f}",
        "peak MB": lambda peer: f"{peer['headlines_peak_bytes'] / 1e6:.0f}",
        "cold start s": lambda peer: f"{peer['cold_seconds']:.2f}",
        "accuracy": lambda peer: f"{peer['accuracy']:.3f}",
        "guideline": lambda peer: f"{peer['guideline_accuracy']:.3f}",
    }
    rows = []
    for name, peer in peers.items():
        if "headlines_per_second" in peer:
            cells = [_cell(show, peer) if name != "floor" or "/s" in head else "" for head, show in columns.items()]
            rows.append([PEERS[name].title, *cells])
    return _table(["", *columns], rows)


def _cell(show: Callable[[Mapping[str, Any]], str], peer: Mapping[str, Any]) -> str:
    try:
        return show(peer)
    except (KeyError, TypeError):
        # Not measured: a floor has no accuracy, the project's own texts no guideline set.
        return ""


def stage_table(stages: Sequence[Mapping[str, Any]]) -> str:
    """Return where the time goes."""
    floor = next(row["milliseconds"] for row in stages if row["stage"] == "floor")
    rows = [
        [row["stage"], f"{row['milliseconds']:.1f}", f"{100 * row['share']:.0f} %"]
        for row in stages
        if row["stage"] != "floor"
    ]
    whole = sum(row["milliseconds"] for row in stages if row["stage"] != "floor")
    rows.append(["**all**", f"**{whole:.1f}**", ""])
    rows.append(["the floor, in the same process", f"{floor:.1f}", f"{100 * floor / whole:.0f} %"])
    return _table(["stage", "ms", "share"], rows)


def curve_table(curve: Sequence[Mapping[str, Any]]) -> str:
    """Return how training grows."""
    rows = [
        [
            f"{row['records']:,}",
            f"{row['texts']:,}",
            f"{row['seconds']:.1f}",
            f"{row['steps']}",
            f"{row['peak_bytes'] / 1e6:,.0f}",
        ]
        for row in curve
    ]
    return _table(["records", "texts (headlines, and headlines with leads)", "s", "steps", "peak MB"], rows)


def live_table(processes: Sequence[Mapping[str, Any]]) -> str:
    """Return how long a line waits for its answer."""
    rows = [
        [row["process"], f"{row['lines']:,}", *(f"{row[name]:.2f}" for name in ("median_ms", "p95_ms", "p99_ms"))]
        for row in processes
    ]
    return _table(["process", "lines", "median ms (clock)", "95 % within ms", "99 % within ms"], rows)


def jobs_table(jobs: Sequence[Mapping[str, Any]]) -> str:
    """Return how tagging a file grows."""
    rows = [
        [
            f"{row['rows']:,}",
            f"{row['workers']}",
            f"{row['seconds']:.1f}",
            f"{row['rows'] / row['seconds']:,.0f}",
            f"{row['peak_bytes'] / 1e6:,.0f}",
        ]
        for row in jobs
    ]
    return _table(["rows", "workers", "s (clock)", "rows/s", "peak MB, all processes"], rows)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    aligned = ["---", *["---:"] * (len(header) - 1)]
    return "\n".join("| " + " | ".join(line) + " |" for line in (header, aligned, *rows))


def put_between_marks(readme: Path, text: str) -> None:
    """Replace what stands between the marks of a README."""
    begin, end = "<!-- results -->", "<!-- end of results -->"
    content = readme.read_text(encoding="utf-8")
    pattern = re.compile(re.escape(begin) + ".*" + re.escape(end), re.DOTALL)
    readme.write_text(pattern.sub(lambda _: f"{begin}\n{text}{end}", content), encoding="utf-8")
