"""What a training or an evaluation says of itself at the end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from newsclf.experiment import Outcome


def metrics_table(metrics: Mapping[str, float]) -> str:
    """Return the headline figures as a table: one line for each test and slice.

    Examples
    --------
    >>> print(metrics_table({"test.headline.count": 10, "test.headline.accuracy": 0.9,
    ...     "test.headline.accuracy.low": 0.7, "test.headline.accuracy.high": 1.0, "test.headline.macro_f1": 0.8,
    ...     "test.headline.calibration_error": 0.03, "test.headline.coverage": 0.5}))
    test           texts  accuracy (95 %)         macro-F1  calibration error  confident
    test.headline     10  0.900 (0.700 to 1.000)     0.800              0.030       50 %
    """
    names = [name.removesuffix(".accuracy.low") for name in metrics if name.endswith(".accuracy.low")]
    names = [name for name in names if f"{name}.count" in metrics]
    width = max(map(len, [*names, "test"]))
    lines = [f"{'test':<{width}}  texts  {'accuracy (95 %)':<22}  macro-F1  calibration error  confident"]
    for name in names:
        low, high = metrics[f"{name}.accuracy.low"], metrics[f"{name}.accuracy.high"]
        interval = f"{metrics[f'{name}.accuracy']:.3f} ({low:.3f} to {high:.3f})"
        lines.append(
            f"{name:<{width}}  {metrics[f'{name}.count']:>5.0f}  {interval:<22}  {metrics[f'{name}.macro_f1']:>8.3f}"
            f"  {metrics[f'{name}.calibration_error']:>17.3f}  {100 * metrics[f'{name}.coverage']:>7.0f} %"
        )
    return "\n".join(lines)


def training_summary(outcome: Outcome) -> str:
    """Return what a training did, how good the model is, and what to type next."""
    run = outcome.run
    metrics = run["metrics"]
    made = "reused" if outcome.prepared.reused else "prepared"
    lines = [
        "",
        f"Trained {run['name']!r} ({run['family']}) on {metrics['training.texts']:,.0f} texts "
        f"in {metrics['training.fit_seconds']:.1f} s; records {made} in {outcome.prepared.records.parent}.",
        "",
        metrics_table(metrics),
        "",
        f"Report   {outcome.folder / 'report.html'}",
    ]
    if outcome.model_folder is not None:
        lines.append(f"Model    {outcome.model_folder}")
    if outcome.run_id is not None:
        lines.append(f"MLflow   run {outcome.run_id}")
    if outcome.model_folder is not None:
        lines += ["", "Next:", f'  newsclf tag --model {outcome.model_folder} "الوداد يتعاقد مع مدرب جديد"']
        lines += [f"  newsclf predict IN.csv OUT.csv --model {outcome.model_folder}", "  make ui"]
    return "\n".join(lines)
