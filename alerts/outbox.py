"""The outbox: sends what is due, as long as it takes, and never lets one target delay another."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import NamedTuple

from sqlalchemy import Connection

from alerts.book import Book
from alerts.budget import Budget
from alerts.claims import Claim, claim_due, release
from alerts.deliveries import Backlog, backlog, next_due, write_answer
from alerts.digest import DIGEST
from alerts.digest_text import has_room
from alerts.fallback import pass_on_critical, pass_on_refused
from alerts.message import compose
from alerts.overflow import Gathering
from alerts.people import Way
from alerts.receipts import Receipts
from alerts.room import Policy
from alerts.sending import Answer, AnswerKind, Sender, one_line, refused_config
from town.alert import DeliveryState
from town.errors import Unavailable
from town.moment import MINUTE, SECOND, Duration, Moment
from town.ports import Gauge, PartHealth

logger = logging.getLogger(__name__)

POLL = 5 * SECOND
"""How often rows are looked for that another process wrote, or whose lease ran out."""
GATHER_SECONDS = 0.01
"""How long a turn waits for others after whatever woke it: answers that come together are written together."""
DRAIN_SECONDS = 3.0
"""How long attempts under way may still take when the process ends."""
LATE = MINUTE
"""A notification that is due for longer than this is worth somebody's attention."""


class _Done(NamedTuple):
    """What a turn wrote: the states after answers, what it leased, and when there is something to do next."""

    states: list[DeliveryState | None]
    claims: list[Claim]
    next_at: Moment | None


