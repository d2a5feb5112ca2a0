"""Reading a TOML file into a frozen dataclass, with errors that name the file, the key and the remedy."""

from __future__ import annotations

import dataclasses
import difflib
import tomllib
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from newsclf.errors import ConfigurationError

Settings = TypeVar("Settings")


def read_toml(path: Path) -> dict[str, Any]:
    """Return what a TOML file says.

    Raises
    ------
    ConfigurationError
        If it is missing, no file, not UTF-8 or not TOML, naming the line where that is known.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ConfigurationError(f"{path} does not exist") from None
    except IsADirectoryError:
        raise ConfigurationError(f"{path} is a folder; name a TOML file in it") from None
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path} is not UTF-8 text (byte {error.start})") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path} is not TOML: {error}") from None


def settings_from(kind: type[Settings], table: Mapping[str, Any], where: str) -> Settings:
    """Return a dataclass filled from a TOML table.

    Parameters
    ----------
    kind : dataclass type
        Its fields may be str, int, float, bool, tuples and mappings of those, unions with None, and
        dataclasses again.
    table : mapping
    where : str
        What to call the table in errors, such as ``"experiments/default.toml [model]"``.

    Returns
    -------
    kind

    Raises
    ------
    ConfigurationError
        If a key is unknown (naming the nearest right one), missing, or of the wrong type.

    Examples
    --------
    >>> @dataclasses.dataclass(frozen=True)
    ... class Paint:
    ...     colour: str = "red"
    >>> settings_from(Paint, {"color": "blue"}, "paint.toml")
    Traceback (most recent call last):
    newsclf.errors.ConfigurationError: paint.toml: unknown key 'color'; did you mean 'colour'?
    """
    assert dataclasses.is_dataclass(kind)
    hints = typing.get_type_hints(kind)
    fields = {field.name: field for field in dataclasses.fields(kind)}
    for key in table:
        if key not in fields:
            raise ConfigurationError(f"{where}: unknown key {key!r}; {nearest(key, fields)}")
    values: dict[str, Any] = {}
    for name, field in fields.items():
        if name in table:
            values[name] = _value(hints[name], table[name], where, name)
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise ConfigurationError(f"{where}: key {name!r} is missing")
    return kind(**values)


def nearest(name: str, known: typing.Iterable[str]) -> str:
    """Return a hint that names the nearest known name, or all of them.

    Examples
    --------
    >>> nearest("encodin", ["encoding", "reader"])
    "did you mean 'encoding'?"
    """
    names = list(known)
    close = difflib.get_close_matches(name, names, n=1)
    return f"did you mean {close[0]!r}?" if close else f"known are {', '.join(names)}"


def _value(hint: Any, value: Any, where: str, name: str) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        (hint,) = [part for part in arguments if part is not type(None)]
        return _value(hint, value, where, name)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        _demand(isinstance(value, Mapping), where, name, "a table", value)
        return settings_from(hint, value, f"{where} [{name}]")
    if origin is tuple:
        _demand(isinstance(value, list), where, name, "a list", value)
        return tuple(_value(arguments[0], part, where, name) for part in value)
    if origin is not None and issubclass(origin, Mapping):
        _demand(isinstance(value, Mapping), where, name, "a table", value)
        return {key: _value(arguments[1], part, where, f"{name}.{key}") for key, part in value.items()}
    if hint is float:
        _demand(isinstance(value, (int, float)) and not isinstance(value, bool), where, name, "a number", value)
        return float(value)
    wanted = {str: "a string", int: "a whole number", bool: "true or false"}
    _demand(type(value) is hint, where, name, wanted.get(hint, str(hint)), value)
    return value


def _demand(fits: bool, where: str, name: str, wanted: str, value: Any) -> None:
    if not fits:
        raise ConfigurationError(f"{where}: {name} must be {wanted}, not {value!r}")
