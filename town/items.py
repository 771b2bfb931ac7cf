"""Lists of things with ids in a YAML file: each read for itself, so that one mistake does not hide another."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from pydantic import BaseModel

from town.findings import Finding, suggest
from town.language import Label
from town.source import Location, Source

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


M = TypeVar("M", bound=BaseModel)


class Row(NamedTuple):
    """One item as it stands in the file, well formed or not."""

    place: tuple[str | int, ...]
    data: dict[str, Any]

    def text(self, key: str) -> str | None:
        """The text behind a key, or None when there is none; what is not a text is found by the model."""
        value = self.data.get(key)
        return value if isinstance(value, str) else None


class Items(Generic[M]):
    """One list: `rows` as written, `ids` of all of them, the well-formed ones `by_id` with their places.

    It `is_read` when there is a list at all, be it a short one.
    """

    def __init__(self, source: Source | None, key: str) -> None:
        self.source = source
        self.is_read = source is not None and isinstance(source.at((key,)), list)
        self.rows = _rows(source, key)
        self.ids = frozenset(name for row in self.rows if (name := row.text("id")) is not None)
        self.by_id: dict[str, M] = {}
        self._places: dict[str, Location] = {}

    def add(self, name: str, item: M, place: Location) -> None:
        """Take an item in; the first of an id stays."""
        self.by_id.setdefault(name, item)
        self._places.setdefault(name, place)

    def place(self, item: str) -> Location:
        """Where a well-formed item stands in the file."""
        return self._places[item]


def read_items(source: Source | None, key: str, model: type[M]) -> tuple[Items[M], list[Finding]]:
    """Read the list behind `key` as `model`, which has an `id` and a `name`, each item for itself."""
    items: Items[M] = Items(source, key)
    if source is None:
        return items, []
    findings = list(_id_findings(source, items.rows))
    listed = source.at((key,))
    for index in range(len(listed) if isinstance(listed, list) else 0):
        item, mistakes = source.parse(model, (key, index))
        findings += mistakes
        if item is not None:
            named: Any = item
            findings += label_findings(source, (key, index, "name"), named.name)
            items.add(named.id, item, (key, index))
    return items, findings


def _rows(source: Source | None, key: str) -> list[Row]:
    listed = source.at((key,)) if source else None
    items = listed if isinstance(listed, list) else []
    return [Row((key, index), item) for index, item in enumerate(items) if isinstance(item, dict)]


def _id_findings(source: Source, rows: list[Row]) -> Iterator[Finding]:
    lines: dict[str, int] = {}
    for row in rows:
        name, place = row.text("id"), (*row.place, "id")
        if name is None:
            continue
        if mistake := id_mistake(name):
            yield source.finding(place, mistake)
        if name in lines:
            yield source.finding(place, f"`{name}` is there already, in line {lines[name]}", "give it another id")
        lines.setdefault(name, source.line(place))


def id_mistake(item: str) -> str:
    """What is wrong with an id, or nothing: ids stand in topics, addresses and file names."""
    return "" if _ID.fullmatch(item) else f"`{item}` cannot be an id: letters, digits, `-`, `_` and `.`, at most 64"


def label_findings(source: Source, place: Location, label: Label | None) -> Iterator[Finding]:
    """A finding for each language that a label leaves empty."""
    for language in ("zh", "en"):
        if label is not None and not getattr(label, language).strip():
            yield source.finding((*place, language), f"`{language}` is empty", "write the name in that language")


def unknown(what: str, word: str, known: Iterable[str]) -> tuple[str, str]:
    """Message and suggestion for an id that nothing has."""
    names: Sequence[str] = sorted(known)
    few = f"there are: {', '.join(names)}" if 0 < len(names) <= 12 else ""
    return f"there is no {what} `{word}`", suggest(word, names) or few