class Outbox:
    """Runs on a book with one sender a channel; several may run on one book.

    `name` is this process's own, and the same after a restart: what it was sending when it was killed is taken up again
    at once, and not when the lease ends. `link` says where a notification leads.
    """

    def __init__(
        self,
        book: Book,
        senders: Mapping[str, Sender],
        *,
        name: str,
        link: Callable[[Claim], str | None] = lambda _: None,
        policy: Policy | None = None,
        random: Random | None = None,
    ) -> None:
        self._book, self._senders, self._name, self._link = book, senders, name, link
        self._policy = policy or Policy()
        self._random = random or Random()  # noqa: S311 - it spreads retries, it guards nothing
        self.receipts = Receipts(book, senders)
        """Whether what was taken arrived; providers that tell it by themselves are handed to it."""
        self._wake = asyncio.Event()
        self._busy: Counter[Way] = Counter()
        self._backlog = Backlog()
        self._answered: dict[tuple[str, int], tuple[Claim, Answer]] = {}
        """Answers that are not written down yet, by their attempt."""
        self._finished: Counter[tuple[str, str]] = Counter()
        self._away: str | None = None
        self._looked_at: Moment = 0
        self._unseen = True
        """Whether something may have happened since the figures were looked at."""
        self._next_at: Moment | None = None
        self._released = self._ended = False
        self._since: Moment = book.clock()

    async def run(self) -> None:
        """Send until cancelled; attempts under way then get a moment to end, so that their answers are not lost."""
        unlisten = self._book.listen(lambda _alerts: self._wake.set())
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.receipts.run(), name="receipts")
                turn: asyncio.Task[int] | None = None
                try:
                    while True:
                        self._wake.clear()
                        turn = group.create_task(self._turn(group), name="outbox turn")
                        # What a turn has leased is sent, even when the end comes between the two.
                        await asyncio.shield(turn)
                        if self._released:
                            # Not before: a first turn frees what this outbox leased in an earlier life, and only that.
                            self._book.dispatch = lambda link: self._dispatch(link, group)
                        await self._look_again()
                        await self._rest()
                        await asyncio.sleep(GATHER_SECONDS)
                except asyncio.CancelledError:
                    self._book.dispatch = None
                    await self._drain(turn, group)
                    self._ended = True
                    raise
        finally:
            unlisten()

    def _dispatch(self, link: Connection, group: asyncio.TaskGroup) -> Callable[[], None]:
        """Lease what is due in the transaction that made it due: its way to people is shorter by a whole turn."""
        busy = Counter(self._busy)
        done = self._work(link, (), busy, self._policy.at_once - busy.total())
        return lambda: self._begin(done, group)

    async def run_due(self) -> int:
        """Send everything that is due now, once each, and wait for the answers; how many attempts that took."""
        attempts, started = 0, 1
        while started or (self._answered and self._away is None):
            async with asyncio.TaskGroup() as group:
                started = await self._turn(group)
            attempts += started
        await self._look_again(at_once=True)
        return attempts

    async def _turn(self, group: asyncio.TaskGroup, *, claiming: bool = True) -> int:
        """In one transaction write down what was answered and lease what is due and has room; begin to send that.

        A book that is away is tried again later: answers are kept until it is back.
        """
        answered = dict(self._answered)
        busy = self._busy - Counter(claim.way for claim, _ in answered.values())
        room = self._policy.at_once - busy.total() if claiming else -self._policy.urgent_at_once
        try:
            done = await self._book.database.write(lambda link: self._work(link, list(answered.values()), busy, room))
        except Unavailable as error:
            self._is_away(str(error))
            return 0
        self._is_away(None)
        self._end(answered, done.states)
        self._begin(done, group)
        return len(done.claims)

    def _begin(self, done: _Done, group: asyncio.TaskGroup) -> None:
        """Send what was leased; after the end it stays leased, and is sent after the next start."""
        if self._ended:
            return
        self._next_at, self._released, self._unseen = done.next_at, True, True
        for claim in done.claims:
            self._busy[claim.way] += 1
            group.create_task(self._attempt(claim), name=f"notify {claim.id}")

    def _work(self, link: Connection, answers: Sequence[tuple[Claim, Answer]], busy: Counter[Way], room: int) -> _Done:
        """A turn's transaction."""
        now, policy = self._book.clock(), self._policy
        if not self._released:
            release(link, name=self._name, now=now)
        people, town = self._book.people, self._book.town
        states = [self._write(link, claim, answer, now) for claim, answer in answers]
        while people.has_other_channels and pass_on_critical(link, people, now=now):
            pass  # the next channel may rest as well
        gathering = Gathering(people, town, lambda digest, recipient: has_room(digest, recipient, town))
        budget = Budget(people.allowances, now=now)
        claims = claim_due(
            link,
            name=self._name,
            now=now,
            room=room,
            busy=busy,
            policy=policy,
            budget=budget,
            gathering=gathering,
        )
        moments = (budget.free_at, next_due(link, now=now))
        return _Done(states, claims, min((at for at in moments if at is not None), default=None))

    def _write(self, link: Connection, claim: Claim, answer: Answer, now: Moment) -> DeliveryState | None:
        """Write an answer down; what will never be taken one way goes another."""
        policy, random, sharing = self._policy, self._random, self._sharing(claim, answer)
        state = write_answer(link, claim, answer, now=now, policy=policy, random=random, sharing=sharing)
        if state is DeliveryState.DEAD:
            pass_on_refused(link, claim.id, self._book.people, now=now)
        return state

    def _end(
        self, answered: Mapping[tuple[str, int], tuple[Claim, Answer]], states: Sequence[DeliveryState | None]
    ) -> None:
        """What was answered is written down: there is room for others, and whoever listens may know."""
        for (claim, answer), state in zip(answered.values(), states, strict=True):
            del self._answered[claim.id, claim.attempts]
            self._busy[claim.way] -= 1
            logger.debug("%s: %s %s", claim.id, answer.kind, answer.text)
            if state is not None and state is not DeliveryState.FAILED:
                self._finished[claim.channel, state.value] += 1
        waking = self._wake.is_set()
        self._book.announce(
            {
                alert
                for (claim, _), state in zip(answered.values(), states, strict=True)
                if state is not None
                for alert in _alerts_of(claim)
            }
        )
        if not waking:
            self._wake.clear()  # the book's word of what this turn wrote, and has acted upon

    async def _look_again(self, *, at_once: bool = False) -> None:
        """Look at what the figures tell, when something happened since; no more than once a second."""
        now = self._book.clock()
        if not self._unseen or (now - self._looked_at < SECOND and not at_once):
            return
        self._looked_at, self._unseen = now, False
        try:
            self._backlog = await self._book.database.read(lambda link: backlog(link, now=now))
        except Unavailable as error:
            self._is_away(str(error))
        await self._book.refresh()

    async def _attempt(self, claim: Claim) -> None:
        try:
            answer = await self._send(claim)
            self._answered[claim.id, claim.attempts] = (claim, answer)
        except asyncio.CancelledError:
            self._busy[claim.way] -= 1
            raise
        finally:
            self._wake.set()

    async def _send(self, claim: Claim) -> Answer:
        recipient = self._book.people.recipient(claim.target, claim.channel)
        if recipient is None:
            return Answer(AnswerKind.REFUSED_MESSAGE, f"{claim.target} is no longer in people.yaml", handed_over=False)
        if (sender := self._senders.get(recipient.sender)) is None:
            return refused_config(f"{claim.channel} is not connected")
        try:
            town = self._book.town
            message = compose(claim, recipient, town=town, language=recipient.language, link=self._link(claim))
            return await sender.send(message)
        except Exception as error:  # a message that breaks its sender must neither stop the others nor vanish
            logger.exception("notification %s broke its sender", claim.id)
            return Answer(AnswerKind.UNKNOWN, one_line(f"internal error: {type(error).__name__}"))

    def _sharing(self, claim: Claim, answer: Answer) -> list[Way]:
        """Whom else an answer is about: those with the same allowance, or with the same credential."""
        people = self._book.people
        if answer.alone:
            return []
        match answer.kind:
            case AnswerKind.THROTTLED:
                return people.with_allowance_of(claim.way)
            case AnswerKind.REFUSED_CONFIG:
                return people.with_credential_of(claim.way)
        return []

    async def _rest(self) -> None:
        """Sleep until a change, the next due moment, or the next poll, whichever is first."""
        now = self._book.clock()
        wait: Duration = POLL if self._away is None else SECOND
        if self._next_at is not None:
            wait = min(wait, self._next_at - now)
        if self._unseen:
            wait = min(wait, self._looked_at + SECOND - now)
        try:
            async with asyncio.timeout(max(SECOND // 100, wait) / 1000):
                await self._wake.wait()
        except TimeoutError:
            pass

    async def _drain(self, turn: asyncio.Task[int] | None, group: asyncio.TaskGroup) -> None:
        """Let the last turn and what is under way end, and write down how."""
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                if turn is not None:
                    await turn
                while self._busy.total() > len(self._answered):
                    self._wake.clear()
                    await self._wake.wait()
        except TimeoutError:
            under_way = self._busy.total() - len(self._answered)
            logger.warning("%d notifications were under way at the end: their answers are unknown", under_way)
        if self._answered:
            await self._turn(group, claiming=False)

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


def _alerts_of(claim: Claim) -> list[str]:
    """The alerts that a notification tells of."""
    return [entry["alert"] for entry in claim.content["entries"]] if claim.event == DIGEST else [claim.alert]
