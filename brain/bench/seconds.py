"""What a process takes, second for second, beside what it was sent."""

import asyncio
import time
from collections.abc import Sequence
from itertools import pairwise
from statistics import mean, median
from typing import Any, NamedTuple

import psutil

from brain.bench.town_traffic import TownTraffic


class Second(NamedTuple):
    """Percent of a core that the whole process took, that its event loop took, and messages sent to it."""

    process: float
    loop: float
    messages: float


async def watch(pid: int, traffic: TownTraffic, seconds: float) -> list[Second]:
    """Every second of that time."""
    process = psutil.Process(pid)

    def look() -> tuple[float, ...]:
        # The event loop is in the first thread; the embedded store has threads of its own.
        loop = next(each for each in process.threads() if each.id == pid)
        return time.monotonic(), sum(process.cpu_times()[:2]), loop.user_time + loop.system_time, traffic.sent

    marks = [look()]
    for _ in range(max(2, round(seconds))):
        await asyncio.sleep(1)
        marks.append(look())
    return [
        Second(*(each / (after[0] - before[0]) for each in (
            100 * (after[1] - before[1]), 100 * (after[2] - before[2]), after[3] - before[3]
        )))
        for before, after in pairwise(marks)
    ]  # fmt: skip


def figures(name: str, some: Sequence[Second]) -> dict[str, Any]:
    """What is done once a minute, for all sensors, is in the mean when a minute begins meanwhile; not in the median."""
    return {
        "browsers": name,
        "process_percent": round(median(each.process for each in some), 1),
        "process_mean": round(mean(each.process for each in some), 1),
        "loop_percent": round(median(each.loop for each in some), 1),
        "loop_mean": round(mean(each.loop for each in some), 1),
        "messages_per_s": round(mean(each.messages for each in some)),
    }
