"""What rooms ask of each other. `brain` hands each room the ones it needs; nothing here knows who answers."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from typing import Literal, Protocol

import msgspec

from town.alert import (
    Alert,
    AlertDefinition,
    AlertState,
    Category,
    Notification,
    TimelineEntry,
    Transition,
    Upcoming,
    Verification,
)
from town.delivery import Delivery, DeliveryFilter
from town.language import Language
from town.moment import Duration, Moment
from town.own import OwnRow
from town.performance import Performance
from town.quantity import Value
from town.reading import Reading
from town.window import ScopeKind, Window, WindowKind

Clock = Callable[[], Moment]
"""The wall clock, handed in so that nothing reads it by itself."""

Deliver = Callable[[Sequence[Reading]], Awaitable[None]]
"""Takes a batch of readings; returns when it has them, waits when it is full."""


class RefusedReading(msgspec.Struct, frozen=True):
    """A reading the store will never take, and why."""

    reading: Reading
    reason: str
    detail: str = ""


class ReadingWriter(Protocol):
    """Takes readings into the store."""

    async def write(self, readings: Sequence[Reading], *, vouched: bool = False) -> Sequence[RefusedReading]:
        """Store a batch, durably on return. Doing it twice changes nothing.

        Who has `vouched` for it that all are of sensors of the town, with finite values of its quantities, saves
        them from being asked that again.

        Returns the readings that can never be stored; all others are in. Raises Unavailable when the store is away
        (nothing, or a part of the batch, may be in: write it again) and ConfigError when it refuses us.
        """


Order = Literal["measured", "arrival"]

Aggregate = Literal["mean", "min", "max", "last", "count", "sum"]


class Point(msgspec.Struct, frozen=True, gc=False):
    """One bucket of a series: `at` is the start of the bucket, or the moment itself without buckets."""

    at: Moment
    value: Value


class Series(msgspec.Struct, frozen=True):
    """The values of one quantity of one sensor, oldest first. Empty buckets are left out."""

    sensor: str
    quantity: str
    points: list[Point]


class ReadingHistory(Protocol):
    """Answers from the past."""

    async def history(
        self,
        sensors: Collection[str],
        quantity: str,
        *,
        start: Moment,
        end: Moment,
        every: Duration | None = None,
        aggregate: Aggregate = "mean",
        limit: int = 20_000,
    ) -> list[Series]:
        """One series for each sensor that has values with start <= at < end, in the order asked.

        `every` sets the width of buckets, aligned to multiples of it since 1970, and `aggregate` what is made of each;
        without it the values come as they were stored. Booleans aggregate as 0 and 1, texts only with last and count.
        At most `limit` points a series, the newest. Raises Unavailable.
        """

    def readings(
        self,
        *,
        start: Moment,
        end: Moment,
        sensors: Collection[str] | None = None,
        batch: int = 5_000,
        order: Order = "measured",
    ) -> AsyncIterator[list[Reading]]:
        """Every stored reading with start <= measured_at < end, in order of measured_at, then sensor, in batches.

        In order of arrival it is those with start <= received_at < end, by received_at, then measured_at, then sensor.
        """


class LatestReadings(Protocol):
    """The newest value of everything."""

    async def latest(self, sensors: Collection[str] | None = None) -> dict[str, dict[str, Point]]:
        """The newest value of every quantity of the named sensors, or of all, by sensor and quantity."""


class OwnRowWriter(Protocol):
    """Takes what the brain tells of itself."""

    async def write_own(self, rows: Sequence[OwnRow]) -> Sequence[OwnRow]:
        """Store rows of `town.own.OWN_FAMILIES`, durably on return. Doing it twice changes nothing.

        Returns those that can never be stored, such as what is older than is kept; all others are in. Raises ValueError
        for a row that is not as its family says, Unavailable when the store is away (a part may be in: write them
        again) and ConfigError when it refuses us.
        """


class OwnRowReader(Protocol):
    """Answers what the brain told of itself."""

    async def own_rows(
        self,
        family: str,
        *,
        start: Moment,
        end: Moment,
        tags: Mapping[str, str] | None = None,
        limit: int = 20_000,
    ) -> list[OwnRow]:
        """The rows of a family with start <= at < end and all of these tags: the newest `limit` of them, oldest first.

        The tag `town` is left out, and so is what `order` they were written with. What only says how things stand may
        be gone after two days. Raises ValueError for a family or tag that there is not, Unavailable and ConfigError.
        """


class Store(ReadingWriter, ReadingHistory, LatestReadings, OwnRowWriter, OwnRowReader, Protocol):
    """A whole store of readings; open it with `async with`."""

    async def prepare(self) -> str:
        """Make what is missing, if we may, and say what is there; raises Unavailable, and ConfigError if we may not."""

    async def check(self) -> str:
        """One line about what answers and in which version; raises Unavailable or ConfigError."""


class AlertFilter(msgspec.Struct, frozen=True):
    """Which alerts are asked for; what is None does not matter."""

    states: frozenset[AlertState] | None = None
    categories: frozenset[Category] | None = None
    facility: str | None = None
    rule: str | None = None
    opened_after: Moment | None = None
    limit: int = 500


class AlertDetail(msgspec.Struct, frozen=True):
    """One alert with everything that happened to it and everyone who was told, oldest first, and who is told next."""

    alert: Alert
    timeline: Sequence[TimelineEntry]
    notifications: Sequence[Notification]
    upcoming: Sequence[Upcoming] = ()


class AlertReader(Protocol):
    """What is and was wrong in town."""

    async def alerts(self, wanted: AlertFilter) -> list[Alert]:
        """Alerts, open ones first, then by severity, then the newest first."""

    async def detail(self, alert: str) -> AlertDetail | None:
        """One alert, or None if there is none of that id."""


class AlertActions(Protocol):
    """What people do about alerts. Each raises ActionRefused with a reason a person understands."""

    async def acknowledge(self, alert: str, *, by: str, at: Moment, comment: str = "") -> Alert:
        """Somebody has it: telling others stops."""

    async def reset(self, alert: str, *, by: str, at: Moment, comment: str = "") -> Alert:
        """Close a latched alert whose condition is gone."""

    async def comment(self, alert: str, *, by: str, at: Moment, text: str) -> Alert:
        """Say something for the others to read."""

    async def assign(self, alert: str, *, by: str, at: Moment, to: str, comment: str = "") -> Alert:
        """Say who is to see to it; nobody when `to` is empty."""

    async def shelve(
        self, alert: str, *, by: str, at: Moment, until: Moment, reason: str, as_administrator: bool = False
    ) -> Alert:
        """Hear no more of it until then, 24 hours at most; of a fire only an administrator may say so."""

    async def unshelve(self, alert: str, *, by: str, at: Moment, comment: str = "") -> Alert:
        """Take it from the shelf before its time."""

    async def take_out_of_service(self, alert: str, *, by: str, at: Moment, reason: str) -> Alert:
        """Hear no more of it until somebody returns it to service."""

    async def return_to_service(self, alert: str, *, by: str, at: Moment, comment: str = "") -> Alert:
        """It counts again."""

    async def verify(self, alert: str, *, by: str, at: Moment, verdict: Verification, comment: str = "") -> Alert:
        """Say what was found on site."""


class WindowKeeper(Protocol):
    """Maintenance and drills. What changes them raises ActionRefused with a reason a person understands."""

    async def windows(self, *, past: bool = False) -> list[Window]:
        """Those that are open or to come, the first to begin first; with `past` those that are over too."""

    async def make_window(
        self,
        kind: WindowKind,
        scope_kind: ScopeKind,
        scope: str,
        *,
        starts_at: Moment,
        ends_at: Moment,
        why: str,
        by: str,
    ) -> Window:
        """Open a window over a facility or zone, now or later."""

    async def end_window(self, window: str, *, by: str) -> Window:
        """End a window now, or never begin it."""


class AlertPerformance(Protocol):
    """How well alerting works."""

    async def look(self, window: Duration) -> Performance:
        """The figures of that time, at most 30 days, as of now or a few seconds ago. Raises Unavailable."""


class DeliveryLedger(Protocol):
    """Who was told what, when, by which channel, and what was answered."""

    async def ledger(self, wanted: DeliveryFilter) -> list[Delivery]:
        """Notifications with every attempt, the newest first. Raises Unavailable."""


class LinkedAlert(msgspec.Struct, frozen=True):
    """What a link in a message shows to the one person it is for; `refusal` is why it can no longer be used."""

    detail: AlertDetail
    person: str
    name: str
    language: Language | None
    refusal: str | None = None
    """`used`, `expired`, or `over`: closed, or raised again since."""


class AlertLinks(Protocol):
    """Links by which a person acknowledges an alert from a message. Each raises ActionRefused."""

    async def look(self, token: str) -> LinkedAlert:
        """What the link shows; it may be looked at as often as one likes. ActionRefused: unknown_link."""

    async def acknowledge(self, token: str, *, at: Moment) -> Alert:
        """Use the link, once."""


class ActionRefused(Exception):  # noqa: N818 - it is an answer to a person, not a failure
    """The action does not fit the alert's state; `reason` is a stable word, the message is for people."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class ProviderReceipts(Protocol):
    """Takes what providers tell of messages by themselves."""

    async def twilio(self, form: Mapping[str, str], *, signature: str) -> bool:
        """Take a status callback; False when the signature does not prove that it is Twilio's."""


class TransitionTaker(Protocol):
    """Takes what the rules decided into the alert book."""

    async def take(
        self, transitions: Sequence[Transition], definitions: dict[str, AlertDefinition], now: Moment
    ) -> list[Alert]:
        """Apply transitions with their notifications, all or nothing; a transition taken before changes nothing.

        Returns the alerts as they are afterwards, one for each that changed.
        """


class PartHealth(msgspec.Struct, frozen=True):
    """How one part of the pipeline is."""

    part: str
    state: Literal["ok", "degraded", "down"]
    since: Moment
    detail: str = ""


class Gauge(msgspec.Struct, frozen=True):
    """One figure of the pipeline, as it is exported: a Prometheus name, its labels, its value."""

    name: str
    value: float
    labels: dict[str, str] = {}
    kind: Literal["counter", "gauge"] = "gauge"
    help: str = ""


class Health(Protocol):
    """How the pipeline is, now."""

    def parts(self) -> list[PartHealth]:
        """Every part, worst first."""

    def figures(self) -> list[Gauge]:
        """Every figure."""
