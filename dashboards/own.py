"""Questions about what the brain tells of itself: facilities, sensors, alerts, the ledger and its own pipeline."""

from collections.abc import Sequence

from grafana_foundation_sdk.models.dashboard import Panel

from dashboards import look
from dashboards.panels import stat
from dashboards.query import NOW, SCOPE, TOWN, Target, series
from dashboards.words import Words

LATELY = "time > now() - 5m"


def of_facilities(field: str, *, how: str = "sum", scope: str = SCOPE, ref: str = "A") -> Target:
    """One figure over the newest state of all facilities."""
    inner = f'SELECT last("{field}") AS "value" FROM "facility_state" WHERE {NOW} AND {scope} GROUP BY "facility"'
    return Target(f'SELECT {how}("value") AS "value" FROM ({inner})', ref=ref)


def of_alerts(figure: str, *, ref: str = "A") -> Target:
    """The newest of a figure of alert performance."""
    query = (
        f'SELECT last("value") AS "value" FROM "alert_figures" WHERE {LATELY} AND {TOWN} AND "figure" = \'{figure}\''
    )
    return Target(query, ref=ref)


def alerts_over_time(figures: Sequence[str]) -> list[Target]:
    """Figures of alert performance over time, a line each, named by the figure."""
    among = "|".join(figures)
    query = (
        f'SELECT mean("value") FROM "alert_figures" WHERE $timeFilter AND {TOWN} AND "figure" =~ /^({among})$/ '
        'GROUP BY time($__interval), "figure" fill(null)'
    )
    return [series(query, alias="$tag_figure")]


def of_pipeline(figure: str, *, how: str = "last", ref: str = "A") -> Target:
    """The newest of a figure of the pipeline, over all of its parts."""
    inner = (
        f'SELECT last("value") AS "value" FROM "brain_pipeline" WHERE {LATELY} AND {TOWN} '
        f'AND "figure" = \'{figure}\' GROUP BY "part"'
    )
    return Target(f'SELECT {how}("value") AS "value" FROM ({inner})', ref=ref)


def pipeline_over_time(figures: Sequence[str], *, how: str = "mean") -> list[Target]:
    """Figures of the pipeline over time, a line each."""
    among = "|".join(figures)
    query = (
        f'SELECT {how}("value") FROM "brain_pipeline" WHERE $timeFilter AND {TOWN} AND "figure" =~ /^({among})$/ '
        'GROUP BY time($__interval), "figure" fill(null)'
    )
    return [series(query, alias="$tag_figure")]


def senders_over_time(figure: str) -> list[Target]:
    """A figure of the senders over time, added up, a line for each channel."""
    query = (
        f'SELECT sum("value") FROM "brain_pipeline" WHERE $timeFilter AND {TOWN} AND "figure" = \'{figure}\' '
        'GROUP BY time($__interval), "part" fill(null)'
    )
    return [series(query, alias="$tag_part")]


def of_ledger(field: str, *, within: str = "1h", ref: str = "A") -> Target:
    """A column of the loss ledger, added up."""
    query = f'SELECT sum("{field}") AS "value" FROM "ingest_ledger" WHERE time > now() - {within} AND {TOWN}'
    return Target(query, ref=ref)


def ledger_over_time(fields: Sequence[str]) -> list[Target]:
    """Columns of the loss ledger over time, per bucket."""
    chosen = ", ".join(f'sum("{field}") AS "{field}"' for field in fields)
    query = f'SELECT {chosen} FROM "ingest_ledger" WHERE $timeFilter AND {TOWN} GROUP BY time($__interval) fill(null)'
    return [series(query, alias="$col")]


def air_quality(*, ref: str = "A") -> Target:
    """The worst air quality index in town."""
    inner = f'SELECT last("index") AS "value" FROM "air_quality" WHERE {NOW} AND {SCOPE} GROUP BY "sensor"'
    return Target(f'SELECT max("value") AS "value" FROM ({inner})', ref=ref)


def air_quality_over_time(by: Sequence[str] = ("sensor",)) -> list[Target]:
    """The index of every station, or the worst of all."""
    group = "".join(f', "{tag}"' for tag in by)
    query = f'SELECT max("index") FROM "air_quality" WHERE $timeFilter AND {SCOPE} GROUP BY time($__interval){group}'
    return [series(f"{query} fill(null)", alias="$tag_sensor" if by else "")]


def silent_sensors(say: Words, *, width: int = 0, title: str = "", size: int = 40) -> Panel:
    """How many sensors are silent, out of how many."""
    return stat(
        title or say("失联传感器", "Silent sensors"),
        [of_facilities("silent"), of_facilities("sensors", ref="B")],
        names=(say("失联", "silent"), say("共", "of")),
        decimals=0,
        thresholds=look.rising(base=look.TEXT),
        size=size,
        width=width,
    )
