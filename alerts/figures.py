"""How well alerting works, in the figures of ISA-18.2 and EEMUA 191; kept current by what changes. Pure.

Every alert is a source (its rule and subject) with marks at moments. An alert that changed replaces its marks; nothing
else is looked at again. Drills count nowhere.
"""

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from math import ceil
from operator import attrgetter
from typing import NamedTuple

from alerts.floods import Floods
from alerts.marks import Mark, MarkKind
from town.alert import Severity
from town.moment import DAY, MINUTE, Duration, Moment
from town.performance import Figure, Source

KEPT: Duration = 30 * DAY
"""How far back figures can look."""
STALE_AFTER: Duration = DAY
TOP = 10


class History(NamedTuple):
    """What counts of one alert. `active_since` is of one that stands there now, wanting somebody or with somebody."""

    alert: str
    source: Source
    facility: str | None
    marks: Sequence[Mark]
    active_since: Moment | None = None
    drill: bool = False


class _Kept(NamedTuple):
    """A mark and whose it is, in the order of moments."""

    at: Moment
    alert: str
    number: int
    mark: Mark
    source: Source
    facility: str | None


class Figures:
    """The figures of one town and so many operators at a time."""

    def __init__(self, operators: int = 1) -> None:
        self._operators = operators
        self._by_alert: dict[str, set[_Kept]] = {}
        self._by_kind: dict[MarkKind, list[_Kept]] = {kind: [] for kind in MarkKind}
        self._active: dict[str, Moment] = {}
        self._floods, self._followed = Floods(operators), -1

    def update(self, history: History) -> None:
        """Take what is known of an alert now, instead of what was known before."""
        before = self._by_alert.get(history.alert, set())
        kept = {
            _Kept(mark.at, history.alert, number, mark, history.source, history.facility)
            for number, mark in enumerate(() if history.drill else history.marks)
        }
        for one in before - kept:
            self._remove(one)
        for one in kept - before:
            insort(self._by_kind[one.mark.kind], one)
            self._disturb(one)
        self._by_alert[history.alert] = kept
        self._active.pop(history.alert, None)
        if history.active_since is not None and not history.drill:
            self._active[history.alert] = history.active_since

    def _remove(self, one: _Kept) -> None:
        marks = self._by_kind[one.mark.kind]
        place = bisect_left(marks, one)
        if place < len(marks) and marks[place] == one:  # else it is too old, and forgotten
            del marks[place]
            self._disturb(one)

    def _disturb(self, one: _Kept) -> None:
        """What changes in the past changes the floods that were followed through it."""
        if one.mark.kind is MarkKind.ACTIVATION and one.at <= self._followed:
            self._floods, self._followed = Floods(self._operators), -1

    def forget(self, now: Moment) -> None:
        """Let go of what is too old to count."""
        horizon = now - KEPT - DAY
        for marks in self._by_kind.values():
            del marks[: bisect_left(marks, horizon, key=attrgetter("at"))]
        for name, kept in list(self._by_alert.items()):
            if name not in self._active and all(one.at < horizon for one in kept):
                del self._by_alert[name]
        self._floods.forget(horizon)

    def _following(self, now: Moment) -> Floods:
        """The floods until now; nothing is known of what comes later."""
        if now < self._followed:
            self._floods, self._followed = Floods(self._operators), -1
        for one in self._within(MarkKind.ACTIVATION, self._followed, now):
            self._floods.add(one.at)
        self._followed = now
        return self._floods

    def at(self, now: Moment, *, window: Duration) -> list[Figure]:
        """Every figure of the time `window` up to now; what cannot be said, such as a share of nothing, is left out."""
        start = now - window
        floods = self._following(now)
        per_operator = floods.count(now) / self._operators
        return [
            Figure("per_operator_10min", per_operator),
            Figure("per_operator_10min_mean", self._count(start, now) * 10 * MINUTE / window / self._operators),
            Figure("in_flood", float(floods.is_flood(now))),
            Figure("flood_share", floods.time_in_flood(start=start, now=now) / window),
            *self._sources(start, now),
            Figure("fleeting", float(len(self._within(MarkKind.FLEETING, start, now)))),
            Figure("stale", float(sum(now - since > STALE_AFTER for since in self._active.values()))),
            *self._times(start, now),
            *self._false_alarms(start, now),
        ]

    def _within(self, kind: MarkKind, start: Moment, now: Moment) -> Sequence[_Kept]:
        """The marks of a kind with start < at <= now."""
        marks = self._by_kind[kind]
        after = attrgetter("at")
        return marks[bisect_left(marks, start + 1, key=after) : bisect_left(marks, now + 1, key=after)]

    def _count(self, start: Moment, now: Moment) -> int:
        return len(self._within(MarkKind.ACTIVATION, start, now))

    def _sources(self, start: Moment, now: Moment) -> Iterator[Figure]:
        """Where activations come from, and how bad they are."""
        activations = self._within(MarkKind.ACTIVATION, start, now)
        yield Figure("activations", float(len(activations)))
        chattering = {one.source for one in self._within(MarkKind.CHATTERING, start, now)}
        yield Figure("chattering", float(len(chattering)))
        if not activations:
            return
        by_source = Counter(one.source for one in activations)
        top = sum(count for _, count in by_source.most_common(TOP))
        yield Figure("top_ten_share", top / len(activations))
        by_severity = Counter(one.mark.severity for one in activations)
        for severity in Severity:
            yield Figure(f"share_{severity.value}", by_severity[severity] / len(activations))

    def _times(self, start: Moment, now: Moment) -> Iterator[Figure]:
        for name, kind in (("ack", MarkKind.ACKNOWLEDGED), ("resolve", MarkKind.RESOLVED)):
            seconds = sorted(one.mark.value for one in self._within(kind, start, now))
            for percent in (50, 95) if seconds else ():
                yield Figure(f"{name}_seconds_p{percent}", _percentile(seconds, percent))

    def _false_alarms(self, start: Moment, now: Moment) -> Iterator[Figure]:
        """The share of false ones among those that somebody looked at: of all, and of each facility."""
        looked = self._within(MarkKind.VERIFIED, start, now)
        if looked:
            yield Figure("false_alarm_rate", _mean(one.mark.value for one in looked))
        facilities = sorted({one.facility for one in looked if one.facility is not None})
        for facility in facilities:
            rate = _mean(one.mark.value for one in looked if one.facility == facility)
            yield Figure("false_alarm_rate", rate, facility)

    def top_sources(self, now: Moment, *, window: Duration) -> list[tuple[Source, int]]:
        """The sources with the most activations, the most first."""
        activations = self._within(MarkKind.ACTIVATION, now - window, now)
        counts = Counter(one.source for one in activations)
        return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:TOP]


def _percentile(in_order: Sequence[float], percent: int) -> float:
    """The nearest rank: the smallest that so many percent do not exceed."""
    return in_order[max(0, ceil(len(in_order) * percent / 100) - 1)]


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return sum(found) / len(found)
