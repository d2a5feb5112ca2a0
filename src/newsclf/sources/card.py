"""`Card`: what a TOML in data/sources/ says of one source of texts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from newsclf.dates import parse_date
from newsclf.errors import ConfigurationError, InputError
from newsclf.records import KINDS, LABEL_ORIGINS, ROLES
from newsclf.taxonomy import category_ids, category_of_section
from newsclf.tomlfile import nearest, read_toml, settings_from

READERS = ("page", "table", "folder", "written")
COLUMNS = ("title", "body", "section", "second", "kind", "outlet", "published_at", "url", "style")
# What a section map says of a section that mixes categories.
UNLABELLED = "unlabelled"
_ANY_OTHER_SECTION = "*"
_GLOB_SIGNS = re.compile(r"[*?\[]")


@dataclass(frozen=True)
class Card:
    """One source of texts: where its files are, how to read them, and what its sections mean.

    Parameters
    ----------
    name : str
        Also the name of the card's file, and the `source` of its records.
    reader : {"page", "table", "folder", "written"}
    paths : tuple of str
        Files, or patterns such as ``**/stories_*.csv``, under the root.
    description : str
        One sentence: outlet, country, years.
    homepage : str
        Where the public data set is described or can be had.
    licence : str
    root : {"data", "repository"}
        Whether paths are under the data root that the user gives or in the project's own repository.
    kind : {"headline", "ticker", "article"}
        Kind of a text that has no body; what has one is an article.
    encoding : str
    delimiter : str or None
        Of a CSV; found from the header where not given.
    quoting : bool
        Whether double quotes in a CSV or TSV enclose fields, or are plain signs.
    first_line : {"body", "title"}
        What the first line of a file is, for the reader ``folder``.
    columns : mapping of str to str
        From field (title, body, section, second, kind, outlet, published_at, url, style) to the
        column's name in the file, for the reader ``table``.
    sections : mapping of str to str
        From section to category or ``unlabelled``. ``"*"`` stands for every section not named. What
        is in neither is looked up in the taxonomy.
    label_origin : {"section", "annotator", "author", "keyword"}
        Where the categories come from.
    time_zone : str
        Of dates that name none.
    test_share, dev_share : float
        Share of the source's groups that go to each split; the rest is for training.
    role : {"dev", "test"} or None
        Keeps the whole source out of training.
    mask : tuple of str
        Names of outlets and agencies to remove from its texts.
    bylines : tuple of str
        Regular expressions for what an article's body opens with before its own text.

    Raises
    ------
    ConfigurationError
        If a value makes no sense.
    """

    name: str
    reader: str
    paths: tuple[str, ...]
    description: str = ""
    homepage: str = ""
    licence: str = ""
    root: str = "data"
    kind: str = "headline"
    encoding: str = "utf-8"
    delimiter: str | None = None
    quoting: bool = True
    first_line: str = "body"
    columns: Mapping[str, str] = field(default_factory=dict)
    sections: Mapping[str, str] = field(default_factory=dict)
    label_origin: str = "section"
    time_zone: str = "UTC"
    test_share: float = 0.1
    dev_share: float = 0.1
    role: str | None = None
    mask: tuple[str, ...] = ()
    bylines: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self._demand("reader", self.reader, READERS)
        self._demand("root", self.root, ("data", "repository"))
        self._demand("kind", self.kind, KINDS)
        self._demand("first_line", self.first_line, ("body", "title"))
        self._demand("label_origin", self.label_origin, LABEL_ORIGINS)
        if self.role is not None:
            self._demand("role", self.role, ROLES)
        for column in self.columns:
            self._demand("columns", column, COLUMNS)
        for section, category in self.sections.items():
            self._demand(f"sections, {section!r}", category, (*category_ids(), UNLABELLED))
        if not self.paths:
            raise ConfigurationError(f"card {self.name}: paths names no file")
        if self.reader == "table" and not {"title", "body"} & set(self.columns):
            raise ConfigurationError(f'card {self.name}: [columns] must say which column is the text: title = "..."')
        if min(self.test_share, self.dev_share) < 0 or self.test_share + self.dev_share > 1:
            raise ConfigurationError(f"card {self.name}: test_share and dev_share must be shares of 1 together")
        for pattern in self.bylines:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ConfigurationError(
                    f"card {self.name}: byline {pattern!r} is no regular expression: {error}"
                ) from error
        parse_date("", self.time_zone)

    def _demand(self, key: str, value: str, known: tuple[str, ...]) -> None:
        if value not in known:
            raise ConfigurationError(f"card {self.name}: {key}: {value!r} is not known; {nearest(value, known)}")

    def category(self, section: str) -> str:
        """Return the category that a section means, ``unlabelled``, or "" where nothing says it.

        Examples
        --------
        >>> card = Card("a", "page", ("a.txt",), sections={"Régions": "unlabelled", "Une": "politics"})
        >>> card.category("une "), card.category("régions"), card.category("رياضة"), card.category("auto")
        ('politics', 'unlabelled', 'sport', '')
        """
        name = section.strip().lower()
        if not name:
            return UNLABELLED
        own = {key.strip().lower(): category for key, category in self.sections.items()}
        return own.get(name) or category_of_section(name) or own.get(_ANY_OTHER_SECTION, "")

    def folder(self, data_root: Path | None) -> Path:
        """Return the folder that the card's paths are in.

        Raises
        ------
        ConfigurationError
            If it is the data root and none is given.
        """
        if self.root == "repository":
            return repository_root()
        if data_root is None:
            raise ConfigurationError(
                f"card {self.name} reads {self.paths[0]} under a data root: say where that is with --data-root"
            )
        return data_root

    def files(self, data_root: Path | None) -> list[Path]:
        """Return the card's files, sorted by path.

        Raises
        ------
        InputError
            If a path or pattern finds no file.
        ConfigurationError
            If the data root is needed and not given.
        """
        folder = self.folder(data_root)
        found: set[Path] = set()
        for path in self.paths:
            if not _GLOB_SIGNS.search(path):
                matches = [folder / path]
                if not matches[0].exists():
                    raise InputError(f"card {self.name}: {matches[0]} is missing{self._remedy()}")
            else:
                base = Path(Path(path).anchor) if Path(path).is_absolute() else folder
                matches = [match for match in base.glob(path.removeprefix(base.anchor)) if match.is_file()]
                if not matches:
                    raise InputError(f"card {self.name}: no file in {folder} matches {path!r}{self._remedy()}")
            found.update(matches)
        return sorted(found)

    def _remedy(self) -> str:
        if self.root == "repository":
            return ""
        return "; check --data-root" + (f", or get the data set: {self.homepage}" if self.homepage else "")


def repository_root() -> Path:
    """Return the folder of the project's repository: the one around the current folder, or newsclf's own.

    Raises
    ------
    ConfigurationError
        If newsclf was installed without its repository and none is around.
    """
    here = Path.cwd()
    for folder in (here, *here.parents, Path(__file__).resolve().parents[3]):
        if (folder / "data" / "sources").is_dir():
            return folder
    raise ConfigurationError("no data/sources here; run this in the newsclf repository, or name a card's file")


def read_card(card: str | Path) -> Card:
    """Return a source card.

    Parameters
    ----------
    card : str or Path
        The name of a card in data/sources, or the path of a card's file.

    Returns
    -------
    Card

    Raises
    ------
    ConfigurationError
        If there is no such card, or it says something newsclf doesn't understand.
    """
    path = Path(card)
    if path.suffix != ".toml":
        if path.suffix or len(path.parts) > 1:
            raise ConfigurationError(
                f"{card} is no card; a card is a TOML that says how to read a file: copy data/sources/my_csv.toml, "
                "put the file's name into its paths, and give the copy"
            )
        path = repository_root() / "data" / "sources" / f"{card}.toml"
        if not path.exists():
            known = sorted(each.stem for each in path.parent.glob("*.toml"))
            raise ConfigurationError(f"there is no card {str(card)!r} in {path.parent}; {nearest(str(card), known)}")
    found = settings_from(Card, read_toml(path), str(path))
    if found.name != path.stem:
        raise ConfigurationError(f"{path}: name is {found.name!r}, but must be that of the file, {path.stem!r}")
    return found


def cards_in_repository() -> list[Card]:
    """Return the cards whose files come with the repository and are there.

    Raises
    ------
    ConfigurationError
        If a card says something newsclf doesn't understand.
    """
    cards = [read_card(path) for path in sorted((repository_root() / "data" / "sources").glob("*.toml"))]
    return [card for card in cards if card.root == "repository" and _has_files(card)]


def _has_files(card: Card) -> bool:
    try:
        return bool(card.files(None))
    except InputError:
        return False
