"""A file as a sequence of blocks of whole rows, read once from front to back in bounded memory.

Blocks depend on the file alone, never on timing or on how many processes work on them: that is what
lets an interrupted job be resumed to the same bytes.
"""

from __future__ import annotations

import codecs
import contextlib
import csv
import dataclasses
import gzip
import io
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from newsclf.batch.filekinds import CSV, GZIP, PARQUET, STANDARD, TSV, ZSTD, FileKind
from newsclf.batch.rowends import csv_line_count, csv_line_ends, csv_row_ends
from newsclf.errors import InputError

DELIMITERS = {CSV: ",", TSV: "\t"}

_BLOCK_BYTES = 8_000_000
_BLOCK_ROWS = 1 << 17
_BATCH_ROWS = 1 << 14
_LONGEST_ROW = 64_000_000
_UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True)
class Block:
    """Some whole rows of the input.

    Attributes
    ----------
    first : int
        Number of its first line (of its first row in Parquet), from 1.
    content : bytes or pyarrow.Table
        The rows, decompressed.
    share : float or None
        How much of the input has been read with it, from 0 to 1, where that is known.
    unclosed : bool
        Whether it is one line with a quote that is never closed.
    """

    first: int
    content: Any
    share: float | None
    unclosed: bool = False


@dataclass(frozen=True)
class Source:
    """An open input.

    Attributes
    ----------
    encoding : str
        Encoding of the blocks' bytes.
    columns : tuple of str or None
        The names in the header of CSV or TSV.
    schema : pyarrow.Schema or None
        The columns of Parquet.
    blocks : iterator of Block
        The rows, without the header.
    """

    encoding: str
    columns: tuple[str, ...] | None
    schema: pa.Schema | None
    blocks: Iterator[Block]


def text_encoding(name: str) -> str:
    """Return the standard name of a text encoding.

    Raises
    ------
    InputError
        If Python knows no such encoding.

    Examples
    --------
    >>> text_encoding("UTF8"), text_encoding("windows-1256")
    ('utf-8', 'cp1256')
    """
    try:
        "".encode(name)
        found = codecs.lookup(name).name
    except LookupError:
        raise InputError(f"{name!r} is no text encoding; try utf-8, utf-16 or cp1256") from None
    return "utf-8" if found == "utf-8-sig" else found


@contextlib.contextmanager
def opened(path: str, kind: FileKind, encoding: str) -> Iterator[Source]:
    """Open a file to be read in blocks.

    Parameters
    ----------
    path : str
        A file, or ``-`` for standard input.
    kind : FileKind
    encoding : str
        As `text_encoding` returns it; Parquet has none.

    Yields
    ------
    Source

    Raises
    ------
    InputError
        If the file is missing, empty, a folder or damaged, or has a row too long to be one.
    """
    with contextlib.ExitStack() as stack:
        with named_errors(path):
            raw = sys.stdin.buffer if path == STANDARD else stack.enter_context(_open_file(Path(path)))
            if kind.format == PARQUET:
                source = _parquet_source(path)
            else:
                source = _text_source(raw, None if path == STANDARD else Path(path).stat().st_size, kind, encoding)
        yield dataclasses.replace(source, blocks=_named_blocks(path, source.blocks))


def _open_file(path: Path) -> IO[bytes]:
    if path.is_dir():
        raise InputError("this is a folder; name a file")
    file = path.open("rb")
    if path.is_file() and path.stat().st_size == 0:
        file.close()
        raise InputError("the file is empty")
    return file


@contextlib.contextmanager
def named_errors(path: str) -> Iterator[None]:
    """Turn what goes wrong in reading a file into errors that name it."""
    shown = "standard input" if path == STANDARD else path
    try:
        yield
    except InputError as error:
        raise InputError(f"{shown}: {error}") from error
    except UnicodeError as error:
        raise InputError(f"{shown}: {error}; name its encoding, as in --encoding cp1256") from error
    except (FileNotFoundError, PermissionError) as error:
        raise InputError(f"{shown}: {error.strerror}") from error
    except (pa.ArrowException, OSError, EOFError, zlib.error) as error:
        raise InputError(f"{shown}: damaged, or not what its name says it is ({error})") from error


def _named_blocks(path: str, blocks: Iterator[Block]) -> Iterator[Block]:
    while True:
        with named_errors(path):
            block = next(blocks, None)
        if block is None:
            return
        yield block


def _parquet_source(path: str) -> Source:
    if path == STANDARD:
        raise InputError("Parquet can't be read from standard input; name a file")
    file = pq.ParquetFile(path, buffer_size=1 << 20, pre_buffer=False)
    return Source("utf-8", None, file.schema_arrow, _parquet_blocks(file))


