"""`ChunkIndex`: numbers for strings, found for a whole Arrow array at once, in a table built once.

Arrow builds its look-up table anew for each call and a Python dict takes its strings one by one;
this is an open-addressing hash table over numpy arrays that serves call after call. A string of up
to 31 bytes (15 Arabic letters) is its own key: its bytes and its length, in four 64-bit numbers. The
few longer ones go through a dict. Equality is of all bytes, so two strings never share a number.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

_KEY_BYTES = 32
_WORDS = _KEY_BYTES // 8
_LONGEST = _KEY_BYTES - 1
# Odd multipliers, one for each number of a key; the high bits of the sum of products are the hash (Dietzfelbinger,
# 1996, "Universal hashing and k-wise independent random variables via integer arithmetic without primes").
_MULTIPLIERS = np.array(
    [0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB, 0xD6E8FEB86659FD93], dtype=np.uint64
)
# By length: which bytes of a key are the string's. All that are longer than a key have the last line.
_MASKS = np.tri(_KEY_BYTES + 1, _KEY_BYTES, -1, dtype=np.uint8) * np.uint8(0xFF)
_MASKS[_KEY_BYTES, _LONGEST] = 0
_MASKS = _MASKS.view("<u8")
_LENGTH_SHIFT = np.uint64(8 * (8 - 1))
_NOBODY = np.uint64(np.iinfo(np.uint64).max)
# Strings looked up at once: few enough that what is held of them stays in the processor's cache.
_AT_ONCE = 1 << 15
_FEWEST = 1024

Keys = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.int32]
Places = npt.NDArray[np.int64]


class ChunkIndex:
    """Numbers 0, 1, 2, … for strings.

    Examples
    --------
    >>> index = ChunkIndex()
    >>> index.add(pa.array(["طنجة", "فاس"])).tolist()
    [0, 1]
    >>> index.find(pa.array(["فاس", "وجدة", "فاس"])).tolist()
    [1, -1, 1]
    """

    def __init__(self) -> None:
        self.size = 0
        self._long: dict[bytes, int] = {}
        # The key of number i is in line i + 1. Line 0 is nobody's, so that a slot that holds 0 is an empty one.
        self._keys = np.full((_FEWEST, _WORDS), _NOBODY)
        self._set_slots(2 * _FEWEST)

    def _set_slots(self, count: int) -> None:
        """Make slots, a power of two of them, that hold nothing."""
        self._slots = np.zeros(count, dtype=np.int32)
        self._hash_shift = np.uint64(65 - count.bit_length())

    def find(self, chunks: pa.Array) -> Rows:
        """Return the number of each string, -1 where it has none.

        Parameters
        ----------
        chunks : pyarrow.StringArray or pyarrow.LargeStringArray
            Without nulls.

        Returns
        -------
        ndarray of int32
        """
        rows = np.empty(len(chunks), dtype=np.int32)
        for begin, block in _blocks(chunks):
            found = rows[begin : begin + len(block.keys)]
            self._probe(block.keys, out=found)
            for place, content in block.long():
                found[place] = self._long.get(content, -1)
        return rows

    def add(self, chunks: pa.Array) -> Rows:
        """Give numbers to strings that have none yet.

        Parameters
        ----------
        chunks : pyarrow.StringArray or pyarrow.LargeStringArray
            Distinct strings without a number, without nulls.

        Returns
        -------
        ndarray of int32
            Their numbers: the next ones, in order.
        """
        numbers = np.arange(self.size, self.size + len(chunks), dtype=np.int32)
        self._make_room(self.size + len(chunks))
        for begin, block in _blocks(chunks):
            lines = numbers[begin : begin + len(block.keys)] + np.int32(1)
            self._keys[lines] = block.keys
            short = np.ones(lines.size, dtype=np.bool_)
            for place, content in block.long():
                self._long[content] = int(lines[place]) - 1
                self._keys[lines[place]] = _NOBODY
                short[place] = False
            self._seat(lines[short])
        self.size += len(chunks)
        return numbers

    def _probe(self, keys: Keys, out: Rows) -> None:
        """Go from the slot of each key's hash on until the key or an empty slot is found."""
        slots = self._first_slots(keys)
        lines = self._slots.take(slots)
        np.subtract(lines, 1, out=out)
        others = places = self._held_by_others(lines, keys)
        while others.size:
            slots = self._next_slots(slots.take(others))
            keys = keys.take(others, axis=0)
            lines = self._slots.take(slots)
            out[places] = lines - 1
            others = self._held_by_others(lines, keys)
            places = places.take(others)

    def _held_by_others(self, lines: Rows, keys: Keys) -> Places:
        """Return where a line is that of another key than the one looked for."""
        differing = self._keys.take(lines, axis=0, mode="clip")
        differing ^= keys
        anywhere = differing[:, 0]
        for word in range(1, _WORDS):
            anywhere |= differing[:, word]
        return np.flatnonzero((anywhere != 0) & (lines != 0))

    def _first_slots(self, keys: Keys) -> Places:
        slots = keys @ _MULTIPLIERS
        slots >>= self._hash_shift
        return slots.view(np.int64)

    def _next_slots(self, slots: Places) -> Places:
        return (slots + 1) & (self._slots.size - 1)

    def _make_room(self, size: int) -> None:
        """Let there be room for as many strings, with slots at most half full so that a search ends soon."""
        if size >= len(self._keys):
            keys = np.full((2 * size, _WORDS), _NOBODY)
            keys[: len(self._keys)] = self._keys
            self._keys = keys
        if 2 * size > self._slots.size:
            self._set_slots(1 << (4 * size).bit_length())
            self._seat(np.flatnonzero(self._keys[:, -1] != _NOBODY).astype(np.int32))

    def _seat(self, lines: Rows) -> None:
        """Give each line the first empty slot from its key's hash on."""
        slots = self._first_slots(self._keys.take(lines, axis=0))
        while lines.size:
            empty = self._slots[slots] == 0
            self._slots[slots[empty]] = lines[empty]
            # Of several lines that wanted one slot the last has it; the others go on, as do those that found it taken.
            others = np.flatnonzero(self._slots[slots] != lines)
            lines = lines[others]
            slots = self._next_slots(slots[others])


