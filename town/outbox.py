"""What waits to be sent, what was given up, and who rests: for those who look after it."""

from collections.abc import Sequence
from typing import Protocol

import msgspec
from pydantic import BaseModel, ConfigDict

from town.alert import DeliveryState, Notification
from town.moment import Moment


class Rest(BaseModel):
    """A target that is left alone over a channel for a while, and why."""

    model_config = ConfigDict(frozen=True)

    target: str
    channel: str
    since: Moment
    until: Moment
    kind: str
    """`throttled` or `refused_config`."""
    reason: str


class OutboxFilter(msgspec.Struct, frozen=True):
    """Which notifications are asked for; what is None does not matter."""

    states: frozenset[DeliveryState]
    target: str | None = None
    channel: str | None = None
    limit: int = 200


class OutboxKeeper(Protocol):
    """Looks after the outbox."""

    async def notifications(self, wanted: OutboxFilter) -> Sequence[Notification]:
        """Those that fit, digests among them and not what they hold; the oldest first."""

    async def held(self, digest: str) -> Sequence[Notification]:
        """What the digests of that number, or the one with that key, stand for."""

    async def resting(self) -> Sequence[Rest]:
        """Who rests now."""

    async def retry(self, notifications: Sequence[str], *, by: str) -> Sequence[Notification]:
        """Try again at once what was given up or waits for its next attempt; whoever refused our configuration rests no
        more. ActionRefused when there is none of that key, or it is over.
        """
