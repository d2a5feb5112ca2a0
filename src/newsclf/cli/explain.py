"""``newsclf explain``: what each word of a text adds to each category."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from newsclf.cli.output import CSV, JSONL, chosen_shape, columns_text, format_option, model_option, standard_output

if TYPE_CHECKING:
    from newsclf.predictor import Predictor


@click.command()
@click.argument("text")
@model_option
@format_option
def explain(text: str, model: str | None, shape: str | None) -> None:
    """Show what each word of TEXT adds to the score of each category, the winner first.

    The contributions of the words and the bias add up to the score.

    \b
    Example:
      newsclf explain "الوداد يتعاقد مع مدرب جديد"
    """
    from newsclf.loading import load

    predictor = load(model)
    shape = chosen_shape(shape)
    output = standard_output()
    explanation = _explanation(predictor, text)
    if shape == JSONL:
        output.write(json.dumps(explanation, ensure_ascii=False) + "\n")
    elif shape == CSV:
        writer = csv.writer(output, lineterminator="\n")
        writer.writerow(["row", "word", *explanation["scores"]])
        writer.writerows([row, word, *numbers.values()] for row, word, numbers in _rows(explanation))
    else:
        output.write(_table(explanation))


def _explanation(predictor: Predictor, text: str) -> dict[str, Any]:
    """Return contributions, sums, bias, scores and probabilities, the categories in order of their scores."""
    answer = predictor.tag(text)
    scores = predictor.decision_function([text])[0]
    order = sorted(range(len(scores)), key=lambda column: -scores[column])
    names = [predictor.categories[column] for column in order]

    def by_category(values: Any) -> dict[str, float]:
        return {predictor.categories[column]: float(values[column]) for column in order}

    contributions = predictor.explain(text)
    return {
        "text": text,
        "category": answer.category,
        "probability": answer.probability,
        "confident": answer.confident,
        "words": [
            {"word": word, "contributions": {name: shares[name] for name in names}} for word, shares in contributions
        ],
        "sums": {name: math.fsum(shares[name] for _, shares in contributions) for name in names},
        "bias": by_category(predictor.model.bias),
        "scores": by_category(scores),
        "probabilities": by_category(predictor.predict_proba([text])[0]),
    }


def _rows(explanation: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, float]]]:
    """Give what each row is of, its word and its numbers."""
    for word in explanation["words"]:
        yield "word", word["word"], word["contributions"]
    for row in ("sums", "bias", "scores", "probabilities"):
        yield row, "", explanation[row]


def _table(explanation: dict[str, Any]) -> str:
    names = list(explanation["scores"])
    sure = "confident" if explanation["confident"] else "not confident"
    head = f"{explanation['category']} {explanation['probability']:.2f}, {sure}\n"
    if not any(any(word["contributions"].values()) for word in explanation["words"]):
        return f"{head}No word of this text tells anything.\n"
    # Words come last: a terminal that turns Arabic around then leaves the columns where they are.
    rows = [[*names, ""]]
    for row, word, numbers in _rows(explanation):
        rows.append([*(f"{numbers[name]:+.3f}" for name in names), word or f"= {row}"])
    return f"{head}\n{columns_text(rows)}"
