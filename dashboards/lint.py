"""What Grafana does not check when it reads boards from files, and then shows wrong without a word."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from dashboards.board import COLUMNS, WALL_ROWS
from dashboards.influxql_rules import query_problems
from dashboards.panels import COMPARED
from dashboards.query import ALERTS_NAME, INFLUX_UID

SCHEMA_VERSION = 42
MOST_PANELS = 255
KNOWN_SOURCES = {("influxdb", INFLUX_UID), ("datasource", "grafana")}

_UID = re.compile(r"[a-zA-Z0-9_-]{1,40}")
_TOP_LEVEL = {
    "annotations",
    "description",
    "editable",
    "fiscalYearStartMonth",
    "graphTooltip",
    "id",
    "links",
    "liveNow",
    "panels",
    "preload",
    "refresh",
    "revision",
    "schemaVersion",
    "tags",
    "templating",
    "time",
    "timepicker",
    "timezone",
    "title",
    "uid",
    "version",
    "weekStart",
}
_QUERIED = {"stat", "timeseries", "table", "state-timeline", "geomap", "barchart", "bargauge"}
_ANNOTATION_KEYS = {
    "query",
    "fromAnnotations",
    "textColumn",
    "tagsColumn",
    "timeEndColumn",
    "titleColumn",
    "limit",
    "matchAny",
    "tags",
    "type",
}

Json = dict[str, Any]


class Problem(NamedTuple):
    """What is wrong, and where."""

    board: str
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.board}: {self.where}: {self.what}" if self.where else f"{self.board}: {self.what}"


def lint(boards: Mapping[str, Json], *, folder_of: Mapping[str, str]) -> list[Problem]:
    """Everything wrong with these boards, by file; `folder_of` says in which folder each file is."""
    found = [*_twins(boards, folder_of)]
    uids = {str(board.get("uid")) for board in boards.values()}
    for name, board in boards.items():
        found += (Problem(name, where, what) for where, what in _board_problems(board, uids))
    return found


def _twins(boards: Mapping[str, Json], folder_of: Mapping[str, str]) -> Iterator[Problem]:
    """Of two files with one uid the later wins; two titles in one folder stop the whole provider."""
    uids = Counter(board.get("uid") for board in boards.values())
    titles = Counter((folder_of[name], board.get("title")) for name, board in boards.items())
    for name, board in boards.items():
        if uids[board.get("uid")] > 1:
            yield Problem(name, "uid", f"another board has the uid {board.get('uid')!r} too")
        if titles[folder_of[name], board.get("title")] > 1:
            yield Problem(name, "title", f"another board in this folder is called {board.get('title')!r} too")


def _board_problems(board: Json, uids: set[str]) -> Iterator[tuple[str, str]]:
    if "dashboard" in board or not board.get("title"):
        yield "title", "the title must stand at the top level: Grafana does not read {“dashboard”: …} from files"
    for key in sorted(board.keys() - _TOP_LEVEL):
        yield key, "Grafana knows no such key"
    if not _UID.fullmatch(str(board.get("uid", ""))):
        yield "uid", "a uid is 1 to 40 letters, digits, - and _"
    if board.get("schemaVersion") != SCHEMA_VERSION:
        yield "schemaVersion", f"must be {SCHEMA_VERSION}"
    top = board.get("panels", [])
    panels = [*top, *(inner for panel in top for inner in panel.get("panels", []))]
    variables = {one.get("name") for one in board.get("templating", {}).get("list", [])}
    yield from _id_problems(panels)
    yield from _layout_problems(top)
    for panel in panels:
        place = f"panel {panel.get('id')} {panel.get('title', '')!r}"
        for what in _panel_problems(panel, variables):
            yield place, what
    yield from _variable_problems(board.get("templating", {}).get("list", []), variables)
    yield from _annotation_problems(board.get("annotations", {}).get("list", []), variables)
    yield from _link_problems(board, uids)


def _id_problems(panels: Sequence[Json]) -> Iterator[tuple[str, str]]:
    ids = Counter(panel.get("id") for panel in panels)
    for number in sorted((n for n, count in ids.items() if count > 1 or not isinstance(n, int)), key=str):
        yield "panels", f"the id {number} is there {ids[number]} times: links and annotations need one each"
    if any(isinstance(n, int) and not 0 < n <= MOST_PANELS for n in ids):
        yield "panels", f"ids go from 1 to {MOST_PANELS}: filters of annotations know no others"


def _layout_problems(panels: Sequence[Json]) -> Iterator[tuple[str, str]]:
    """What is open at first fills a screen and no more; what a shut row holds comes when somebody opens it."""
    yield from _overlaps(panels)
    ends = [panel.get("gridPos", {}).get("y", 0) + panel.get("gridPos", {}).get("h", 0) for panel in panels]
    rows = max(ends, default=0)
    if rows != WALL_ROWS:
        yield "panels", f"a screen has {WALL_ROWS} rows, this board {rows}: it would scroll, or leave a gap"
    for panel in panels:
        if panel.get("panels"):
            yield from _overlaps(panel["panels"])


def _overlaps(panels: Sequence[Json]) -> Iterator[tuple[str, str]]:
    taken: dict[tuple[int, int], Any] = {}
    for panel in panels:
        at = panel.get("gridPos", {})
        x, y, w, h = (at.get(key, -1) for key in "xywh")
        if min(x, y) < 0 or min(w, h) < 1 or x + w > COLUMNS:
            yield f"panel {panel.get('id')}", f"gridPos must fit {COLUMNS} columns"
            continue
        for cell in ((column, row) for column in range(x, x + w) for row in range(y, y + h)):
            if cell in taken:
                yield f"panel {panel.get('id')}", f"lies over panel {taken[cell]}"
                break
            taken[cell] = panel.get("id")


def _panel_problems(panel: Json, variables: set[Any]) -> Iterator[str]:
    kind, targets = panel.get("type"), panel.get("targets", [])
    if kind == "row":
        return
    defaults = panel.get("fieldConfig", {}).get("defaults", {})
    custom = defaults.get("custom") or {}
    if not panel.get("title") and kind != "text":
        yield "has no title"
    if kind in _QUERIED and not targets:
        yield "asks nothing"
    if kind in _QUERIED and not defaults.get("noValue"):
        yield "says “No data” when there is none: give it a noValue"
    if kind == "timeseries":
        yield from _chart_problems(panel, custom)
    if panel.get("timeCompare"):
        yield from _comparison_problems(panel)
    if kind == "alertlist" and panel.get("options", {}).get("datasource") != ALERTS_NAME:
        yield f"the data source of an Alert list goes by its name, {ALERTS_NAME!r}: with a uid it stays empty"
    if kind == "geomap" and panel.get("options", {}).get("basemap", {}).get("type") != "geojson":
        yield "the map below must be our own GeoJSON: tiles need the internet"
    if kind == "table" and not any(one.get("id") == "organize" for one in panel.get("transformations", [])):
        yield "tags come in any order: put the columns in order by name with organize"
    refs = Counter(target.get("refId") for target in targets)
    yield from (f"the refId {ref} is there {count} times" for ref, count in refs.items() if count > 1)
    for source in [panel.get("datasource"), *(target.get("datasource") for target in targets)]:
        if source is not None and (source.get("type"), source.get("uid")) not in KNOWN_SOURCES:
            yield f"there is no data source {source}"
    for target in targets:
        yield from (
            f"query {target.get('refId')}: {what}" for what in query_problems(target, variables, kind=str(kind))
        )
    yield from _action_problems(panel)


def _comparison_problems(panel: Json) -> Iterator[str]:
    """What Grafana asks of the time before has names of its own, by which it is made grey."""
    overrides = panel.get("fieldConfig", {}).get("overrides", [])
    grey = {one["matcher"].get("options") for one in overrides if one["matcher"].get("id") == "byFrameRefID"}
    for target in panel.get("targets", []):
        if f"{target.get('refId')}{COMPARED}" not in grey:
            yield f"the time before looks like now: give {target.get('refId')}{COMPARED} a colour"
    if not panel.get("hideTimeOverride"):
        yield "says “Compared to day before” in English in every language: hide it"


def _chart_problems(panel: Json, custom: Json) -> Iterator[str]:
    spans = custom.get("spanNulls")
    if isinstance(spans, bool) or not isinstance(spans, int | float) or spans <= 0:
        yield "is a cloud of dots without spanNulls in ms: three times the interval of its sensors"
    if custom.get("showPoints") != "never":
        yield "showPoints must be never"
    if not panel.get("interval") or not panel.get("maxDataPoints"):
        yield "needs the interval of its sensors and maxDataPoints, or its buckets are narrower than what is stored"


def _action_problems(panel: Json) -> Iterator[str]:
    for override in panel.get("fieldConfig", {}).get("overrides", []):
        for one in override.get("properties", []):
            for action in one.get("value", []) if one.get("id") == "actions" else []:
                fetch = action.get("fetch", {})
                if not str(fetch.get("url", "")).startswith("/town/"):
                    yield "an action must go to /town/…, on the same origin"
                if not action.get("confirmation"):
                    yield "an action must ask before it does anything"


def _variable_problems(listed: Sequence[Json], variables: set[Any]) -> Iterator[tuple[str, str]]:
    for one in listed:
        place = f"variable {one.get('name')}"
        if one.get("type") == "query":
            target = {"query": one.get("query"), "resultFormat": "variable"}
            yield from ((place, what) for what in query_problems(target, variables, kind="variable"))
        if one.get("includeAll") and one.get("allValue") != ".*":
            yield place, "All must be .*: else every value is written into every query"


def _annotation_problems(listed: Sequence[Json], variables: set[Any]) -> Iterator[tuple[str, str]]:
    for one in listed:
        place, target = f"annotation {one.get('name')}", one.get("target") or {}
        if missing := sorted(_ANNOTATION_KEYS - target.keys()):
            yield place, f"its target lacks {', '.join(missing)}"
            continue
        yield from ((place, what) for what in query_problems(target, variables, kind="annotation"))


def _link_problems(board: Json, uids: set[str]) -> Iterator[tuple[str, str]]:
    for url in _urls(board):
        if url.startswith("/d/") and re.split(r"[/?]", url)[2] not in uids:
            yield "links", f"{url} leads to no board"
        if re.match(r"[a-z]+:", url):
            yield "links", f"{url} leaves the town: links stay on the same origin"


def _urls(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (str(text) for key, text in value.items() if key == "url" and text)
        for inner in value.values():
            yield from _urls(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _urls(inner)
