"""What all sensors of a town send, in turn and at a rate, as the simulator's physics has it; and two that matter.

Once in a while one reading breaks the rule, and once in a while the first level gauge tells a level that is looked for
on the screens.
"""

import asyncio
import itertools
import json
import time
from collections.abc import Iterator
from typing import NamedTuple

import mqtt5

from brain.bench.folder import topic
from brain.bench.load import Publisher
from brain.bench.servers import Server
from brain.clock import wall_clock
from simulators.physics.world import World
from simulators.sensors import measure
from town.moment import SECOND
from town.quantity import Value
from town.town import Town

_TICK = 0.02
LEVEL_EVERY = 1.3
"""Seconds; out of step with what happens every half second."""
ALARM_EVERY = 10.0
_TOO_HOT = 84.0
_LEVELS = range(1_000, 1_900)
"""Centimetres, one after the other: higher than any other level of that place, so that they stand on its card too."""


class Sent(NamedTuple):
    """A level as screens show it, and when it was published."""

    level: str
    at: float


class TownTraffic:
    """Sends at QoS 1 until cancelled; `sent` messages and these `levels` so far."""

    def __init__(self, town: Town, broker: Server, *, rate: int) -> None:
        self._world, self._rate = World(town, seed=1), rate
        self._publisher = Publisher(broker.port, "bench-town", window=broker.window)
        self._sensors = [*enumerate(town.sensors.values())]
        self._gauge = next(number for number, sensor in self._sensors if sensor.kind == "level_gauge")
        self._hot = [number for number, sensor in self._sensors if sensor.kind == "room_climate"]
        self._numbers = itertools.count(1)
        self.levels: list[Sent] = []
        self.sent = 0

    async def run(self) -> None:
        """Send."""
        ordinary, began, taken = self._ordinary(), time.monotonic(), 0
        next_level, next_alarm = began, began
        while True:
            now = time.monotonic()
            some = list(itertools.islice(ordinary, int((now - began) * self._rate) - taken))
            taken += len(some)
            if now >= next_level:
                some.append(self._level())
                next_level += LEVEL_EVERY
            if now >= next_alarm:
                hot = self._hot[len(self.levels) * 7 % len(self._hot)]
                some.append(self._packet(hot, {"temperature": _TOO_HOT}))
                next_alarm += ALARM_EVERY
            await asyncio.to_thread(self._publish, some)
            await asyncio.sleep(_TICK)

    def _publish(self, some: list[bytes]) -> None:
        for first in range(0, len(some), self._publisher.at_once):
            self._publisher.publish(some[first : first + self._publisher.at_once], acknowledged=True)
        self.sent += len(some)

    def _ordinary(self) -> Iterator[bytes]:
        """Everybody but the gauge, again and again."""
        while True:
            for number, sensor in self._sensors:
                if number != self._gauge:
                    values = measure(self._world, sensor, wall_clock(), since=60 * SECOND)
                    yield self._packet(number, values)

    def _level(self) -> bytes:
        level = _LEVELS[len(self.levels) % len(_LEVELS)] / 100
        self.levels.append(Sent(f"{level:.2f}", time.time()))
        return self._packet(self._gauge, {"level": level})

    def _packet(self, number: int, values: dict[str, Value]) -> bytes:
        reading = {"sensor": self._sensors[number][1].id, "at": wall_clock(), "values": values}
        return mqtt5.PublishPacket(
            topic(number),
            json.dumps(reading).encode(),
            qos=mqtt5.QoS.AT_LEAST_ONCE,
            packet_id=next(self._numbers) % 65_535 + 1,
        ).write()
