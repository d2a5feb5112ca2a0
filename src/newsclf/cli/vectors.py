"""`newsclf vectors`: context vectors of words, from text that nobody labelled."""

from __future__ import annotations

from pathlib import Path

import click

from newsclf.cli.dataroot import data_root_option


@click.command()
@click.argument("cards", nargs=-1, metavar="CARD...", required=True)
@data_root_option
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="File to write, as in data/context/vectors.npz.",
)
@click.option("--dimensions", type=click.IntRange(1), default=50, show_default=True, help="Length of the vectors.")
@click.option(
    "--min-document-frequency",
    type=click.IntRange(1),
    default=5,
    show_default=True,
    help="A word in fewer records has no vector.",
)
def vectors(
    cards: tuple[str, ...], data_root: Path | None, out: Path, dimensions: int, min_document_frequency: int
) -> None:
    """Learn from articles which words keep the same company.

    Every record of the sources counts, labelled or not, but those of the splits dev and test. The
    file holds words and numbers, no text; name it in an experiment under [training.context] and a
    model knows more words than the labelled texts hold.

    \b
    Examples:
      newsclf vectors hespress ant_multisource --data-root ~/corpora --out work/vectors.npz
    """
    import pyarrow.compute as pc

    from newsclf.contextvectors import context_vectors
    from newsclf.errors import InputError
    from newsclf.files import refuse_unwritable_file
    from newsclf.prepare import label_files_in_repository, prepare
    from newsclf.records import read_records
    from newsclf.views import whole_texts

    refuse_unwritable_file(out)
    folder = Path("work") / "records" / "-".join(sorted(Path(card).stem for card in cards))
    # The labels say which records are in the guideline set, and so in dev or test.
    records = read_records(prepare(cards, data_root, folder, label_files_in_repository()).records)
    learnt = records.filter(pc.equal(records["split"], "train"))
    found = context_vectors(whole_texts(learnt), dimensions, min_document_frequency)
    if found is None:
        raise InputError(
            f"{len(learnt)} records have too few words in common to learn from; add texts, or lower "
            "--min-document-frequency"
        )
    found.save(out)
    click.echo(f"{out}: {len(found.words):,} words, {found.dimensions} dimensions, from {len(learnt):,} records")
