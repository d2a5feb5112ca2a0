"""What callers hand over as "texts", turned into one Arrow array or refused by name and position."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa

from newsclf.arrays import string_array
from newsclf.errors import InputError

# Arrow's strings have 32-bit offsets.
_MOST_STRING_BYTES = 2**31 - 1
# By the names of their types, since pandas is not imported here.
_MISSING = {"NoneType": "None", "NAType": "NA", "NaTType": "NaT"}


def as_texts(texts: Any) -> pa.Array:
    """Return texts as an Arrow string array without nulls.

    Parameters
    ----------
    texts : list, tuple or iterable of str, pandas Series, Arrow array or numpy array of str
        A single str counts as one text.

    Returns
    -------
    pyarrow.StringArray or pyarrow.LargeStringArray

    Raises
    ------
    InputError
        If something in it is not a text (None and NaN included), naming its position, or if it is
        a table, naming its columns.

    Examples
    --------
    >>> as_texts(("طنجة", "فاس")).to_pylist()
    ['طنجة', 'فاس']
    >>> as_texts(["طنجة", None])
    Traceback (most recent call last):
    newsclf.errors.InputError: text 1 is None; remove missing texts or fill them with "" first
    """
    if isinstance(texts, str):
        texts = [texts]
    if isinstance(texts, (bytes, dict)):
        raise InputError(f"texts must be str or a sequence of str, not {type(texts).__name__}")
    if hasattr(texts, "columns") or isinstance(texts, (pa.Table, pa.RecordBatch)):
        names = getattr(texts, "column_names", None) or list(getattr(texts, "columns", []))
        shown = ", ".join(repr(str(name)) for name in names)
        raise InputError(
            f'that is a table, not texts; pass one of its columns, as in table["title"] (columns: {shown})'
        )
    if not isinstance(texts, (pa.Array, pa.ChunkedArray)):
        texts = _from_python(texts)
    if isinstance(texts, pa.ChunkedArray):
        texts = _in_one(texts)
    return _checked(texts)


def _in_one(chunks: pa.ChunkedArray) -> pa.Array:
    if pa.types.is_string(chunks.type) and chunks.nbytes > _MOST_STRING_BYTES:
        chunks = chunks.cast(pa.large_string())
    return chunks.combine_chunks()


def _checked(array: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pa.types.is_null(array.type) and len(array) == 0:
        return string_array([])
    if array.null_count:
        position = array.is_null().index(True).as_py()
        raise InputError(f'text {position} is None; remove missing texts or fill them with "" first')
    if pa.types.is_string_view(array.type):
        array = array.cast(pa.large_string())
    if not (pa.types.is_string(array.type) or pa.types.is_large_string(array.type)):
        raise InputError(f"texts must be strings, not {array.type}")
    return array


def _from_python(texts: Any) -> pa.Array:
    if isinstance(texts, np.ndarray) and texts.ndim != 1:
        raise InputError(f"texts must have one dimension, not {texts.ndim}")
    if not isinstance(texts, Iterable):
        raise InputError(f"texts must be str or a sequence of str, not {type(texts).__name__}")
    values = texts.tolist() if hasattr(texts, "tolist") else list(texts)
    try:
        return string_array(values)
    except (TypeError, UnicodeEncodeError):
        return string_array([_valid(position, value) for position, value in enumerate(values)])


def _valid(position: int, value: Any) -> str:
    shown = "NaN" if isinstance(value, (float, np.floating)) and value != value else _MISSING.get(type(value).__name__)
    if shown is not None:
        raise InputError(f'text {position} is {shown}; remove missing texts or fill them with "" first')
    if not isinstance(value, str):
        raise InputError(f"text {position} is {type(value).__name__}, not str")
    # A lone surrogate is no character; Arrow and every file format refuse it.
    return value.encode("utf-8", "replace").decode("utf-8")
