"""The air quality index of every station, told to the store every minute."""

from collections.abc import Mapping, Sequence

from town.air_quality import BREAKPOINTS, air_quality
from town.moment import HOUR, Duration, Moment
from town.own import OwnRow
from town.ports import ReadingHistory
from town.quantity import Value
from town.sensor import Sensor
from town.town import Town

OVER: Duration = HOUR


class AirQualityRows:
    """Asks the store for the last hour of every station that measures a pollutant."""

    def __init__(self, store: ReadingHistory, town: Town) -> None:
        self._store, self._town = store, town
        self._stations = [one for one in town.sensors.values() if "pm2_5" in town.kinds[one.kind].quantities]

    async def rows(self, now: Moment) -> Sequence[OwnRow]:
        """A row for each station that told anything in the last hour. Raises Unavailable."""
        means = await self._means(now)
        return [row for sensor in self._stations if (row := self._row(sensor, means.get(sensor.id, {}), now))]

    async def _means(self, now: Moment) -> Mapping[str, dict[str, float]]:
        found: dict[str, dict[str, float]] = {}
        names = [sensor.id for sensor in self._stations]
        for quantity in BREAKPOINTS if names else ():
            for series in await self._store.history(names, quantity, start=now - OVER, end=now + 1):
                values = [point.value for point in series.points if isinstance(point.value, float)]
                if values:
                    found.setdefault(series.sensor, {})[quantity] = sum(values) / len(values)
        return found

    def _row(self, sensor: Sensor, means: Mapping[str, float], now: Moment) -> OwnRow | None:
        quality = air_quality(means)
        if quality is None:
            return None
        fields: dict[str, Value] = {"index": float(quality.value), "primary": quality.primary or "-"}
        zone = self._town.facilities[sensor.facility].zone
        return OwnRow("air_quality", {"sensor": sensor.id, "facility": sensor.facility, "zone": zone}, fields, now)
