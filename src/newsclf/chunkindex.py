"""`ChunkIndex`: numbers for strings, found for a whole Arrow array at once, in a table built once.

Arrow builds its look-up table anew for each call and a Python dict takes its strings one by one;
this is an open-addressing hash table over numpy arrays that serves call after call. A string of up
to 32 bytes (16 Arabic letters) is its own key, in four 64-bit numbers; the few longer ones go
through a dict. Equality is of all bytes, so two strings never share a number.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

_KEY_BYTES = 32
_WORDS = _KEY_BYTES // 8
# Odd multipliers of a multiply-and-xor hash; the first two are those of SplitMix64.
_MULTIPLIERS = np.array(
    [0xBF58476D1CE4E5B9, 0x94D049BB133111EB, 0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93], dtype=np.uint64
)
_EMPTY = np.int32(-1)
# For a load of b bytes of an 8-byte word, b from 0 to 8: the mask of the bytes that count.
_MASKS = np.array([(1 << (8 * count)) - 1 for count in range(9)], dtype=np.uint64)

Rows = npt.NDArray[np.int32]


class ChunkIndex:
    """Numbers 0, 1, 2, … for strings, in order of first appearance.

    Examples
    --------
    >>> index = ChunkIndex()
    >>> index.find_or_add(pa.array(["طنجة", "فاس"]))[0].tolist()
    [0, 1]
    >>> index.find(pa.array(["فاس", "وجدة"])).tolist()
    [1, -1]
    """

    def __init__(self) -> None:
        self.size = 0
        self._long: dict[bytes, int] = {}
        self._slots = np.full(2048, _EMPTY, dtype=np.int32)
        self._keys = np.zeros((1024, _WORDS), dtype=np.uint64)
        self._lengths = np.zeros(1024, dtype=np.int32)

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
        keys, lengths, hashes = _keys_of(chunks)
        rows = self._probe(keys, lengths, hashes)
        for place in np.flatnonzero(lengths > _KEY_BYTES):
            rows[place] = self._long.get(chunks[int(place)].as_buffer().to_pybytes(), -1)
        return rows

    def find_or_add(self, chunks: pa.Array) -> tuple[Rows, npt.NDArray[np.int64]]:
        """Return the number of each string, giving new ones to those that have none.

        Parameters
        ----------
        chunks : pyarrow.StringArray or pyarrow.LargeStringArray
            Distinct strings, without nulls.

        Returns
        -------
        rows : ndarray of int32
            Their numbers.
        added : ndarray of int64
            Places of the strings that are new.
        """
        keys, lengths, hashes = _keys_of(chunks)
        rows = self._probe(keys, lengths, hashes)
        short = lengths <= _KEY_BYTES
        fresh = np.flatnonzero(short & (rows < 0))
        if fresh.size:
            rows[fresh] = self._insert(keys[fresh], lengths[fresh], hashes[fresh])
        added = [fresh]
        for place in np.flatnonzero(~short):
            content = chunks[int(place)].as_buffer().to_pybytes()
            row = self._long.get(content)
            if row is None:
                row = self._long[content] = self.size
                self.size += 1
                added.append(np.array([place]))
            rows[place] = row
        return rows, np.concatenate(added)

    def _probe(self, keys: npt.NDArray[np.uint64], lengths: Rows, hashes: npt.NDArray[np.uint64]) -> Rows:
        mask = np.uint64(self._slots.size - 1)
        rows = np.full(lengths.size, _EMPTY, dtype=np.int32)
        open_places = np.flatnonzero(lengths <= _KEY_BYTES)
        slots = hashes[open_places] & mask
        while open_places.size:
            candidates = self._slots[slots]
            held = candidates >= 0
            same = held & (self._lengths[candidates] == lengths[open_places])
            for word in range(_WORDS):
                same &= self._keys[candidates, word] == keys[open_places, word]
            rows[open_places[same]] = candidates[same]
            going_on = held & ~same
            open_places = open_places[going_on]
            slots = (slots[going_on] + np.uint64(1)) & mask
        return rows

    def _insert(self, keys: npt.NDArray[np.uint64], lengths: Rows, hashes: npt.NDArray[np.uint64]) -> Rows:
        rows = np.arange(self.size, self.size + lengths.size, dtype=np.int32)
        self.size += lengths.size
        if self.size > self._lengths.size:
            capacity = 2 * self.size
            self._keys = np.vstack([self._keys, np.zeros((capacity - len(self._keys), _WORDS), dtype=np.uint64)])
            self._lengths = np.concatenate(
                [self._lengths, np.full(capacity - self._lengths.size, _KEY_BYTES + 1, dtype=np.int32)]
            )
        self._keys[rows] = keys
        self._lengths[rows] = lengths
        if 2 * self.size > self._slots.size:
            # At most half full, so that a probe ends after a step or two.
            held = self._slots[self._slots >= 0]
            self._slots = np.full(1 << (4 * self.size).bit_length(), _EMPTY, dtype=np.int32)
            self._seat(held, _hash(self._keys[held], self._lengths[held]))
        self._seat(rows, hashes)
        return rows

    def _seat(self, rows: Rows, hashes: npt.NDArray[np.uint64]) -> None:
        """Give each row the first free slot from its hash on."""
        mask = np.uint64(self._slots.size - 1)
        slots = hashes & mask
        while rows.size:
            free = self._slots[slots] < 0
            self._slots[slots[free]] = rows[free]
            # Of several rows that wanted one slot the last has it; the others go on, as do those that found it taken.
            going_on = self._slots[slots] != rows
            rows = rows[going_on]
            slots = (slots[going_on] + np.uint64(1)) & mask


def _keys_of(chunks: pa.Array) -> tuple[npt.NDArray[np.uint64], Rows, npt.NDArray[np.uint64]]:
    """Return the first 32 bytes of each string as four numbers, its length in bytes, and its hash."""
    wide = pa.types.is_large_string(chunks.type)
    _, offset_buffer, data = chunks.buffers()
    offsets = np.frombuffer(offset_buffer, dtype=np.int64 if wide else np.int32)
    offsets = offsets[chunks.offset : chunks.offset + len(chunks) + 1].astype(np.int64)
    lengths = np.diff(offsets).astype(np.int32)
    begin, end = int(offsets[0]), int(offsets[-1])
    padded = np.zeros(end - begin + _KEY_BYTES, dtype=np.uint8)
    if end > begin:
        padded[: end - begin] = np.frombuffer(data, dtype=np.uint8)[begin:end]
    # Every run of eight bytes as a number, without copying.
    eights = np.ndarray((padded.size - 7,), dtype="<u8", buffer=padded.data, strides=(1,))
    starts = offsets[:-1] - begin
    keys = np.empty((lengths.size, _WORDS), dtype=np.uint64)
    for word in range(_WORDS):
        counted = np.clip(lengths - 8 * word, 0, 8)
        keys[:, word] = eights[starts + 8 * word] & _MASKS[counted]
    return keys, lengths, _hash(keys, lengths)


def _hash(keys: npt.NDArray[np.uint64], lengths: Rows) -> npt.NDArray[np.uint64]:
    hashes: npt.NDArray[np.uint64] = lengths.astype(np.uint64) * _MULTIPLIERS[0]
    for word in range(_WORDS):
        hashes ^= keys[:, word]
        hashes *= _MULTIPLIERS[word]
        hashes ^= hashes >> np.uint64(29)
    return hashes
