"""How the processes of a town tell each other how they are: a report every two seconds on `town/<town>/processes/<id>`.

An empty message there is a process's will: it is gone.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence

import msgspec

from brain.health import WholeHealth
from console.parts import GatewayRow, QuarantineRow
from ingest.session import Session
from town.moment import SECOND, Duration, Moment
from town.ports import Clock, Gauge, PartHealth

EVERY: Duration = 2 * SECOND
MISSED: Duration = 10 * SECOND
"""After so long without a report a process counts as down."""
FORGOTTEN: Duration = 15 * 60 * SECOND
"""After so long it counts as taken out of service."""

_WORST_FIRST = ("down", "degraded", "ok")
GetQuarantine = Callable[[], Awaitable[list[QuarantineRow]]]


class Report(msgspec.Struct, frozen=True):
    """How one process is."""

    role: str
    at: Moment
    parts: list[PartHealth] = []
    figures: list[Gauge] = []
    gateways: list[GatewayRow] = []
    quarantine: list[QuarantineRow] = []
    takes: list[str] = []
    """The gateways whose messages it takes in."""


def process_topic(town: str, process: str) -> str:
    """Where a process says how it is."""
    return f"town/{town}/processes/{process}"


class Reporter:
    """Says how this process is over a session, until cancelled."""

    def __init__(
        self, role: str, topic: str, session: Session, *, health: WholeHealth, clock: Clock,
        gateways: Callable[[], list[GatewayRow]] = list, quarantine: GetQuarantine | None = None,
        takes: Sequence[str] = (),
    ) -> None:  # fmt: skip
        self._role, self._topic, self._session, self._health, self._clock = role, topic, session, health, clock
        self._gateways, self._quarantine, self._takes = gateways, quarantine, list(takes)

    async def run(self) -> None:
        """Report until cancelled; that it is gone is the session's will."""
        while True:
            self._session.say(self._topic, msgspec.json.encode(await self._report()))
            await asyncio.sleep(EVERY / 1000)

    async def _report(self) -> Report:
        rows = [] if self._quarantine is None else await self._quarantine()
        parts, figures = self._health.parts(), self._health.figures()
        return Report(self._role, self._clock(), parts, figures, self._gateways(), rows, self._takes)


class Reports:
    """What the processes last said, as one: the worst of each part, every figure with its process."""

    def __init__(self, *, clock: Clock, gateways: Collection[str] = ()) -> None:
        """`gateways` are those of the town: it is told when there is one that no process takes."""
        self._clock, self._gateways, self._started_at = clock, gateways, clock()
        self._found: dict[str, tuple[Report, Moment]] = {}
        self._gone: dict[str, Moment] = {}
        self._since: dict[str, Moment] = {}

    def take(self, process: str, payload: bytes) -> None:
        """A report, or the word that a process is gone; what is neither is left out."""
        if not payload:
            self._gone[process] = self._clock()
            return
        try:
            report = msgspec.json.decode(payload, type=Report)
        except msgspec.MsgspecError:
            return
        now = self._clock()
        if process not in self._found or self._is_down(process):
            self._since[process] = now
        self._gone.pop(process, None)
        self._found[process] = (report, now)

    def parts(self) -> list[PartHealth]:
        """Every process, and of every part of any process how it is."""
        by_part: dict[str, list[tuple[str, PartHealth]]] = {}
        for process, report in self._living().items():
            for part in report.parts:
                by_part.setdefault(part.part, []).append((process, part))
        return [*self.processes(), *self._untaken(), *(_merged(name, found) for name, found in by_part.items())]

    def figures(self) -> list[Gauge]:
        """Every figure of every process that is there, with the label `process`."""
        return [
            Gauge(one.name, one.value, {**one.labels, "process": process}, one.kind, one.help)
            for process, report in self._living().items()
            for one in report.figures
        ]

    def gateways(self) -> list[GatewayRow]:
        """Every gateway as the processes have seen it between them."""
        found: dict[str, GatewayRow] = {}
        for report in self._living().values():
            for row in report.gateways:
                found[row.id] = _joined(found[row.id], row) if row.id in found else row
        return list(found.values())

    async def quarantine(self, *, limit: int = 50) -> list[QuarantineRow]:
        """The newest entries of all."""
        rows = [row for report in self._living().values() for row in report.quarantine]
        return sorted(rows, key=lambda row: row.at, reverse=True)[:limit]

    def _untaken(self) -> list[PartHealth]:
        """Gateways that nobody listens to, for some formats are not shared out; one that is down keeps its session."""
        reports = [report for _, (report, _) in self._known() if report.role == "ingest"]
        taken = {gateway for report in reports for gateway in report.takes}
        missing = [gateway for gateway in self._gateways if gateway not in taken]
        if not reports or not missing:
            return []
        told = f"nobody takes {', '.join(missing)}: start a town ingest with TOWN_INGEST_GATEWAYS=alone"
        return [PartHealth("gateways", "degraded", self._started_at, told)]

    def _living(self) -> dict[str, Report]:
        return {name: report for name, (report, _) in self._known() if not self._is_down(name)}

    def _known(self) -> Sequence[tuple[str, tuple[Report, Moment]]]:
        now = self._clock()
        return sorted((name, found) for name, found in self._found.items() if now - found[1] < FORGOTTEN)

    def _is_down(self, process: str) -> bool:
        return process in self._gone or self._clock() - self._found[process][1] > MISSED

    def processes(self) -> list[PartHealth]:
        """Every process that was heard of lately, and whether it is there."""
        return [
            PartHealth(name, "down", self._gone.get(name, at), "it is gone, or cannot be heard")
            if self._is_down(name)
            else PartHealth(name, "ok", self._since[name])
            for name, (_, at) in self._known()
        ]


def _merged(name: str, found: Sequence[tuple[str, PartHealth]]) -> PartHealth:
    worst = min((part.state for _, part in found), key=_WORST_FIRST.index)
    since = max(part.since for _, part in found if part.state == worst)
    if len(found) == 1:
        return PartHealth(name, worst, since, found[0][1].detail)
    told = [f"{process}: {part.detail}" for process, part in found if part.detail and part.state != "ok"]
    return PartHealth(name, worst, since, "; ".join(told))


def _joined(one: GatewayRow, other: GatewayRow) -> GatewayRow:
    newer = max(one, other, key=lambda row: row.since or 0)
    heard = max(one.last_message_at or 0, other.last_message_at or 0) or None
    counts = (one.messages + other.messages, one.rejected + other.rejected)
    return GatewayRow(one.id, newer.online, newer.since, heard, *counts)
