"""Reading a text file whole, refusing by line and byte what is not in the encoding it should be in."""

from __future__ import annotations

import codecs
from pathlib import Path

from newsclf.errors import ConfigurationError, InputError


def read_bytes(path: Path) -> bytes:
    """Return the bytes of a file.

    Raises
    ------
    InputError
        If it is missing, a folder, empty or not readable.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise InputError(f"{path} is missing") from error
    except IsADirectoryError as error:
        raise InputError(f"{path} is a folder; name a file in it") from error
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror or error}") from error
    if not content:
        raise InputError(f"{path} is empty")
    return content


def read_text(path: Path, encoding: str = "utf-8") -> str:
    """Return the text of a file, without byte order mark.

    Parameters
    ----------
    path : Path
    encoding : str
        ``utf-8`` (with or without mark), ``cp1256`` (Windows Arabic) or any other that Python knows.

    Returns
    -------
    str

    Raises
    ------
    InputError
        If the file is missing, a folder, empty or in another encoding.
    ConfigurationError
        If there is no such encoding.
    """
    return decode(read_bytes(path), encoding, str(path))


def decode(content: bytes, encoding: str, name: str) -> str:
    r"""Return bytes as text, without byte order mark.

    Parameters
    ----------
    content : bytes
    encoding : str
    name : str
        What to call the bytes in an error.

    Returns
    -------
    str

    Raises
    ------
    InputError
        If they are in another encoding, naming the line and byte that show it.
    ConfigurationError
        If there is no such encoding.

    Examples
    --------
    >>> decode("طنجة".encode("utf-8-sig"), "utf-8", "a.txt")
    'طنجة'
    >>> decode("ok\nطنجة".encode("cp1256"), "utf-8", "a.txt")
    Traceback (most recent call last):
    newsclf.errors.InputError: a.txt, line 2, byte 4 (0xD8) is not utf-8; if it is Windows Arabic, set encoding cp1256
    """
    try:
        codec = codecs.lookup(encoding).name
    except LookupError as error:
        raise ConfigurationError(f'there is no encoding {encoding!r}; use "utf-8" or "cp1256"') from error
    unicode_codec = codec.startswith("utf")
    if not unicode_codec and not content.isascii() and _is_utf8(content):
        raise InputError(f"{name} is utf-8, not {encoding}; set encoding utf-8")
    try:
        text = content.decode("utf-8-sig" if codec == "utf-8" else codec)
    except UnicodeDecodeError as error:
        # The codec for a byte order mark counts from behind the mark.
        place = error.start + (len(codecs.BOM_UTF8) if content.startswith(codecs.BOM_UTF8) else 0)
        line = content.count(b"\n", 0, place) + 1
        fix = "if it is Windows Arabic, set encoding cp1256"
        if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            fix = "set encoding utf-16"
        elif not unicode_codec:
            fix = "set encoding utf-8 or the one it was saved in"
        shown = f"(0x{content[place]:02X})"
        raise InputError(f"{name}, line {line}, byte {place + 1} {shown} is not {encoding}; {fix}") from error
    if "\0" in text:
        raise InputError(f"{name} holds NUL characters: it is no text file, or not {encoding}")
    return text


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
