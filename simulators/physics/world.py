"""The simulated town as a whole: who asks for a value brings a sensor and a moment, and always gets the same answer."""

from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar, cast

from simulators.physics.calendar import LocalTime, activity, local_time
from simulators.physics.chance import key, wave
from simulators.physics.effects import Effects
from town.moment import Duration, Moment
from town.quantity import Value
from town.sensor import Sensor
from town.town import Town

Values = dict[str, Value]
T = TypeVar("T")
_TABLES_KEPT = 4096


class World:
    """A town, a seed, and what happens to it. Nothing in here changes but caches of what can be computed again."""

    def __init__(self, town: Town, *, seed: int, effects: Effects | None = None) -> None:
        self.town = town
        self.seed = seed
        self.effects = effects or Effects()
        self.zone = town.zone_info
        self._tables: dict[tuple[str, str, int], object] = {}
        self.local: Callable[[Moment], LocalTime] = lru_cache(maxsize=512)(lambda at: local_time(at, self.zone))
        """What the town's clocks show."""

    def key(self, *names: str) -> int:
        """The key of a thing's chances."""
        return key(self.seed, *names)

    def wave(self, at: Moment, period: Duration, *names: str) -> float:
        """A smooth line from -1 to 1 of that thing's own."""
        return wave(key(self.seed, *names), at, period)

    def facility_kind(self, facility: str) -> str:
        """The kind of a place."""
        return self.town.facilities[facility].kind

    def activity(self, facility: str, at: Moment) -> float:
        """How busy a place is, from 0 to 1."""
        return activity(self.facility_kind(facility), self.local(at))

    def table(self, name: str, place: str, day: int, make: Callable[[], T]) -> T:
        """What is worked out once for a place and a day; `name` says what, and always means the same type."""
        found = self._tables.get((name, place, day))
        if found is None:
            if len(self._tables) >= _TABLES_KEPT:
                self._tables.clear()
            found = self._tables[name, place, day] = make()
        return cast(T, found)


Measure = Callable[[World, Sensor, Moment, Duration], Values]
"""What a sensor measures at a moment; the duration is how long ago it last told, for what is counted per interval."""
