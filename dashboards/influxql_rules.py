"""What a question to InfluxDB must keep to, so that 1.x, 2.x and 3.x answer it and Grafana shows what is meant."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

FORBIDDEN = {
    r"\bSLIMIT\b": "SLIMIT is not in 3.x",
    r"\bSOFFSET\b": "SOFFSET is not in 3.x",
    r"\bINTO\b": "a board writes nothing",
    r"\bCARDINALITY\b": "CARDINALITY is not in 3.x",
    r"\bCONTINUOUS\s+QUER": "continuous queries are not in 2.x and 3.x",
    r"\b(DROP|DELETE|CREATE|ALTER|GRANT|KILL)\b": "a board changes nothing",
    r";": "only the first statement of a query is used",
    r"\bfill\(previous\)": "fill(previous) does not look before the range",
}

SELECTORS = ("last", "first", "max", "min", "top", "bottom", "percentile", "sample")
_VARIABLE = re.compile(r"\$\{?(\w+)")
_MACROS = {"timeFilter", "__interval", "__interval_ms", "__from", "__to"}
_OF_RULES = re.compile(r"\"\w+\"\s*(=|!=|<>|!~)\s*(/\^?)?\$\w+")


def query_problems(target: Mapping[str, Any], variables: set[Any], *, kind: str) -> Iterator[str]:
    """Everything wrong with one question of a panel, variable or annotation."""
    query, form = str(target.get("query", "")), target.get("resultFormat")
    if not query.strip():
        yield "is empty"
        return
    yield from (why for pattern, why in FORBIDDEN.items() if re.search(pattern, query, re.IGNORECASE))
    if kind != "variable":
        if target.get("rawQuery") is not True:
            yield "rawQuery must be true"
        if "$timeFilter" not in query and not re.search(r"\btime > now\(\) - ", query):
            yield "reads everything ever stored: $timeFilter, or time > now() - …"
    yield from _variable_problems(query, variables)
    yield from _select_problems(query)
    yield from _form_problems(query, form, kind)


def _variable_problems(query: str, variables: set[Any]) -> Iterator[str]:
    for name in sorted(set(_VARIABLE.findall(query)) - variables - _MACROS):
        yield f"there is no variable ${name}"
    if _OF_RULES.search(query):
        yield 'variables hold several values: write "tag" =~ /^$variable$/'
    for found in re.findall(r"=~\s*/([^/]*)/", query):
        if "$" in found.rstrip("$") and not re.fullmatch(r"\^\$\w+\$", found):
            yield f"/{found}/ must be anchored on both sides"


def _select_problems(query: str) -> Iterator[str]:
    for part in re.findall(r"SELECT(.*?)FROM", query, re.IGNORECASE | re.DOTALL):
        calls = re.findall(r"\b(\w+)\(", part)
        if len([call for call in calls if call.lower() in SELECTORS]) > 1:
            yield "two selectors in one SELECT lose the time of both"
    if re.search(r"GROUP BY time\(", query) and "fill(" not in query:
        yield "GROUP BY time needs a fill(…), or gaps are guessed at"
    if re.search(r"GROUP BY[^)]*\*", query):
        yield "GROUP BY * makes a series of whatever tag comes next: name them"


def _form_problems(query: str, form: Any, kind: str) -> Iterator[str]:
    if kind in ("table", "geomap") and form != "table":
        yield "rows are asked for as a table: else every series is a frame, and only the first is shown"
    if kind in ("timeseries", "state-timeline") and form != "time_series":
        yield "lines are asked for as a time series"
    if form == "time_series" and kind == "timeseries" and not re.search(r"GROUP BY time\(", query):
        yield "lines need GROUP BY time(…)"
