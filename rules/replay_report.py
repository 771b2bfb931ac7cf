"""What came of a replay: alerts by rule and day, when they were active, how they differ from those really raised."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import tzinfo
from typing import Any, NamedTuple

from town.alert import Condition, Severity, Subject, Transition
from town.moment import SECOND, Duration, Moment, as_datetime, format_moment

TOLERANCE: Duration = 2 * SECOND
"""Alerts of one rule and subject that were raised so close to each other are the same."""


class Episode(NamedTuple):
    """A rule was active for a subject, `until` is None when it still is."""

    rule: str
    subject: Subject
    severity: Severity
    at: Moment
    until: Moment | None = None


class Raised(NamedTuple):
    """An alert as it was really raised."""

    rule: str
    subject: Subject
    at: Moment


class Difference(NamedTuple):
    """Alerts that only the replay raises, those that were only really raised, and how many both have."""

    added: list[Raised]
    missing: list[Raised]
    same: int


class Outcome(NamedTuple):
    """A replay from `start` to `end`: its transitions, who would have been told how often, and the difference."""

    start: Moment
    end: Moment
    readings: int
    transitions: Sequence[Transition]
    notifications: Counter[tuple[str, str]]
    """By target and channel."""
    difference: Difference | None = None

    def as_json(self, zone: tzinfo) -> dict[str, Any]:
        """Plain JSON, for programs."""
        found = episodes(self.transitions)
        return {
            "start": format_moment(self.start),
            "end": format_moment(self.end),
            "readings": self.readings,
            "transitions": len(self.transitions),
            "alerts": [
                {"rule": rule, "day": day, "count": count} for (rule, day), count in sorted(by_day(found, zone).items())
            ],
            "episodes": [_episode(one) for one in found],
            "notifications": [
                {"target": target, "channel": channel, "count": count}
                for (target, channel), count in sorted(self.notifications.items())
            ],
            "difference": None
            if self.difference is None
            else {
                "added": [_raised(one) for one in self.difference.added],
                "missing": [_raised(one) for one in self.difference.missing],
                "same": self.difference.same,
            },
        }


def episodes(transitions: Iterable[Transition]) -> list[Episode]:
    """When rules were active, in the order in which they became so."""
    found: list[Episode] = []
    running: dict[tuple[str, Subject], int] = {}
    for one in transitions:
        key = (one.rule, one.subject)
        if one.condition is Condition.ACTIVE and key not in running:
            running[key] = len(found)
            found.append(Episode(one.rule, one.subject, one.severity, one.at))
        elif key in running:
            place = running[key]
            if one.condition is Condition.ACTIVE:
                worst = min(found[place].severity, one.severity, key=lambda severity: severity.digit)
                found[place] = found[place]._replace(severity=worst)
            else:
                found[place] = found[place]._replace(until=one.at)
                del running[key]
    return found


def by_day(found: Iterable[Episode], zone: tzinfo) -> Counter[tuple[str, str]]:
    """How many alerts each rule raised on each day of the town."""
    return Counter((one.rule, as_datetime(one.at, zone).strftime("%Y-%m-%d")) for one in found)


def difference(found: Iterable[Episode], really: Iterable[Raised]) -> Difference:
    """Hold what a replay raises against what was really raised."""
    open_by_key: dict[tuple[str, Subject], list[Moment]] = {}
    for one in sorted(really):
        open_by_key.setdefault((one.rule, one.subject), []).append(one.at)
    added, same = list[Raised](), 0
    for episode in found:
        moments = open_by_key.get((episode.rule, episode.subject), [])
        near = [at for at in moments if abs(at - episode.at) <= TOLERANCE]
        if near:
            moments.remove(min(near, key=lambda at: abs(at - episode.at)))
            same += 1
        else:
            added.append(Raised(episode.rule, episode.subject, episode.at))
    missing = [Raised(rule, subject, at) for (rule, subject), moments in open_by_key.items() for at in moments]
    return Difference(sorted(added), sorted(missing), same)


def _episode(one: Episode) -> dict[str, Any]:
    return {
        **_raised(Raised(one.rule, one.subject, one.at)),
        "severity": one.severity.value,
        "until": None if one.until is None else format_moment(one.until),
    }


def _raised(one: Raised) -> dict[str, Any]:
    return {"rule": one.rule, "subject": one.subject.id, "kind": one.subject.kind, "at": format_moment(one.at)}
