"""Rounds of `kill -9`: messages are published, the brain dies at some moment, and nothing may be missing in the end.

What must be there is worked out here by itself, from the values alone: smoke raises at 0.15 dB/m and clears below 0.05.
"""

import random
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from alerts.book import open_book
from alerts.people import People
from brain.clock import wall_clock
from brain.journal import JOURNAL_FILE, read_journal
from brain.state import BOOK_FILE
from tests import services
from tests.end_to_end.brain import Brain, eventually, hamlet
from town.alert import Cause, Condition
from town.folder import load_town
from town.moment import DAY, HOUR, SECOND, Moment
from town.ports import AlertFilter
from town.store.duckdb import DuckStore
from town.store.open import FILE_NAME

SENSORS = tuple(f"BA-N{number}" for number in range(1, 6))
TOPIC = "town/hamlet/gw-1/telemetry"
RAISES, CLEARS = 0.15, 0.05
STEP = 30 * SECOND
"""Between two readings of a sensor: slow enough that an alert that comes and goes is told each time."""
LONGEST_LIFE = 4.0
"""Seconds after which a brain is killed at the latest; it takes about one or two to start."""

Event = tuple[str, Condition, Moment]
"""Sensor, what the rule says from then on, and when."""


class Outcome(NamedTuple):
    """What some rounds came to: everything but `rounds` and `messages` ought to be empty."""

    rounds: int
    messages: int
    lost: list[str]
    alerts: list[str]


class Smoke:
    """What the sensors say: a random walk that crosses both limits often, from hours ago on."""

    def __init__(self, seed: int) -> None:
        self._random, self._start = random.Random(seed), wall_clock() - 9 * HOUR
        self.said: dict[tuple[str, Moment], float] = {}
        self._newest = dict.fromkeys(SENSORS, self._start)

    def line(self) -> str:
        """One message more."""
        sensor = self._random.choice(SENSORS)
        at = self._newest[sensor] = self._newest[sensor] + STEP
        value = self._random.choice([0.01, 0.02, 0.08, 0.1, 0.2, 0.4])
        self.said[sensor, at] = value
        return f'{{"sensor":"{sensor}","at":{at},"values":{{"smoke":{value}}}}}'

    def expected(self) -> list[Event]:
        """How the rule must have changed its mind."""
        events, active = list[Event](), dict.fromkeys(SENSORS, False)
        for (sensor, at), value in sorted(self.said.items(), key=lambda one: one[0][1]):
            if not active[sensor] and value >= RAISES:
                active[sensor] = True
                events.append((sensor, Condition.ACTIVE, at))
            elif active[sensor] and value < CLEARS:
                active[sensor] = False
                events.append((sensor, Condition.NORMAL, at))
        return sorted(events)


async def play(
    folder: Path,
    port: int,
    *,
    rounds: int,
    seed: int,
    longest: float = LONGEST_LIFE,
    told: Callable[[int], None] = lambda _: None,
) -> Outcome:
    """Play rounds against the broker on that port, in a fresh folder, then look for what is missing."""
    chance, smoke = random.Random(seed), Smoke(seed)
    brain = _brain(folder, port)
    brain.start()  # once, so that the broker has the session
    for number in range(rounds):
        life = chance.uniform(0, longest)
        publisher = _publish(port, [smoke.line() for _ in range(chance.randint(5, 60))])
        time.sleep(life)  # the moment of the kill is drawn by chance, not waited for
        brain.kill()
        assert publisher.wait(20) == 0, "the broker did not take the messages"
        brain.launch()
        told(number + 1)
    brain.kill()
    _settle(brain, port, smoke)
    return Outcome(rounds, len(smoke.said), await _lost(brain, smoke), await _differences(brain, smoke))


