"""TOML files: what is wrong is named with the file, the key and the remedy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from newsclf.errors import ConfigurationError
from newsclf.tomlfile import nearest, read_toml, settings_from


@dataclass(frozen=True)
class Inner:
    bar: float = 0.0


@dataclass(frozen=True)
class Outer:
    name: str
    count: int = 1
    share: float = 0.5
    on: bool = False
    maybe: str | None = None
    several: tuple[str, ...] = ()
    weights: Mapping[str, float] = field(default_factory=dict)
    either: str | Mapping[str, float] | None = None
    anything: Mapping[str, Any] = field(default_factory=dict)
    inner: Inner = Inner()


class Plain:
    def __init__(self, words: Sequence[str], *, strength: float = 1.0) -> None:
        self.words = words
        self.strength = strength


def test_every_kind_of_value_is_read() -> None:
    table = {
        "name": "a",
        "count": 3,
        "share": 1,
        "on": True,
        "maybe": "b",
        "several": ["c", "d"],
        "weights": {"e": 2},
        "either": {"f": 1},
        "anything": {"g": [1, "h"]},
        "inner": {"bar": 0.25},
    }
    found = settings_from(Outer, table, "x.toml")
    assert found == Outer("a", 3, 1.0, True, "b", ("c", "d"), {"e": 2.0}, {"f": 1.0}, {"g": [1, "h"]}, Inner(0.25))
    assert isinstance(found.share, float)
    assert settings_from(Outer, {"name": "a", "either": "i"}, "x.toml").either == "i"


def test_what_is_not_said_is_the_default() -> None:
    assert settings_from(Outer, {"name": "a"}, "x.toml") == Outer("a")


def test_a_class_that_is_no_dataclass_is_made_too() -> None:
    found = settings_from(Plain, {"words": ["a"], "strength": 2}, "x.toml")
    assert (found.words, found.strength) == (("a",), 2.0)
    with pytest.raises(ConfigurationError, match="key 'words' is missing"):
        settings_from(Plain, {}, "x.toml")
    with pytest.raises(ConfigurationError, match="unknown key 'a'; there are none"):
        settings_from(type("Empty", (), {}), {"a": 1}, "x.toml")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"nam": "a"}, "x.toml: unknown key 'nam'; did you mean 'name'?"),
        ({"name": "a", "zzz": 1}, "x.toml: unknown key 'zzz'; known are name, count, share"),
        ({}, "x.toml: key 'name' is missing"),
        ({"name": 3}, "x.toml: name must be a string, not 3"),
        ({"name": "a", "count": True}, "x.toml: count must be a whole number, not True"),
        ({"name": "a", "count": 1.5}, "x.toml: count must be a whole number, not 1.5"),
        ({"name": "a", "share": "half"}, "x.toml: share must be a number, not 'half'"),
        ({"name": "a", "share": True}, "x.toml: share must be a number, not True"),
        ({"name": "a", "on": 1}, "x.toml: on must be true or false, not 1"),
        ({"name": "a", "maybe": 1}, "x.toml: maybe must be a string, not 1"),
        ({"name": "a", "several": "b"}, "x.toml: several must be a list, not 'b'"),
        ({"name": "a", "several": ["b", 1]}, "x.toml: several must be a string, not 1"),
        ({"name": "a", "weights": ["b"]}, "x.toml: weights must be a table, not ['b']"),
        ({"name": "a", "weights": {"b": "c"}}, "x.toml: weights.b must be a number, not 'c'"),
        ({"name": "a", "either": 3}, "x.toml: either must be a table, not 3"),
        ({"name": "a", "inner": 3}, "x.toml: inner must be a table, not 3"),
        ({"name": "a", "inner": {"bra": 1}}, "x.toml [inner]: unknown key 'bra'; did you mean 'bar'?"),
    ],
)
def test_what_does_not_fit_is_named(table: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        settings_from(Outer, table, "x.toml")
    assert str(caught.value).startswith(message)


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_bytes('\ufeffname = "طنجة"\n'.encode())
    assert read_toml(tmp_path / "a.toml") == {"name": "طنجة"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "does not exist"),
        ("folder", "is a folder; name a TOML file in it"),
        (b'name = "\xe1"', r"is not UTF-8 text \(byte 8\)"),
        (b"name = 1\nname == 2", "is not TOML: .*line 2"),
    ],
)
def test_a_file_that_can_not_be_read_is_named(tmp_path: Path, content: bytes | str | None, message: str) -> None:
    path = tmp_path / "a.toml"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content == "folder":
        path.mkdir()
    with pytest.raises(ConfigurationError, match=f"^{path} {message}"):
        read_toml(path)


def test_a_path_through_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    with pytest.raises(ConfigurationError, match="can't be read: Not a directory"):
        read_toml(tmp_path / "a" / "a.toml")


def test_the_nearest_name_or_all_are_hinted() -> None:
    assert nearest("sprot", ["sport", "other"]) == "did you mean 'sport'?"
    assert nearest("x", ["sport", "other"]) == "known are sport, other"
