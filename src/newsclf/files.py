"""Writing files and folders whole or not at all, and digests of what is in them."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from newsclf.errors import InputError


@contextmanager
def replaced_file(path: Path) -> Iterator[Path]:
    """Give a path aside to write to; move it into place at the end, or remove it if the block fails.

    Raises
    ------
    InputError
        If the folder can't be written.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise InputError(f"{path} is a folder; name a file to write")
        yield aside
        if aside.exists():
            aside.replace(path)
    except OSError as error:
        raise InputError(f"{path} can't be written: {error.strerror or error}") from error
    finally:
        # Where the folder itself is at fault, the error above says so.
        with suppress(OSError):
            aside.unlink(missing_ok=True)


@contextmanager
def replaced_folder(folder: Path) -> Iterator[Path]:
    """Give an empty folder aside to fill; move it into place at the end, or remove it if the block fails.

    Raises
    ------
    InputError
        If the folder can't be written, or a file stands in its place.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file; name a folder to write")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    except OSError as error:
        raise InputError(f"{folder} can't be written: {error.strerror or error}") from error
    try:
        yield aside
        aside.chmod(0o755)
        if folder.exists():
            old = Path(tempfile.mkdtemp(prefix=f".{folder.name}.old.", dir=folder.parent))
            try:
                folder.replace(old / "replaced")
                aside.replace(folder)
            except BaseException:
                if not folder.exists():
                    (old / "replaced").replace(folder)
                raise
            finally:
                shutil.rmtree(old, ignore_errors=True)
        else:
            aside.replace(folder)
    except OSError as error:
        raise InputError(f"{folder} can't be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def refuse_unwritable(folder: Path) -> None:
    """Refuse an output folder before the work is done rather than after.

    Raises
    ------
    InputError
        If the folder can't be written, or a file stands in its place.
    """
    there = next(each for each in (folder.absolute(), *folder.absolute().parents) if each.exists())
    if not there.is_dir():
        raise InputError(f"{there} is a file; name a folder to write")
    if not os.access(there, os.W_OK | os.X_OK):
        raise InputError(f"{folder} can't be written: no permission to write in {there}")


def refuse_unwritable_file(file: Path) -> None:
    """Refuse an output file before the work is done rather than after.

    Raises
    ------
    InputError
        If the file's folder can't be written, or a folder stands in its place.
    """
    if file.is_dir():
        raise InputError(f"{file} is a folder; name a file to write")
    refuse_unwritable(file.absolute().parent)


def sha256_of_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
