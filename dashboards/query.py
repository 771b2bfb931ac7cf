"""Questions of the boards in InfluxQL that 1.x, 2.x and 3.x all understand."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.common import DataSourceRef

from town.moment import DAY, HOUR, Duration
from town.store.resolution import HOURS, MINUTES

INFLUX_UID = "town-influx"
ALERTS_UID = "town-alerts"
ALERTS_NAME = "Town alerts"

Format = Literal["time_series", "table"]
Figure = Literal["mean", "max", "min", "sum"]

TOWN = '"town" =~ /^$town$/'
SCOPE = f'{TOWN} AND "zone" =~ /^$zone$/ AND "facility" =~ /^$facility$/'
"""What the board's variables ask for."""

NOW = "time > now() - 3m"
"""How things stand is written again every minute: what is older than three says that nobody writes."""

MOST_POINTS = 360
"""In a chart. With it the width of a bucket is never below that of the rollup that answers, and rollups are used where
they can be."""
RAW_UP_TO: Duration = 6 * HOUR
MINUTES_UP_TO: Duration = 15 * DAY


def influx() -> DataSourceRef:
    """The data source of everything that is stored."""
    return DataSourceRef(type_val="influxdb", uid=INFLUX_UID)


@dataclass
class Target(Dataquery, Builder[Dataquery]):
    """One question to InfluxDB, as Grafana keeps it. The SDK has none for InfluxQL."""

    query: str
    ref: str = "A"
    alias: str = ""
    format: Format = "time_series"

    def build(self) -> Dataquery:
        """Itself."""
        return self

    def to_json(self) -> dict[str, object]:
        """As it stands in the board."""
        shown: dict[str, object] = {
            "datasource": influx(),
            "query": self.query,
            "rawQuery": True,
            "refId": self.ref,
            "resultFormat": self.format,
        }
        return shown | ({"alias": self.alias} if self.alias else {})


def table(query: str, ref: str = "A") -> Target:
    """Rows: the columns are put in order by name in the panel, because tags come in any."""
    return Target(query, ref=ref, format="table")


def series(query: str, *, alias: str = "", ref: str = "A") -> Target:
    """Lines over time."""
    return Target(query, ref=ref, alias=alias)


def trend(
    quantity: str,
    *,
    family: str,
    how: Figure = "mean",
    by: Sequence[str] = ("sensor",),
    alias: str = "",
    scope: str = SCOPE,
    ref: str = "A",
) -> list[Target]:
    """A quantity over time in the resolution that fits the range: values, minutes or hours; the others are empty."""
    rolled_up = f'{how}("{quantity}_{how}")'
    return _by_range(
        [f'{how}("{quantity}")', rolled_up, rolled_up], family=family, by=by, alias=alias, scope=scope, ref=ref
    )


def surplus(
    more: str, less: str, *, family: str, by: Sequence[str] = ("facility",), scope: str = SCOPE, ref: str = "A"
) -> list[Target]:
    """By how much one quantity is above another over time, in the resolution that fits the range."""
    rolled_up = f'sum("{more}_sum") - sum("{less}_sum")'
    return _by_range(
        [f'sum("{more}") - sum("{less}")', rolled_up, rolled_up], family=family, by=by, scope=scope, ref=ref
    )


def states(
    quantity: str,
    *,
    family: str,
    by: Sequence[str] = ("sensor",),
    scope: str = SCOPE,
    ref: str = "A",
) -> list[Target]:
    """A boolean over time: as it was stored, and from rollups whether it was ever true in that time."""
    ever = f'max("{quantity}_max")'
    return _by_range([f'last("{quantity}")', ever, ever], family=family, by=by, scope=scope, ref=ref, fill="none")


def _by_range(
    selected: Sequence[str],
    *,
    family: str,
    by: Sequence[str],
    scope: str,
    ref: str,
    alias: str = "",
    fill: str = "null",
) -> list[Target]:
    """What is selected from values, from minutes and from hours: by the range one answers, the others are empty."""
    group = "".join(f', "{tag}"' for tag in by)
    sources = [
        (f'"{family}"', _range_up_to(RAW_UP_TO)),
        (f'"{MINUTES.name}"."{family}"', _range_between(RAW_UP_TO, MINUTES_UP_TO)),
        (f'"{HOURS.name}"."{family}"', _range_beyond(MINUTES_UP_TO)),
    ]
    return [
        Target(
            f"SELECT {what} FROM {source} WHERE $timeFilter AND {within} AND {scope} "
            f"GROUP BY time($__interval){group} fill({fill})",
            ref=f"{ref}{number}",
            alias=alias or " · ".join(f"$tag_{tag}" for tag in by),
        )
        for number, (what, (source, within)) in enumerate(zip(selected, sources, strict=True), 1)
    ]


def day(quantity: str, *, family: str, how: Figure = "mean", scope: str = SCOPE) -> Target:
    """A trace over the board's own range from the minutes: for tiles, whose range nobody changes."""
    return Target(
        f'SELECT {how}("{quantity}_{how}") FROM "{MINUTES.name}"."{family}" WHERE $timeFilter AND {scope} '
        "GROUP BY time($__interval) fill(null)"
    )


def newest(
    quantity: str,
    *,
    family: str,
    how: Figure = "max",
    within: str = "15m",
    ref: str = "A",
    scope: str = SCOPE,
) -> Target:
    """One figure of the newest values of all sensors."""
    inner = f'SELECT last("{quantity}") AS "value" FROM "{family}" WHERE time > now() - {within} AND {scope}'
    return Target(f'SELECT {how}("value") AS "value" FROM ({inner} GROUP BY "sensor")', ref=ref)


def how_many(quantity: str, *, family: str, ref: str = "A", scope: str = SCOPE) -> Target:
    """Of how many sensors a boolean was true in the newest minute that is told; 0 when it was of none."""
    inner = (
        f'SELECT last("{quantity}_last") AS "value" FROM "{MINUTES.name}"."{family}" '
        f"WHERE time > now() - 30m AND {scope}"
    )
    return Target(f'SELECT sum("value") AS "value" FROM ({inner} GROUP BY "sensor")', ref=ref)


def _width() -> str:
    return "(${__to} - ${__from})"


def _range_up_to(most: Duration) -> str:
    return f"{_width()} <= {most}"


def _range_between(least: Duration, most: Duration) -> str:
    return f"{_width()} > {least} AND {_width()} <= {most}"


def _range_beyond(least: Duration) -> str:
    return f"{_width()} > {least}"
