"""`kill -9` at random moments. `scripts/faults --rounds 1000` plays many more of them."""

from pathlib import Path

from tests import services
from tests.faults.kills import play

ROUNDS = 20
LONGEST = 2.0
"""Seconds a brain lives at most: half of them die while they start, half at work."""


async def test_kills_at_random_moments_lose_nothing_and_raise_nothing(
    mosquitto: services.Service, tmp_path: Path
) -> None:
    outcome = await play(tmp_path / "round", mosquitto.port, rounds=ROUNDS, seed=2026, longest=LONGEST)

    assert outcome.messages > 100
    assert outcome.lost == []
    assert outcome.alerts == []
