"""Alterations: code that a sweep's variant changes for the time of its training and of its answers on dev.

What a model does is settled by its configuration, and what has not earned its place is no setting. To
measure such a thing all the same, a sweep names a Python file, ``alterations = "experiments/alterations.py"``,
which defines ``ALTERATIONS``: by name, functions without arguments that return a context manager. Inside
it newsclf does something else than it says; after it everything is as before. A variant names one of them,
``alteration = "no-idf"``.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import joblib

from newsclf.errors import ConfigurationError
from newsclf.tomlfile import nearest

Alterations = Mapping[str, Callable[[], AbstractContextManager[None]]]


@dataclass(frozen=True)
class Alteration:
    """One alteration, by its place.

    Attributes
    ----------
    file : Path
        The Python file that defines ``ALTERATIONS``.
    name : str
        Its key there.
    """

    file: Path
    name: str

    def digest(self) -> str:
        """Return a hash of the file."""
        return hashlib.sha256(self.file.read_bytes()).hexdigest()

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Alter newsclf in this process until the block ends.

        What joblib would run at once runs one after the other inside the block: other processes would not
        know of it, and of threads one could end what another still needs.

        Raises
        ------
        ConfigurationError
            If there is no such file or no such alteration.
        """
        with alterations_in(self.file)[self.name](), joblib.parallel_config(backend="sequential"):
            yield


def alterations_in(file: Path) -> Alterations:
    """Return the alterations that a Python file defines.

    Raises
    ------
    ConfigurationError
        If the file is missing, is no Python, or defines none.
    """
    spec = importlib.util.spec_from_file_location("newsclf_alterations", file)
    if spec is None or spec.loader is None:
        raise ConfigurationError(f"{file} is no Python file; alterations are defined in one")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (OSError, SyntaxError, ImportError) as error:
        raise ConfigurationError(f"{file} can't be loaded: {error}") from error
    found = getattr(module, "ALTERATIONS", None)
    if not isinstance(found, Mapping) or not found:
        raise ConfigurationError(f"{file} defines no ALTERATIONS, a mapping of names to context managers")
    return found


def demand_alteration(alteration: Alteration, where: str) -> None:
    """Refuse an alteration that isn't defined, naming the nearest that is.

    Raises
    ------
    ConfigurationError
        If it isn't.
    """
    known = alterations_in(alteration.file)
    if alteration.name not in known:
        raise ConfigurationError(
            f"{where}: alteration {alteration.name!r} is not known; {nearest(alteration.name, known)}"
        )
