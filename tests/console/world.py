"""A town that the console can look at: honest small implementations of what it is given, all in memory."""

import math
import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from brain.rules_shown import rules_shown
from console.access import Access
from console.app import ConsoleParts, GatewayRow, QuarantineRow
from console.live import LiveReadings
from rules.folder import load_rules
from tests.console.book import Book, Windows
from tests.console.duties import NAMES, Duties
from town.alert import (
    Alert,
    AlertState,
    Category,
    DeliveryState,
    Notification,
    Response,
    Severity,
)
from town.folder import load_town
from town.language import Label
from town.moment import DAY, HOUR, MINUTE, SECOND, Duration, Moment
from town.performance import Figure, Performance, Source
from town.ports import (
    Aggregate,
    Gauge,
    PartHealth,
    Point,
    Series,
)
from town.reading import Reading
from town.rule_shown import RuleShown
from town.town import Town

FOLDER = Path(__file__).parents[2] / "towns" / "huangjiu"


@cache
def huangjiu() -> Town:
    """The example town."""
    town, findings = load_town(FOLDER)
    assert town is not None, findings
    return town


@cache
def rules_of_huangjiu() -> list[RuleShown]:
    """Its rules."""
    rules, findings = load_rules(FOLDER, huangjiu())
    assert rules is not None, findings
    return rules_shown(rules)


class Performing:
    """How well alerting works, as a test sets it: by name."""

    def __init__(self, clock: Callable[[], Moment]) -> None:
        self.clock = clock
        self.figures = [
            Figure("per_operator_10min", 3.0), Figure("per_operator_10min_mean", 0.42), Figure("in_flood", 0.0),
            Figure("flood_share", 0.0043), Figure("activations", 424.0), Figure("chattering", 1.0),
            Figure("top_ten_share", 0.61), Figure("share_critical", 0.04), Figure("share_major", 0.22),
            Figure("share_minor", 0.54), Figure("share_advisory", 0.2), Figure("fleeting", 17.0), Figure("stale", 6.0),
            Figure("ack_seconds_p50", 74.0), Figure("ack_seconds_p95", 611.0), Figure("resolve_seconds_p50", 1_260.0),
            Figure("resolve_seconds_p95", 15_400.0), Figure("false_alarm_rate", 0.18),
            Figure("false_alarm_rate", 0.5, "cellar-2"), Figure("false_alarm_rate", 0.05, "cellar-1"),
        ]  # fmt: skip
        self.sources = [
            (Source("fire.smoke.high", "sensor:CE2-S01"), 171), (Source("device.silent", "sensor:CE1-S03"), 44),
            (Source("env.noise", "facility:square"), 31),
        ]  # fmt: skip

    async def look(self, window: Duration) -> Performance:
        """The same for every window."""
        return Performance(self.clock(), window, self.figures, self.sources)


class Store:
    """Readings in memory, with the history that the port asks for."""

    def __init__(self, live: LiveReadings) -> None:
        self._live = live
        self._points: dict[tuple[str, str], list[Point]] = defaultdict(list)

    def put(self, readings: Sequence[Reading]) -> None:
        """Keep readings, in order of time for each sensor, and show them."""
        for reading in readings:
            for quantity, value in reading.values.items():
                self._points[reading.sensor, quantity].append(Point(reading.measured_at, value))
        self._live.update(readings)

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
        """The values of a quantity, bucket by bucket if asked."""
        found = []
        for sensor in sensors:
            points = self._points.get((sensor, quantity), [])
            first = bisect_left(points, start, key=lambda p: p.at)
            last = bisect_left(points, end, key=lambda p: p.at)
            shown = _bucketed(points[first:last], every, aggregate) if every else points[first:last]
            if shown:
                found.append(Series(sensor, quantity, shown[-limit:]))
        return found

    async def readings(
        self, *, start: Moment, end: Moment, sensors: Collection[str] | None = None, batch: int = 5_000
    ) -> AsyncIterator[list[Reading]]:
        """Every value as a reading of its own, in order of time."""
        wanted = [key for key in self._points if sensors is None or key[0] in sensors]
        found = [
            Reading(sensor, p.at, p.at, {quantity: p.value})
            for sensor, quantity in wanted
            for p in self._points[sensor, quantity]
            if start <= p.at < end
        ]
        found.sort(key=lambda reading: reading.measured_at)
        for index in range(0, len(found), batch):
            yield found[index : index + batch]

    async def latest(self, sensors: Collection[str] | None = None) -> dict[str, dict[str, Point]]:
        """The newest value of everything."""
        found: dict[str, dict[str, Point]] = defaultdict(dict)
        for (sensor, quantity), points in self._points.items():
            if sensors is None or sensor in sensors:
                found[sensor][quantity] = points[-1]
        return found


