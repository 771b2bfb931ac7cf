"""Points of one quantity from InfluxDB, as they were stored or in buckets."""

from collections.abc import Callable, Mapping

from town.moment import Duration, Moment
from town.ports import Aggregate
from town.quantity import Quantity, Value, ValueType
from town.store import influxql
from town.store.influx_rows import columns_by_sensor, raw_value
from town.store.influx_server import InfluxServer

Points = Mapping[str, Mapping[Moment, Value]]
"""By sensor and moment."""

# InfluxQL counts and finds booleans but does not calculate with them: all figures follow from how many there are, and
# how many of these are true.
_OF_BOOLEANS: dict[Aggregate, Callable[[float, float], float]] = {
    "count": lambda count, _: count,
    "sum": lambda _, true: true,
    "mean": lambda count, true: true / count,
    "min": lambda count, true: float(true == count),
    "max": lambda _, true: float(true > 0),
}


class HistoryQuestion:
    """One question for the points of one quantity of some sensors; `among` is the condition that names them."""

    def __init__(
        self, server: InfluxServer, quantity: Quantity, *, families: frozenset[str], among: str, limit: int
    ) -> None:
        self._server, self._quantity, self._families = server, quantity, families
        self._among, self._limit = among, limit
        self._field = influxql.name(quantity.id)

    async def stored(self) -> Points:
        """The newest values of each sensor."""
        found = await self._ask(self._field, every=None)
        kind = self._quantity.type
        return {s: {at: raw_value(kind, value) for at, (value, *_) in rows.items()} for s, rows in found.items()}

    async def buckets(self, every: Duration, aggregate: Aggregate) -> Points:
        """The newest buckets of each sensor; booleans are 0 and 1."""
        kind = self._quantity.type
        if kind is ValueType.BOOL and aggregate != "last":
            return await self._boolean_buckets(every, aggregate)
        found = await self._ask(f"{aggregate}({self._field})", every=every)
        result = ValueType.TEXT if kind is ValueType.TEXT and aggregate == "last" else ValueType.FLOAT
        return {s: {at: raw_value(result, value) for at, (value, *_) in rows.items()} for s, rows in found.items()}

    async def _boolean_buckets(self, every: Duration, aggregate: Aggregate) -> Points:
        counted = f"count({self._field})"
        counts = await self._ask(counted, every=every)
        trues = await self._ask(counted, every=every, among=f"{self._among} AND {self._field} = true")
        made = _OF_BOOLEANS[aggregate]

        def bucket(sensor: str, at: Moment, count: object) -> Value:
            true = trues.get(sensor, {}).get(at, [0])[0]
            return made(float(str(count)), float(str(true)))

        return {
            sensor: {at: bucket(sensor, at, count) for at, (count, *_) in rows.items() if count}
            for sensor, rows in counts.items()
        }

    async def _ask(
        self, selected: str, *, every: Duration | None, among: str | None = None
    ) -> dict[str, dict[Moment, list[object]]]:
        statement = influxql.points(
            f'{selected} AS "value"',
            families=self._families,
            among=among or self._among,
            every=every,
            limit=self._limit,
        )
        return columns_by_sensor(await self._server.query(statement))
