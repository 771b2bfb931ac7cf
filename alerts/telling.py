"""Passes news of alerts on to one reader, in order, until it has them: over restarts, and while it is away."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from alerts.book import Book
from alerts.news import AT_ONCE, News, Reader, count_unread, mark_read, unread
from alerts.own_rows import news_rows
from town.errors import ConfigError, Unavailable
from town.moment import MINUTE, SECOND, Duration
from town.ports import Gauge, OwnRowWriter, PartHealth

log = logging.getLogger(__name__)

POLL: Duration = 5 * SECOND
"""How often it looks for what another process wrote."""
GATHERS: Duration = SECOND // 20
"""How long it waits for more: what people are told goes first."""
MARK_EVERY: Duration = SECOND
"""How often it is written down what a reader has: every time costs the book a transaction."""
MOST_UNMARKED = 250
PassOn = Callable[[Sequence[News]], Awaitable[None]]
"""Gives news to the reader, in order; on return the reader has them. Raises Unavailable or ConfigError: again later."""


class Teller:
    """One reader's news. `part` is what people call it."""

    def __init__(self, book: Book, reader: Reader, pass_on: PassOn, *, part: str) -> None:
        self._book, self._reader, self._pass_on = book, reader, pass_on
        self._wake = asyncio.Event()
        self._told = self._waiting = 0
        self._unmarked: set[int] = set()
        """What the reader has and the book does not know of yet: told again if the power goes now."""
        self._marked_at = book.clock()
        self._health = PartHealth(part, "ok", book.clock())

    async def run(self) -> None:
        """Tell until cancelled."""
        unlisten = self._book.listen(lambda _: self._wake.set())
        pause = SECOND
        try:
            while True:
                self._wake.clear()
                try:
                    while await self.tell() >= AT_ONCE:
                        pass
                    pause = SECOND
                    self._say("")
                    await self._rest(MARK_EVERY if self._unmarked else POLL)
                except (Unavailable, ConfigError) as error:
                    self._say(str(error))
                    await self._look()
                    await asyncio.sleep(random.uniform(0.5, 1) * pause / SECOND)  # noqa: S311 - it spreads retries
                    pause = min(2 * pause, MINUTE)
        finally:
            unlisten()
            with suppress(Unavailable):
                await self.mark()

    async def tell(self) -> int:
        """Pass on some of what waits; how many those were. Raises Unavailable and ConfigError."""
        told = list(self._unmarked)
        news = await self._book.database.read(lambda link: unread(link, self._reader, told=told))
        if news:
            await self._pass_on(news)
            self._unmarked |= {one.number for one in news}
            self._told += len(news)
        if len(self._unmarked) >= MOST_UNMARKED or self._book.clock() - self._marked_at >= MARK_EVERY:
            await self.mark()
        self._waiting = 0
        return len(news)

    async def mark(self) -> None:
        """Write down what the reader has. Raises Unavailable."""
        numbers, self._marked_at = sorted(self._unmarked), self._book.clock()
        if numbers:
            await self._book.database.write(lambda link: mark_read(link, self._reader, numbers))
            self._unmarked -= set(numbers)

    async def _rest(self, longest: Duration) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(longest / SECOND):
                await self._wake.wait()
                await asyncio.sleep(GATHERS / SECOND)

    async def _look(self) -> None:
        with suppress(Unavailable):
            self._waiting = await self._book.database.read(lambda link: count_unread(link, self._reader))

    def _say(self, trouble: str) -> None:
        if bool(trouble) == (self._health.state != "ok"):
            return
        part, state = self._health.part, "degraded" if trouble else "ok"
        log.warning("%s wait: %s", part, trouble) if trouble else log.info("%s go on", part)
        self._health = PartHealth(part, "degraded" if state == "degraded" else "ok", self._book.clock(), trouble)

    def parts(self) -> list[PartHealth]:
        """Whether the reader has everything; nothing is lost while it has not."""
        return [self._health]

    def figures(self) -> list[Gauge]:
        """How many were told since the start, and how many wait."""
        reader: dict[str, str] = {"reader": self._reader}
        return [
            Gauge(
                "town_alert_events_told_total", self._told, reader, "counter", "Events of alerts that were passed on."
            ),
            Gauge("town_alert_events_waiting", self._waiting, reader, help="Events that a reader does not have yet."),
        ]


def to_store(book: Book, writer: OwnRowWriter) -> Teller:
    """Writes `alert_event` for everything that happens, and `alert` for how the alerts stand then."""

    async def pass_on(news: Sequence[News]) -> None:
        refused = await writer.write_own([row for one in news for row in news_rows(one, book.town)])
        if refused:
            log.warning("%d rows of alerts are not taken by the store: older than it keeps", len(refused))

    return Teller(book, "store", pass_on, part="alert events to the store")
