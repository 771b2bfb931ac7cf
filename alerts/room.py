"""How much may be under way at once: in all, at one provider, and to one target. Pure."""

from collections import Counter
from collections.abc import Mapping
from random import Random

import msgspec

from alerts.allowance import Use
from alerts.people import People, Way
from town.moment import DAY, MINUTE, SECOND, Duration

_URGENT = (Use.URGENT, Use.URGENT_GATHERED)


class Policy(msgspec.Struct, frozen=True):
    """How the outbox tries."""

    at_once: int = 64
    """Attempts under way in this process."""
    per_provider: int = 16
    """Attempts under way at one provider, so that a slow one leaves room for the others."""
    per_target: int = 4
    """Attempts under way to one target over one channel, so that a slow one leaves room for the others."""
    urgent_at_once: int = 8
    urgent_per_target: int = 2
    """How many more of each there may be of what is urgent, so that nothing else is in its way."""
    lease: Duration = 60 * SECOND
    """How long an attempt may take before another process takes it for lost."""
    first_delay: Duration = 2 * SECOND
    longest_delay: Duration = 5 * MINUTE
    config_pause: Duration = MINUTE
    """How long a target rests that refuses our configuration."""
    most_attempts: int = 400
    give_up_after: Duration = DAY

    def most(self, use: Use) -> int:
        """How many attempts may be under way one way when another of such a use is to begin."""
        return self.per_target + (self.urgent_per_target if use in _URGENT else 0)

    def most_at_provider(self, use: Use) -> int:
        """The same at one provider."""
        return self.per_provider + (self.urgent_at_once if use in _URGENT else 0)

    def delay(self, attempts: int, random: Random) -> Duration:
        """How long to wait after so many attempts: doubled each time up to a limit, then between half and all of it."""
        whole = min(self.first_delay * 2 ** min(attempts - 1, 30), self.longest_delay)
        return int(whole * (0.5 + random.random() / 2))


class Room:
    """What is under way, and what more may be, while notifications are leased."""

    def __init__(self, policy: Policy, people: People, *, busy: Mapping[Way, int]) -> None:
        self._policy, self._people = policy, people
        self._ways = Counter(busy)
        self._providers: Counter[str] = Counter()
        for way, count in busy.items():
            self._providers[self._provider(way)] += count

    def _provider(self, way: Way) -> str:
        return self._people.provider_of.get(way, "")

    def has(self, way: Way, use: Use) -> bool:
        """Whether one more of such a use may begin."""
        at_provider = self._providers[self._provider(way)]
        return self._ways[way] < self._policy.most(use) and at_provider < self._policy.most_at_provider(use)

    def take(self, way: Way) -> None:
        """One more begins."""
        self._ways[way] += 1
        self._providers[self._provider(way)] += 1

    def full(self, use: Use) -> list[Way]:
        """Every way by which no more of such a use may begin."""
        found = [way for way, count in self._ways.items() if count >= self._policy.most(use)]
        full = {name for name, count in self._providers.items() if count >= self._policy.most_at_provider(use)}
        return found + [way for way, name in self._people.provider_of.items() if name in full] if full else found
