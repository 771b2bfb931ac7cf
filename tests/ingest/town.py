"""A town small enough to be read, and the parts around the intake that tests hold in their hands."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

from ingest.discovered import Discovered
from ingest.intake import Intake
from ingest.ledger_file import LedgerFile
from ingest.quarantine import Quarantine
from ingest.session import SessionSettings
from ingest.spool import Spool
from town.builtin import builtin_kinds
from town.errors import Unavailable
from town.facility import Facility, Position, Zone
from town.gateway import Gateway
from town.language import Label
from town.ports import RefusedReading
from town.reading import Reading
from town.sensor import Sensor
from town.town import Town

NOON = 1_790_000_000_000
HERE = Position(latitude=30.0, longitude=120.6)
_SENSORS = (
    ("S1", "gw", "S1", "smoke_detector"),
    ("S2", "gw", "S2", "air_station"),
    ("S3", "gw", "S3", "fire_panel"),
    ("GW", "gw", "gateway", "gateway"),
    ("D1", "z2m", "Back door", "door_contact"),
    ("D2", "z2m", "cellar/smoke", "smoke_detector"),
)


def small_town() -> Town:
    """Two gateways of both formats and six sensors."""
    kinds = builtin_kinds()
    name = Label(zh="名", en="name")
    gateways = (
        Gateway(id="gw", name=name, decoder="native", topics=("town/t/gw/#",)),
        Gateway(id="z2m", name=name, decoder="zigbee2mqtt", topics=("zigbee2mqtt/#",)),
    )
    sensors = (
        Sensor(id=sensor, gateway=gateway, external_id=external, facility="f", kind=kind, interval=10_000)
        for sensor, gateway, external, kind in _SENSORS
    )
    return Town(
        id="t",
        name=name,
        time_zone="Asia/Shanghai",
        position=HERE,
        quantities=kinds.quantities,
        kinds=kinds.kinds,
        facility_kinds=kinds.facility_kinds,
        zones={"z": Zone(id="z", name=name)},
        facilities={"f": Facility(id="f", name=name, kind="warehouse", zone="z", position=HERE)},
        gateways={gateway.id: gateway for gateway in gateways},
        sensors={sensor.id: sensor for sensor in sensors},
    )


class GatedStore:
    """A store in memory whose gate can be closed: then it is away, as a server would be."""

    def __init__(self) -> None:
        self.readings: list[Reading] = []
        self.judged: list[Reading] = []
        self.open = True
        self.takes_seconds = 0.0
        self.fails: Exception | None = None
        self.refuses: Callable[[Reading], bool] = lambda reading: False

    async def write(self, readings: Sequence[Reading], *, vouched: bool = False) -> Sequence[RefusedReading]:
        """Take what is not refused, while the gate is open."""
        await asyncio.sleep(self.takes_seconds)
        if self.fails is not None:
            raise self.fails
        if not self.open:
            raise Unavailable("the gate is closed", retry_after=20)
        self.readings += [reading for reading in readings if not self.refuses(reading)]
        return [RefusedReading(reading, "type_conflict") for reading in readings if self.refuses(reading)]

    async def judge(self, readings: Sequence[Reading]) -> None:
        """Take what the rules would hear."""
        self.judged += readings

    def values(self, quantity: str) -> list[Any]:
        """The stored values of a quantity, in the order they were stored."""
        return [reading.values[quantity] for reading in self.readings if quantity in reading.values]


def now() -> int:
    """The wall clock."""
    return time.time_ns() // 1_000_000


async def until(holds: Callable[[], bool], *, seconds: float = 10) -> None:
    """Return once it holds; the parts under test run meanwhile."""
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(0.005)  # what is waited for happens in another process


@contextlib.asynccontextmanager
async def intake(
    port: int,
    store: GatedStore,
    folder: Path,
    *,
    client_id: str = "town-t-ingest",
    spool: int = 0,
    patience: int = 2_000,
    **session: Any,
) -> AsyncIterator[Intake]:
    """An intake that is connected, and is gone afterwards; `spool` is the size of its spool, if it is to have one."""
    settings = SessionSettings("127.0.0.1", port, client_id, **session)
    async with contextlib.AsyncExitStack() as stack:
        quarantine = await stack.enter_async_context(Quarantine(folder / "quarantine.db"))
        file = await stack.enter_async_context(LedgerFile(folder / "ledger.db"))
        discovered = await stack.enter_async_context(Discovered(folder / "discovered.db", small_town()))
        opened = Spool(folder / "spool.db", clock=now, size=spool) if spool else None
        line = Intake(
            small_town(),
            settings,
            store=store,
            judge=store.judge,
            quarantine=quarantine,
            clock=now,
            spool=None if opened is None else await stack.enter_async_context(opened),
            ledger_file=file,
            discovered=discovered,
            patience=patience,
            judged_until=0,
        )
        running = asyncio.create_task(line.run())
        try:
            await until(lambda: line.parts()[0].state == "ok" or running.done())
            yield line
        finally:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running
