"""What open browsers cost the brain, and how soon they show what came: `town bench console`."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from brain.bench.brain_process import BrainProcess, running_brain
from brain.bench.children import child
from brain.bench.folder import write_folder
from brain.bench.percentiles import percentiles
from brain.bench.seconds import figures, watch
from brain.bench.servers import running_broker
from brain.bench.town_traffic import Sent, TownTraffic
from brain.clock import wall_clock
from console.access import Access
from town.errors import ConfigError
from town.folder import load_town
from town.town import Town

KINDS = (
    "level_gauge",
    "room_climate",
    "smoke_detector",
    "door_contact",
    "people_counter",
    "room_climate",
    "air_station",
    "noise_meter",
)
SENSORS_A_PLACE = 40
_NAME, _PASSWORD = "bench", "as long as it lasts"
_BROWSERS_WITHIN = 120.0
_SETTLES = 3.0
_FORGOTTEN_AFTER = 12.0
"""The console keeps a page for ten seconds, in case its browser comes back."""
_UNDER_WAY = 2
"""The last levels may still be on their way."""


class ConsolePlan(NamedTuple):
    """So many browsers that show a page, and so many messages a second meanwhile."""

    browsers: int
    sensors: int
    rate: int
    seconds: float
    path: str = "/"
    embedded: bool = False
    again: bool = True
    """Measure without browsers once more at the end."""


async def bench_console(plan: ConsolePlan) -> dict[str, Any]:
    """CPU of the whole brain without and with them, and how long from a publish to its arrival in each browser."""
    with tempfile.TemporaryDirectory(prefix="town-bench-") as name:
        folder = Path(name)
        (folder / "state").mkdir()
        town = _town(folder, plan)
        Access(folder / "state", clock=wall_clock).add_account(_NAME, _PASSWORD)
        async with (
            running_broker(folder, embedded=plan.embedded) as broker,
            running_brain(folder, broker=broker, store="duckdb:", notify="local") as brain,
        ):
            traffic = TownTraffic(town, broker, rate=plan.rate)
            figures = await _measure(plan, brain, traffic)
        places = {"sensors": plan.sensors, "places": len(town.facilities), "rate": plan.rate}
        return {"console": {"page": plan.path, "browsers": plan.browsers} | places | figures, "broker": broker.name}


async def _measure(plan: ConsolePlan, brain: BrainProcess, traffic: TownTraffic) -> dict[str, Any]:
    """Without browsers, with them, and without them again: a machine does not run evenly."""
    asked = {"url": brain.url, "path": plan.path, "count": plan.browsers, "name": _NAME, "password": _PASSWORD}
    async with _sending(traffic):
        await asyncio.sleep(_SETTLES + plan.sensors / plan.rate)  # every sensor has been heard of
        without = await watch(brain.pid, traffic, plan.seconds / 2)
        async with child("brain.bench.browsers", asked) as browsers:
            opened = await browsers.hear(_BROWSERS_WITHIN)
            await asyncio.sleep(_SETTLES)
            before, first = await browsers.ask(look=True), len(traffic.levels)
            with_them = await watch(brain.pid, traffic, plan.seconds)
            last = len(traffic.levels) - _UNDER_WAY
            after = await browsers.ask(look=True)
        if plan.again:
            await asyncio.sleep(_FORGOTTEN_AFTER)
            without += await watch(brain.pid, traffic, plan.seconds / 2)
    characters, messages = (after[what] - before[what] for what in ("characters", "messages"))
    return {
        "cpu": [figures("without", without), figures("with", with_them)],
        "browsers_percent": round(median(each.loop for each in with_them) - median(each.loop for each in without), 1),
        "delay_ms": _delays(traffic.levels[first:last], after["levels"], plan.browsers),
        "each_browser": {
            "kb_per_s": round(characters / 1000 / plan.seconds / plan.browsers, 1),
            "messages_per_s": round(messages / plan.seconds / plan.browsers, 1),
        },
        "page": {"kb": opened["page_kb"]} | percentiles(opened["page_ms"]),
        "ended": after["ended"],
    }


@contextlib.asynccontextmanager
async def _sending(traffic: TownTraffic) -> AsyncIterator[None]:
    """What sensors send goes on while the block lasts."""
    async with asyncio.TaskGroup() as group:
        sending = group.create_task(traffic.run(), name="what sensors send")
        yield
        sending.cancel()


def _delays(told: list[Sent], levels: dict[str, list[float]], browsers: int) -> dict[str, float]:
    """From each publish to its arrival in each browser; `missing` are those that a browser never showed."""
    took = [at - sent.at for sent in told for at in levels.get(sent.level, ())]
    missing = len(told) * browsers - len(took)
    return {"shown": len(took), "missing": missing} | percentiles(1000 * each for each in took)


def _town(folder: Path, plan: ConsolePlan) -> Town:
    places = max(1, plan.sensors // SENSORS_A_PLACE)
    written = write_folder(folder / "town", sensors=plan.sensors, facilities=places, kinds=KINDS, rules=1)
    town, findings = load_town(written)
    if town is None:
        raise ConfigError(str(findings))
    return town
