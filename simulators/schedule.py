"""When each sensor tells: at its interval, at once when something happens, and before the start as a backlog."""

from collections.abc import Iterator, Sequence
from heapq import heapify, heapreplace

import msgspec

from simulators.physics.chance import fraction
from simulators.physics.effects import Silence
from simulators.physics.world import Values, World
from simulators.sensors import WATCHFUL, measure
from town.moment import HOUR, MINUTE, SECOND, Duration, Moment
from town.sensor import Sensor

LOOK_EVERY: Duration = SECOND
"""How soon a watchful sensor notices."""
HURRY: Duration = 5 * SECOND
"""How often any sensor tells, at the least, while something out of the ordinary goes on around it."""
ALL_HEARD_WITHIN: Duration = 2 * SECOND
"""After the start every sensor has told once."""
POLLED = {"room_climate", "power_meter", "machine", "people_counter", "noise_meter", "level_gauge", "flow_meter"}
"""Kinds on a cable: their gateway asks all of one facility in one go."""


class Observation(msgspec.Struct, frozen=True, gc=False):
    """What one sensor tells at one moment."""

    at: Moment
    sensor: Sensor
    values: Values


class _Turn:
    """One sensor's place in the order: when it looks next, when it must tell next, and what it told last."""

    def __init__(self, world: World, sensor: Sensor, *, start: Moment) -> None:
        polled = sensor.kind in POLLED
        chance = world.key("poll" if polled else "phase", sensor.facility if polled else sensor.id)
        self.sensor = sensor
        self.phase = int(fraction(chance, 0) * sensor.interval)
        self.watches = sensor.kind in WATCHFUL or sensor.facility in world.effects.facilities
        self.next_tell = start + int(fraction(chance, 1) * min(sensor.interval, ALL_HEARD_WITHIN))
        self.told_at = self.next_tell - sensor.interval
        self.state: tuple[bool, ...] = ()
        self.at = self.next_tell

    def observe(self, world: World) -> Observation | None:
        """What it tells now, if anything; moves on to its next look."""
        at, sensor = self.at, self.sensor
        values = None if _silent(world, sensor, at) else measure(world, sensor, at, since=at - self.told_at)
        state = tuple(value for value in values.values() if isinstance(value, bool)) if values else self.state
        hurried = at - self.told_at >= HURRY and world.effects.disturbed(sensor.facility, at)
        due = at >= self.next_tell
        tells = due or hurried or state != self.state
        if due:
            self.next_tell = (at - self.phase) // sensor.interval * sensor.interval + sensor.interval + self.phase
        self.at = min(self.next_tell, at + LOOK_EVERY) if self.watches else self.next_tell
        if values is None or not tells:
            return None
        self.told_at, self.state = at, state
        return Observation(at, sensor, values)


def observations(world: World, sensors: Sequence[Sensor], *, start: Moment) -> Iterator[Observation]:
    """Everything the sensors tell from `start` on, in order, without end; the same for the same world and start."""
    turns = [_Turn(world, sensor, start=start) for sensor in sensors]
    heap = [(turn.at, number) for number, turn in enumerate(turns)]
    heapify(heap)
    while heap:
        number = heap[0][1]
        observation = turns[number].observe(world)
        heapreplace(heap, (turns[number].at, number))
        if observation is not None:
            yield observation


def backlog(world: World, sensors: Sequence[Sensor], *, start: Moment, length: Duration) -> Iterator[Observation]:
    """What the sensors told, coarsely, in the time before `start`, in order: enough to draw charts with.

    Watchful sensors are left out while anything happens: a door seen open once in ten minutes never closes.
    """
    step = 5 * MINUTE if length <= 12 * HOUR else 10 * MINUTE
    at = -(-(start - length) // step) * step  # the same moments again when a town is played twice
    while at < start:
        for sensor in sensors:
            values = measure(world, sensor, at, since=step)
            happens = sensor.kind in WATCHFUL and any(value is True for value in values.values())
            if not happens:
                yield Observation(at, sensor, values)
        at += step


def _silent(world: World, sensor: Sensor, at: Moment) -> bool:
    silences = world.effects.of(Silence, sensor.facility)
    return any(silence.sensor == sensor.id and silence.holds(at) for silence in silences)
