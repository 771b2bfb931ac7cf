"""What a store should answer, by adding up what it was given."""

import random
from collections.abc import Sequence

import pytest

from tests.store.places import NOON, reading
from town.moment import DAY, HOUR, MINUTE, SECOND, Duration, Moment
from town.ports import Aggregate, Store
from town.reading import Reading

AGGREGATES: tuple[Aggregate, ...] = ("mean", "min", "max", "sum", "count", "last")
WINDOWS = [
    (NOON, NOON + 6 * HOUR),
    (NOON - HOUR + 17, NOON + 5 * HOUR + 29 * MINUTE + 30 * SECOND + 1),
    (NOON + 61 * MINUTE, NOON + 62 * MINUTE),
    (0, NOON + 2 * DAY),
]


def air(seed: int, *, start: Moment = NOON, hours: int = 5, each: int = 40) -> list[Reading]:
    """Readings of two sensors and a door at moments of no order."""
    chance = random.Random(seed)
    moments = sorted({start + chance.randrange(hours * HOUR) for _ in range(hours * each)})
    sensors = [chance.choice(["air-1", "air-2", "door 1"]) for _ in moments]
    return [
        reading(sensor, at, open=chance.random() < 0.4)
        if sensor == "door 1"
        else reading(sensor, at, temperature=chance.uniform(-20, 40))
        for sensor, at in zip(sensors, moments, strict=True)
    ]


def expected(
    readings: Sequence[Reading], quantity: str, *, start: Moment, end: Moment, every: Duration, aggregate: Aggregate
) -> dict[tuple[str, Moment], float]:
    """The same, by adding up."""
    found: dict[tuple[str, Moment], list[float]] = {}
    for one in sorted(readings, key=lambda each: each.measured_at):
        if quantity in one.values and start <= one.measured_at < end:
            bucket = found.setdefault((one.sensor, one.measured_at - one.measured_at % every), [])
            bucket.append(float(one.values[quantity]))
    make = {
        "mean": lambda some: sum(some) / len(some),
        "min": min,
        "max": max,
        "sum": sum,
        "count": lambda some: float(len(some)),
        "last": lambda some: some[-1],
    }[aggregate]
    return {key: make(some) for key, some in found.items()}


async def agrees(store: Store, readings: Sequence[Reading], *, every: Sequence[Duration] = (MINUTE, HOUR)) -> None:
    """Every answer of the store is what adding up the readings gives."""
    for number, aggregate in enumerate(AGGREGATES * 2):
        quantity, sensors = (("temperature", ["air-1", "air-2"]), ("open", ["door 1"]))[number % 2]
        (start, end), width = WINDOWS[number % 4], every[number % len(every)]
        found = await store.history(sensors, quantity, start=start, end=end, every=width, aggregate=aggregate)
        points = {(one.sensor, point.at): point.value for one in found for point in one.points}
        wanted = expected(readings, quantity, start=start, end=end, every=width, aggregate=aggregate)
        assert points == pytest.approx(wanted, rel=1e-9, abs=1e-9), (quantity, start - NOON, width, aggregate)
