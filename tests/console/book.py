"""An alert book in memory, for looking at: any state of an alert can be put into it."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from town.alert import Alert, AlertState, Category, Notification, TimelineEntry, Upcoming, Verification
from town.delivery import Attempt, Delivery, DeliveryFilter
from town.moment import Moment
from town.ports import ActionRefused, AlertDetail, AlertFilter, Clock
from town.window import ScopeKind, Window, WindowKind

CLOSED_LAST = (AlertState.CLOSED,)


class Book:
    """Alerts in memory; acting on them follows the rules of the port."""

    def __init__(self) -> None:
        self.meanwhile: Callable[[], None] = lambda: None
        """What happens between a click and its arrival here."""
        self.held: dict[str, Alert] = {}
        self.timeline: dict[str, list[TimelineEntry]] = defaultdict(list)
        self.told: dict[str, list[Notification]] = defaultdict(list)
        self.upcoming: dict[str, list[Upcoming]] = defaultdict(list)

    def put(self, alert: Alert) -> None:
        """Open an alert, or replace one."""
        self.held[alert.id] = alert

    async def alerts(self, wanted: AlertFilter) -> list[Alert]:
        """Those that fit, open ones first, then by severity, then the newest first."""
        found = [
            alert
            for alert in self.held.values()
            if (wanted.states is None or alert.state in wanted.states)
            and (wanted.categories is None or alert.category in wanted.categories)
            and (wanted.facility is None or alert.facility == wanted.facility)
            and (wanted.rule is None or alert.rule == wanted.rule)
            and (wanted.opened_after is None or alert.opened_at > wanted.opened_after)
        ]
        found.sort(key=lambda a: (a.state in CLOSED_LAST, a.severity.digit, -a.raised_at))
        return found[: wanted.limit]

    async def ledger(self, wanted: DeliveryFilter) -> list[Delivery]:
        """What `told` holds, the newest first."""
        found = [self._delivery(one) for told in self.told.values() for one in told]
        kept = [
            one
            for one in found
            if (wanted.alert in (None, one.notification.alert))
            and (wanted.target in (None, one.notification.target))
            and (wanted.start is None or one.notification.created_at >= wanted.start)
            and (wanted.end is None or one.notification.created_at < wanted.end)
            and (wanted.before is None or (one.notification.created_at, one.notification.id) < wanted.before)
        ]
        kept.sort(key=lambda one: (one.notification.created_at, one.notification.id), reverse=True)
        return kept[: wanted.limit]

    def _delivery(self, told: Notification) -> Delivery:
        alert, at = self.held[told.alert], told.answered_at
        tries = (Attempt(number=1, at=at, kind=told.state.value, answer=told.answer or ""),) if at is not None else ()
        return Delivery(
            notification=told, title=alert.title, category=alert.category, severity=alert.severity,
            facility=alert.facility, attempts=tries, acknowledged_by=alert.acknowledged_by,
            acknowledged_at=alert.acknowledged_at,
        )  # fmt: skip

    async def detail(self, alert: str) -> AlertDetail | None:
        """One alert with its timeline."""
        found = self.held.get(alert)
        if found is None:
            return None
        return AlertDetail(found, tuple(self.timeline[alert]), tuple(self.told[alert]), tuple(self.upcoming[alert]))

    async def acknowledge(self, alert: str, *, by: str, at: Moment, comment: str = "") -> Alert:
        """Once, by whoever is first."""
        self.meanwhile()
        held = self.held[alert]
        if held.acknowledged_at is not None:
            raise ActionRefused("already_acknowledged", f"{held.acknowledged_by} has it already.")
        if held.state is AlertState.CLOSED:
            raise ActionRefused("closed", "It is closed.")
        state = {AlertState.ACTIVE: AlertState.ACKNOWLEDGED, AlertState.RETURNED: AlertState.CLOSED}
        changes = {"acknowledged_at": at, "acknowledged_by": by, "state": state.get(held.state, held.state)}
        changes["acknowledge_due_at"] = None
        return self._change(held, at, by, "acknowledged", comment, changes)

    async def reset(self, alert: str, *, by: str, at: Moment, comment: str = "") -> Alert:
        """Only when latched."""
        held = self.held[alert]
        if held.state is not AlertState.LATCHED:
            raise ActionRefused("not_latched", "Its condition still holds, or it needs no reset.")
        changes = {"closed_at": at, "closed_by": by, "closed_because": "reset", "state": AlertState.CLOSED}
        return self._change(held, at, by, "reset", comment, changes)

    async def assign(self, alert: str, *, by: str, at: Moment, to: str, comment: str = "") -> Alert:
        """To anybody."""
        return self._change(self.held[alert], at, by, "assigned", comment, {"assigned_to": to or None})

    async def shelve(
        self, alert: str, *, by: str, at: Moment, until: Moment, reason: str, as_administrator: bool = False
    ) -> Alert:
        """A fire only by an administrator."""
        held = self.held[alert]
        if held.category is Category.FIRE and not as_administrator:
            raise ActionRefused("administrator", "A fire alert is shelved by an administrator only.")
        changes = {"shelved_until": until, "shelved_by": by, "shelved_why": reason, "state": AlertState.SHELVED}
        return self._change(held, at, by, "shelved", reason, changes)

    async def unshelve(self, alert: str, *, by: str, at: Moment, comment: str = "") -> Alert:
        """Back to where it was when nobody had it."""
        gone = dict.fromkeys(("shelved_until", "shelved_by", "shelved_why"))
        return self._change(self.held[alert], at, by, "unshelved", comment, {**gone, "state": AlertState.ACTIVE})

    async def take_out_of_service(self, alert: str, *, by: str, at: Moment, reason: str) -> Alert:
        """Suppressed from then on."""
        changes = {"out_of_service": True, "out_of_service_by": by, "out_of_service_why": reason}
        changes |= {"state": AlertState.SUPPRESSED, "suppressed_by": "out_of_service"}
        return self._change(self.held[alert], at, by, "out_of_service", reason, changes)

    async def return_to_service(self, alert: str, *, by: str, at: Moment, comment: str = "") -> Alert:
        """Active again."""
        gone = {"out_of_service": False, "suppressed_by": None, "state": AlertState.ACTIVE}
        return self._change(self.held[alert], at, by, "in_service", comment, gone)

    async def verify(self, alert: str, *, by: str, at: Moment, verdict: Verification, comment: str = "") -> Alert:
        """Who looked has it."""
        held, changes = self.held[alert], {"verification": verdict, "verify_due_at": None}
        if held.acknowledged_at is None and verdict is not Verification.UNREACHABLE:
            changes |= {"acknowledged_at": at, "acknowledged_by": by, "state": AlertState.ACKNOWLEDGED}
        return self._change(held, at, by, "verified", comment, changes)

    async def comment(self, alert: str, *, by: str, at: Moment, text: str) -> Alert:
        """Always."""
        return self._change(self.held[alert], at, by, "comment", text, {})

    def note(self, alert: str, at: Moment, by: str, event: str, comment: str = "") -> None:
        """Add to the timeline."""
        entries = self.timeline[alert]
        detail = {"comment": comment} if comment else {}
        entries.append(TimelineEntry(number=len(entries) + 1, at=at, event=event, by=by, detail=detail))

    def _change(self, held: Alert, at: Moment, by: str, event: str, comment: str, changes: dict[str, Any]) -> Alert:
        self.note(held.id, at, by, event, comment)
        self.held[held.id] = held.model_copy(update={"changed_at": at, **changes})
        return self.held[held.id]


class Windows:
    """Windows in memory."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.held: list[Window] = []

    async def windows(self, *, past: bool = False) -> list[Window]:
        """The first to begin first."""
        found = [one for one in self.held if past or one.ends_at > self._clock()]
        return sorted(found, key=lambda one: one.starts_at)

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
        """Any window."""
        made = Window(
            id=f"W-{len(self.held) + 1}", kind=kind, scope_kind=scope_kind, scope=scope, why=why, starts_at=starts_at,
            ends_at=ends_at, made_by=by, made_at=self._clock(),
        )  # fmt: skip
        self.held.append(made)
        return made

    async def end_window(self, window: str, *, by: str) -> Window:
        """Once."""
        [found] = [one for one in self.held if one.id == window]
        ended = found.model_copy(update={"ends_at": self._clock(), "ended_by": by})
        self.held[self.held.index(found)] = ended
        return ended
