"""How long boards wait for a store of some age: `town bench store`."""

import contextlib
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from brain.bench.children import child
from brain.bench.folder import write_folder
from brain.bench.servers import program
from brain.bench.store_boards import BoardsPlan, bench_boards
from brain.bench.store_filling import NOTHING, Ages, Filling, newest_moment
from brain.clock import wall_clock
from town.errors import ConfigError
from town.folder import load_town
from town.moment import DAY, Moment
from town.town import Town

KINDS = ("room_climate", "smoke_detector", "door_contact", "people_counter", "noise_meter")
ONE_QUANTITY = ("noise_meter", "door_contact", "tank", "parking_lot")
"""Kinds that measure one quantity each."""
SENSORS_A_PLACE = 40
SHARES = (0.25, 1.0)
"""Of its age, at which the same questions are asked: what grows shows."""
_ANSWERS_WITHIN = 600.0
_FILE = "readings.duckdb"


class StorePlan(NamedTuple):
    """So many sensors; so many days of hours, of minutes and of values as they came, one a minute."""

    sensors: int
    days: int
    minutes: int
    raw: int = 1
    places: int = 6
    """Of how many places the charts are asked."""
    folder: Path | None = None
    """Where the store stands afterwards, to be asked again without filling it; None is nowhere."""
    kinds: Sequence[str] = KINDS

    def ages(self, share: float = 1.0) -> Ages:
        """How far back everything goes, or a share of that; never less than a day."""
        return Ages(*(DAY * max(1, round(share * each)) for each in (self.raw, self.minutes, self.days)))


async def bench_store(plan: StorePlan, boards: BoardsPlan | None) -> dict[str, Any]:
    """What the console's questions take of DuckDB, and where influxd is here, what Grafana's take of that."""
    influxd = program("influxd")
    found = await _bench_duck(plan)
    return found | ({"grafana": await bench_boards(influxd, boards)} if influxd and boards else {})


async def _bench_duck(plan: StorePlan) -> dict[str, Any]:
    """The embedded store at a quarter of its age and at all of it: its size, and what the console's questions take."""
    with contextlib.ExitStack() as stack:
        folder = plan.folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="town-bench-")))
        town, path = _town(folder, plan), folder / _FILE
        if path.exists():
            cases = [await _ask(folder, path, now=newest_moment(path), places=plan.places)]
        else:
            cases = await _grow(folder, path, town, plan)
        return {"store": {"kind": "duckdb", "sensors": len(town.sensors), "cases": cases}}


def _size(path: Path) -> int:
    """In megabytes."""
    return round(path.stat().st_size / 1e6)


async def _grow(folder: Path, path: Path, town: Town, plan: StorePlan) -> list[dict[str, Any]]:
    filling, have = Filling(path, town, now=wall_clock()), NOTHING
    cases = []
    for ages in dict.fromkeys(plan.ages(share) for share in SHARES):
        began = time.monotonic()
        rows = filling.fill(ages, have=have)
        have, took = ages, time.monotonic() - began
        days = {"raw_d": ages.raw // DAY, "minutes_d": ages.minutes // DAY, "hours_d": ages.hours // DAY}
        size = {"series": filling.series, "mb": _size(path), "fill_s": round(took, 1)}
        cases.append(days | rows | size | await _ask(folder, path, now=filling.end, places=plan.places))
    return cases


async def _ask(folder: Path, path: Path, *, now: Moment, places: int) -> dict[str, Any]:
    asked = {"town": str(folder / "town"), "file": str(path), "now": now, "places": places}
    async with child("brain.bench.store_asking", asked) as asking:
        return await asking.hear(_ANSWERS_WITHIN)


def _town(folder: Path, plan: StorePlan) -> Town:
    """The town that a store is filled for; where one stands already, the town it was filled for."""
    where, places = folder / "town", max(1, plan.sensors // SENSORS_A_PLACE)
    if not (folder / _FILE).exists():
        write_folder(where, sensors=plan.sensors, facilities=places, kinds=plan.kinds)
    town, findings = load_town(where)
    if town is None:
        raise ConfigError(str(findings))
    return town
