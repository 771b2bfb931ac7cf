"""What goes wrong with the brain itself is an alert like any other: it opens, is told, and closes when it is over."""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Literal, NamedTuple

from alerts.book import Book
from town.alert import (
    AlertDefinition,
    AlertState,
    Category,
    Cause,
    Condition,
    Reason,
    Response,
    Severity,
    Subject,
    Transition,
)
from town.errors import Unavailable
from town.language import Label
from town.moment import MINUTE, SECOND, Duration, Moment
from town.ports import Clock, PartHealth

EVERY: Duration = 2 * SECOND
_CALM: Duration = 10 * SECOND
"""How long a part has to be well before its alert is over."""
_PROCESS = "process"
_BEST_FIRST = ("ok", "degraded", "down")


class Watched(NamedTuple):
    """A part that people are called for: what it is called then, and after how long in which state."""

    part: str
    title: Label
    response: Label
    down: tuple[Severity, Duration]
    degraded: tuple[Severity, Duration] | None = None

    @property
    def rule(self) -> str:
        """The id of its alert."""
        return f"brain.{self.part.replace(' ', '_')}"


WATCHED = {
    one.part: one
    for one in (
        Watched(
            "ledger",
            Label(zh="账本不平，或写不进磁盘", en="The ledger does not balance, or cannot be written"),
            Label(zh="运行 town ledger，查看网关与分钟", en="Run town ledger: it names the gateway and the minute"),
            down=(Severity.MAJOR, 10 * SECOND),
            degraded=(Severity.MAJOR, MINUTE),
        ),
        Watched(
            "spool",
            Label(zh="磁盘缓存将满或写不进", en="The spool is nearly full, or cannot be written"),
            Label(zh="让存储恢复，或腾出磁盘空间", en="Bring the store back, or make room on the disk"),
            down=(Severity.MAJOR, 0),
            degraded=(Severity.MINOR, 0),
        ),
        Watched(
            "store",
            Label(zh="存储不可用，读数暂存磁盘", en="The store is away; readings go to disk"),
            Label(zh="检查 InfluxDB 及其网络、口令", en="Look at InfluxDB, its network and its token"),
            down=(Severity.MAJOR, MINUTE),
        ),
        Watched(
            "broker",
            Label(zh="与消息代理断开，收不到读数", en="The broker is away: no readings come in"),
            Label(zh="检查 Mosquitto 及其网络、口令", en="Look at Mosquitto, its network and its password"),
            down=(Severity.MAJOR, MINUTE),
        ),
        Watched(
            "rule files",
            Label(zh="规则文件有错，旧规则继续生效", en="A rule file has a mistake; the old rules go on"),
            Label(zh="运行 town check 并改正", en="Run town check and mend it"),
            down=(Severity.MINOR, 0),
            degraded=(Severity.MINOR, 0),
        ),
        Watched(
            "people file",
            Label(zh="人员文件有错，仍按旧名单通知", en="The people file has a mistake; the old one goes on"),
            Label(zh="运行 town check 并改正", en="Run town check and mend it"),
            down=(Severity.MINOR, 0),
            degraded=(Severity.MINOR, 0),
        ),
        Watched(
            _PROCESS,
            Label(zh="大脑的一个进程停了", en="A process of the brain is gone"),
            Label(zh="查看它的日志，让它重新启动", en="Look at its log, and have it started again"),
            down=(Severity.MAJOR, 30 * SECOND),
        ),
    )
}


