"""Many rounds of kills, in blocks with a fresh broker and a fresh state each, with progress and a summary."""

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

from tests import services
from tests.faults.kills import Outcome, play

BLOCK = 20


def main() -> int:
    """Play the rounds that were asked for; 1 when anything was missing."""
    parser = argparse.ArgumentParser(
        description="Kill a running brain at random moments, and look for what is missing."
    )
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1, help="of the first block; every next block has the next one")
    asked = parser.parse_args()
    began, outcomes = time.monotonic(), list[Outcome]()
    for first in range(0, asked.rounds, BLOCK):
        seed = asked.seed + first // BLOCK
        outcomes.append(_block(min(BLOCK, asked.rounds - first), seed, done=first, of=asked.rounds))
        for problem in [*outcomes[-1].lost, *outcomes[-1].alerts]:
            print(f"\nseed {seed}: {problem}")
    problems = sum(len(one.lost) + len(one.alerts) for one in outcomes)
    print(
        f"\n{sum(one.rounds for one in outcomes)} rounds, {sum(one.messages for one in outcomes)} messages, "
        f"{problems} problems, {time.monotonic() - began:.0f} s"
    )
    return 1 if problems else 0


def _block(rounds: int, seed: int, *, done: int, of: int) -> Outcome:
    def told(number: int) -> None:
        print(f"\rround {done + number} of {of}", end="", flush=True)

    with tempfile.TemporaryDirectory(prefix="town-faults-") as folder:
        broker = Path(folder) / "mosquitto"
        broker.mkdir()
        with services.running(services.mosquitto(broker)) as service:
            return asyncio.run(play(Path(folder) / "round", service.port, rounds=rounds, seed=seed, told=told))


if __name__ == "__main__":
    sys.exit(main())
