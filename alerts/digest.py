"""Digests: what there is too much of to be told alone is told together, every single alert of it. Pure."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

from alerts.content import Content
from alerts.route import Told
from town.alert import Category, Severity, SubjectKind
from town.language import Label
from town.moment import Moment
from town.town import Town

DIGEST = "digest"
"""The event of a notification that stands for others."""
FEW = 3
"""Fewer than so many are not made into a digest."""
MOST_GROUPS = 4
"""What happened in more places than these is told in one message for the largest of them each, and one for the rest."""
MOST_ENTRIES = 500
"""More alerts than these are never in one message, however long it may be."""

OVER = (Told.CLEARED, Told.RESOLVED, Told.CLOSED, Told.WAS_ACTIVE)
"""What asks for less than it did; it stands at the end of a digest."""


class Entry(BaseModel):
    """One alert in a digest, as it was last told; `notes` are the notifications that the digest stands for."""

    model_config = ConfigDict(frozen=True)

    notes: tuple[str, ...]
    alert: str
    told: str
    severity: Severity
    category: Category
    title: Label
    subject_kind: SubjectKind
    subject_id: str
    subject: Label
    where: Label | None
    zone: str | None
    opened_at: Moment
    drill: bool = False


Common = Literal["gateway", "zone", "town"]
"""What alerts may have in common."""


class Group(BaseModel):
    """So many of the alerts in a digest that is about several gateways or zones are of this one."""

    model_config = ConfigDict(frozen=True)

    common: Common
    name: Label
    count: int


class Digest(BaseModel):
    """One message about many alerts. `total` counts those of all its `parts`."""

    model_config = ConfigDict(frozen=True)

    common: Common
    """What they have in common."""
    name: Label
    groups: tuple[Group, ...] = ()
    """What some of them have in common, when it is not one thing for all."""
    part: int = 1
    parts: int = 1
    total: int
    entries: tuple[Entry, ...]


class Waiting(NamedTuple):
    """A notification that waits for its turn."""

    id: str
    number: int
    event: str
    content: Content


def entries_of(waiting: Iterable[Waiting]) -> list[Entry]:
    """One entry an alert, as its newest notification tells it, the worst first and then the oldest."""
    by_alert: dict[str, list[Waiting]] = defaultdict(list)
    for one in waiting:
        by_alert[one.content.alert.id].append(one)
    found = [_entry(sorted(notes, key=lambda one: one.number)) for notes in by_alert.values()]
    return sorted(found, key=lambda one: (one.told in OVER, one.severity.digit, one.opened_at, one.alert))


def _entry(notes: Sequence[Waiting]) -> Entry:
    newest = notes[-1]
    content, alert = newest.content, newest.content.alert
    return Entry(
        notes=tuple(one.id for one in notes),
        alert=alert.id,
        told=newest.event,
        severity=alert.severity,
        category=alert.category,
        title=alert.title,
        subject_kind=alert.subject_kind,
        subject_id=alert.subject,
        subject=content.subject,
        where=content.facility or content.zone,
        zone=alert.zone,
        opened_at=alert.opened_at,
        drill=alert.drill,
    )


def digests_of(entries: Sequence[Entry], town: Town, *, fits: Callable[[Digest], bool], most: int) -> list[Digest]:
    """At most so many digests, each of which fits: one for each gateway or zone that alerts have in common.

    What `most` leaves out is in none of them, and waits.
    """
    groups = _grouped(entries, town)
    origin = {entry.alert: (group.common, group.name) for group in groups for entry in group.entries}
    if len(groups) > min(MOST_GROUPS, most):
        kept = max(0, min(MOST_GROUPS, most) - 1)
        rest = [entry for group in groups[kept:] for entry in group.entries]
        groups = [*groups[:kept], _all_over_town(rest, town)]
    found: list[Digest] = []
    for group in groups:
        found += _numbered(_split(group, origin, fits=fits, most=most - len(found)))
    return found


def _grouped(entries: Sequence[Entry], town: Town) -> list[Digest]:
    """Gateways are what broken devices have in common, zones everything else; what is left over goes together.

    The worst first, then the largest.
    """
    gateways: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        if (gateway := _gateway_of(entry, town)) is not None:
            gateways[gateway].append(entry)
    large = {name for name, group in gateways.items() if len(group) >= FEW}
    groups: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for entry in entries:
        gateway = _gateway_of(entry, town)
        key = ("gateway", gateway) if gateway in large and gateway else ("zone", entry.zone or "")
        groups[key].append(entry)
    small = [key for key, group in groups.items() if len(group) < FEW]
    if len(small) > 1:
        groups["town", ""] = [entry for key in small for entry in groups.pop(key)]
    found = [_group(kind, name, group, town) for (kind, name), group in groups.items()]
    return sorted(found, key=lambda one: (min(each.severity.digit for each in one.entries), -one.total))


def _gateway_of(entry: Entry, town: Town) -> str | None:
    sensor = town.sensors.get(entry.subject_id) if entry.subject_kind == "sensor" else None
    return sensor.gateway if sensor and entry.category is Category.DEVICE else None


def _group(kind: str, name: str, entries: Sequence[Entry], town: Town) -> Digest:
    if kind == "gateway" and name in town.gateways:
        return Digest(common="gateway", name=town.gateways[name].name, total=len(entries), entries=tuple(entries))
    if name in town.zones:
        return Digest(common="zone", name=town.zones[name].name, total=len(entries), entries=tuple(entries))
    return _all_over_town(entries, town)


def _all_over_town(entries: Sequence[Entry], town: Town) -> Digest:
    ordered = sorted(entries, key=lambda one: (one.told in OVER, one.severity.digit, one.opened_at, one.alert))
    return Digest(common="town", name=town.name, total=len(ordered), entries=tuple(ordered))


_Origin = Mapping[str, tuple[Common, Label]]


def _split(group: Digest, origin: _Origin, *, fits: Callable[[Digest], bool], most: int) -> list[Digest]:
    """The group in as many pieces as its length needs, and no more than `most`."""
    left, found = list(group.entries), list[Digest]()
    while left and len(found) < most:
        below = min(len(left), MOST_ENTRIES) + 1
        # At least one goes, whose text the sender shortens if it must.
        count = max(1, bisect_left(range(below), True, key=lambda n: not fits(_cut(group, left[:n], origin))) - 1)
        found.append(_cut(group, left[:count], origin))
        left = left[count:]
    return found


def _cut(group: Digest, entries: Sequence[Entry], origin: _Origin) -> Digest:
    """A piece of the group, in the longest form that its numbers may take."""
    update = {"entries": tuple(entries), "total": 9_999, "part": 99, "parts": 99}
    if group.common == "town":
        counts = Counter(origin[entry.alert] for entry in entries)
        groups = [Group(common=common, name=name, count=count) for (common, name), count in counts.most_common()]
        update["groups"] = tuple(groups)
    return group.model_copy(update=update)


def _numbered(pieces: Sequence[Digest]) -> list[Digest]:
    total = sum(len(piece.entries) for piece in pieces)
    return [
        piece.model_copy(update={"part": number, "parts": len(pieces), "total": total})
        for number, piece in enumerate(pieces, 1)
    ]
