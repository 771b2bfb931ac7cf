"""Finding the few points that InfluxDB refuses, so that all others of their batch are in."""

import re
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from town.ports import RefusedReading
from town.reading import Reading
from town.store.influx_server import Refusal

Post = Callable[[bytes], Awaitable[Refusal | None]]

_CONFLICT = re.compile(r'input field \\?"([^"\\]+)\\?" on measurement \\?"([^"\\]+)\\?"')
_REASONS = {
    "field type conflict": "type_conflict",
    "retention policy": "too_old",
    "unable to parse": "not_understood",
    "invalid": "not_understood",
}


class Line(NamedTuple):
    """A line and the reading that it is of."""

    text: str
    reading: Reading


async def write_isolating(lines: Sequence[str], readings: Sequence[Reading], post: Post) -> list[RefusedReading]:
    """Write lines, and when some are refused write parts of them until only the refused ones are left out.

    Writing a line again changes nothing. A batch that is refused as a whole costs one request, a single bad line in
    5,000 about two times thirteen.
    """
    refusal = await post("\n".join(lines).encode())
    if refusal is None:
        return []
    return await _isolate([Line(*pair) for pair in zip(lines, readings, strict=True)], refusal, post)


async def _isolate(lines: Sequence[Line], refusal: Refusal, post: Post) -> list[RefusedReading]:
    if len(lines) == 1 or (refusal.status != 413 and refusal.dropped == len(lines)):
        return [RefusedReading(line.reading, _reason(refusal), refusal.text[:300]) for line in lines]
    refused: list[RefusedReading] = []
    for part in _parts(lines, refusal):
        again = await post("\n".join(line.text for line in part).encode())
        if again is not None:
            refused += await _isolate(part, again, post)
    return refused


def _reason(refusal: Refusal) -> str:
    if refusal.status == 413:
        return "too_large"
    return next((reason for words, reason in _REASONS.items() if words in refusal.text), "refused")


def _parts(lines: Sequence[Line], refusal: Refusal) -> tuple[Sequence[Line], Sequence[Line]]:
    """Those that have the field which is named and those that do not; or the older and the newer half."""
    named = _CONFLICT.search(refusal.text)
    if named and refusal.status != 413:
        field, start = named.group(1), named.group(2) + ","
        suspects = [line for line in lines if field in line.reading.values and line.text.startswith(start)]
        if 0 < len(suspects) < len(lines):
            rest = [line for line in lines if field not in line.reading.values or not line.text.startswith(start)]
            return rest, suspects
    by_age = sorted(lines, key=lambda line: line.reading.measured_at)
    middle = len(by_age) // 2
    return by_age[:middle], by_age[middle:]
