"""A sign of life: as long as alerts can be judged and told, somebody outside is told so every minute.

A dead brain sends no alert about itself. Whoever watches this address (a service for it, or another town's brain)
notices that the sign stays away.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence

import msgspec

from alerts.senders.call import Call, HttpRequest, Reply
from alerts.sending import one_line
from town.moment import MINUTE, Duration, Moment
from town.ports import Clock, Gauge, PartHealth

logger = logging.getLogger(__name__)

EVERY: Duration = MINUTE


class Heartbeat:
    """Posts to one address; `health` says how the parts are without which nobody is told of anything."""

    def __init__(
        self, url: str, call: Call, *, town: str, health: Callable[[], Sequence[PartHealth]], clock: Clock
    ) -> None:
        self._url, self._call, self._town, self._health, self._clock = url, call, town, health, clock
        self._state = PartHealth("heartbeat", "ok", clock())
        self._taken_at: Moment | None = None

    async def run(self) -> None:
        """Give a sign every minute until cancelled."""
        while True:
            await self.beat()
            await asyncio.sleep(EVERY / 1000)

    async def beat(self) -> bool:
        """Give one sign of life, unless a part is down; whether it was taken."""
        down = [f"{part.part}: {part.detail}" for part in self._health() if part.state == "down"]
        if down:
            self._is("degraded", f"withheld, because something is down: {'; '.join(down)}")
            return False
        body = msgspec.json.encode({"town": self._town, "at": self._clock(), "state": "alive"})
        reply = await self._call(HttpRequest("POST", self._url, body, {"Content-Type": "application/json"}))
        taken = isinstance(reply, Reply) and 200 <= reply.status < 300
        if taken:
            self._taken_at = self._clock()
        self._is("ok" if taken else "degraded", "" if taken else f"not taken: {_said(reply, self._url)}")
        return taken

    def _is(self, state: str, detail: str) -> None:
        if state != self._state.state:
            log = logger.info if state == "ok" else logger.warning
            log("the heartbeat is %s", "taken again" if state == "ok" else detail)
            self._state = PartHealth("heartbeat", "ok" if state == "ok" else "degraded", self._clock(), detail)

    def parts(self) -> list[PartHealth]:
        """Whether the last sign was taken."""
        return [self._state]

    def figures(self) -> list[Gauge]:
        """How long ago one was taken."""
        if self._taken_at is None:
            return []
        age = (self._clock() - self._taken_at) / 1000
        return [Gauge("town_heartbeat_age_seconds", age, help="Since a sign of life was taken.")]


def _said(reply: object, url: str) -> str:
    """What came back, without the address: it may hold a token."""
    text = f"HTTP {reply.status}" if isinstance(reply, Reply) else str(getattr(reply, "text", reply))
    return one_line(text, url)