class OwnAlerts:
    """Looks at parts and tells the book. `parts` are those of every process of the town."""

    def __init__(self, parts: Callable[[], Sequence[PartHealth]], book: Book, *, clock: Clock) -> None:
        self._parts, self._book, self._clock = parts, book, clock
        self._bad: dict[str, tuple[str, Moment]] = {}
        self._well: dict[str, Moment] = {}
        self._open: dict[str, Severity] | None = None
        """Of those that have an open alert, how bad it was told to be; None until the book was asked."""

    async def run(self) -> None:
        """Look until cancelled; while the book is away nothing is forgotten."""
        while True:
            with suppress(Unavailable):  # the book says itself that it is away
                await self.look()
            await asyncio.sleep(EVERY / SECOND)

    async def look(self) -> None:
        """Tell what changed. Raises Unavailable."""
        now, parts = self._clock(), sorted(self._parts(), key=lambda part: _BEST_FIRST.index(part.state))
        found = {one.part: one for one in map(_watched, parts) if one is not None}  # of several the worst
        known = await self._known()
        transitions = [one for name in WATCHED if (one := self._judge(name, found.get(name), known, now))]
        if transitions:
            await self._book.take(transitions, {one.rule: definition(one.rule) for one in transitions}, now)
            for one in transitions:
                self._remember(one, known)

    def _judge(self, name: str, part: PartHealth | None, known: dict[str, Severity], now: Moment) -> Transition | None:
        watched = WATCHED[name]
        level = None if part is None or part.state == "ok" else _level(watched, part.state)
        if part is None or level is None:
            self._bad.pop(name, None)
            calm = now - self._well.setdefault(name, now) >= _CALM
            return _over(self._book.town.id, watched, known[name], now) if name in known and calm else None
        self._well.pop(name, None)
        before, since = self._bad.get(name, (part.state, now))
        self._bad[name] = part.state, (since if before == part.state else now)
        severity, hold = level
        worse = name not in known or severity.digit < known[name].digit
        if not worse or now - self._bad[name][1] < hold:
            return None
        return _raised(self._book.town.id, watched, severity, part, since=self._bad[name][1], now=now)

    async def _known(self) -> dict[str, Severity]:
        """Which alerts are open: asked once, for those of the run before."""
        if self._open is None:
            subject = Subject("town", self._book.town.id)
            states = {name: await self._book.state(one.rule, subject) for name, one in WATCHED.items()}
            over = (AlertState.NORMAL, AlertState.PENDING, AlertState.CLOSED, AlertState.RETURNED)
            self._open = {name: Severity.ADVISORY for name, state in states.items() if state not in over}
        return self._open

    def _remember(self, one: Transition, known: dict[str, Severity]) -> None:
        name = next(watched.part for watched in WATCHED.values() if watched.rule == one.rule)
        if one.condition is Condition.ACTIVE:
            known[name] = one.severity
        else:
            known.pop(name, None)


def _watched(part: PartHealth) -> PartHealth | None:
    """The part by the name it is watched under; None for one that nobody is called for."""
    if part.part.startswith(f"{_PROCESS} "):
        return PartHealth(_PROCESS, part.state, part.since, f"{part.part}: {part.detail}")
    return part if part.part in WATCHED else None


def _level(watched: Watched, state: Literal["down", "degraded"]) -> tuple[Severity, Duration] | None:
    return watched.down if state == "down" else watched.degraded


def definition(rule: str) -> AlertDefinition:
    """What the alert of a part says of itself."""
    one = next(watched for watched in WATCHED.values() if watched.rule == rule)
    return AlertDefinition(
        rule=rule,
        title=one.title,
        category=Category.DEVICE,
        severity=one.down[0],
        response=Response(text=one.response),
        version=hashlib.sha256(rule.encode()).hexdigest()[:12],
    )


def _raised(
    town: str, watched: Watched, severity: Severity, part: PartHealth, *, since: Moment, now: Moment
) -> Transition:
    reason = Reason((), f"{part.part} {part.state}: {part.detail[:300]}".rstrip(": "), definition(watched.rule).version)
    subject = Subject("town", town)
    return Transition(
        watched.rule, subject, Condition.ACTIVE, Condition.NORMAL, severity, now, since, now, Cause.CONDITION, reason
    )


def _over(town: str, watched: Watched, severity: Severity, now: Moment) -> Transition:
    reason = Reason((), f"{watched.part} ok", definition(watched.rule).version)
    subject = Subject("town", town)
    return Transition(
        watched.rule, subject, Condition.NORMAL, Condition.ACTIVE, severity, now, now, now, Cause.CONDITION, reason
    )
