"""Putting the parts of an output together."""

from __future__ import annotations

import shutil
from typing import IO, Protocol

from newsclf.batch.filekinds import PARQUET
from newsclf.batch.parquetjoin import ParquetJoin
from newsclf.batch.plan import Plan
from newsclf.batch.writing import compressed, header, parquet_without_rows

_COPY_BYTES = 1 << 20


class Join(Protocol):
    """A file that grows by parts."""

    def add(self, part: IO[bytes]) -> None:
        """Put a part behind those that are there."""

    def finish(self) -> None:
        """Write what stands behind the last part."""


class PlainJoin:
    """Parts in any format in which pieces of a file can stand one behind another.

    Parameters
    ----------
    out : binary file
    plan : Plan
    """

    def __init__(self, out: IO[bytes], plan: Plan) -> None:
        self._out = out
        self._compression = plan.writer.compression
        self._is_empty = out.write(header(plan)) == 0

    def add(self, part: IO[bytes]) -> None:
        """Copy a part."""
        self._is_empty = False
        shutil.copyfileobj(part, self._out, _COPY_BYTES)

    def finish(self) -> None:
        """Make a whole compressed file even of nothing."""
        if self._is_empty:
            self._out.write(compressed(b"", self._compression))


def join(plan: Plan, out: IO[bytes]) -> Join:
    """Return the way in which the parts of an output become one file."""
    if plan.writer.format == PARQUET:
        return ParquetJoin(out, parquet_without_rows(plan))
    return PlainJoin(out, plan)
