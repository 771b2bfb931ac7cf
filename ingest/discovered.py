"""Devices that send but are not in sensors.csv: who, since when, what they say, and what kind they may be."""

import asyncio
import json
import logging
import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from ingest.decoded import DeviceReading
from ingest.file_thread import FileThread, open_to_read
from town.kind import COMMON_QUANTITIES, SensorKind
from town.moment import SECOND, Duration, Moment
from town.town import Town

log = logging.getLogger("ingest.discovered")

MOST_DEVICES = 2_000
"""Devices that are remembered; further ones are counted by the quarantine only."""
KEPT_BYTES = 4_096
_LONGEST_NAME = 256
_MOST_QUANTITIES = 64
_EVERY: Duration = 5 * SECOND
_TABLES = """
CREATE TABLE IF NOT EXISTS device (
    gateway TEXT NOT NULL, device TEXT NOT NULL, first_at INTEGER NOT NULL, last_at INTEGER NOT NULL,
    count INTEGER NOT NULL, quantities TEXT NOT NULL, sample BLOB NOT NULL, PRIMARY KEY (gateway, device)
) WITHOUT ROWID;
"""
_COLUMNS = "gateway, device, first_at, last_at, count, quantities, sample"
_SAVE = f"INSERT OR REPLACE INTO device ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - our own names


class Device(msgspec.Struct):
    """A device that no sensor stands for: its quantities so far, and the newest message it was in, cut to 4 KiB."""

    gateway: str
    device: str
    first_at: Moment
    last_at: Moment
    count: int
    """Readings so far."""
    quantities: tuple[str, ...]
    sample: bytes

    @property
    def interval(self) -> Duration | None:
        """How often it sends, on the average; None until it was heard twice."""
        return (self.last_at - self.first_at) // (self.count - 1) if self.count > 1 else None


class Discovered:
    """Remembers unknown devices and writes them down every few seconds; open it with `async with`."""

    def __init__(self, path: Path, town: Town) -> None:
        self._path, self._known = path, frozenset(town.sensor_of_device)
        self._file = FileThread(path, "the list of unknown devices", _TABLES)
        self._devices: dict[tuple[str, str], Device] = {}
        self._changed: set[tuple[str, str]] = set()
        self._failing = False

    async def __aenter__(self) -> Self:
        """Open or create the file, and forget devices that became sensors; raises ConfigError when it cannot be."""
        await self._file.open(self._read)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.save()
        self._file.close()

    def note(self, gateway: str, readings: Iterable[DeviceReading], payload: bytes, now: Moment) -> None:
        """Take down the unknown ones among the devices of a message, whose payload must hold no secrets."""
        for reading in readings:
            key = (gateway, reading.device)
            if key in self._known or not reading.device or len(reading.device) > _LONGEST_NAME:
                continue
            device = self._devices.get(key)
            if device is None:
                if len(self._devices) >= MOST_DEVICES:
                    continue
                device = self._devices[key] = Device(gateway, reading.device, now, now, 0, (), b"")
            device.last_at, device.count, device.sample = now, device.count + 1, payload[:KEPT_BYTES]
            if not reading.values.keys() <= set(device.quantities):
                device.quantities = tuple(dict.fromkeys((*device.quantities, *reading.values)))[:_MOST_QUANTITIES]
            self._changed.add(key)

    async def run(self) -> None:
        """Write down what changed, until cancelled."""
        while True:
            await asyncio.sleep(_EVERY / 1000)
            await self.save()

    async def save(self) -> None:
        """Write down what changed; a failing disk is told once, and tried again with the next change."""
        changed, self._changed = self._changed, set()
        if not changed:
            return
        rows = [_row(self._devices[key]) for key in changed]
        try:
            await self._file.write(lambda database: database.executemany(_SAVE, rows))
        except sqlite3.Error as error:
            if not self._failing:
                log.error("%s: unknown devices are not written down: %s", self._path, error)
            self._failing = True
            self._changed |= changed
        else:
            self._failing = False

    def _read(self, database: sqlite3.Connection) -> None:
        found = [_device(row) for row in database.execute(f"SELECT {_COLUMNS} FROM device")]  # noqa: S608 - our own names
        adopted = [(each.gateway, each.device) for each in found if (each.gateway, each.device) in self._known]
        database.executemany("DELETE FROM device WHERE gateway = ? AND device = ?", adopted)
        self._devices = {(each.gateway, each.device): each for each in found}
        for key in adopted:
            del self._devices[key]


def list_discovered(path: Path, known: Collection[tuple[str, str]] = ()) -> list[Device]:
    """Unknown devices, the newest first, without those `known` by now; any process may ask while the brain runs.

    There are none where there is no file yet.
    """
    if not path.exists():
        return []
    with open_to_read(path) as database:
        rows = database.execute(f"SELECT {_COLUMNS} FROM device ORDER BY last_at DESC, gateway, device").fetchall()  # noqa: S608 - our own names
    return [device for device in map(_device, rows) if (device.gateway, device.device) not in known]


def guess_kind(quantities: Collection[str], kinds: Mapping[str, SensorKind]) -> str | None:
    """The kind that fits best: it has most of these quantities, and then as few others as can be; None for no idea."""
    seen = set(quantities) - set(COMMON_QUANTITIES)

    def fit(kind: SensorKind) -> tuple[int, int]:
        own = set(kind.quantities) - set(COMMON_QUANTITIES)
        return len(seen & own), -len(own - seen)

    best = max(kinds.values(), key=fit, default=None)
    return best.id if best is not None and fit(best)[0] else None


def _row(device: Device) -> tuple[object, ...]:
    name = device.device.encode("utf-8", "replace").decode()  # JSON escapes can hold half a surrogate pair
    return (
        device.gateway,
        name,
        device.first_at,
        device.last_at,
        device.count,
        json.dumps(device.quantities),
        device.sample,
    )


def _device(row: Sequence[object]) -> Device:
    *rest, quantities, sample = row
    values = dict(zip(_COLUMNS.split(", "), [*rest, json.loads(str(quantities)), sample], strict=True))
    return msgspec.convert(values, Device, builtin_types=(bytes,))
