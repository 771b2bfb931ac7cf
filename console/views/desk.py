"""The alert desk: the queue, one alert in the order a person needs it, and who knows and what happened."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple
from urllib.parse import parse_qs, urlencode

from console.part_names import part_names
from console.render import render
from console.roles import Role
from console.said import said
from console.scene import Scene
from console.views.alert_row import (
    AlertRow,
    alert_row,
    category_name,
    limit_text,
    measured_text,
    observations,
    quantity_name,
)
from console.views.deeds import LENGTHS, VERDICTS, deadlines, deeds_of, length_name, tags
from console.views.history_text import channel_name, closing_name, delivery_name, event_text, person_name, verdict_name
from console.views.next_text import upcoming_text
from console.words import Words
from town.alert import Alert, AlertState, Category
from town.language import Label
from town.moment import DAY
from town.ports import AlertFilter, AlertReader

OWN_RULES = "brain."
"""What the rules begin with by which the brain tells of itself."""
CLOSED_SHOWN = 100
EARLIER_SHOWN = 4
Renderer = Callable[[Scene, Words, str], Awaitable[str]]


class Choice(NamedTuple):
    """What the queue shows: `open`, `mine`, `aside` or `closed`, of which category, which is chosen, and for whom."""

    show: str = "open"
    category: str = ""
    chosen: str = ""
    person: str = ""

    @classmethod
    def read(cls, argument: str) -> "Choice":
        """The choice that `text` wrote."""
        return cls(**{key: values[0] for key, values in parse_qs(argument).items()})

    def text(self) -> str:
        """The choice as an argument of a fragment."""
        return urlencode({key: value for key, value in self._asdict().items() if value})

    def is_mine(self, alert: Alert) -> bool:
        """Whether the person has it, or is to see to it."""
        return self.person in {alert.acknowledged_by, alert.assigned_to}

    def url(self, alert: str = "") -> str:
        """Where the desk stands with this choice."""
        asked = {"show": self.show if self.show != "open" else "", "category": self.category}
        query = urlencode({key: value for key, value in asked.items() if value})
        return f"/alerts{f'/{alert}' if alert else ''}{f'?{query}' if query else ''}"


class Shown(NamedTuple):
    """An alert, as somebody of a role sees it: what they may not do is not there."""

    alert: str
    role: Role = Role.VIEWER

    @classmethod
    def read(cls, argument: str) -> "Shown":
        """What `text` wrote."""
        role, _, alert = argument.partition(":")
        return cls(alert, Role(role) if role in set(Role) else Role.VIEWER)

    def text(self) -> str:
        """It as an argument of a fragment."""
        return f"{self.role}:{self.alert}"


class Seen(NamedTuple):
    """A row of the table of what the rule looked at."""

    name: str
    expression: str
    sensor: str
    value: str
    limit: str
    holds: bool | None


def queue(reader: AlertReader) -> Renderer:
    """The renderer of the queue; its argument is a Choice."""

    async def show(scene: Scene, told: Words, argument: str) -> str:
        choice = Choice.read(argument)
        alerts = await chosen_alerts(reader, scene, choice)
        mine = sum(choice.is_mine(alert) for alert in scene.alerts)
        return render(
            "desk_queue.html",
            told,
            rows=[alert_row(scene, told, alert) for alert in alerts],
            choice=choice,
            counts={"open": len(scene.alerts), "mine": mine, "aside": len(scene.aside), "closed": None},
            categories=[(category.value, category_name(told, category)) for category in Category],
            ended=await last_ended(reader) if not alerts else None,
        )

    return show


async def chosen_alerts(reader: AlertReader, scene: Scene, choice: Choice) -> list[Alert]:
    """The alerts of a choice, those that need somebody first, closed ones the newest first."""
    wanted = frozenset({Category(choice.category)}) if choice.category in set(Category) else None
    if choice.show == "closed":
        closed = AlertFilter(states=frozenset({AlertState.CLOSED}), categories=wanted, limit=CLOSED_SHOWN)
        return sorted(await reader.alerts(closed), key=lambda alert: -(alert.closed_at or alert.changed_at))
    mine = choice.show == "mine"
    return [
        alert
        for alert in (scene.aside if choice.show == "aside" else scene.alerts)
        if (not mine or choice.is_mine(alert)) and (wanted is None or alert.category in wanted)
    ]


def alert(reader: AlertReader, assignable: Callable[[], dict[str, Label]]) -> Renderer:
    """The renderer of one alert; its argument is a Shown."""

    async def show(scene: Scene, told: Words, argument: str) -> str:
        asked = Shown.read(argument)
        found = await reader.detail(asked.alert) if asked.alert else None
        if found is None:
            return render("desk_none.html", told, asked=asked.alert, ended=await last_ended(reader))
        alert = found.alert
        return render(
            "desk_alert.html",
            told,
            alert=alert,
            row=alert_row(scene, told, alert),
            where=where(scene, told, alert),
            seen=seen_rows(scene, told, alert),
            category=category_name(told, alert.category),
            clock=lambda at: told.clock(at, scene.town.zone_info, now=scene.now),
            deeds=deeds_of(alert, asked.role),
            tags=tags(scene, told, alert),
            deadlines=deadlines(told, alert),
            verdicts=VERDICTS,
            verdict_name=lambda verdict: verdict_name(told, verdict),
            lengths=[(length, length_name(told, length)) for length in LENGTHS],
            people=sorted(assignable().items()),
            AlertState=AlertState,
            person=lambda who: person_name(scene, told, who),
            because=closing_name(told, alert.closed_because or ""),
            why=_own_reason(told, alert),
        )

    return show


def _own_reason(told: Words, alert: Alert) -> str:
    """What the brain says of itself in an alert about itself; nothing of what a rule says."""
    if not alert.rule.startswith(OWN_RULES):
        return ""
    part, _, detail = str(alert.reason.get("condition", "")).partition(": ")
    name = part.rpartition(" ")[0]
    return told.gettext("{part}: {detail}").format(part=part_names(told).get(name, name), detail=said(told, detail))


def side(reader: AlertReader) -> Renderer:
    """The renderer of who knows, what happened, and how it ended before; its argument is the alert's id."""

    async def show(scene: Scene, told: Words, argument: str) -> str:
        found = await reader.detail(argument) if argument else None
        if found is None:
            return ""
        return render(
            "desk_side.html",
            told,
            told_people=[(n, channel_name(told, n.channel), delivery_name(told, n.state)) for n in found.notifications],
            timeline=[(entry, *event_text(scene, told, entry)) for entry in found.timeline],
            person=lambda who: person_name(scene, told, who),
            upcoming=[(one.at, *upcoming_text(scene, told, one)) for one in found.upcoming],
            earlier=await _earlier(reader, scene, told, found.alert),
            clock=lambda at: told.clock(at, scene.town.zone_info, now=scene.now),
            date=lambda at: told.clock(at, scene.town.zone_info, now=0)[:5],
        )

    return show


