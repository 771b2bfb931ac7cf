"""How fast the rules are: the engine alone, against a bare loop that makes the same comparisons in the same run."""

import gc
import resource
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from time import process_time
from typing import Any

from rules.bench_town import INTERVAL, START, bare, bench_readings, bench_rule_set, bench_town
from rules.engine import Engine
from town.reading import Reading
from town.town import Town

SENSORS = 1_000
KINDS = ("plain", "windows")
"""Limits on the newest value; and a third each of limits, rates and means over windows."""
PIECES = 20
"""A round is cut into these, so that nobody else has the processor all through one of them."""
FULL = 60
"""Readings of each sensor until the longest window is full."""


def bench_rules(*, rules: Sequence[int] = (1, 3, 10, 50), readings: int = 200_000, rounds: int = 3) -> dict[str, Any]:
    """Readings a second by rules a sensor, as `{"rules": [{kind, rules, readings_per_s, bare_us, us, ratio}]}`.

    CPU time of this process, the best of the rounds; engine and bare loop take turns.
    """
    found = [_measure(kind, number, readings=readings, rounds=rounds) for kind in KINDS for number in rules]
    return {"rules": found}


def bench_subjects(*, sensors: int = 100_000, rules: int = 10) -> dict[str, Any]:
    """Memory a subject, with every sensor heard, and how long a start takes; run it in a process of its own."""
    town = bench_town(sensors)
    rule_set = bench_rule_set("plain", rules, town)
    gc.collect()
    before, began = _resident(), process_time()
    engine = Engine(rule_set, town)
    engine.advance(START)
    _step(engine, bench_readings(sensors, sensors))
    took, bytes_used = process_time() - began, _resident() - before
    subjects = sensors * rules
    saving = process_time()
    size = len(engine.save())
    return {
        "sensors": sensors,
        "rules": rules,
        "subjects": subjects,
        "mb": round(bytes_used / 2**20),
        "bytes_per_subject": round(bytes_used / subjects),
        "bytes_per_sensor": round(bytes_used / sensors),
        "start_s": round(took, 1),
        "snapshot_mb": round(size / 2**20, 1),
        "snapshot_s": round(process_time() - saving, 2),
    }


def bench_members(*, members: Sequence[int] = (10, 100, 1_000), readings: int = 20_000) -> list[dict[str, Any]]:
    """What a reading costs a rule about one facility of so many sensors, in the same run."""
    found = []
    for number in members:
        engine = _engine("facility", 2, bench_town(number, facilities=1))
        times = [_timed(partial(_step, engine, batch)) / len(batch) for batch in _batches(number, readings, PIECES)]
        us = min(times) * 1e6
        found.append({"members": number, "us": round(us, 2)})
    return [{**one, "ratio": round(one["us"] / found[0]["us"], 2)} for one in found]


def _engine(kind: str, number: int, town: Town) -> Engine:
    engine = Engine(bench_rule_set(kind, number, town), town)
    engine.advance(START)
    _step(engine, bench_readings(len(town.sensors), len(town.sensors)))
    return engine


def _batches(sensors: int, readings: int, pieces: int, *, after: int = 0) -> Iterator[list[Reading]]:
    """So many readings in pieces, every sensor in turn, `after` so many of each."""
    at, size = START + after * INTERVAL, max(1, readings // pieces // sensors) * sensors
    for _ in range(pieces):
        yield bench_readings(size, sensors, first=at + INTERVAL)
        at += size // sensors * INTERVAL


def _measure(kind: str, number: int, *, readings: int, rounds: int) -> dict[str, Any]:
    town = bench_town(SENSORS)
    engine, bare_loop = _engine(kind, number, town), bare(kind, number, town)
    for batch in _batches(SENSORS, SENSORS * FULL, 4):
        bare_loop(batch)
        _step(engine, batch)
    engines, bares = [], []
    for batch in _batches(SENSORS, readings * rounds, PIECES * rounds, after=FULL):
        bares.append(_timed(partial(bare_loop, batch)) / len(batch))
        engines.append(_timed(partial(_step, engine, batch)) / len(batch))
    us, bare_us = min(engines) * 1e6, min(bares) * 1e6
    return {
        "kind": kind,
        "rules": number,
        "readings_per_s": round(1e6 / us),
        "us": round(us, 2),
        "bare_us": round(bare_us, 2),
        "ratio": round(us / bare_us, 2),
    }


def _step(engine: Engine, batch: list[Reading]) -> None:
    for start in range(0, len(batch), 500):
        engine.step(batch[start : start + 500], batch[start].received_at)


def _timed(work: Callable[[], object]) -> float:
    gc.disable()  # looking for cycles is the brain's matter (see `brain.process`), and falls on whoever is at it
    began = process_time()
    work()
    took = process_time() - began
    gc.enable()
    return took


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize()
