"""How things stand, told to the store every minute: open alerts, facilities, sensors, and how well alerting works."""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import suppress

from alerts.book import Book
from alerts.own_rows import alert_row
from console.live import LiveReadings
from town.alert import Alert, AlertState, Category, Severity
from town.errors import Unavailable
from town.facility import Facility
from town.moment import MINUTE, SECOND, Duration, Moment
from town.own import OwnRow
from town.ports import AlertFilter, Clock
from town.quantity import Value
from town.sensor import Sensor
from town.store.own_rows import OwnRows
from town.town import Town

log = logging.getLogger("brain")

EVERY: Duration = MINUTE
SILENT_AFTER = 3
"""Intervals after which a sensor should have spoken; and a little more for what is on its way."""
GRACE: Duration = 30 * SECOND
OPEN_STATES = frozenset(AlertState) - {AlertState.NORMAL, AlertState.PENDING, AlertState.CLOSED}
_MOST_OPEN = 10_000
_AT_ONCE = 500
_GATHERS: Duration = SECOND
_AFTER_PEOPLE: Duration = SECOND // 10
"""What people are told of a change goes first."""

MoreRows = Callable[[Moment], Awaitable[Sequence[OwnRow]]]
"""More of what is told every minute; raises Unavailable when it is not known now."""


Name = tuple[str, tuple[tuple[str, str], ...]]


class Standing:
    """Looks at the book and at what came in; a minute that cannot be told is left out."""

    def __init__(
        self, book: Book, live: LiveReadings, own: OwnRows, *, clock: Clock, more: Sequence[MoreRows] = ()
    ) -> None:
        self._book, self._live, self._own, self._clock, self._more = book, live, own, clock, more
        self._changed = asyncio.Event()
        self._told: dict[Name, dict[str, Value]] = {}
        """What was told last of facilities and categories: between two minutes only what differs is told."""

    async def run(self) -> None:
        """Tell every minute, and how facilities stand soon after one of their alerts changed, until cancelled."""
        unlisten = self._book.listen(lambda _: self._changed.set())
        due = self._clock()
        try:
            while True:
                whole = self._clock() >= due
                if whole:
                    due = self._clock() // EVERY * EVERY + EVERY
                self._changed.clear()
                with suppress(Unavailable):  # the book says itself that it is away
                    await self.tell(whole=whole)
                await self._rest(due)
        finally:
            unlisten()

    async def tell(self, *, whole: bool = True) -> None:
        """Tell how things stand now; unless `whole`, only of places and categories that changed. Raises Unavailable."""
        # The moment comes first: what closes while the book is read is told of later, and that is what stays.
        now, town = self._clock(), self._book.town
        alerts = await self._book.alerts(AlertFilter(states=OPEN_STATES, limit=_MOST_OPEN))
        places = [*facility_rows(town, alerts, self._live, now=now), *category_rows(alerts, now=now)]
        await self._add(row for row in places if whole or self._told.get(_name(row)) != row.fields)
        self._told = {_name(row): row.fields for row in places}
        if not whole:
            return
        await self._add(alert_row(alert, town, at=now) for alert in alerts)
        await self._add(sensor_rows(town, self._live, now=now))
        for more in self._more:
            self._own.add(await more(now))

    async def _add(self, rows: Iterable[OwnRow]) -> None:
        """A few hundred at a time: there may be ten thousand sensors, and readings wait for nobody."""
        some: list[OwnRow] = []
        for row in rows:
            some.append(row)
            if len(some) == _AT_ONCE:
                self._own.add(some)
                some = []
                await asyncio.sleep(0)
        self._own.add(some)

    async def _rest(self, due: Moment) -> None:
        await asyncio.sleep(_GATHERS / SECOND)  # in a storm, alerts change all the time
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0, due - self._clock()) / SECOND):
                await self._changed.wait()
                await asyncio.sleep(_AFTER_PEOPLE / SECOND)


def _name(row: OwnRow) -> Name:
    return row.family, tuple(row.tags.items())


