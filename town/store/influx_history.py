"""Points of one quantity from InfluxDB, as they were stored or in buckets."""

import operator
from collections.abc import Callable, Mapping, Sequence

from town.moment import Duration, Moment
from town.ports import Aggregate
from town.quantity import Quantity, Value, ValueType
from town.store import influxql
from town.store.influx_rows import columns_by_sensor, raw_value
from town.store.influx_server import InfluxServer
from town.store.resolution import Piece

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


# How a figure of buckets follows from the same figure of finer ones, in InfluxQL and for two parts of one bucket.
_OF_FINER: dict[Aggregate, str] = {"count": "sum", "sum": "sum", "min": "min", "max": "max", "last": "last"}
_JOIN: dict[Aggregate, Callable[[float, float], float]] = {
    "count": operator.add,
    "sum": operator.add,
    "min": min,
    "max": max,
    "last": lambda _, newer: newer,
}


class HistoryQuestion:
    """One question for the points of one quantity of some sensors; `among` is the condition that names them."""

    def __init__(
        self, server: InfluxServer, quantity: Quantity, *, families: frozenset[str], among: str, limit: int
    ) -> None:
        self._server, self._quantity, self._families = server, quantity, families
        self._among, self._limit = among, limit
        self._field = influxql.name(quantity.id)

    async def answer(self, parts: Sequence[Piece], every: Duration | None, aggregate: Aggregate) -> Points:
        """The newest points of each sensor within pieces that follow each other."""
        if not parts:
            return {}
        if every is None:
            return await self._within(parts[0]).stored()
        if [piece.resolution for piece in parts] == [None]:
            return await self._within(parts[0]).buckets(every, aggregate)
        return await self.pieced(parts, every, aggregate)

    async def pieced(self, parts: Sequence[Piece], every: Duration, aggregate: Aggregate) -> Points:
        """The newest buckets of each sensor, put together from pieces of several resolutions."""
        if aggregate == "mean":
            sums, counts = await self._joined(parts, every, "sum"), await self._joined(parts, every, "count")
            return {
                sensor: {at: total / counts[sensor][at] for at, total in found.items() if at in counts.get(sensor, {})}
                for sensor, found in sums.items()
            }
        return await self._joined(parts, every, aggregate)

    async def _joined(
        self, parts: Sequence[Piece], every: Duration, figure: Aggregate
    ) -> dict[str, dict[Moment, float]]:
        found: dict[str, dict[Moment, float]] = {}
        for piece in parts:
            for sensor, points in (await self._piece(piece, every, figure)).items():
                known = found.setdefault(sensor, {})
                for at, value in points.items():
                    newer = float(value)
                    known[at] = _JOIN[figure](known[at], newer) if at in known else newer
        return found

    async def _piece(self, piece: Piece, every: Duration, figure: Aggregate) -> Points:
        within = self._within(piece)
        if piece.resolution is None:
            return await within.buckets(every, figure)
        field = influxql.name(f"{self._quantity.id}_{figure}")
        found = await within._ask(f"{_OF_FINER[figure]}({field})", every=every, policy=piece.resolution.name)
        return _plain(found, ValueType.FLOAT)

    def _within(self, piece: Piece) -> "HistoryQuestion":
        among = f"{self._among} AND {influxql.between(piece.start, piece.end)}"
        return HistoryQuestion(self._server, self._quantity, families=self._families, among=among, limit=self._limit)

    async def stored(self) -> Points:
        """The newest values of each sensor."""
        found = await self._ask(self._field, every=None)
        return _plain(found, self._quantity.type)

    async def buckets(self, every: Duration, aggregate: Aggregate) -> Points:
        """The newest buckets of each sensor; booleans are 0 and 1."""
        kind = self._quantity.type
        if kind is ValueType.BOOL and aggregate != "last":
            return await self._boolean_buckets(every, aggregate)
        found = await self._ask(f"{aggregate}({self._field})", every=every)
        result = ValueType.TEXT if kind is ValueType.TEXT and aggregate == "last" else ValueType.FLOAT
        return _plain(found, result)

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
        self, selected: str, *, every: Duration | None, among: str | None = None, policy: str | None = None
    ) -> dict[str, dict[Moment, list[object]]]:
        statement = influxql.points(
            f'{selected} AS "value"',
            families=self._families,
            among=among or self._among,
            every=every,
            limit=self._limit,
        )
        return columns_by_sensor(await self._server.query(statement, policy=policy))


def _plain(found: Mapping[str, Mapping[Moment, list[object]]], kind: ValueType) -> Points:
    return {s: {at: raw_value(kind, value) for at, (value, *_) in rows.items()} for s, rows in found.items()}
