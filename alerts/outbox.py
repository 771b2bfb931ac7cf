"""The outbox: sends what is due, as long as it takes, and never lets one target delay another."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping
from random import Random

from sqlalchemy import Connection

from alerts.book import Book
from alerts.budget import Budget
from alerts.deliveries import Backlog, Claim, Policy, backlog, claim_due, next_due, release, write_answer
from alerts.message import compose
from alerts.receipts import Receipts
from alerts.route import Address
from alerts.sending import Answer, AnswerKind, Sender, one_line, refused_config
from town.alert import DeliveryState
from town.errors import Unavailable
from town.moment import MINUTE, SECOND, Duration, Moment
from town.ports import Gauge, PartHealth

logger = logging.getLogger(__name__)

POLL = 5 * SECOND
"""How often rows are looked for that another process wrote, or whose lease ran out."""
DRAIN_SECONDS = 3.0
"""How long attempts under way may still take when the process ends."""
RECORD_TRIES = 5
LATE = MINUTE
"""A notification that is due for longer than this is worth somebody's attention."""


class Outbox:
    """Runs on a book with one sender a channel; several may run on one book.

    `name` is this process's own, and the same after a restart: what it was sending when it was killed is taken up again
    at once, and not when the lease ends.
    """

    def __init__(
        self,
        book: Book,
        senders: Mapping[str, Sender],
        *,
        name: str,
        link: Callable[[str], str | None] = lambda alert: None,
        policy: Policy | None = None,
        random: Random | None = None,
    ) -> None:
        self._book, self._senders, self._name, self._link = book, senders, name, link
        self._policy = policy or Policy()
        self._random = random or Random()  # noqa: S311 - it spreads retries, it guards nothing
        self.receipts = Receipts(book, senders)
        """Whether what was taken arrived; providers that tell it by themselves are handed to it."""
        self._wake = asyncio.Event()
        self._busy: Counter[str] = Counter()
        self._backlog = Backlog()
        self._writing = asyncio.Lock()
        self._answered: dict[tuple[str, int], tuple[Claim, Answer]] = {}
        self._written: dict[tuple[str, int], DeliveryState | None] = {}
        self._finished: Counter[tuple[str, str]] = Counter()
        self._away: str | None = None
        self._looked_at: Moment = 0
        self._free_at: Moment | None = None
        self._since: Moment = book.clock()

    async def run(self) -> None:
        """Send until cancelled; attempts under way then get a moment to end, so that their answers are not lost."""
        unlisten = self._book.listen(lambda _alerts: self._wake.set())
        released = False
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.receipts.run(), name="receipts")
                try:
                    while True:
                        released = released or await self._release()
                        self._wake.clear()
                        await self._start_due(group)
                        await self._rest()
                except asyncio.CancelledError:
                    await self._drain()
                    raise
        finally:
            unlisten()

    async def run_due(self) -> int:
        """Send everything that is due now, once each, and wait for the answers; how many attempts that took."""
        attempts = 0
        while True:
            async with asyncio.TaskGroup() as group:
                started = await self._start_due(group)
            attempts += started
            if not started:
                return attempts

    async def _start_due(self, group: asyncio.TaskGroup) -> int:
        """Start an attempt for everything that is due and has room; a book that is away is tried again later."""
        try:
            claims = await self._claim()
            for claim in claims:
                self._busy[claim.target] += 1
                group.create_task(self._attempt(claim), name=f"notify {claim.id}")
            if not claims or self._book.clock() - self._looked_at >= SECOND:
                await self._look()
        except Unavailable as error:
            self._is_away(str(error))
            return 0
        self._is_away(None)
        return len(claims)

    async def _look(self) -> None:
        """Look at what the figures tell; when much is sent, no more than once a second."""
        self._looked_at = self._book.clock()
        self._backlog = await self._book.database.read(lambda link: backlog(link, now=self._looked_at))
        await self._book.refresh()

    async def _release(self) -> bool:
        try:
            await self._book.database.write(lambda link: release(link, name=self._name, now=self._book.clock()))
        except Unavailable as error:
            self._is_away(str(error))
            return False
        return True

    async def _claim(self) -> list[Claim]:
        room = self._policy.at_once - self._busy.total()
        if room <= 0:
            return []
        allowances = self._book.people.allowances

        def work(link: Connection) -> tuple[list[Claim], Moment | None]:
            now = self._book.clock()
            budget = Budget(allowances, now=now)
            claims = claim_due(
                link, name=self._name, now=now, room=room, busy=self._busy, policy=self._policy, budget=budget
            )
            return claims, budget.free_at

        claims, self._free_at = await self._book.database.write(work)
        return claims

    async def _attempt(self, claim: Claim) -> None:
        try:
            answer = await self._send(claim)
            state = await self._record(claim, answer)
            logger.debug("%s: %s %s", claim.id, answer.kind, answer.text)
        finally:
            self._busy[claim.target] -= 1
            self._wake.set()
        if state is not None and state is not DeliveryState.FAILED:
            self._finished[claim.channel, state.value] += 1
        if state is not None:
            self._book.announce([claim.alert])

    async def _send(self, claim: Claim) -> Answer:
        recipient = self._book.people.recipient(claim.target, claim.channel)
        if recipient is None:
            return Answer(AnswerKind.REFUSED_MESSAGE, f"{claim.target} is no longer in people.yaml", handed_over=False)
        if (sender := self._senders.get(recipient.sender)) is None:
            return refused_config(f"{claim.channel} is not connected")
        try:
            town = self._book.town
            message = compose(claim, recipient, town=town, language=recipient.language, link=self._link(claim.alert))
            return await sender.send(message)
        except Exception as error:  # a message that breaks its sender must neither stop the others nor vanish
            logger.exception("notification %s broke its sender", claim.id)
            return Answer(AnswerKind.UNKNOWN, one_line(f"internal error: {type(error).__name__}"))

    async def _record(self, claim: Claim, answer: Answer) -> DeliveryState | None:
        """Write the answer down, together with those that came while another was being written."""
        key = (claim.id, claim.attempts)
        self._answered[key] = (claim, answer)
        async with self._writing:
            if key in self._answered:
                await self._write_answered()
        return self._written.pop(key, None)

    async def _write_answered(self) -> None:
        """One transaction for every answer that waits; when the book stays away, they count as never seen."""
        batch = dict(self._answered)
        states: list[DeliveryState | None] = [None] * len(batch)
        for remaining in reversed(range(RECORD_TRIES)):
            try:
                states = await self._book.database.write(lambda link: self._write(link, list(batch.values())))
                break
            except Unavailable as error:
                self._is_away(str(error))
                await asyncio.sleep(1 if remaining else 0)
        for key, state in zip(batch, states, strict=True):
            del self._answered[key]
            self._written[key] = state

    def _write(self, connection: Connection, answers: list[tuple[Claim, Answer]]) -> list[DeliveryState | None]:
        now, policy, random = self._book.clock(), self._policy, self._random
        return [
            write_answer(
                connection, claim, answer, now=now, policy=policy, random=random, sharing=self._sharing(claim, answer)
            )
            for claim, answer in answers
        ]

    def _sharing(self, claim: Claim, answer: Answer) -> list[Address]:
        """Whom else an answer is about: those with the same allowance, or with the same credential."""
        people = self._book.people
        match answer.kind:
            case AnswerKind.THROTTLED:
                found = people.with_allowance_of(claim.target)
            case AnswerKind.REFUSED_CONFIG:
                found = people.with_credential_of(claim.target)
            case _:
                return []
        return [Address(one.id, one.channel) for one in found]

    async def _rest(self) -> None:
        """Sleep until a change, the next due moment, or the next poll, whichever is first."""
        wait: Duration = POLL
        try:
            now = self._book.clock()
            due = await self._book.database.read(lambda link: next_due(link, now=now))
            if self._free_at is not None:
                due = min(self._free_at, due or self._free_at)
            if due is not None:
                wait = max(SECOND // 100, min(POLL, due - self._book.clock()))
        except Unavailable as error:
            self._is_away(str(error))
        try:
            async with asyncio.timeout(wait / 1000):
                await self._wake.wait()
        except TimeoutError:
            pass

    async def _drain(self) -> None:
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                while self._busy.total():
                    self._wake.clear()
                    await self._wake.wait()
        except TimeoutError:
            logger.warning("%d notifications were under way at the end: their answers are unknown", self._busy.total())

    def _is_away(self, why: str | None) -> None:
        """Note that the book went away or came back, and say it once."""
        if (why is None) != (self._away is None):
            self._since = self._book.clock()
            logger.warning("the outbox waits: %s", why) if why else logger.info("the outbox goes on")
        self._away = why

    def parts(self) -> list[PartHealth]:
        """How the outbox is: down without its book, degraded while notifications are late or targets rest."""
        if self._away is not None:
            return [PartHealth("outbox", "down", self._since, self._away)]
        late = self._late()
        resting = "; ".join(f"{target}: {reason}" for target, reason in sorted(self._backlog.resting.items()))
        if late > LATE or resting:
            due = f"the oldest is due for {late // SECOND} s" if late > LATE else ""
            return [PartHealth("outbox", "degraded", self._since, "; ".join(filter(None, (due, resting))))]
        return [PartHealth("outbox", "ok", self._since)]

    def _late(self) -> Duration:
        oldest = self._backlog.oldest_due_at
        return max(0, self._book.clock() - oldest) if oldest is not None else 0

    def figures(self) -> list[Gauge]:
        """What is outstanding, what ended since the start, and for how long the oldest is due."""
        outstanding = "Notifications that are not over."
        ended = "Notifications that ended since the start."
        return [
            *(
                Gauge("town_notifications", count, {"channel": channel, "state": state}, help=outstanding)
                for (channel, state), count in sorted(self._backlog.outstanding.items())
            ),
            *(
                Gauge("town_notifications_total", count, {"channel": channel, "state": state}, "counter", ended)
                for (channel, state), count in sorted(self._finished.items())
            ),
            Gauge(
                "town_outbox_oldest_due_seconds",
                self._late() / 1000,
                help="For how long the oldest notification is due.",
            ),
        ]
