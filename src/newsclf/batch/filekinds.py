"""Which format and compression a file has, from its name or as the caller says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from newsclf.errors import InputError

STANDARD = "-"
CSV = "csv"
TSV = "tsv"
JSONL = "jsonl"
PARQUET = "parquet"
TEXT = "text"
FORMATS = (CSV, TSV, JSONL, PARQUET, TEXT)
GZIP = "gzip"
ZSTD = "zstd"

_ENDINGS = {
    "csv": CSV,
    "tsv": TSV,
    "tab": TSV,
    "jsonl": JSONL,
    "ndjson": JSONL,
    "parquet": PARQUET,
    "pq": PARQUET,
    "txt": TEXT,
    "text": TEXT,
}
_COMPRESSIONS = {"gz": GZIP, "zst": ZSTD}


@dataclass(frozen=True)
class FileKind:
    """The format of a file and how it is compressed.

    Parameters
    ----------
    format : {"csv", "tsv", "jsonl", "parquet", "text"}
    compression : {"gzip", "zstd"} or None
        Of the file as a whole; Parquet compresses inside.
    """

    format: str
    compression: str | None = None


def file_kind(path: str, named: str | None, *, default: str) -> FileKind:
    """Return the kind of a file.

    Parameters
    ----------
    path : str
        The file; ``-`` for standard input or output.
    named : str or None
        What the caller says it is, as the ending of a file name ("csv", "jsonl.gz").
    default : str
        The format of standard input or output when the caller does not say.

    Returns
    -------
    FileKind

    Raises
    ------
    InputError
        If the path is a folder, or its ending says nothing, naming those that do.

    Examples
    --------
    >>> file_kind("عناوين.csv.gz", None, default="text")
    FileKind(format='csv', compression='gzip')
    >>> file_kind("-", "tsv", default="text")
    FileKind(format='tsv', compression=None)
    """
    if named is None and path == STANDARD:
        return FileKind(default)
    endings = (named if named is not None else Path(path).name).lower().split(".")
    compression = _COMPRESSIONS.get(endings[-1])
    if compression is not None:
        endings.pop()
    found = _ENDINGS.get(endings[-1]) if endings and (named is not None or len(endings) > 1) else None
    if found is None and named is None and Path(path).is_dir():
        raise InputError(f"{path} is a folder; name a file")
    if found is None:
        shown = repr(named) if named is not None else path
        known = ", ".join(_ENDINGS)
        raise InputError(
            f"{shown} does not say what format it is; known endings are {known}, alone or with .gz or .zst "
            "(see --input-format and --output-format)"
        )
    if found == PARQUET and compression is not None:
        raise InputError(f"{named or path}: Parquet is compressed inside; leave the second ending out")
    return FileKind(found, compression)
