"""The option of every command that reads sources: where their files are."""

from __future__ import annotations

from pathlib import Path

import click

data_root_option = click.option(
    "--data-root",
    type=click.Path(path_type=Path),
    envvar="NEWSCLF_DATA_ROOT",
    help="Folder that the source cards' files are under (or set NEWSCLF_DATA_ROOT).",
)
