"""Reading a TOML file into the arguments of a class, with errors that name the file, the key and the remedy."""

from __future__ import annotations

import dataclasses
import difflib
import inspect
import tomllib
import types
import typing
from collections.abc import Iterable, Mapping, Sequence
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
    except OSError as error:
        raise ConfigurationError(f"{path} can't be read: {error.strerror}") from None


def settings_from(kind: type[Settings], table: Mapping[str, Any], where: str) -> Settings:
    """Return an object of a class, with arguments from a TOML table.

    Parameters
    ----------
    kind : type
        A dataclass, or a class whose ``__init__`` says the types of its parameters: str, int,
        float, bool, sequences and mappings of those, unions, and dataclasses again.
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
    hints = typing.get_type_hints(kind if dataclasses.is_dataclass(kind) else kind.__init__)
    parameters = inspect.signature(kind).parameters
    for key in table:
        if key not in parameters:
            raise ConfigurationError(f"{where}: unknown key {key!r}; {nearest(key, parameters)}")
    for name, parameter in parameters.items():
        if name not in table and parameter.default is parameter.empty:
            raise ConfigurationError(f"{where}: key {name!r} is missing")
    return kind(**{name: _value(hints[name], value, where, name) for name, value in table.items()})


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a hint that names the nearest known name, or all of them.

    Examples
    --------
    >>> nearest("encodin", ["encoding", "reader"])
    "did you mean 'encoding'?"
    """
    names = list(known)
    close = difflib.get_close_matches(name, names, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"known are {', '.join(names)}" if names else "there are none"


def _value(hint: Any, value: Any, where: str, name: str) -> Any:
    if hint is Any:
        return value
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return _one_of([part for part in arguments if part is not type(None)], value, where, name)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        _demand(isinstance(value, Mapping), where, name, "a table", value)
        return settings_from(hint, value, f"{where} [{name}]")
    if origin is not None and issubclass(origin, Sequence):
        _demand(isinstance(value, (list, tuple)), where, name, "a list", value)
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


def _one_of(hints: Sequence[Any], value: Any, where: str, name: str) -> Any:
    """Return the value as the first of several types that it fits; if none, say what the last one wants."""
    for hint in hints[:-1]:
        try:
            return _value(hint, value, where, name)
        except ConfigurationError:
            continue
    return _value(hints[-1], value, where, name)


def _demand(fits: bool, where: str, name: str, wanted: str, value: Any) -> None:
    if not fits:
        raise ConfigurationError(f"{where}: {name} must be {wanted}, not {value!r}")
