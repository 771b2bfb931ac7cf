"""Lists of things with ids in a YAML file: each read for itself, so that one mistake does not hide another."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from town.findings import Finding, suggest
from town.language import Label
from town.source import Location, Source

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


M = TypeVar("M", bound=BaseModel)


class Items(Generic[M]):
    """The well-formed items of one list by id, with their places; `ids` also holds those of malformed ones."""

    def __init__(self, source: Source | None, key: str) -> None:
        self.source = source
        self.key = key
        self.by_id: dict[str, M] = {}
        self.ids = declared_ids(source, key)
        self._places: dict[str, Location] = {}

    def add(self, name: str, item: M, place: Location) -> None:
        """Take an item in; the first of an id stays."""
        self.by_id.setdefault(name, item)
        self._places.setdefault(name, place)

    def place(self, item: str) -> Location:
        """Where an item stands in the file."""
        return self._places[item]

    def finding(self, item: str, field: str, message: str, suggestion: str = "") -> Finding:
        """A finding about a field of an item."""
        assert self.source is not None, "items come from a source"
        return self.source.finding((*self.place(item), field), message, suggestion)


def declared_ids(source: Source | None, key: str) -> frozenset[str]:
    """Every id that stands in a list, also where the rest of the item is wrong."""
    listed = source.at((key,)) if source else None
    items = listed if isinstance(listed, list) else []
    return frozenset(str(item["id"]) for item in items if isinstance(item, dict) and "id" in item)


def read_items(source: Source | None, key: str, model: type[M]) -> tuple[Items[M], list[Finding]]:
    """Read the list behind `key` as `model`, which has an `id` and a `name`, each item for itself."""
    items: Items[M] = Items(source, key)
    listed = source.at((key,)) if source else None
    if source is None or not isinstance(listed, list):
        return items, []
    findings: list[Finding] = []
    for index in range(len(listed)):
        place = (key, index)
        item, mistakes = source.parse(model, place)
        findings += mistakes
        if item is None:
            continue
        named: Any = item
        findings += _id_findings(source, place, named.id, first=items)
        findings += label_findings(source, (*place, "name"), named.name)
        items.add(named.id, item, place)
    return items, findings


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


def _id_findings(source: Source, place: Location, item: str, *, first: Items[Any]) -> Iterator[Finding]:
    if mistake := id_mistake(item):
        yield source.finding((*place, "id"), mistake)
    if item in first.by_id:
        line = source.line((*first.place(item), "id"))
        yield source.finding((*place, "id"), f"`{item}` is there already, in line {line}", "give it another id")
