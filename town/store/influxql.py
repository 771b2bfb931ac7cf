# ruff: noqa: S608 - every text that goes into a statement here is quoted by `name` or `literal`, or is one of ours
"""The InfluxQL that 1.x, 2.x and 3.x all understand, put together from quoted names and whole numbers only.

Parameters (`params=`) are documented for `/query` up to 2.x and for another path in 3.x, so texts are quoted here,
and nothing that could end a quotation gets through.
"""

import re
from collections.abc import Collection, Mapping, Sequence

from town.moment import Duration, Moment

PLACE = ("facility", "sensor", "zone")
"""The tags that say whose values they are, beside the town."""

_NEVER = re.compile(r"[\x00-\x1f\x7f\\]")


def name(text: str) -> str:
    """A measurement, field or tag as an identifier. Raises ValueError for control characters and backslashes."""
    return f'"{_escaped(text, chr(34))}"'


def literal(text: str) -> str:
    """A text as a value. Raises ValueError for control characters and backslashes."""
    return f"'{_escaped(text, chr(39))}'"


def _escaped(text: str, quote: str) -> str:
    if _NEVER.search(text):
        raise ValueError(f"{text!r:.100} holds control characters or backslashes")
    return text.replace(quote, f"\\{quote}")


def is_plain(text: str) -> bool:
    """Whether it can be a sensor's id at all: nothing is stored under any other."""
    return bool(text) and not _NEVER.search(text)


def names(texts: Collection[str]) -> str:
    """Several of them."""
    return ", ".join(name(text) for text in sorted(texts))


def where(
    town: str, sensors: Collection[str] | None = None, *, start: Moment | None = None, end: Moment | None = None
) -> str:
    """A condition: this town, one of these sensors, start <= time < end."""
    parts = [f'"town" = {literal(town)}']
    if sensors is not None:
        parts.append("(" + " OR ".join(f'"sensor" = {literal(sensor)}' for sensor in sensors) + ")")
    if start is not None:
        parts.append(f"time >= {start:d}ms")
    if end is not None:
        parts.append(f"time < {end:d}ms")
    return " AND ".join(parts)


def between(start: Moment, end: Moment) -> str:
    """A condition: start <= time < end."""
    return f"time >= {start:d}ms AND time < {end:d}ms"


def points(selected: str, *, families: Collection[str], among: str, every: Duration | None, limit: int) -> str:
    """The newest `limit` rows of each sensor, the newest first; in buckets of `every`, without the empty ones."""
    grouped = '"sensor"' if every is None else f'time({every:d}ms), "sensor" fill(none)'
    return (
        f"SELECT {selected} FROM {names(families)} WHERE {among} GROUP BY {grouped} ORDER BY time DESC LIMIT {limit:d}"
    )


def newest(quantity: str, *, families: Collection[str], among: str) -> str:
    """The newest value of a quantity of each sensor, with its time."""
    return f'SELECT last({name(quantity)}) FROM {names(families)} WHERE {among} GROUP BY "sensor"'


def rollup(selected: str, *, family: str, among: str, width: Duration) -> str:
    """Figures of each bucket of each sensor where it stood, without the empty ones."""
    grouped = f"time({width:d}ms), {names(PLACE)} fill(none)"
    return f"SELECT {selected} FROM {name(family)} WHERE {among} GROUP BY {grouped}"


def values(quantities: Sequence[str], *, family: str, among: str, most: int | None) -> str:
    """Time, these quantities and the place of every row that has one, oldest first; at most one more than `most`."""
    selected = ", ".join(name(one) for one in (*quantities, *PLACE))
    at_most = "" if most is None else f" LIMIT {most + 1:d}"
    return f"SELECT {selected} FROM {name(family)} WHERE {among}{at_most}"


def one(selected: str, *, families: Collection[str], among: str) -> str:
    """One row of each family."""
    return f"SELECT {selected} FROM {names(families)} WHERE {among}"


def sensors(*, families: Collection[str], among: str) -> str:
    """Which sensors there are."""
    return f'SHOW TAG VALUES FROM {names(families)} WITH KEY = "sensor" WHERE {among}'


def changes(measurement: str, *, among: str, most: int) -> str:
    """What was announced, oldest first."""
    return f'SELECT "minutes" FROM {name(measurement)} WHERE {among} LIMIT {most:d}'


def states(measurement: str, *, among: str) -> str:
    """How far each resolution is."""
    return f'SELECT last("through") FROM {name(measurement)} WHERE {among} GROUP BY "resolution"'


def everything(*, families: Collection[str], among: str, most: int | None) -> str:
    """All fields and tags, oldest first, at most one row more than `most` of each family."""
    at_most = "" if most is None else f" LIMIT {most + 1:d}"
    return f"SELECT * FROM {names(families)} WHERE {among}{at_most}"


def own(family: str, *, among: str, most: int) -> str:
    """All fields and tags of the newest rows, the newest first."""
    return f"SELECT * FROM {name(family)} WHERE {among} ORDER BY time DESC LIMIT {most:d}"


def equal(tags: Mapping[str, str]) -> str:
    """A condition to append: every one of these tags."""
    return "".join(f" AND {name(tag)} = {literal(text)}" for tag, text in tags.items())


def fields(*, families: Collection[str]) -> str:
    """The names of all fields, a table for each family."""
    return f"SHOW FIELD KEYS FROM {names(families)}"