def where(scene: Scene, told: Words, alert: Alert) -> list[str]:
    """The sensor's place and id, and the zone."""
    found = []
    sensor = scene.town.sensors.get(alert.subject) if alert.subject_kind == "sensor" else None
    if sensor and sensor.place:
        found.append(told.label(sensor.place))
    if sensor:
        found.append(told.gettext("sensor {id}").format(id=sensor.id))
    if alert.zone in scene.town.zones:
        found.append(told.label(scene.town.zones[alert.zone].name))
    return found


def seen_rows(scene: Scene, told: Words, alert: Alert) -> list[Seen]:
    """What the rule looked at, value against limit."""
    rows = []
    for seen in observations(alert):
        name = quantity_name(scene.town, told, seen.quantity)
        made = seen.expression if seen.expression and seen.expression != seen.quantity else ""
        if made and seen.sensor not in scene.town.sensors:
            name = told.gettext("over the place")
        rows.append(
            Seen(name, made, seen.sensor, measured_text(scene.town, told, seen), limit_text(told, seen), seen.holds)
        )
    return rows


async def _earlier(reader: AlertReader, scene: Scene, told: Words, alert: Alert) -> list[AlertRow]:
    closed = frozenset({AlertState.CLOSED})
    wanted = AlertFilter(
        states=closed, facility=alert.facility, rule=alert.rule, opened_after=scene.now - 90 * DAY, limit=20
    )
    found = [a for a in await reader.alerts(wanted) if a.id != alert.id and a.subject == alert.subject]
    return [alert_row(scene, told, a) for a in found[:EARLIER_SHOWN]]


async def last_ended(reader: AlertReader) -> Alert | None:
    """The alert that was closed last, to say when that was."""
    found = await reader.alerts(AlertFilter(states=frozenset({AlertState.CLOSED}), limit=20))
    return max(found, key=lambda alert: alert.closed_at or 0, default=None)
