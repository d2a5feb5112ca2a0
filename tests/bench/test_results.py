"""From what was measured to tables and picture: medians, ratios the right way round, nothing left out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bench import comparison, picture, tables

ABOUT = {
    "corpora": True,
    "train_texts": 10,
    "test_headlines": 5,
    "headlines": 1000,
    "headlines_bytes": 100_000,
    "headlines_distinct_chunks": 50,
    "articles": 10,
    "articles_bytes": 2_000_000,
}


def measured(seconds: float, **more: Any) -> dict[str, Any]:
    return {
        "headlines_seconds": seconds,
        "headlines_first_seconds": 2 * seconds,
        "articles_seconds": 4 * seconds,
        "fit_seconds": 3.0,
        "model_bytes": 5_000_000,
        "headlines_peak_bytes": 80_000_000,
        "cold_seconds": 0.4,
        "accuracy": 0.8,
        "guideline_accuracy": 0.9,
        **more,
    }


@pytest.fixture
def results() -> dict[str, Any]:
    peers = {
        "newsclf": measured(0.002),
        "newsclf-arrow": measured(0.001),
        "floor": dict.fromkeys(("headlines_seconds", "headlines_first_seconds", "articles_seconds"), 0.0008),
        "fasttext-words": measured(0.01, guideline_accuracy=None),
    }
    comparison.add_rates(peers, ABOUT)
    return {
        "data": ABOUT,
        "rounds": 3,
        "peers": peers,
        "skipped": {"vowpalwabbit": "the module vowpalwabbit is not installed here"},
        "ratios": comparison.ratios(peers),
        "cold": {"imports_seconds": 0.2, "newsclf_seconds": 0.3, "ratio": 1.5},
        "machine": {
            "python": "3.11.7",
            "numpy": "2",
            "pyarrow": "25",
            "processor": "x",
            "cores": 2,
            "load_before": 0.1,
            "load_after": 1.1,
        },
        "stages": [
            {"stage": "split", "milliseconds": 30.0, "share": 0.75},
            {"stage": "sum", "milliseconds": 10.0, "share": 0.25},
            {"stage": "floor", "milliseconds": 35.0, "share": 0.875},
        ],
        "fit_curve": [{"records": 1000, "texts": 2000, "seconds": 1.5, "steps": 9, "peak_bytes": 300_000_000}],
        "live": [{"process": "newsclf tag -", "lines": 5000, "median_ms": 0.618, "p95_ms": 0.79, "p99_ms": 0.881}],
        "file_jobs": [{"rows": 1_000_000, "workers": 1, "seconds": 4.0, "peak_bytes": 500_000_000}],
    }


def test_ratios_say_how_many_times_as_fast_we_are_from_the_same_kind_of_input(results: dict[str, Any]) -> None:
    ratios = results["ratios"]
    assert ratios["fasttext-words"]["headlines_per_second"] == pytest.approx(5.0)
    assert ratios["floor"]["headlines_per_second"] == pytest.approx(0.8)
    assert set(ratios) == {"fasttext-words", "floor"}


def test_rates_come_from_seconds_and_sizes(results: dict[str, Any]) -> None:
    ours = results["peers"]["newsclf"]
    assert ours["headlines_per_second"] == pytest.approx(500_000)
    assert ours["first_headlines_per_second"] == pytest.approx(250_000)
    assert ours["article_megabytes_per_second"] == pytest.approx(250)


def test_a_median_of_rounds_keeps_what_is_no_number() -> None:
    rounds = [{"seconds": 3.0, "guideline_accuracy": None}, {"seconds": 1.0, "guideline_accuracy": None}]
    assert comparison.medians(rounds) == {"seconds": 2.0, "guideline_accuracy": None}


def test_the_tables_name_every_peer_and_why_one_is_missing(results: dict[str, Any]) -> None:
    text = tables.markdown(results)
    for title in ("newsclf, from a Python list", "newsclf, from an Arrow array", "floor", "fastText, words"):
        assert title in text
    assert "Vowpal Wabbit, words (the module vowpalwabbit is not installed here)" in text
    assert "| fastText, words | 5.0 | 5.0 |" in text
    assert "| **all** | **40.0** |" in text
    assert "| 1,000,000 | 1 | 4.0 | 250,000 | 500 |" in text
    assert "| newsclf tag - | 5,000 | 0.62 | 0.79 | 0.88 |" in text
    assert "1.50 times" in text


def test_the_readme_keeps_what_stands_around_the_results(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("before\n<!-- results -->\nold\n<!-- end of results -->\nafter\n", encoding="utf-8")
    tables.put_between_marks(readme, "new \\1\n")
    tables.put_between_marks(readme, "newer \\1\n")
    assert readme.read_text(encoding="utf-8") == (
        "before\n<!-- results -->\nnewer \\1\n<!-- end of results -->\nafter\n"
    )


def test_the_picture_is_drawn(results: dict[str, Any], tmp_path: Path) -> None:
    picture.draw(results, tmp_path / "picture.png")
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")


def test_the_results_in_the_repository_give_its_tables() -> None:
    folder = Path(tables.__file__).parent
    if not (folder / "results.json").is_file():
        pytest.skip("no results have been published")
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    assert tables.markdown(results) in (folder / "README.md").read_text(encoding="utf-8")


def test_a_trained_peer_serves_again_while_the_records_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fits: list[str] = []

    def fit(job: str, peer: str, data: Path, model: Path) -> dict[str, Any]:
        fits.append(f"{job} {peer}")
        return {"fit_seconds": float(len(fits))}

    monkeypatch.setattr(comparison, "run_job", fit)
    for fingerprint, expected in (("a", 1.0), ("a", 1.0), ("b", 2.0)):
        measured = comparison.trained("floor", tmp_path, tmp_path, fingerprint, lambda _: None)
        assert measured == {"fit_seconds": expected}
    assert fits == ["fit floor"] * 2
