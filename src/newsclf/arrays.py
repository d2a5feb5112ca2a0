"""Arrow arrays from Python strings and numpy numbers, and back.

`pyarrow.array` and `Array.to_numpy` import pandas wherever it is installed, which costs more time than
tagging ten thousand headlines. These do the same for the few kinds of array that tagging needs.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

_SEPARATOR = "\0"
# What the 32-bit offsets of a string array reach.
_MOST_BYTES = 2**31 - 1


def string_array(values: list[str]) -> pa.Array:
    """Return strings as an Arrow array.

    Raises
    ------
    TypeError
        If something is no string.
    UnicodeEncodeError
        If a string holds half of a surrogate pair.

    Examples
    --------
    >>> string_array(["طنجة", ""]).to_pylist()
    ['طنجة', '']
    """
    joined = _SEPARATOR.join(values)
    if joined.count(_SEPARATOR) >= max(len(values), 1):
        # A text holds the separator itself.
        return pa.array(values, pa.string())
    content = joined.encode()
    wide = len(content) > _MOST_BYTES
    offsets = np.array([0, len(content)], dtype=np.int64 if wide else np.int32)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(content)]
    whole = pa.Array.from_buffers(pa.large_string() if wide else pa.string(), 1, buffers)
    return pc.split_pattern(whole, pattern=_SEPARATOR).flatten() if values else whole.slice(1)


def number_array(values: npt.NDArray[Any]) -> pa.Array:
    """Return integers or floats as an Arrow array that shares their memory.

    Examples
    --------
    >>> number_array(np.array([3, 1])).to_pylist()
    [3, 1]
    """
    values = np.ascontiguousarray(values)
    return pa.Array.from_buffers(pa.from_numpy_dtype(values.dtype), values.size, [None, pa.py_buffer(values)])


def integers(array: pa.Array) -> npt.NDArray[Any]:
    """Return the integers of an Arrow array without nulls, sharing its memory.

    Examples
    --------
    >>> integers(number_array(np.array([3, 1, 2])).slice(1)).tolist()
    [1, 2]
    """
    dtype = np.dtype(str(array.type))
    return np.frombuffer(array.buffers()[1], dtype=dtype)[array.offset : array.offset + len(array)]


def boolean_array(values: npt.NDArray[np.bool_]) -> pa.Array:
    """Return booleans as an Arrow array.

    Examples
    --------
    >>> boolean_array(np.array([True, False])).to_pylist()
    [True, False]
    """
    bits = np.packbits(values, bitorder="little")
    return pa.Array.from_buffers(pa.bool_(), values.size, [None, pa.py_buffer(bits)])


def booleans(array: pa.Array) -> npt.NDArray[np.bool_]:
    """Return the booleans of an Arrow array; what stands for a null is undefined.

    Examples
    --------
    >>> booleans(boolean_array(np.array([True, False, True])).slice(1)).tolist()
    [False, True]
    """
    bits = np.frombuffer(array.buffers()[1], dtype=np.uint8)
    end = array.offset + len(array)
    return np.unpackbits(bits, count=end, bitorder="little")[array.offset :].view(np.bool_)


def binary_value(content: bytes) -> pa.Array:
    """Return bytes as an Arrow array of one value.

    Examples
    --------
    >>> binary_value(b"ab").to_pylist()
    [b'ab']
    """
    offsets = np.array([0, len(content)], dtype=np.int32)
    return pa.Array.from_buffers(pa.binary(), 1, [None, pa.py_buffer(offsets), pa.py_buffer(content)])