def _bucketed(points: Sequence[Point], every: Duration, aggregate: Aggregate) -> list[Point]:
    buckets: dict[Moment, list[float]] = defaultdict(list)
    for point in points:
        buckets[point.at - point.at % every].append(float(point.value))
    make = {
        "mean": lambda v: sum(v) / len(v),
        "max": max,
        "min": min,
        "sum": sum,
        "last": lambda v: v[-1],
        "count": len,
    }
    return [Point(at, float(make[aggregate](values))) for at, values in sorted(buckets.items())]


class Line:
    """The pipeline's health, as a test sets it."""

    def __init__(self, began: Moment) -> None:
        self.began = began
        self.states = [PartHealth("ingest", "ok", began), PartHealth("store", "ok", began, "DuckDB 1.5")]
        self.received = 0

    def parts(self) -> list[PartHealth]:
        """Worst first."""
        return sorted(self.states, key=lambda part: ["down", "degraded", "ok"].index(part.state))

    def figures(self) -> list[Gauge]:
        """A few counters that balance."""
        gateway = {"gateway": "gw-cellars"}
        counted = ("messages_received", "messages_decoded", "readings_decoded", "readings_stored")
        found = [Gauge(f"town_ingest_{name}", self.received, gateway, "counter", "Counted.") for name in counted]
        return [*found, Gauge("town_latency_milliseconds", 9.0, {"quantile": "0.5"})]


class World:
    """A town with everything the console asks for. Its clock stands at `now`, or runs on from it."""

    def __init__(self, state: Path, *, now: Moment, runs: bool = False) -> None:
        self._began, self._started, self._runs = now, time.monotonic(), runs
        self.town = huangjiu()
        self.live = LiveReadings()
        self.store, self.book, self.line = Store(self.live), Book(), Line(now - 3 * HOUR)
        self.windows = Windows(self.clock)
        self.performing = Performing(self.clock)
        self.duties = Duties()
        self.aside: list[QuarantineRow] = []
        self.access, self.password = Access.open(state, clock=self.clock)
        self.parts = ConsoleParts(
            town=lambda: self.town,
            folder=FOLDER,
            alerts=self.book,
            actions=self.book,
            windows=self.windows,
            performance=self.performing,
            ledger=self.book,
            rules=rules_of_huangjiu,
            history=self.store,
            latest=self.store,
            live=self.live,
            health=self.line,
            quarantine=self.quarantine,
            gateways=self.gateways,
            clock=self.clock,
            access=self.access,
            language="zh",
            duty=self.duties,
            called=_called,
        )

    def clock(self) -> Moment:
        """The wall clock of this world."""
        return self.now

    @property
    def now(self) -> Moment:
        """What the clock shows."""
        return self._began + (round((time.monotonic() - self._started) * 1000) if self._runs else 0)

    async def quarantine(self, *, limit: int = 50) -> list[QuarantineRow]:
        """The newest first."""
        return self.aside[-limit:][::-1]

    def gateways(self) -> list[GatewayRow]:
        """All but the last are online."""
        names = list(self.town.gateways)
        known = [GatewayRow(n, True, self.line.began, self.now - 2 * SECOND, 1_234, 0) for n in names[:-1]]
        return [*known, GatewayRow(names[-1], False, self.now - 11 * MINUTE, self.now - 12 * MINUTE, 311, 2)]

    def reads(self, sensor: str, at: Moment | None = None, **values: Any) -> None:
        """One reading arrives."""
        moment = self.now if at is None else at
        self.store.put([Reading(sensor, moment, moment, values)])

    def fill(self, *, days: float = 1.0, every: Duration = 5 * MINUTE) -> None:
        """A plausible past for every sensor."""
        start = self.now - round(days * DAY)
        for number, sensor in enumerate(self.town.sensors.values()):
            for at in range(start, self.now, every):
                self.store.put([Reading(sensor.id, at, at, _values(self.town, sensor.kind, at, number))])
            self.reads(sensor.id, self.now - 2 * SECOND, **_values(self.town, sensor.kind, self.now, number))

    def alert(self, id: str, subject: str, **changes: Any) -> Alert:  # noqa: A002 - it is the alert's word
        """An open alert about a sensor."""
        sensor = self.town.sensors[subject]
        facility = self.town.facilities[sensor.facility]
        since = changes.pop("since", self.now - 112 * SECOND)
        given = {
            "id": id,
            "rule": "fire.smoke.high",
            "subject_kind": "sensor",
            "subject": subject,
            "facility": facility.id,
            "zone": facility.zone,
            "title": Label(zh="仓库烟雾过高", en="Smoke in the warehouse"),
            "category": Category.FIRE,
            "severity": Severity.CRITICAL,
            "state": AlertState.ACTIVE,
            "opened_at": since - 10 * SECOND,
            "raised_at": since,
            "changed_at": since,
            "reason": seen(subject, "smoke", 0.31, "dB/m", ">= 0.15 dB/m"),
        }
        alert = Alert(**{**given, **changes})
        self.book.put(alert)
        self.book.note(id, alert.opened_at, "rule", "opened")
        self.book.note(id, alert.raised_at, "rule", "raised")
        return alert