def _parquet_blocks(file: pq.ParquetFile) -> Iterator[Block]:
    rows = file.metadata.num_rows
    size = sum(file.metadata.row_group(i).total_byte_size for i in range(file.metadata.num_row_groups))
    batch_rows = min(max(_BLOCK_BYTES * rows // max(size, 1) // 8, 1), _BATCH_ROWS)
    gathered: list[pa.RecordBatch] = []
    first = 1
    held_rows = held_bytes = 0
    for batch in file.iter_batches(batch_size=batch_rows, use_threads=False):
        gathered.append(batch)
        held_rows += batch.num_rows
        held_bytes += batch.nbytes
        if held_rows + batch_rows > _BLOCK_ROWS or held_bytes >= 2 * _BLOCK_BYTES:
            yield Block(first, pa.Table.from_batches(gathered), (first - 1 + held_rows) / rows)
            first += held_rows
            gathered, held_rows, held_bytes = [], 0, 0
    if held_rows:
        yield Block(first, pa.Table.from_batches(gathered), 1.0)


def _text_source(raw: IO[bytes], size: int | None, kind: FileKind, encoding: str) -> Source:
    chunks = _decompressed(raw, kind.compression)
    if not _keeps_ascii(encoding):
        chunks, encoding = _transcoded(chunks, encoding), "utf-8"
    elif encoding != "utf-8":
        chunks = _really_in(encoding, chunks)
    delimiter = DELIMITERS.get(kind.format)

    def share() -> float | None:
        # Arrow closes what it has read to the end.
        return None if not size else 1.0 if raw.closed else raw.tell() / size

    blocks = _row_blocks(chunks, delimiter, share)
    if delimiter is None:
        return Source(encoding, None, None, blocks)
    first = next(blocks, None)
    if first is None:
        raise InputError("there is no header")
    columns, rest = _header(first, delimiter, encoding)
    return Source(encoding, columns, None, _chained(rest, blocks))


def _decompressed(raw: IO[bytes], compression: str | None) -> Iterator[bytes]:
    stream: Any = raw
    if compression == GZIP:
        stream = gzip.GzipFile(fileobj=raw)
    elif compression == ZSTD:
        stream = pa.CompressedInputStream(pa.PythonFile(raw), ZSTD)
    while chunk := stream.read(_BLOCK_BYTES):
        yield chunk


def _keeps_ascii(encoding: str) -> bool:
    """Tell whether line ends, quotes and delimiters are the same bytes in an encoding as in ASCII."""
    signs = "\r\n\t,\"'{}:"
    return signs.encode(encoding) == signs.encode("ascii")


def _transcoded(chunks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)()
    for chunk in chunks:
        yield decoder.decode(chunk).encode("utf-8")
    yield decoder.decode(b"", final=True).encode("utf-8")


def _really_in(encoding: str, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Pass bytes on unless they are UTF-8: every byte means something in cp1256, but the text would be nonsense."""
    first = next(chunks, b"")
    # A chunk may end inside a character.
    text = codecs.getincrementaldecoder("utf-8")("ignore").decode(first)
    if not first.isascii() and len(text.encode()) > len(first) - 4:
        raise InputError(f"it is utf-8, not {encoding}; leave --encoding out")
    yield first
    yield from chunks


def _row_blocks(chunks: Iterator[bytes], delimiter: str | None, share: Callable[[], float | None]) -> Iterator[Block]:
    """Cut a stream of bytes where rows end."""
    pending = next(chunks, b"")
    if pending.startswith(_UTF_16_MARKS):
        raise InputError("it begins as utf-16 does; say --encoding utf-16")
    pending = pending.removeprefix(codecs.BOM_UTF8)
    line, wanted, whole = 1, _BLOCK_BYTES, False
    while True:
        while len(pending) < wanted and not whole:
            chunk = next(chunks, None)
            whole = chunk is None
            pending += chunk or b""
        if not pending:
            return
        end, open_quote = _last_row_end(pending, delimiter, whole=whole)
        unclosed = False
        if end == 0 and not whole and len(pending) < _LONGEST_ROW:
            wanted = len(pending) + _BLOCK_BYTES
            continue
        if end == 0:
            if not open_quote:
                raise InputError(f"line {line} is longer than {_LONGEST_ROW // 1_000_000} MB")
            # The rows behind the open quote are not lost with it: only its line is set aside.
            end, unclosed = _first_line_end(pending), True
        content, pending, wanted = pending[:end], pending[end:], _BLOCK_BYTES
        yield Block(line, content, share(), unclosed)
        line += content.count(b"\n") if delimiter is None else csv_line_count(content)


def _last_row_end(content: bytes, delimiter: str | None, *, whole: bool) -> tuple[int, bool]:
    """Return the position after the last whole row, and whether what follows is in open quotes."""
    if delimiter is None:
        return (len(content) if whole else content.rfind(b"\n") + 1), False
    found = csv_row_ends(content, delimiter, whole=whole)
    if whole and not found.open_quote:
        return len(content), False
    return (int(found.ends[-1]) if found.ends.size else 0), found.open_quote


def _first_line_end(content: bytes) -> int:
    ends = csv_line_ends(content, whole=True)
    return int(ends[0]) if ends.size else len(content)


def _header(block: Block, delimiter: str, encoding: str) -> tuple[tuple[str, ...], Block]:
    """Return the column names and the block without them."""
    content, line = block.content, block.first
    row = b""
    while content and not row.strip():
        ends = csv_row_ends(content, delimiter, whole=True).ends
        end = int(ends[0]) if ends.size else len(content)
        row, content = content[:end], content[end:]
        line += max(csv_line_count(row), 1)
    if block.unclosed or not row.strip():
        raise InputError("the header opens a quote that is never closed" if block.unclosed else "there is no header")
    names = tuple(next(csv.reader(io.StringIO(row.decode(encoding), newline=""), delimiter=delimiter)))
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"two columns are called {twice[0]!r}; give each a name of its own")
    return names, dataclasses.replace(block, first=line, content=content)


def _chained(first: Block, blocks: Iterator[Block]) -> Iterator[Block]:
    if first.content:
        yield first
    yield from blocks
