"""Plays a scenario: every gateway of the town connects to a broker and tells what its sensors measure, in time."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from typing import NamedTuple

from simulators.events import CutEvent
from simulators.gateways.message import Make
from simulators.gateways.native import Native
from simulators.gateways.zigbee2mqtt import Zigbee2Mqtt
from simulators.performer import Stage, perform
from simulators.physics.world import World
from simulators.scenario import Scenario
from simulators.staging import effects
from simulators.timing import timing
from simulators.uplink import DRAIN_SECONDS, BrokerAddress, Sent, Uplink
from town.moment import Duration
from town.ports import Clock
from town.sensor import Sensor
from town.town import Town

__all__ = ["BrokerAddress", "Sent", "play"]

MAKES: dict[str, Callable[..., Make]] = {"native": Native, "zigbee2mqtt": Zigbee2Mqtt}
"""Makes of gateways by the decoder that reads them; gateways of other makes keep silent."""

_log = logging.getLogger(__name__)


async def play(
    town: Town,
    scenario: Scenario,
    broker: BrokerAddress,
    *,
    clock: Clock,
    seed: int = 1,
    speed: float = 1.0,
    history: Duration = 0,
    stop: asyncio.Event | None = None,
    sent: Sent | None = None,
) -> Sent:
    """Play until the scenario ends, `stop` is set, or it is cancelled; in each case the gateways say goodbye first.

    `clock` is the wall clock, `speed` is relative to the scenario's own, `history` is how much of the time before the
    start is told first. `sent` counts while it plays; on return all it counted is acknowledged by the broker.
    """
    sent = Sent() if sent is None else sent
    time = timing(scenario, town.zone_info, now=clock(), speed=speed)
    world = World(town, seed=seed, effects=effects(scenario, town, start=time.start))
    stage = Stage(world, time, clock, history, asyncio.Event())
    whole = asyncio.create_task(_play(stage, scenario, broker, stop=stop, sent=sent), name=f"play {scenario.id}")
    try:
        await asyncio.shield(whole)
    except asyncio.CancelledError:
        # what is on its way is let through before the end, or the count would not be that of the broker
        stage.halt.set()
        await asyncio.wait({whole}, timeout=DRAIN_SECONDS + 2)
        whole.cancel()
        raise
    return sent


async def _play(
    stage: Stage, scenario: Scenario, broker: BrokerAddress, *, stop: asyncio.Event | None, sent: Sent
) -> None:
    async with asyncio.TaskGroup() as group:
        stopper = group.create_task(_set_after(stop, stage.halt), name="stop") if stop else None
        performers = [
            group.create_task(
                perform(
                    stage,
                    Uplink(part.gateway, part.make, broker, sent=sent, clock=stage.clock),
                    part.make,
                    sensors=part.sensors,
                    cuts=[e for e in scenario.events if isinstance(e, CutEvent) and e.gateway == part.gateway],
                ),
                name=f"gateway {part.gateway}",
            )
            for part in parts(stage.world)
        ]
        if performers:
            await asyncio.wait(performers)
        if stopper:
            stopper.cancel()


class Part(NamedTuple):
    """A gateway that can be simulated, and its sensors."""

    gateway: str
    make: Make
    sensors: list[Sensor]


def parts(world: World) -> Iterator[Part]:
    """Every gateway of the town whose make is known here."""
    for gateway in world.town.gateways.values():
        if gateway.decoder not in MAKES:
            _log.warning("%s: gateways that speak %s are not simulated", gateway.id, gateway.decoder)
            continue
        sensors = [sensor for sensor in world.town.sensors.values() if sensor.gateway == gateway.id]
        yield Part(gateway.id, MAKES[gateway.decoder](world.town, gateway, sensors, seed=world.seed), sensors)


async def _set_after(stop: asyncio.Event, halt: asyncio.Event) -> None:
    await stop.wait()
    halt.set()
