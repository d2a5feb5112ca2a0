"""Arrays in numpy's zip format, without pickle: the same arrays give the same bytes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from newsclf.errors import ModelError


def npz_bytes(arrays: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """Return arrays as the content of an ``.npz`` file, with fixed times.

    Parameters
    ----------
    arrays : mapping of str to ndarray

    Returns
    -------
    bytes
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, array in arrays.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, np.ascontiguousarray(array), allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, member.getvalue())
    return buffer.getvalue()


def npz_arrays(content: bytes, path: Path) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays of an ``.npz`` file's content.

    Parameters
    ----------
    content : bytes
    path : Path
        Where it was read, to be named in the error.

    Raises
    ------
    ModelError
        If it is damaged, or holds anything but plain arrays.
    """
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    # What is no archive at all, numpy takes for a single array or a pickle.
    except (ValueError, zipfile.BadZipFile, EOFError, OSError, AttributeError, TypeError) as error:
        raise ModelError(f"{path} is damaged: {error}") from error
