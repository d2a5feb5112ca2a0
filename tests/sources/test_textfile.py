"""A file in the wrong encoding must be refused where it shows, never read as rubbish."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsclf.errors import ConfigurationError, InputError
from newsclf.sources.textfile import decode, read_text

TEXT = "السطر الأول\nطنجة\n"


@pytest.mark.parametrize(
    ("encoding", "saved_in"), [("utf-8", "utf-8"), ("utf-8", "utf-8-sig"), ("cp1256", "cp1256"), ("utf-16", "utf-16")]
)
def test_text_comes_back_without_mark(tmp_path: Path, encoding: str, saved_in: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(TEXT.encode(saved_in))
    assert read_text(path, encoding) == TEXT


@pytest.mark.parametrize(
    ("content", "encoding", "message"),
    [
        (b"ok\n" + TEXT.encode("cp1256"), "utf-8", r"line 2, byte 4 \(0xC7\) is not utf-8; .*cp1256"),
        (b"\xef\xbb\xbfok\nok \xff", "utf-8", r"line 2, byte 10 \(0xFF\)"),
        (TEXT.encode("utf-16"), "utf-8", "set encoding utf-16"),
        (TEXT.encode(), "cp1256", "is utf-8, not cp1256; set encoding utf-8"),
        (b"a\0b", "utf-8", "holds NUL characters"),
    ],
)
def test_another_encoding_is_named_with_the_remedy(content: bytes, encoding: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        decode(content, encoding, "a.txt")


def test_files_that_can_not_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.txt is missing"):
        read_text(tmp_path / "none.txt")
    with pytest.raises(InputError, match="is a folder"):
        read_text(tmp_path)
    (tmp_path / "empty.txt").touch()
    with pytest.raises(InputError, match=r"empty\.txt is empty"):
        read_text(tmp_path / "empty.txt")


def test_an_unknown_encoding_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="there is no encoding 'arabic-windows'"):
        decode(b"a", "arabic-windows", "a.txt")


@given(st.binary(min_size=1), st.sampled_from(["utf-8", "cp1256", "utf-16"]))
def test_any_bytes_are_a_text_or_refused(content: bytes, encoding: str) -> None:
    try:
        assert isinstance(decode(content, encoding, "a.txt"), str)
    except InputError as error:
        assert str(error).startswith("a.txt")  # noqa: PT017 (both outcomes are right)
