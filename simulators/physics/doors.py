"""Doors and those who pass them: in working hours, and with a badge shown first wherever there is a reader."""

from bisect import bisect_right

import msgspec

from simulators.physics.calendar import habits
from simulators.physics.chance import fraction
from simulators.physics.effects import Intruder, OpenDoor, Press
from simulators.physics.people import motion, present
from simulators.physics.world import Values, World
from town.moment import DAY, HOUR, SECOND, Duration, Moment
from town.sensor import Sensor

_BADGE_SHOWN: Duration = 4 * SECOND
_BADGE_TO_DOOR: Duration = 2 * SECOND
_INTRUDER_STEP: Duration = 15 * SECOND


class Passage(msgspec.Struct, frozen=True, gc=False):
    """Somebody opens a door: when the badge was shown, and from when to when the door stood open."""

    badge_at: Moment
    open_at: Moment
    closed_at: Moment
    door: str
    badge: str


def door_contact(world: World, sensor: Sensor, at: Moment, since: Duration) -> Values:
    """Whether the door is open."""
    forced = any(e.sensor == sensor.id and e.holds(at) for e in world.effects.of(OpenDoor, sensor.facility))
    passage = _passage(world, sensor.facility, at, door=sensor.id)
    return {"open": forced or (passage is not None and passage.open_at <= at < passage.closed_at)}


def badge_reader(world: World, sensor: Sensor, at: Moment, since: Duration) -> Values:
    """The badge that was just accepted; nothing while nobody shows one."""
    passage = _passage(world, sensor.facility, at)
    if passage is None or at >= passage.badge_at + _BADGE_SHOWN:
        return {"accepted": False, "denied": False}
    return {"accepted": True, "denied": False, "badge": passage.badge}


def motion_detector(world: World, sensor: Sensor, at: Moment, since: Duration) -> Values:
    """Whether somebody moves: people in opening hours, an intruder at any."""
    intruder = world.effects.now(Intruder, sensor.facility, at)
    if intruder:
        step = (at - intruder.start) // _INTRUDER_STEP
        return {"motion": step == 0 or fraction(world.key("intruder", sensor.id), step) < 0.7}
    return {"motion": motion(world, sensor.facility, at, sensor.id)}


def camera(world: World, sensor: Sensor, at: Moment, since: Duration) -> Values:
    """A camera that counts heads."""
    heads = min(60, present(world, sensor.facility, at))
    return {
        "online": True,
        "video_loss": False,
        "people": float(heads),
        "motion": motion_detector(world, sensor, at, since)["motion"],
    }


def button(world: World, sensor: Sensor, at: Moment, since: Duration) -> Values:
    """A panic button or a manual call point."""
    return {"pressed": any(e.sensor == sensor.id and e.holds(at) for e in world.effects.of(Press, sensor.facility))}


def glass_detector(world: World, sensor: Sensor, at: Moment, since: Duration) -> Values:
    """The glass is whole."""
    return {"glass_break": False}


def _passage(world: World, facility: str, at: Moment, door: str | None = None) -> Passage | None:
    """The last passage whose badge was shown by now, through that door or any."""
    day = world.local(at).day
    passages = world.table("passages", facility, day, lambda: _passages(world, facility, at))
    index = bisect_right(passages, at, key=lambda passage: passage.badge_at) - 1
    while index >= 0 and door is not None and passages[index].door != door:
        index -= 1
    return passages[index] if index >= 0 else None


def _passages(world: World, facility: str, at: Moment) -> list[Passage]:
    """Everybody who passes a door of a place on the day of `at`, one after the other."""
    local = world.local(at)
    used = habits(world.facility_kind(facility))
    doors = [s.id for s in world.town.sensors_of_facility[facility] if s.kind == "door_contact"] or [""]
    busy = used.day_off / max(used.workday, used.day_off) if local.day_off else 1.0
    chance = world.key("passages", facility, str(local.day))
    midnight = at - round(local.hour * HOUR)
    count = round(used.doors_per_day * busy)
    slot = (used.closes - used.opens) * HOUR / max(1, count)
    return [_one(midnight, used.opens * HOUR + slot * n, slot, chance + n * 7, doors) for n in range(count)]


def _one(midnight: Moment, start: float, slot: float, chance: int, doors: list[str]) -> Passage:
    """One passage inside its slot of the day, closed again before the next."""
    badge_at = midnight + round((start + fraction(chance, 0) * slot * 0.6) / SECOND) * SECOND
    open_at = badge_at + _BADGE_TO_DOOR
    stays_open = min(8 + 22 * fraction(chance, 1), slot * 0.3 / SECOND)
    door = doors[int(fraction(chance, 2) * len(doors))]
    closed_at = min(open_at + round(stays_open) * SECOND, midnight + DAY)
    return Passage(badge_at, open_at, closed_at, door, f"B-{1000 + int(fraction(chance, 3) * 240)}")
