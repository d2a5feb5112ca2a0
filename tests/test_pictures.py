"""The pictures of a run are there, are the same every time, and their Arabic can be read."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from newsclf.pictures import draw_pictures
from newsclf.predictor import Predictor
from tests.prediction_tables import predictions_of, run_predictions

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def test_the_pictures_of_the_test(tiny_predictor: Predictor, tmp_path: Path) -> None:
    predictions = run_predictions(tiny_predictor)
    drawn = draw_pictures(predictions, tmp_path / "once")
    assert [path.name for path in drawn] == [
        "confusion-headline.png",
        "confusion-article.png",
        "per-class.png",
        "reliability.png",
        "coverage.png",
    ]
    assert all(path.read_bytes().startswith(SIGNATURE) for path in drawn)
    again = draw_pictures(predictions, tmp_path / "again")
    for path, other in zip(drawn, again, strict=True):
        assert path.read_bytes() == other.read_bytes(), f"{path.name} differs from run to run"


def test_categories_stand_in_one_order_whatever_the_model_has(tiny_predictor: Predictor, tmp_path: Path) -> None:
    predictions = run_predictions(tiny_predictor)
    turned = predictions.select(
        [name for name in predictions.column_names if not name.startswith("p.")]
        + sorted((name for name in predictions.column_names if name.startswith("p.")), reverse=True)
    )
    for name in ("confusion-headline.png", "per-class.png"):
        both = []
        for folder, table in (("one", predictions), ("other", turned)):
            draw_pictures(table, tmp_path / folder)
            both.append((tmp_path / folder / name).read_bytes())
        assert both[0] == both[1]


def test_predictions_of_one_view_and_nothing_confident(tiny_predictor: Predictor, tmp_path: Path) -> None:
    unsure = predictions_of(tiny_predictor, ["psg", "2030"], ["sport", "economy"])
    assert unsure["confident"].to_pylist() == [False, False]
    assert len(draw_pictures(unsure, tmp_path)) == 4


def test_no_predictions_no_pictures(tiny_predictor: Predictor, tmp_path: Path) -> None:
    assert draw_pictures(run_predictions(tiny_predictor).slice(0, 0), tmp_path) == []


def test_arabic_letters_are_joined() -> None:
    # A non-joiner between the letters forces the isolated forms, which are wider. An older matplotlib
    # draws nothing else.
    figure = Figure()
    joined = figure.text(0, 0, "سياسة").get_window_extent()
    isolated = figure.text(0, 0, "\u200c".join("سياسة")).get_window_extent()
    assert joined.width < 0.9 * isolated.width
