"""How many sensors are silent or low on battery: counted once a second for everybody, because it asks every sensor."""

import time
from typing import NamedTuple

from console.live import LiveReadings
from town.moment import SECOND, Duration, Moment
from town.town import Town

LOW_BATTERY = 20.0
EVERY: Duration = SECOND
_GRACE: Duration = 30 * SECOND


class Census(NamedTuple):
    """The sensors that have not been heard of for three of their intervals, and how many of the others run low.

    What a sensor said late is not news.
    """

    silent: frozenset[str]
    low_battery: int


class CensusTaker:
    """Remembers the last census for a second."""

    def __init__(self) -> None:
        self._last: tuple[Town, Moment, float, Census] | None = None

    def census(self, town: Town, live: LiveReadings, *, now: Moment) -> Census:
        """The last one, or a new one when the town changed or a second has passed, on our clock or by itself."""
        if self._last is not None:
            counted, at, moment, census = self._last
            passed = max(abs(now - at), (time.monotonic() - moment) * SECOND)
            if counted is town and passed < EVERY:
                return census
        census = take_census(town, live, now=now)
        self._last = town, now, time.monotonic(), census
        return census


def take_census(town: Town, live: LiveReadings, *, now: Moment) -> Census:
    """Ask every sensor."""
    silent, low = [], 0
    for sensor in town.sensors.values():
        seen = live.seen(sensor.id)
        if seen is None or now - seen.measured_at > 3 * sensor.interval + _GRACE:
            silent.append(sensor.id)
            continue
        battery = live.values(sensor.id).get("battery")
        low += battery is not None and float(battery.value) < LOW_BATTERY
    return Census(frozenset(silent), low)