def _brain(folder: Path, port: int) -> Brain:
    folder.mkdir()
    town = hamlet(folder / "hamlet")
    with (town / "sensors.csv").open("a") as table:
        for sensor in SENSORS[1:]:
            table.write(f"{sensor},gw-1,{sensor},barn,smoke_detector,30s,,,,\n")
    arguments = ["--mqtt", f"mqtt://127.0.0.1:{port}", "--store", "duckdb:"]
    return Brain(town, folder / "state", arguments=arguments, env={"TOWN_SECRET_DUTY": "x"})


def _publish(port: int, lines: list[str]) -> subprocess.Popen[bytes]:
    """Publish lines as messages of QoS 1, in the background; it ends well when the broker has all of them."""
    command = [services.need("mosquitto_pub"), "-p", str(port), "-q", "1", "-t", TOPIC, "-l"]
    publisher = subprocess.Popen(command, stdin=subprocess.PIPE)
    assert publisher.stdin is not None
    publisher.stdin.write("\n".join(lines).encode() + b"\n")
    publisher.stdin.close()
    return publisher


def _settle(brain: Brain, port: int, smoke: Smoke) -> None:
    """Start it for good, and wait until it has the last message of every sensor, judged and stored."""
    brain.start()
    while len({sensor for sensor, _ in list(smoke.said)[-20:]}) < len(SENSORS):
        assert _publish(port, [smoke.line()]).wait(20) == 0
    newest = {sensor: max(at for one, at in smoke.said if one == sensor) for sensor in SENSORS}

    def settled() -> bool:
        latest = brain.get("/api/v1/latest")
        heard = all(latest.get(sensor, {}).get("smoke", {}).get("at") == at for sensor, at in newest.items())
        waiting = ("town_ingest_readings_waiting", "town_rules_readings_waiting")
        return heard and not any(brain.metric(name) for name in waiting)

    eventually(settled, seconds=60)
    assert brain.stop() == 0


async def _lost(brain: Brain, smoke: Smoke) -> list[str]:
    """Messages that the broker took and that are not in the store as they were sent."""
    town, _ = load_town(brain.town)
    assert town is not None
    found: dict[tuple[str, Moment], object] = {}
    async with DuckStore(brain.state / FILE_NAME, town) as store:
        async for readings in store.readings(start=0, end=wall_clock() + DAY):
            found |= {(one.sensor, one.measured_at): one.values.get("smoke") for one in readings}
    sent: dict[tuple[str, Moment], object] = {**smoke.said}
    return [f"{key}: sent {sent.get(key)}, stored {found.get(key)}" for key in sorted({*sent, *found})
            if sent.get(key) != found.get(key)]  # fmt: skip


async def _differences(brain: Brain, smoke: Smoke) -> list[str]:
    """Where the alert book, or the journal, says anything but what an uninterrupted run says."""
    expected, town = smoke.expected(), load_town(brain.town)[0]
    assert town is not None
    told = {"raised": Condition.ACTIVE, "raised_again": Condition.ACTIVE, "cleared": Condition.NORMAL}
    booked: list[Event] = []
    url = f"sqlite:///{brain.state / BOOK_FILE}"
    async with open_book(url, town, clock=wall_clock, people=People()) as book:
        for alert in await book.alerts(AlertFilter(limit=10_000)):
            detail = await book.detail(alert.id)
            timeline = detail.timeline if detail else ()
            booked += [(alert.subject, told[one.event], one.at) for one in timeline if one.event in told]
    lines = read_journal(brain.state / JOURNAL_FILE, start=0, end=wall_clock() + DAY)
    changed = [one.transition for one in lines if one.transition and one.transition.cause is Cause.CONDITION]
    written = [(one.subject.id, one.condition, one.at) for one in changed]
    return _compare("alert book", booked, expected) + _compare("journal", written, expected)


def _compare(name: str, found: list[Event], expected: list[Event]) -> list[str]:
    missing = [f"{name}: missing {one}" for one in expected if one not in found]
    more = [f"{name}: {one} more than once or wrong" for one in found if found.count(one) > expected.count(one)]
    return missing + more