@dataclass(frozen=True)
class _Block:
    """Some strings, with their keys."""

    keys: Keys
    lengths: npt.NDArray[np.integer]
    offsets: npt.NDArray[np.integer]
    content: npt.NDArray[np.uint8]

    def long(self) -> Iterator[tuple[int, bytes]]:
        """Give place and bytes of the strings that are longer than a key."""
        for place in np.flatnonzero(self.lengths == _KEY_BYTES).tolist():
            yield place, self.content[self.offsets[place] : self.offsets[place + 1]].tobytes()


def _blocks(chunks: pa.Array) -> Iterator[tuple[int, _Block]]:
    """Give strings a block at a time, each with the place of its first."""
    if not len(chunks):
        return
    _, offset_buffer, data = chunks.buffers()
    wide = pa.types.is_large_string(chunks.type)
    offsets = np.frombuffer(offset_buffer, dtype=np.int64 if wide else np.int32)
    offsets = offsets[chunks.offset : chunks.offset + len(chunks) + 1]
    content = np.frombuffer(data or b"", dtype=np.uint8)
    for begin in range(0, len(chunks), _AT_ONCE):
        of_block = offsets[begin : begin + _AT_ONCE + 1]
        yield begin, _block(of_block - of_block[0], content[of_block[0] : of_block[-1]])


def _block(offsets: npt.NDArray[np.integer], content: npt.NDArray[np.uint8]) -> _Block:
    padded = np.zeros(content.size + _KEY_BYTES, dtype=np.uint8)
    padded[: content.size] = content
    # Every run of so many bytes, without copying.
    windows = np.ndarray((content.size + 1,), dtype=f"V{_KEY_BYTES}", buffer=padded.data, strides=(1,))
    keys = windows[offsets[:-1]].view(_MASKS.dtype).reshape(-1, _WORDS)
    # A string longer than a key is given one that no other string has.
    lengths = np.minimum(np.diff(offsets), _KEY_BYTES)
    keys &= _MASKS.take(lengths, axis=0)
    keys[:, -1] |= lengths.astype(np.uint64) << _LENGTH_SHIFT
    return _Block(keys, lengths, offsets, content)
