"""What a scenario does to the town, at which moments: the only thing that makes a day extraordinary."""

from collections.abc import Iterable
from typing import TypeVar

import msgspec

from town.moment import Moment


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happens from `start` on and ends before `end`."""

    start: Moment
    end: Moment

    def holds(self, at: Moment) -> bool:
        """Whether it is going on."""
        return self.start <= at < self.end


class Fire(Effect, frozen=True, kw_only=True):
    """A fire: first beside the sensor `origin`, then wherever its smoke and heat reach. At `end` it is out."""

    facility: str
    origin: str
    intensity: float


class Evacuation(Effect, frozen=True, kw_only=True):
    """Everybody leaves."""

    facility: str


class OpenDoor(Effect, frozen=True, kw_only=True):
    """A door stands open without anybody having shown a badge."""

    facility: str
    sensor: str


class Intruder(Effect, frozen=True, kw_only=True):
    """Somebody moves about."""

    facility: str


class Press(Effect, frozen=True, kw_only=True):
    """A button is pressed."""

    facility: str
    sensor: str


class StaleAir(Effect, frozen=True, kw_only=True):
    """The ventilation fails: the carbon dioxide of fermentation stays in the hall."""

    facility: str
    intensity: float


class Downpour(Effect, frozen=True, kw_only=True):
    """Rain such as falls a few times in a year, over the whole town."""

    intensity: float


class Silence(Effect, frozen=True, kw_only=True):
    """A sensor says nothing."""

    facility: str
    sensor: str


E = TypeVar("E", bound=Effect)


class Effects:
    """All effects of one play, to be looked up by kind and place."""

    def __init__(self, effects: Iterable[Effect] = ()) -> None:
        self._by_kind: dict[type[Effect], dict[str, list[Effect]]] = {}
        self.facilities: set[str] = set()
        """Where anything out of the ordinary happens at any time."""
        for effect in effects:
            place = getattr(effect, "facility", "")
            self._by_kind.setdefault(type(effect), {}).setdefault(place, []).append(effect)
            self.facilities.add(place)
        self.facilities.discard("")

    def of(self, kind: type[E], facility: str = "") -> list[E]:
        """The effects of a kind in one facility, or over the town; not only those going on."""
        places = self._by_kind.get(kind)
        return [effect for effect in places.get(facility, ()) if isinstance(effect, kind)] if places else []

    def now(self, kind: type[E], facility: str, at: Moment) -> E | None:
        """The effect of that kind that goes on there now, if any."""
        return next((effect for effect in self.of(kind, facility) if effect.holds(at)), None)

    def disturbed(self, facility: str, at: Moment) -> bool:
        """Whether anything out of the ordinary goes on there now."""
        return facility in self.facilities and any(
            effect.holds(at) for places in self._by_kind.values() for effect in places.get(facility, ())
        )
