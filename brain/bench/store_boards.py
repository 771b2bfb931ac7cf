"""What every question of every Grafana board takes of an InfluxDB with hours in it: a part of `town bench store`."""

import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from brain.bench.folder import write_folder
from brain.bench.percentiles import percentiles
from brain.bench.servers import free_ports, influx_on
from brain.board_check import variables_of
from brain.board_filling import fill
from brain.bundle import load_bundle
from brain.clock import wall_clock
from dashboards.catalogue import boards
from dashboards.files import HOME
from dashboards.questions import RANGES, questions
from simulators.physics.world import World
from simulators.sensors import measure
from town.errors import ConfigError
from town.folder import load_town
from town.moment import HOUR, MINUTE, SECOND, Moment, format_duration
from town.reading import Reading
from town.settings import Settings, load_settings
from town.store.influx_server import InfluxServer
from town.store.open import open_influx, open_store
from town.store.resolution import ROLLUPS
from town.town import Town

EXAMPLE = HOME.parent / "towns" / "huangjiu"
_PLAYED = 5 * SECOND
_SENSORS_A_PLACE = 40
_PER_WRITE = 5_000


class BoardsPlan(NamedTuple):
    """So many sensors of all kinds that told a reading a minute for so many hours."""

    sensors: int
    hours: int


class _Took(NamedTuple):
    board: str
    where: str
    span: str
    milliseconds: float


async def bench_boards(influxd: str, plan: BoardsPlan) -> dict[str, Any]:
    """Fill an InfluxDB: what a brain tells of itself, then the readings; then ask, one question after the other."""
    bundle, findings = load_bundle(EXAMPLE)
    if bundle is None:
        raise ConfigError(str(findings))
    with tempfile.TemporaryDirectory(prefix="town-bench-") as name:
        folder = Path(name)
        town = _town(folder / "town", [*bundle.town.kinds], plan.sensors)
        async with influx_on(influxd, free_ports(2), folder) as server:
            given = {"store_url": server.url, "mqtt_url": "embedded", "mqtt_port": free_ports(2), "notify": "local"}
            settings = load_settings(given, EXAMPLE).settings
            await fill(bundle, settings, length=_PLAYED)
            now, began = wall_clock(), time.monotonic()
            await _write(settings, town, folder, now=now, hours=plan.hours)
            filled = time.monotonic() - began
            async with open_influx(settings) as asked:
                took = await _ask(asked, now=now)
    figures = {"asked": len(took)} | percentiles(each.milliseconds for each in took)
    return {
        "kind": server.name,
        **plan._asdict(),
        "fill_s": round(filled, 1),
        "boards": figures,
        "by_board": [*_by_board(took)],
    }


def _town(folder: Path, kinds: list[str], sensors: int) -> Town:
    places = max(1, sensors // _SENSORS_A_PLACE)
    town, findings = load_town(write_folder(folder, sensors=sensors, facilities=places, kinds=kinds))
    if town is None:
        raise ConfigError(str(findings))
    return town


async def _write(settings: Settings, town: Town, state: Path, *, now: Moment, hours: int) -> None:
    """The same physics every hour, through the store's own writing, and the rollups made of it."""
    world, some = World(town, seed=1), list[Reading]()
    told = {
        (sensor.id, minute): measure(world, sensor, now - HOUR + minute * MINUTE, since=MINUTE)
        for minute in range(0, 60, 6)
        for sensor in town.sensors.values()
    }
    async with open_store(settings, town, state) as store:
        for minute in range(hours * 60):
            at = now - hours * HOUR + minute * MINUTE
            some += [Reading(one, at, at, told[one, minute % 60 // 6 * 6]) for one in town.sensors]
            if len(some) >= _PER_WRITE or minute == hours * 60 - 1:
                await store.write(some)
                some = []
        for resolution in ROLLUPS:
            while (await store.roll_up(resolution)).more:
                pass


async def _ask(server: InfluxServer, *, now: Moment) -> list[_Took]:
    """Every question of every board over an hour, a day and thirty: each range answers from another resolution."""
    found = []
    for made in boards("en"):
        board = made.build()
        variables, _ = await variables_of(dict(board), server)
        for one in questions(dict(board)):
            for width in RANGES:
                text = one.asked(start=now - width, end=now, variables=variables)
                began = time.perf_counter()
                await server.query(text)
                span = format_duration(width)
                found.append(_Took(one.board, one.where, span, 1000 * (time.perf_counter() - began)))
    return found


def _by_board(took: list[_Took]) -> Iterator[dict[str, Any]]:
    """Each board's figures, and its slowest question."""
    found: dict[str, list[_Took]] = defaultdict(list)
    for each in took:
        found[each.board].append(each)
    for board, some in found.items():
        slowest = max(some, key=lambda each: each.milliseconds)
        figures = percentiles(each.milliseconds for each in some)
        yield {"board": board, "asked": len(some)} | figures | {"slowest": f"{slowest.where}, {slowest.span}"}