def _called(who: str) -> Label | None:
    return Label(zh=NAMES[who], en=NAMES[who]) if who in NAMES else None


def seen(sensor: str, quantity: str, value: Any, unit: str | None, limit: str) -> dict[str, Any]:
    """A reason with one observation."""
    observation = {"sensor": sensor, "quantity": quantity, "value": value, "measured_at": 0, "unit": unit}
    return {"observations": [{**observation, "limit": limit, "holds": True}], "condition": "…", "version": "7c1e02aa"}


def _values(town: Town, kind: str, at: Moment, number: int) -> dict[str, Any]:
    day = at % DAY / DAY * 2 * math.pi
    wave = (
        math.sin(day - 2) + 0.15 * math.sin(at / 700_000 + number * 1.7) + 0.05 * math.sin(at / 61_000 * (number + 3))
    )
    middle = {
        "temperature": (18.0, 4.0), "humidity": (68.0, 6.0), "smoke": (0.015, 0.004),
        "co": (2.0, 0.6), "level": (3.3, 0.12),
        "pm2_5": (38.0, 14.0), "noise": (52.0, 6.0), "people": (40.0, 38.0),
        "co2": (620.0, 140.0), "pressure": (1016.0, 3.0),
        "wind_speed": (2.1, 1.1), "rssi": (-76.0, 4.0), "power": (2200.0, 900.0), "battery": (78.0, 0.5),
    }  # fmt: skip
    found: dict[str, Any] = {"battery": 95.0 - number % 60} if number % 3 else {}
    found["rssi"] = -62.0 - number % 35
    for quantity in town.kinds[kind].quantities:
        if quantity in middle and quantity not in found:
            base, swing = middle[quantity]
            found[quantity] = max(0.0, base + swing * wave) if base > 0 else base + swing * wave
        elif quantity == "open":
            found[quantity] = (at // HOUR + number) % 9 == 0
    return found


def response(within: Duration | None = None) -> Response:
    """What to do about smoke."""
    text = Label(
        zh="3 分钟内派员核警；先断酒窖电源（配电箱在南门内侧）。属实拨 119，疏散路线：南门 → 老街。",
        en="Send somebody within 3 minutes; cut the cellar's power first (panel inside the south door). If true: 119.",
    )
    return Response(text=text, within=within)


def told(alert: str, at: Moment, target: str, channel: str, state: DeliveryState) -> Notification:
    """A message about an alert."""
    return Notification(
        id=f"{alert}:{target}", alert=alert, target=target, channel=channel, event="raised", state=state, created_at=at,
        due_at=at, attempts=1, answered_at=at + 3 * SECOND if state is DeliveryState.DELIVERED else None,
    )  # fmt: skip
