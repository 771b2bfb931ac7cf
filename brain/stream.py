"""The stream of one ingest process as the rules take it: what came, what is missing, how far it is."""

from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import NamedTuple

from brain.numbered import Numbered
from brain.snapshot import SourceMark
from town.moment import SECOND, Duration, Moment
from town.reading import Reading

GRACE: Duration = 2 * SECOND
"""For how long a process that says nothing new is waited for."""
GAP_GRACE: Duration = 3 * SECOND
"""For how long a batch that a beat speaks of may be on its way."""
LONGEST_HOLD: Duration = 10 * SECOND
"""For how long a gap may hold up what came after it."""


@dataclass(eq=False)
class Gap:
    """Something is missing that was received at start <= moment <= end. What is found of it is put into `readings`."""

    stream: str
    start: Moment
    end: Moment
    noticed_at: Moment
    readings: deque[Reading] = field(default_factory=deque)
    asked_until: Moment = 0
    """What was received before is in `readings`, or was."""
    asked: bool = False
    closed: bool = False
    """Nothing more will be found."""

    @property
    def reached(self) -> Moment:
        """Up to where nothing is missing any more."""
        return self.end + 1 if self.closed else max(self.start, self.asked_until)

    @property
    def unsure_from(self) -> Moment:
        """What is lost when this process ends now begins here."""
        return self.readings[0].received_at if self.readings else self.reached


@dataclass(eq=False)
class _Held:
    """A batch whose readings are not all given out yet."""

    readings: deque[Reading]
    mark: SourceMark
    ticket: Hashable
    taken_at: Moment


class Given(NamedTuple):
    """What a stream gives out: readings, the mark they bring it to, tickets of batches that are through."""

    readings: list[Reading]
    mark: SourceMark | None
    tickets: list[Hashable]


class Stream:
    """Batches and beats of one process, in the order of their coming; `missing` are the gaps it noticed."""

    def __init__(self, name: str, mark: SourceMark, *, now: Moment) -> None:
        self.name, self.heard_until = name, mark.heard_until
        self.spoke_at = now
        """When it last said something new."""
        self.begun_at = mark.heard_until
        """When the run began that we hear, as far as we know; for a run that goes on, what was taken of it last."""
        self.stored_until: Moment = 0
        self.missing: list[Gap] = []
        self._mark = mark
        self._behind_since: Moment | None = None
        self._queue: deque[_Held | Gap] = deque()

    @property
    def waiting(self) -> int:
        """Readings that are not given out yet."""
        return sum(len(one.readings) for one in self._queue)

    @property
    def reached(self) -> Moment:
        """Nothing older comes from it, gaps not counted that are given up."""
        gaps = [one.reached for one in self._queue if isinstance(one, Gap)]
        return min([self.heard_until, *gaps])

    def waited_for(self, now: Moment) -> bool:
        """Whether what others bring waits for this one."""
        gap = any(isinstance(one, Gap) and now - one.noticed_at <= LONGEST_HOLD for one in self._queue)
        return gap or now - self.spoke_at <= GRACE

    def miss(self, start: Moment, end: Moment, now: Moment) -> None:
        """Something is missing before what comes next."""
        gap = Gap(self.name, min(start, end), end, now)
        self._queue.append(gap)
        self.missing.append(gap)

    def batch(self, batch: Numbered, ticket: Hashable, now: Moment) -> None:
        """Readings came."""
        mark, again = self._mark, batch.epoch == self._mark.epoch and batch.number <= self._mark.number
        if again or batch.epoch == mark.before:  # taken before, or the end of an earlier run that comes once more
            self._queue.append(_Held(deque(() if again else batch.readings()), mark, ticket, now))
            return
        self._look_for_gap(batch, batch.number - 1, now)
        self._go_on(batch)
        self._queue.append(_Held(deque(batch.readings()), self._mark, ticket, now))
        self._advance(batch, batch.heard_until, now)

    def beat(self, beat: Numbered, now: Moment) -> None:
        """It says how far it is. What it says of batches that are still on their way counts when they are here."""
        mark = self._mark
        if (beat.epoch, beat.number) != (mark.epoch, mark.number):
            if beat.epoch == mark.before:
                return
            self._behind_since = self._behind_since or now
            if now - self._behind_since <= GAP_GRACE:
                return
            self._look_for_gap(beat, beat.number, now)
            self._go_on(beat)
        self._behind_since = None
        # Whose clock is slow is not waited for: its readings count as received a little later than they say.
        self._advance(beat, max(beat.heard_until, now - GRACE), now)

    def give(self, until: Moment, now: Moment, *, patience: Duration) -> Given:
        """What was received before `until`, and what has waited for as long as `patience`."""
        given, mark = Given([], None, []), None
        while self._queue:
            one = self._queue[0]
            since = one.noticed_at if isinstance(one, Gap) else one.taken_at
            while one.readings and (one.readings[0].received_at < until or now - since > patience):
                given.readings.append(one.readings.popleft())
            if one.readings:
                break
            if isinstance(one, Gap):
                if not one.closed and now - one.noticed_at <= LONGEST_HOLD:
                    break
            else:
                mark = one.mark
                given.tickets.append(one.ticket)
            self._queue.popleft()  # a gap that is open for long is filled beside what goes on
        return given._replace(mark=mark)

    def _look_for_gap(self, batch: Numbered, before: int, now: Moment) -> None:
        """The last that was taken is not the one before, or another run began."""
        if (self._mark.epoch, self._mark.number) != (batch.epoch, before):
            self.miss(self._mark.heard_until, batch.begun_at, now)

    def _go_on(self, batch: Numbered) -> None:
        before = self._mark.before if batch.epoch == self._mark.epoch else self._mark.epoch
        if batch.epoch != self._mark.epoch:
            self.begun_at = batch.begun_at
        self._mark = SourceMark(batch.epoch, batch.number, batch.heard_until, before)
        self._behind_since = None

    def _advance(self, batch: Numbered, heard_until: Moment, now: Moment) -> None:
        self.stored_until = batch.stored_until
        if heard_until > self.heard_until:
            self.heard_until, self.spoke_at = heard_until, now
