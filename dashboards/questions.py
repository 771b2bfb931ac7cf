"""Every question of a board with what Grafana puts into it: variables, the range, the width of buckets."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboards.panels import COMPARED
from town.moment import DAY, HOUR, MINUTE, SECOND, Duration, Moment, parse_duration

Json = dict[str, Any]

RANGES: Sequence[Duration] = (HOUR, DAY, 30 * DAY)
"""One for each resolution; a chart's questions answer in one of them each."""

_WIDE = 1_500
"""Pixels of a panel, when it says nothing of its points."""
_STEPS: Sequence[Duration] = (
    *(number * SECOND for number in (1, 2, 5, 10, 15, 20, 30)),
    *(number * MINUTE for number in (1, 2, 5, 10, 15, 20, 30)),
    *(number * HOUR for number in (1, 2, 3, 6, 12)),
    DAY,
)
_SOURCE = re.compile(r'FROM\s+(?:"1[mh]"\.)?"(\w+)"')
_FIELD = re.compile(r'\w+\("(\w+)"\)')
_FIGURE = re.compile(r"_(mean|max|min|sum|last|count)$")


@dataclass(frozen=True)
class Question:
    """One question. `columns` are those that its panel names and that the answer must have."""

    board: str
    where: str
    ref: str
    query: str
    form: str
    interval: Duration = SECOND
    points: int = _WIDE
    columns: frozenset[str] = frozenset()
    before: Duration = 0
    """How long before the range it is asked for: what Grafana lays under today's lines."""

    def measured(self) -> tuple[str, frozenset[str]]:
        """The family that is asked, and which of its quantities."""
        families, fields = _SOURCE.findall(self.query), _FIELD.findall(self.query)
        quantities = {_FIGURE.sub("", field) for field in fields} - {"value"}
        return (families[-1] if families else ""), frozenset(quantities)

    def asked(self, *, start: Moment, end: Moment, variables: Mapping[str, str]) -> str:
        """The question as it is sent for this range."""
        start, end = start - self.before, end - self.before
        width = max(self.interval, _step((end - start) // self.points))
        macros = {"__interval": f"{width}ms", "__interval_ms": str(width), "__from": str(start), "__to": str(end)}
        text = self.query.replace("$timeFilter", f"time >= {start}ms and time <= {end}ms")
        for name, value in {**macros, **variables}.items():
            text = text.replace(f"${{{name}}}", value)
            text = re.sub(rf"\${name}\b", value.replace("\\", r"\\"), text)
        return text


def questions(board: Json) -> Iterator[Question]:
    """Those of its panels and its annotations."""
    title = str(board["title"])
    for panel in _panels(board):
        points = int(panel.get("maxDataPoints") or _WIDE)
        interval = parse_duration(panel["interval"]) if panel.get("interval") else SECOND
        for target in panel.get("targets", []):
            form, ref = str(target["resultFormat"]), str(target["refId"])
            where, query = str(panel.get("title") or panel["type"]), str(target["query"])
            yield Question(title, where, ref, query, form, interval, points, _columns(panel))
            if panel.get("timeCompare"):
                before = parse_duration(panel["timeCompare"])
                yield Question(title, where, f"{ref}{COMPARED}", query, form, interval, points, before=before)
    for one in board.get("annotations", {}).get("list", []):
        target = one["target"]
        columns = frozenset(filter(None, (target["textColumn"], target["tagsColumn"], target["titleColumn"])))
        yield Question(title, str(one["name"]), "annotation", str(target["query"]), "table", columns=columns)


def _panels(board: Json) -> Iterator[Json]:
    """Also those in rows that are shut."""
    for panel in board.get("panels", []):
        yield panel
        yield from panel.get("panels", [])


def variable_questions(board: Json) -> Iterator[tuple[str, str, bool]]:
    """Name, question and whether All is among the choices, in the order in which they depend on each other."""
    for one in board.get("templating", {}).get("list", []):
        if one.get("type") == "query":
            yield str(one["name"]), str(one["query"]), bool(one.get("includeAll"))


def fixed_variables(board: Json) -> dict[str, str]:
    """What is typed in, as it stands at first."""
    listed = board.get("templating", {}).get("list", [])
    return {str(one["name"]): str(one["query"]) for one in listed if one.get("type") == "textbox"}


def several(values: Sequence[str]) -> str:
    """Several values of a variable as Grafana writes them into a regular expression."""
    escaped = [re.sub(r"([\\^$*+?.()|{}\[\]/])", r"\\\1", value) for value in values]
    return escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})"


def _columns(panel: Json) -> frozenset[str]:
    for one in panel.get("transformations", []):
        if one.get("id") == "organize":
            return frozenset(one["options"]["indexByName"]) - {"Time"}
    return frozenset()


def _step(width: Duration) -> Duration:
    """Rounded up to a step as Grafana has them, or nearly."""
    return next((step for step in _STEPS if step >= width), _STEPS[-1])
