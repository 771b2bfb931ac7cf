"""A town in several processes of which one is killed at random moments: every alarm is told once, none is missing.

`scripts/faults processes --alarms 60 --seed 1` plays it; it needs Mosquitto and InfluxDB.
"""

import argparse
import random
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from tests import services
from tests.end_to_end.brain import hamlet, hook
from tests.end_to_end.conftest import SECRET
from tests.end_to_end.roles import Role, Roles
from tests.end_to_end.test_roles import smoke, start_all

RULE = "fire.smoke.high"
LONGEST_LIFE = 8.0
"""Seconds after which a process is killed at the latest; it takes two or more to start."""
LONGEST_REST = 1.0
SETTLES_WITHIN = 120


class Outcome(NamedTuple):
    """What a play came to."""

    alarms: int
    kills: int
    stored: int
    raised: int

    @property
    def well(self) -> bool:
        """Every reading is stored, and every alarm was raised once."""
        return self.stored == 2 * self.alarms and self.raised == self.alarms


class Killer:
    """Kills one of some processes now and then, and starts it again, in a thread until `end`."""

    def __init__(self, victims: list[Role], chance: random.Random) -> None:
        self.kills = 0
        self._victims, self._chance, self._over = victims, chance, threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._over.wait(self._chance.uniform(0.2, LONGEST_LIFE)):
            victim = self._chance.choice(self._victims)
            victim.kill()
            self.kills += 1
            victim.launch()

    def end(self) -> None:
        """Kill no more."""
        self._over.set()
        self._thread.join()


def play(folder: Path, *, alarms: int, seed: int) -> Outcome:
    """Raise and end so many alarms while ingest and rules are killed."""
    chance = random.Random(seed)
    with ExitStack() as stack:
        broker = _served(stack, folder / "mosquitto", "mosquitto")
        store = _served(stack, folder / "influxd", "influxd")
        duty, _ = stack.enter_context(hook())
        services.influx_query(store.port, "CREATE DATABASE faults")
        url = f"influxdb://127.0.0.1:{store.port}/faults"
        town = hamlet(folder / "hamlet", hook=duty)
        roles = Roles(town, folder / "state", broker=broker.port, store=url, env={"TOWN_SECRET_DUTY": SECRET})
        ingest, rules, console = roles.ingest("one"), roles.rules(), roles.console()
        stack.callback(lambda: [role.kill() for role in roles.all])
        start_all(ingest, rules, console)
        killer = Killer([ingest, rules], chance)
        for _ in range(alarms):
            for value in (0.3, 0.01):
                smoke(broker, [value])
                time.sleep(chance.uniform(0.05, LONGEST_REST))
        killer.end()
        return _settled(roles, console, alarms, killer.kills)


def _served(stack: ExitStack, folder: Path, name: str) -> services.Service:
    folder.mkdir()
    return stack.enter_context(services.running(getattr(services, name)(folder)))


def _settled(roles: Roles, console: Role, alarms: int, kills: int) -> Outcome:
    """How it is once nothing is missing, or after a long time."""
    until, found = time.monotonic() + SETTLES_WITHIN, Outcome(alarms, kills, 0, 0)
    while not found.well and time.monotonic() < until:
        time.sleep(1)
        alerts = roles.get(console, f"/api/v1/alerts?rule={RULE}")
        found = Outcome(alarms, kills, roles.stored(), sum(alert["activations"] for alert in alerts))
    return found


def main() -> int:
    """Play what was asked for; 1 when anything was missing, or raised twice."""
    parser = argparse.ArgumentParser(description="Kill processes of a town at random, and count its alarms.")
    parser.add_argument("--alarms", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="town-faults-") as folder:
        found = play(Path(folder), alarms=asked.alarms, seed=asked.seed)
    print(f"{found.kills} kills, {found.alarms} alarms, {found.raised} raised, {found.stored} readings stored")
    return 0 if found.well else 1


if __name__ == "__main__":
    sys.exit(main())
