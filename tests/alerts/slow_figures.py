"""The figures once more, slowly and from the words of docs/alerts.md: every moment and every pair is looked at."""

from collections.abc import Sequence
from math import ceil
from typing import NamedTuple

MINUTE = 60_000


class Call(NamedTuple):
    """Somebody was called."""

    at: int
    source: tuple[str, str]
    severity: str


def calls_within(calls: Sequence[Call], start: int, now: int) -> list[Call]:
    return [call for call in calls if start < call.at <= now]


def share_of_top_ten(calls: Sequence[Call]) -> float | None:
    sources = [call.source for call in calls]
    counts = sorted((sources.count(source) for source in set(sources)), reverse=True)
    return sum(counts[:10]) / len(calls) if calls else None


def share_of(severity: str, calls: Sequence[Call]) -> float | None:
    return sum(call.severity == severity for call in calls) / len(calls) if calls else None


def percentile(values: Sequence[float], percent: int) -> float | None:
    """The smallest value that at least so many percent of all do not exceed."""
    enough = [value for value in values if sum(other <= value for other in values) >= ceil(len(values) * percent / 100)]
    return min(enough) if enough else None


def floods(calls: Sequence[Call], now: int, *, operators: int = 1) -> list[tuple[int, int | None]]:
    """Every flood up to now: the count can only change when a call comes, and ten minutes after."""
    moments = sorted({m for call in calls for m in (call.at, call.at + 10 * MINUTE) if m <= now})
    found: list[tuple[int, int | None]] = []
    for moment in moments:
        count = len(calls_within(calls, moment - 10 * MINUTE, moment))
        running = bool(found) and found[-1][1] is None
        if not running and count > 10 * operators:
            found.append((moment, None))
        elif running and count < 5 * operators:
            found[-1] = (found[-1][0], moment)
    return found


def time_in_flood(calls: Sequence[Call], start: int, now: int, *, operators: int = 1) -> int:
    return sum(
        max(0, min(now, now if end is None else end) - max(start, begin))
        for begin, end in floods(calls, now, operators=operators)
    )


class Entry(NamedTuple):
    """What a timeline says, as far as it counts."""

    at: int
    event: str
    detail: dict[str, str]


_DIGITS = {"critical": 1, "major": 2, "minor": 3, "advisory": 4}


def newest(line: Sequence[Entry], place: int, *events: str) -> int | None:
    """The place of the newest of these events, up to that place."""
    return next((number for number in range(place, -1, -1) if line[number].event in events), None)


def is_silent(line: Sequence[Entry], place: int) -> bool:
    """Whether nobody is told after the entry at that place: on the shelf, out of service, or suppressed."""
    for begins, ends in (("shelved", "unshelved"), ("out_of_service", "in_service")):
        said = newest(line, place, begins, ends)
        if said is not None and line[said].event == begins:
            return True
    for number in range(place, -1, -1):
        event = line[number].event
        if event == "suppressed":
            return True
        if event == "unsuppressed" or (event in ("raised", "raised_again") and not raised_in_silence(line, number)):
            return False
    return False


def raised_in_silence(line: Sequence[Entry], place: int) -> bool:
    """Raised and suppressed at one moment, before it was raised once more."""
    for entry in line[place + 1 :]:
        if entry.event in ("raised", "raised_again"):
            return False
        if entry.event == "suppressed":
            return entry.at == line[place].at
    return False


def stands(line: Sequence[Entry], place: int) -> int | None:
    """Since when the condition stands and is not suppressed, after the entry at that place."""
    since: int | None = None
    for number, entry in enumerate(line[: place + 1]):
        if entry.event == "unsuppressed" or (
            entry.event in ("raised", "raised_again") and not raised_in_silence(line, number)
        ):
            since = entry.at
        elif entry.event in ("suppressed", "cleared"):
            since = None
    return since


def is_worse(entry: Entry) -> bool:
    return entry.event == "severity_changed" and _DIGITS[entry.detail["severity"]] < _DIGITS[entry.detail["from"]]


def is_acknowledged(line: Sequence[Entry], place: int) -> bool:
    """Whether somebody has it after the entry at that place: nobody does once it was raised again, or is worse."""
    for number in range(place, -1, -1):
        entry = line[number]
        if entry.event in ("acknowledged", "reset"):
            return True
        if is_worse(entry) or (entry.event in ("raised", "raised_again") and not raised_in_silence(line, number)):
            return False
    return False


def calls_of(line: Sequence[Entry]) -> list[int]:
    """The places of the entries by which somebody was called."""
    found: list[int] = []
    for place, entry in enumerate(line):
        asks = entry.event in ("raised", "raised_again", "unsuppressed", "unshelved", "in_service") or is_worse(entry)
        heard = not raised_in_silence(line, place) if entry.event in ("raised", "raised_again") else True
        told = not is_silent(line, place) and stands(line, place) is not None
        if asks and heard and told and not is_acknowledged(line, place):
            found.append(place)
    return found


def unanswered_since(line: Sequence[Entry], place: int) -> int | None:
    """The first call that nobody had answered before the entry at that place."""
    since: int | None = None
    for number in range(place):
        if since is None and number in calls_of(line):
            since = line[number].at
        elif line[number].event in ("acknowledged", "reset", "suppressed"):
            since = None
    return since


def answers_of(line: Sequence[Entry]) -> list[float]:
    """Seconds from each unanswered call to its answer."""
    found: list[float] = []
    for place, entry in enumerate(line):
        since = unanswered_since(line, place)
        if entry.event in ("acknowledged", "reset") and since is not None:
            found.append((entry.at - since) / 1000)
    return found


def fleeting_of(line: Sequence[Entry]) -> list[int]:
    """When it was gone within a minute and nobody had it."""
    found: list[int] = []
    for place, entry in enumerate(line):
        since = stands(line, place - 1) if place else None
        if entry.event == "cleared" and since is not None and entry.at - since < MINUTE:
            found += [entry.at] if unanswered_since(line, place) is not None else []
    return found
