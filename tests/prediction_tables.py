"""Tables of predictions for tests of what is made of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from newsclf.predictor import Predictor
from tests.conftest import headlines

# Not in the training headlines, and some of them hard.
UNSEEN = (
    ("توقيف لاعب سابق بتهمة الاتجار في المخدرات", "security"),
    ("رئيس الحكومة يحضر نهائي كأس العرش", "sport"),
    ("وزيرة المالية تعرض مشروع الميزانية أمام البرلمان", "economy"),
    ("مباحثات بين وزير الدفاع ونظيره حول مناورات مشتركة", "security"),
    ("مهرجان للرماية التقليدية يجمع فرسان الأقاليم", "other"),
    ("حزب يطالب بخفض أسعار المحروقات", "politics"),
)


def predictions_of(
    predictor: Predictor, texts: Sequence[str], truth: Sequence[str], split: str = "test", view: str = "headline"
) -> pa.Table:
    """Return a predictor's predictions as a run keeps them."""
    probabilities = predictor.predict_proba(texts)
    batch = predictor.predict_batch(texts)
    n = len(texts)
    table = pa.table(
        {
            "id": [f"{split}-{view}-{place}" for place in range(n)],
            "split": [split] * n,
            "view": [view] * n,
            "source": ["written"] * n,
            "kind": ["ticker" if place % 3 else "headline" for place in range(n)],
            "style": pa.array([None if place % 4 else "darija" for place in range(n)], pa.string()),
            "label_origin": ["author"] * n,
            "guideline": [place % 2 == 0 for place in range(n)],
            "year": pa.array([None if place % 5 else 2024 for place in range(n)], pa.int32()),
            "text": list(texts),
            "category": list(truth),
            "predicted": batch.categories.cast(pa.string()),
            "confident": batch.confident,
            "unknown_share": pa.array(np.linspace(0, 1, n), pa.float32()),
        }
    )
    for column, name in enumerate(predictor.categories):
        table = table.append_column(f"p.{name}", pa.array(probabilities[:, column]))
    return table


def run_predictions(predictor: Predictor) -> pa.Table:
    """Return predictions of two splits and two views, right ones and wrong ones."""
    known, categories = headlines()
    texts = [*known, *(text for text, _ in UNSEEN)]
    truth = [*categories, *(category for _, category in UNSEEN)]
    # Labels that are wrong, as every collection has some.
    truth[0], truth[20] = "sport", "other"
    return pa.concat_tables(
        [
            predictions_of(predictor, texts, truth, "dev"),
            predictions_of(predictor, texts, truth),
            predictions_of(predictor, [f"{text} {text}" for text in texts], truth, view="article"),
        ]
    )
