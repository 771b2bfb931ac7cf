"""One gateway's part in a play: what its sensors tell, put on the wire when its moment comes."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from simulators.events import CutEvent
from simulators.gateways.message import Make, Outgoing
from simulators.physics.world import World
from simulators.schedule import Observation, backlog, observations
from simulators.timing import Timing
from simulators.uplink import Uplink
from town.moment import Duration, Moment
from town.ports import Clock
from town.sensor import Sensor


class Stage(NamedTuple):
    """What all gateways of a play share."""

    world: World
    time: Timing
    clock: Clock
    history: Duration
    halt: asyncio.Event
    """Set when the play is to end before its time."""


async def perform(stage: Stage, uplink: Uplink, make: Make, *, sensors: Sequence[Sensor], cuts: list[CutEvent]) -> None:
    """Play one gateway's part to its end, or until the stage is halted; then let the uplink say goodbye."""
    async with asyncio.TaskGroup() as group:
        group.create_task(uplink.run(), name=f"{uplink.name} uplink")
        cutting = group.create_task(_cut(stage, uplink, cuts), name=f"{uplink.name} cuts")
        telling = group.create_task(_tell(stage, uplink, make, sensors), name=f"{uplink.name} telemetry")
        halted = group.create_task(stage.halt.wait(), name=f"{uplink.name} halt")
        await asyncio.wait({telling, halted}, return_when=asyncio.FIRST_COMPLETED)
        for task in (cutting, telling, halted):
            task.cancel()
        uplink.finish()


def messages(make: Make, told: Iterable[Observation]) -> Iterator[tuple[Moment, list[Outgoing]]]:
    """What goes on the wire, and when: what is told at the same moment goes together."""
    for at, together in groupby(told, key=lambda one: one.at):
        yield at, list(make.telemetry(list(together)))


async def _tell(stage: Stage, uplink: Uplink, make: Make, sensors: Sequence[Sensor]) -> None:
    await uplink.connected()
    start, end = stage.time.start, stage.time.end
    if stage.history:
        for _, batch in messages(make, backlog(stage.world, sensors, start=start, length=stage.history)):
            for message in batch:
                await uplink.put(message)
            await asyncio.sleep(0)
    for at, batch in messages(make, observations(stage.world, sensors, start=start)):
        if end is not None and at >= end:
            break
        await _until(stage, at)
        for message in batch:
            await uplink.put(message)
    # the play lasts as long as it says, and one without sensors until it is halted
    await (_until(stage, end) if end is not None else stage.halt.wait())


async def _cut(stage: Stage, uplink: Uplink, cuts: list[CutEvent]) -> None:
    for event in sorted(cuts, key=lambda cut: cut.at):
        begins = stage.time.start + event.at
        await _until(stage, begins)
        uplink.cut()
        if event.lasts is None:
            return
        await _until(stage, begins + event.lasts)
        uplink.restore()


async def _until(stage: Stage, at: Moment) -> None:
    """Wait for a simulated moment; others get their turn even when it is long past."""
    await asyncio.sleep(stage.time.until(at, stage.clock()) / 1000)
    if (left := stage.time.until(at, stage.clock())) > 0:  # a clock that was set back, or a timer that came early
        await asyncio.sleep(left / 1000)
