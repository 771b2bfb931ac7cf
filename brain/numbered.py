"""Numbered batches: what an ingest process decoded, as it is told to the other processes of a town over MQTT.

Each ingest process numbers its batches from 1 in every run, and names the run by its `epoch`, so that whoever follows
sees when something is missing. A batch without readings is a beat: it has the number of the last batch before it, and
says how far its process has come.
"""

from collections.abc import Iterator, Sequence

import msgspec

from town.moment import Moment
from town.quantity import Value
from town.reading import Flag, Reading

VERSION = 1
MOST_READINGS = 2_000
MOST_BYTES = 256 << 10
"""What a batch may weigh; a single reading that is larger goes by itself."""


class Row(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A `Reading` without the names of its fields."""

    sensor: str
    measured_at: Moment
    received_at: Moment
    values: dict[str, Value]
    flags: tuple[Flag, ...] = ()
    refused: dict[str, Flag] = {}


class Numbered(msgspec.Struct, array_like=True, frozen=True):
    """A batch, or a beat. What is in it was received from `begun_at` on, and what follows from `heard_until` on."""

    version: int
    epoch: Moment
    number: int
    begun_at: Moment
    heard_until: Moment
    stored_until: Moment
    """What was received before is in the store, or refused by it."""
    rows: list[Row] = []

    def readings(self) -> list[Reading]:
        """Its readings, in the order of their receipt."""
        found = [Reading(*msgspec.structs.astuple(row)) for row in self.rows]
        found.sort(key=lambda reading: reading.received_at)
        return found


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Numbered)


def rows_of(readings: Sequence[Reading]) -> list[Row]:
    """Readings as rows."""
    return [Row(r.sensor, r.measured_at, r.received_at, r.values, r.flags, r.refused) for r in readings]


def encode(batch: Numbered) -> bytes:
    """The bytes of a batch."""
    return _encoder.encode(batch)


def decode(payload: bytes) -> Numbered:
    """The batch in those bytes; raises ValueError when another version wrote them or they are something else."""
    try:
        batch = _decoder.decode(payload)
    except msgspec.MsgspecError as error:
        raise ValueError(f"no batch of readings: {error}") from None
    if batch.version != VERSION:
        raise ValueError(f"a batch of version {batch.version}; this program reads {VERSION}")
    return batch


def pieces(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    """Rows in parts that each fit into a batch."""
    for first in range(0, len(rows), MOST_READINGS):
        yield from _fitting(rows[first : first + MOST_READINGS])


def _fitting(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    if len(rows) <= 1 or len(_encoder.encode(rows)) <= MOST_BYTES:
        yield rows
        return
    middle = len(rows) // 2
    yield from _fitting(rows[:middle])
    yield from _fitting(rows[middle:])


def readings_topic(town: str, process: str) -> str:
    """Where an ingest process tells what it decoded."""
    return f"town/{town}/readings/{process}"
