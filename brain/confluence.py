"""Where the streams of several ingest processes become one: readings in the order of their receipt.

Readings are given out once no stream can bring older ones. A process that falls behind, and a gap that cannot be
filled, hold the others up for a few seconds and no longer. It does no I/O and reads no clock.
"""

from collections.abc import Hashable, Mapping, Sequence
from operator import attrgetter
from typing import NamedTuple

from brain.numbered import Numbered
from brain.snapshot import SourceMark
from brain.stream import GRACE, LONGEST_HOLD, Gap, Stream
from town.moment import Moment
from town.reading import Reading

_receipt = attrgetter("received_at")
_ANYBODY = ""
"""The stream of what nobody is known to have told."""


class Released(NamedTuple):
    """Readings in order; the marks they bring, the tickets of batches that are through, and up to where all is out."""

    readings: list[Reading]
    marks: dict[str, SourceMark]
    tickets: list[Hashable]
    until: Moment


class Confluence:
    """Batches in by `take`, readings out by `release`; `gaps` are to be filled by whoever can ask the store."""

    def __init__(self, marks: Mapping[str, SourceMark], *, reached: Moment, now: Moment) -> None:
        """`reached` is up to where everything is judged already; 0 when nothing was ever."""
        self.gaps: list[Gap] = []
        self._reached, self._until = reached, reached or now
        self._streams = {name: Stream(name, mark, now=now) for name, mark in marks.items()}

    def __contains__(self, name: object) -> bool:
        return name in self._streams

    def __len__(self) -> int:
        return len(self._streams)

    def begin(self, now: Moment) -> Moment:
        """Nobody listened until now, or until the first who speaks began to: that is where it goes on."""
        speaking = [stream for stream in self._streams.values() if stream.name and now - stream.spoke_at <= GRACE]
        began = [stream.begun_at for stream in speaking]
        self._until = max(self._until, min(began, default=now))
        return self._until

    @property
    def waiting(self) -> int:
        """Readings that are not given out yet."""
        return sum(stream.waiting for stream in self._streams.values())

    @property
    def unsure_from(self) -> Moment | None:
        """From where on the store would have to be asked if this process ended now; None when nothing is missing."""
        return min((gap.unsure_from for gap in self.gaps), default=None)

    def spoke_at(self) -> dict[str, Moment]:
        """When each process last said something new."""
        return {name: stream.spoke_at for name, stream in self._streams.items() if name}

    def take(self, name: str, batch: Numbered, ticket: Hashable, now: Moment) -> None:
        """A batch or a beat came; its `ticket` comes back when the broker need not keep it any longer."""
        stream = self._streams.get(name)
        if stream is None:
            last = batch.number - bool(batch.rows)
            stream = self._streams[name] = Stream(name, SourceMark(batch.epoch, last, batch.begun_at), now=now)
            if self._reached and last:
                stream.miss(self._reached, batch.begun_at, now)
        if batch.rows:
            stream.batch(batch, ticket, now)
        else:
            stream.beat(batch, now)
        self._note_gaps(stream)

    def miss(self, start: Moment, end: Moment, now: Moment) -> None:
        """Anything that was received since `start` may be missing, whoever received it."""
        stream = self._streams.setdefault(_ANYBODY, Stream(_ANYBODY, SourceMark(0, 0, end), now=now))
        stream.heard_until = max(stream.heard_until, end)
        stream.spoke_at = 0
        stream.miss(start, end, now)
        self._note_gaps(stream)

    def heard_again(self, now: Moment) -> None:
        """The broker has us again: every process gets its time to speak."""
        for name, stream in self._streams.items():
            if name:
                stream.spoke_at = now

    def gone(self, name: str) -> None:
        """The broker says that a process is gone: nobody waits for it."""
        if name in self._streams:
            self._streams[name].spoke_at = 0

    def stored(self, gap: Gap) -> bool:
        """Whether its process, or everybody, says that the store has all that a gap may have held."""
        told = [stream for stream in self._streams.values() if stream.name and gap.stream in (_ANYBODY, stream.name)]
        return bool(told) and all(stream.stored_until > gap.end for stream in told)

    def silent(self, gap: Gap, now: Moment) -> bool:
        """Whether nobody is there who could still bring what is missing into the store."""
        told = [stream for stream in self._streams.values() if stream.name and gap.stream in (_ANYBODY, stream.name)]
        return all(stream.stored_until > gap.end or now - stream.spoke_at > LONGEST_HOLD for stream in told)

    def pour(self, gap: Gap, readings: Sequence[Reading]) -> None:
        """Some of what was missing, in the order of its receipt."""
        gap.readings.extend(readings)
        if readings:
            gap.asked_until = readings[-1].received_at

    def release(self, now: Moment) -> Released:
        """What nothing older can come before, and what has waited for long enough."""
        waited = [stream.reached for stream in self._streams.values() if stream.waited_for(now)]
        self._until = max(self._until, min(waited, default=now))
        holding = any(now - gap.noticed_at <= LONGEST_HOLD for gap in self.gaps)
        released = Released([], {}, [], self._until)
        for name, stream in self._streams.items():
            given = stream.give(self._until, now, patience=GRACE + LONGEST_HOLD * holding)
            released.readings.extend(given.readings)
            released.tickets.extend(given.tickets)
            if given.mark is not None:
                released.marks[name] = given.mark
        self._release_late(released, now)
        released.readings.sort(key=_receipt)
        return released

    def _release_late(self, released: Released, now: Moment) -> None:
        """What was found for gaps that stand in nobody's way any more; gaps are forgotten when all of them is out."""
        for gap in self.gaps:
            if now - gap.noticed_at > LONGEST_HOLD:
                released.readings.extend(gap.readings)
                gap.readings.clear()
        self.gaps = [gap for gap in self.gaps if gap.readings or not gap.closed]

    def _note_gaps(self, stream: Stream) -> None:
        self.gaps += stream.missing
        stream.missing.clear()
