"""Readings in the order of their arrival, judged as of their receipt: what running live and replay have in common.

The engine is told the moment of receipt, never the moment at which somebody got round to it. So what it decides follows
from the readings alone, however they were cut into batches, and readings of the same millisecond have one order.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter

from rules.engine import Engine
from rules.ruleset import RuleSet
from town.alert import Transition
from town.moment import Moment
from town.reading import Reading
from town.town import Town

_ORDER = attrgetter("received_at", "measured_at", "sensor")
_RECEIPT = attrgetter("received_at")


def in_order(readings: Iterable[Reading]) -> list[Reading]:
    """Readings by receipt, then by when they were measured, then by sensor; what came in parts at once is one."""
    ordered: list[Reading] = []
    for reading in sorted(readings, key=_ORDER):
        if ordered and _same(ordered[-1], reading):
            ordered[-1] = _whole(ordered[-1], reading)
        else:
            ordered.append(reading)
    return ordered


def in_parts(readings: Iterable[Reading], at_once: int) -> Iterator[list[Reading]]:
    """Readings that are `in_order`, in lists of about `at_once`; what came in one millisecond stays together."""
    part: list[Reading] = []
    for _, group in groupby(readings, key=_RECEIPT):
        part += group
        if len(part) >= at_once:
            yield part
            part = []
    if part:
        yield part


def judge_arrivals(engine: Engine, readings: Iterable[Reading]) -> list[Transition]:
    """Judge readings that are `in_order`; what fell silent before the receipt of each is noticed before it."""
    transitions: list[Transition] = []
    for received_at, group in groupby(readings, key=_RECEIPT):
        transitions += silences(engine, received_at - 1)
        transitions += engine.step(list(group), received_at)
    return transitions


def silences(engine: Engine, until: Moment) -> list[Transition]:
    """Notice what fell silent up to that moment, each at its own; all that was received by then must be judged."""
    transitions: list[Transition] = []
    while (due := engine.next_due()) is not None and due <= until:
        transitions += engine.advance(due)
    return transitions


def resumed(
    engine: Engine, rules: RuleSet, town: Town, *, since: Moment, now: Moment
) -> tuple[Engine, list[Transition]]:
    """The engine after nobody judged from `since` to `now`, and what it decided until then: the pause is no silence."""
    transitions = silences(engine, since) + engine.advance(since)
    engine = Engine.restore(rules, town, engine.save())
    return engine, transitions + engine.advance(now)


def _same(one: Reading, other: Reading) -> bool:
    return one.measured_at == other.measured_at and one.sensor == other.sensor and one.received_at == other.received_at


def _whole(one: Reading, other: Reading) -> Reading:
    """Two parts of a reading as the stores keep them: the later value counts, and any value wins over a refusal."""
    values = {**one.values, **other.values}
    noted = other if other.flags or other.refused or not other.values else one
    refused = {quantity: flag for quantity, flag in noted.refused.items() if quantity not in values}
    return Reading(one.sensor, one.measured_at, one.received_at, values, noted.flags, refused)
