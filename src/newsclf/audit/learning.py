"""Checks that train models: labels that they contradict, and whether they beat a list of keywords at all."""

from __future__ import annotations

from cleanlab.filter import find_label_issues

from newsclf.audit.corpus import Corpus
from newsclf.audit.finding import Check, Evidence, Example, NotApplicable, Severity
from newsclf.estimators import KeywordClassifier


def _label_suspects(corpus: Corpus) -> Evidence | NotApplicable | None:
    found = corpus.out_of_fold
    if isinstance(found, str):
        return NotApplicable(found)
    suspects = find_label_issues(
        found.given,
        found.probabilities,
        filter_by="confident_learning",
        return_indices_ranked_by="normalized_margin",
        n_jobs=1,
    )
    second, disputed = corpus.column("second"), corpus.column("disputed")
    examples = []
    for place in suspects.tolist():
        row = int(found.rows[place])
        probabilities = found.probabilities[place]
        suggested = str(found.categories[probabilities.argmax()])
        given = str(found.categories[found.given[place]])
        # What readers know to be on a border is no news.
        if suggested not in (given, second[row]) and not disputed[row]:
            detail = f"{given} {probabilities[found.given[place]]:.2f}, suggested {suggested} {probabilities.max():.2f}"
            examples.append(Example(corpus.shown(row), corpus.ids[row], detail))
    if not examples:
        return None
    return Evidence(
        f"{len(examples):,} of {found.rows.size:,} categories are contradicted by models that did not see the record "
        f"(right on {found.accuracy:.1%} of all)",
        tuple(examples),
    )


def _worse_than_keywords(corpus: Corpus) -> Evidence | NotApplicable | None:
    if not corpus.keywords:
        return NotApplicable("no keywords are known; they stand in experiments/baselines/keyword.toml")
    found = corpus.out_of_fold
    if isinstance(found, str):
        return NotApplicable(found)
    keyword = found.accuracy_of(KeywordClassifier(corpus.keywords))
    if found.accuracy > keyword:
        return None
    return Evidence(
        f"trained models are right on {found.accuracy:.1%} of the records they did not see, a list of keywords on "
        f"{keyword:.1%}",
        (),
    )


CHECKS = (
    Check(
        code="NC017",
        title="Categories to read again",
        severity=Severity.NOTE,
        explanation=(
            "Confident learning (cleanlab) names the records whose category is improbable by cross-validated models. "
            "Some are wrong labels, some are texts the models get wrong. Where the suggestion is the noted second "
            "category, the record is not named."
        ),
        fix="Read them by data/LABELLING.md, the first ones first; correct the category or note a second one.",
        find=_label_suspects,
        trains=True,
    ),
    Check(
        code="NC018",
        title="Worse than a list of keywords",
        severity=Severity.ERROR,
        explanation="What is learnt from some records does not hold for the others: texts and categories are at odds.",
        fix="Look at the other findings first, then at a sample of the records, text beside category.",
        find=_worse_than_keywords,
        trains=True,
    ),
)