def is_silent(sensor: Sensor, measured_at: Moment | None, *, now: Moment) -> bool:
    """Whether a sensor should have spoken by now; what it says late is not news."""
    return measured_at is None or now - measured_at > SILENT_AFTER * sensor.interval + GRACE


def sensor_rows(town: Town, live: LiveReadings, *, now: Moment) -> Iterator[OwnRow]:
    """How every sensor is."""
    return (_sensor_row(town, live, sensor, now=now) for sensor in town.sensors.values())


def _sensor_row(town: Town, live: LiveReadings, sensor: Sensor, *, now: Moment) -> OwnRow:
    seen, values = live.seen(sensor.id), live.values(sensor.id)
    fields: dict[str, Value] = {"silent": is_silent(sensor, seen.measured_at if seen else None, now=now)}
    if seen is not None:
        fields["last_seen"] = float(seen.at)
    # What the store remembered at a start has no moment of receipt of its own, and a replaced time says nothing.
    if seen is not None and not seen.flags and seen.at != seen.measured_at:
        fields["clock_error_ms"] = float(seen.measured_at - seen.at)
    for quantity in ("battery", "rssi"):
        if quantity in values and isinstance(values[quantity].value, float):
            fields[quantity] = values[quantity].value
    tags = {"sensor": sensor.id, "facility": sensor.facility, "zone": town.facilities[sensor.facility].zone}
    return OwnRow("sensor_state", {**tags, "kind": sensor.kind, "gateway": sensor.gateway}, fields, now)


def facility_rows(town: Town, alerts: Sequence[Alert], live: LiveReadings, *, now: Moment) -> Iterator[OwnRow]:
    """How every facility stands; `alerts` are the open ones."""
    there: dict[str, list[Alert]] = {}
    for alert in alerts:
        if alert.facility is not None:
            there.setdefault(alert.facility, []).append(alert)
    for facility in town.facilities.values():
        yield _facility_row(town, facility, there.get(facility.id, []), live, now=now)


def category_rows(alerts: Sequence[Alert], *, now: Moment) -> Iterator[OwnRow]:
    """How many of these open alerts there are of each category, those without one included."""
    for category in Category:
        some = [alert for alert in alerts if alert.category is category]
        severities = Counter(alert.severity for alert in some)
        fields: dict[str, Value] = {
            "open": float(len(some)),
            "unacknowledged": float(sum(alert.acknowledged_by is None for alert in some)),
            **{severity.value: float(severities[severity]) for severity in Severity},
        }
        yield OwnRow("category_state", {"category": category.value}, fields, now)


def mark_of(alerts: Sequence[Alert]) -> float:
    """The worst severity's digit, half a step more when somebody has every alert of it; 0 without an alert."""
    worst = min((alert.severity.digit for alert in alerts), default=0)
    nobody = any(alert.acknowledged_by is None for alert in alerts if alert.severity.digit == worst)
    return float(worst) if nobody or not worst else worst + 0.5


def _facility_row(
    town: Town, facility: Facility, alerts: Sequence[Alert], live: LiveReadings, *, now: Moment
) -> OwnRow:
    sensors = town.sensors_of_facility[facility.id]
    seen = ((sensor, live.seen(sensor.id)) for sensor in sensors)
    silent = sum(is_silent(sensor, one.measured_at if one else None, now=now) for sensor, one in seen)
    fields: dict[str, Value] = {
        "name_zh": facility.name.zh,
        "name_en": facility.name.en,
        "lat": facility.position.latitude,
        "lon": facility.position.longitude,
        "worst": float(min((alert.severity.digit for alert in alerts), default=0)),
        "mark": mark_of(alerts),
        "open_alerts": float(len(alerts)),
        "sensors": float(len(sensors)),
        "silent": float(silent),
    }
    tags = {"facility": facility.id, "zone": facility.zone, "kind": facility.kind}
    return OwnRow("facility_state", tags, fields, now)
