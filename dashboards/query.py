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
    group = "".join(f', "{tag}"' for tag in by)

    def one(source: str, field: str, within: str, number: int) -> Target:
        text = (
            f'SELECT {how}("{field}") FROM {source} WHERE $timeFilter AND {within} AND {scope} '
            f"GROUP BY time($__interval){group} fill(null)"
        )
        return Target(text, ref=f"{ref}{number}", alias=alias or " · ".join(f"$tag_{tag}" for tag in by))

    return [
        one(f'"{family}"', quantity, _range_up_to(RAW_UP_TO), 1),
        one(f'"{MINUTES.name}"."{family}"', f"{quantity}_{how}", _range_between(RAW_UP_TO, MINUTES_UP_TO), 2),
        one(f'"{HOURS.name}"."{family}"', f"{quantity}_{how}", _range_beyond(MINUTES_UP_TO), 3),
    ]


def surplus(
    more: str, less: str, *, family: str, by: Sequence[str] = ("facility",), scope: str = SCOPE, ref: str = "A"
) -> list[Target]:
    """By how much one quantity is above another over time, in the resolution that fits the range."""
    group = "".join(f', "{tag}"' for tag in by)
    alias = " · ".join(f"$tag_{tag}" for tag in by)

    def one(source: str, figure: str, within: str, number: int) -> Target:
        text = (
            f'SELECT sum("{more}{figure}") - sum("{less}{figure}") FROM {source} WHERE $timeFilter AND {within} '
            f"AND {scope} GROUP BY time($__interval){group} fill(null)"
        )
        return Target(text, ref=f"{ref}{number}", alias=alias)

    return [
        one(f'"{family}"', "", _range_up_to(RAW_UP_TO), 1),
        one(f'"{MINUTES.name}"."{family}"', "_sum", _range_between(RAW_UP_TO, MINUTES_UP_TO), 2),
        one(f'"{HOURS.name}"."{family}"', "_sum", _range_beyond(MINUTES_UP_TO), 3),
    ]


def states(
    quantity: str,
    *,
    family: str,
    by: Sequence[str] = ("sensor",),
    scope: str = SCOPE,
    ref: str = "A",
) -> list[Target]:
    """A boolean over time: as it was stored, and from rollups whether it was ever true in that time."""
    group = "".join(f', "{tag}"' for tag in by)
    alias = " · ".join(f"$tag_{tag}" for tag in by)

    def one(selected: str, source: str, within: str, number: int) -> Target:
        text = (
            f"SELECT {selected} FROM {source} WHERE $timeFilter AND {within} AND {scope} "
            f"GROUP BY time($__interval){group} fill(none)"
        )
        return Target(text, ref=f"{ref}{number}", alias=alias)

    field = f'max("{quantity}_max")'
    return [
        one(f'last("{quantity}")', f'"{family}"', _range_up_to(RAW_UP_TO), 1),
        one(field, f'"{MINUTES.name}"."{family}"', _range_between(RAW_UP_TO, MINUTES_UP_TO), 2),
        one(field, f'"{HOURS.name}"."{family}"', _range_beyond(MINUTES_UP_TO), 3),
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
