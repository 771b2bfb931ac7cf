"""What the console asks of a store, asked as it asks: the charts of a place, the traces of the tiles, newest values.

A process of its own, so that its memory is that of the store: `python -m brain.bench.store_asking PLAN`.
"""

import asyncio
import contextlib
import itertools
import json
import random
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from brain.bench.children import answer
from brain.bench.memory import peak_mb
from brain.bench.percentiles import percentiles
from console.figure import Window, make_figure
from console.pages.places import COMPARISONS, SPANS
from console.traces import BUCKET, SENSORS_READ, SOURCES, sensors_measuring
from console.views.places import charted
from console.words import Words, words
from town.errors import ConfigError
from town.folder import load_town
from town.moment import DAY, MINUTE, Moment
from town.quantity import Value, ValueType
from town.reading import Reading
from town.store.duckdb import DuckStore
from town.town import Town

_SEED = 1
_BEAT = 500
"""Milliseconds between two writes of what sensors send meanwhile."""


class Took(NamedTuple):
    """One question: of which board and with which choice, how long it took, and how many points it had."""

    board: str
    span: str
    compare: str
    milliseconds: float
    points: int


class Asking:
    """Asks about a sample of places, the same at every run."""

    def __init__(self, store: DuckStore, town: Town, *, now: Moment, places: int) -> None:
        self._store, self._town, self._now = store, town, now
        self._told: Words = words("en")
        chance = random.Random(_SEED)  # noqa: S311 - it chooses what is asked, it guards nothing
        self._places: Sequence[str] = chance.sample(list(town.facilities), min(places, len(town.facilities)))

    async def ask(self) -> list[Took]:
        """Every chart of every sampled place with every choice of time and comparison, and the traces."""
        found = []
        for span in SPANS:
            for compare in COMPARISONS:
                for place in self._places:
                    found += [await each for each in self._charts(place, span, compare)]
        for tile in SOURCES:
            found += await self._trace(tile)
        return found

    def _charts(self, place: str, span: str, compare: str) -> Iterator[Any]:
        window = Window(self._now - SPANS[span], self._now, COMPARISONS[compare])
        for quantity, sensors in charted(self._town, [], place):
            yield self._chart(sensors, quantity, window, Took("place", span, compare, 0, 0))

    async def _chart(self, sensors: Sequence[str], quantity: str, window: Window, took: Took) -> Took:
        began = time.perf_counter()
        figure = await make_figure(
            self._store, self._town, self._told, sensors=sensors, quantity=quantity, window=window, alerts=()
        )
        points = sum(len(line["points"]) for line in figure["series"])
        return took._replace(milliseconds=_since(began), points=points)

    async def _trace(self, tile: str) -> list[Took]:
        source, end = SOURCES[tile], self._now - self._now % BUCKET + BUCKET
        sensors = sensors_measuring(self._town, source.quantity)[:SENSORS_READ]
        if not sensors:
            return []
        began = time.perf_counter()
        found = await self._store.history(
            sensors, source.quantity, start=end - DAY, end=end, every=BUCKET, aggregate=source.within
        )
        return [Took("now", "24h", tile, _since(began), sum(len(series.points) for series in found))]

    async def newest(self) -> dict[str, Any]:
        """The newest value of everything."""
        began = time.perf_counter()
        found = await self._store.latest()
        return {"values": sum(len(values) for values in found.values()), "ms": round(_since(began), 1)}


async def keep_writing(store: DuckStore, town: Town, *, now: Moment) -> None:
    """What all sensors send, each once a minute, until cancelled."""
    sensors = itertools.cycle([(s.id, next(iter(town.kinds[s.kind].quantities))) for s in town.sensors.values()])
    share, started = max(1, len(town.sensors) * _BEAT // MINUTE), time.monotonic()
    for beat in itertools.count():
        at = now + beat * _BEAT
        some = itertools.islice(sensors, share)
        types = {quantity.id: quantity.type for quantity in town.quantities.values()}
        await store.write([Reading(one, at, at, {what: _value(types[what], beat)}) for one, what in some])
        await asyncio.sleep(max(0.0, started + (beat + 1) * _BEAT / 1000 - time.monotonic()))


def _value(kind: ValueType, beat: int) -> Value:
    return beat % 2 == 0 if kind is ValueType.BOOL else 20.0 + beat % 10


async def _measure(plan: dict[str, Any]) -> dict[str, Any]:
    town, findings = load_town(Path(plan["town"]))
    if town is None:
        raise ConfigError(str(findings))
    own, began = psutil.Process(), time.perf_counter()
    async with DuckStore(Path(plan["file"]), town) as store:
        opened = _since(began)
        writing = asyncio.create_task(keep_writing(store, town, now=plan["now"]), name="what sensors send")
        asking = Asking(store, town, now=plan["now"], places=plan["places"])
        newest = await asking.newest()
        before = sum(own.cpu_times()[:2])
        took = await asking.ask()
        cpu = sum(own.cpu_times()[:2]) - before
        writing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await writing
    return {
        "open_ms": round(opened),
        "newest": newest,
        "boards": {"asked": len(took)}
        | percentiles(each.milliseconds for each in took)
        | {"cpu_ms_each": round(cpu * 1000 / len(took), 1)},
        "peak_mb": peak_mb(),
        "questions": by_choice(took),
    }


def by_choice(some: Iterable[Took]) -> list[dict[str, Any]]:
    """The same questions together."""
    found: dict[tuple[str, str, str], list[Took]] = defaultdict(list)
    for each in some:
        found[each.board, each.span, each.compare].append(each)
    return [
        {"board": board, "span": span, "compare": compare, "asked": len(took)}
        | percentiles(each.milliseconds for each in took)
        | {"points": sum(each.points for each in took) // len(took)}
        for (board, span, compare), took in found.items()
    ]


def _since(began: float) -> float:
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    answer(**asyncio.run(_measure(json.loads(sys.argv[1]))))
