"""An alert in one row: what, where, since when, which values, who has it."""

import re
from typing import Any, NamedTuple

from console.scene import ASIDE_STATES, Scene, is_open, is_taken
from console.views.history_text import person_name
from console.words import Words
from town.alert import Alert, AlertState, Category, Observation, Severity, Subject
from town.moment import Moment
from town.town import Town

_CODES = frozenset({"Cel", "%RH", "ug/m3", "mg/m3", "m3/h"})
"""Unit codes that people write otherwise."""


class AlertRow(NamedTuple):
    """What the lists show of an alert."""

    id: str
    severity: Severity
    hollow: bool
    open: bool
    drill: bool
    title: str
    place: str
    spot: str
    """Where in the place, when one sensor is meant."""
    since: Moment
    ended: Moment | None
    values: str
    taken: str
    category: str
    due: Moment | None
    """When somebody should have it, if nobody has."""
    instruction: str


def alert_row(scene: Scene, told: Words, alert: Alert) -> AlertRow:
    """The row of one alert."""
    return AlertRow(
        id=alert.id,
        severity=alert.severity,
        hollow=is_taken(alert) or not is_open(alert),
        open=alert.state is not AlertState.CLOSED,
        drill=alert.drill,
        title=told.label(alert.title),
        place=place_name(scene.town, told, alert),
        spot=spot_name(scene.town, told, alert),
        since=alert.raised_at,
        ended=alert.closed_at,
        values=told.gettext(" · ").join(value_text(scene.town, told, seen) for seen in telling(alert)[:2]),
        taken=taken_text(scene, told, alert),
        category=category_name(told, alert.category),
        due=due_at(alert),
        instruction=told.label(alert.response.text) if alert.response else "",
    )


def place_name(town: Town, told: Words, alert: Alert) -> str:
    """Where: the facility, or the zone or town when the alert is about more than one."""
    if alert.facility and alert.facility in town.facilities:
        return told.label(town.facilities[alert.facility].name)
    return told.label(town.subject_name(Subject(alert.subject_kind, alert.subject)))


def spot_name(town: Town, told: Words, alert: Alert) -> str:
    """Where in its facility the sensor is that the alert is about; its id when the sensor list does not say."""
    if alert.subject_kind != "sensor":
        return ""
    sensor = town.sensors.get(alert.subject)
    return told.label(sensor.place) if sensor and sensor.place else alert.subject


def observations(alert: Alert) -> list[Observation]:
    """What the rule looked at, newest."""
    known = set(Observation.__struct_fields__)
    found: list[dict[str, Any]] = alert.reason.get("observations", [])
    return [Observation(**{k: v for k, v in seen.items() if k in known}) for seen in found]


def telling(alert: Alert) -> list[Observation]:
    """The observations worth a glance, one a quantity: those that hold, measured values first."""
    seen = [s for s in observations(alert) if s.value is not None]
    worth = sorted([s for s in seen if s.holds] or seen, key=lambda s: s.expression is not None)
    found: dict[tuple[str, str], Observation] = {}
    for each in worth:
        found.setdefault((each.sensor, each.quantity), each)
    return list(found.values())


def quantity_name(town: Town, told: Words, quantity: str) -> str:
    """What people call a quantity."""
    found = town.quantities.get(quantity)
    return told.label(found.name) if found else quantity


def value_text(town: Town, told: Words, seen: Observation) -> str:
    """An observation as a phrase: "Smoke 0.31 dB/m (≥ 0.15 dB/m)", "Door contact open"."""
    if isinstance(seen.value, bool) and seen.sensor in town.sensors:
        kind = town.kinds[town.sensors[seen.sensor].kind]
        return f"{told.label(kind.name)} {told.state(seen.value, seen.quantity)}"
    limit = told.gettext(" ({limit})").format(limit=pretty_limit(told, seen.limit)) if seen.limit else ""
    return f"{quantity_name(town, told, seen.quantity)} {measured_text(town, told, seen)}{limit}"


def measured_text(town: Town, told: Words, seen: Observation) -> str:
    """The value with its unit; what is made of a quantity keeps the unit the rule gave it."""
    if seen.value is None:
        return told.gettext("unknown")
    quantity = town.quantities.get(seen.quantity)
    if seen.unit is not None and not isinstance(seen.value, bool | str):
        return f"{told.number(seen.value, seen.unit)} {told.unit(seen.unit)}".strip()
    return " ".join(told.value(seen.value, quantity)).strip()


def limit_text(told: Words, seen: Observation) -> str:
    """What a value was held against; of what is true or false the state that is asked for."""
    if isinstance(seen.value, bool):
        asked = re.fullmatch(r"(==|=|!=)?\s*(true|false)", (seen.limit or "true").strip())
        if asked:
            return told.state((asked[2] == "true") == (asked[1] != "!="), seen.quantity)
    return pretty_limit(told, seen.limit) if seen.limit else "—"


def pretty_limit(told: Words, limit: str) -> str:
    """A limit as people write it: ≥ for >=, °C for Cel."""
    shown = limit.replace(">=", "≥").replace("<=", "≤").replace("!=", "≠").replace("==", "=")
    return " ".join(told.unit(word) if word in _CODES else word for word in shown.split())


def taken_text(scene: Scene, told: Words, alert: Alert) -> str:
    """Who has it, or that nobody has."""
    if alert.state in ASIDE_STATES and not is_open(alert):
        return aside_text(scene, told, alert)
    gone = {
        AlertState.LATCHED: told.gettext("condition gone, reset it"),
        AlertState.RETURNED: told.gettext("condition gone, nobody had it"),
    }
    if alert.state in gone:
        return gone[alert.state]
    for who, text in (
        (alert.closed_by, told.gettext("closed by {who}")),
        (alert.acknowledged_by, told.gettext("{who} has it")),
        (alert.assigned_to, told.gettext("given to {who}")),
    ):
        if who is not None:
            return text.format(who=person_name(scene, told, who))
    return told.gettext("nobody has it")


def aside_text(scene: Scene, told: Words, alert: Alert) -> str:
    """Why nobody is needed now, and until when."""
    if alert.out_of_service:
        return told.gettext("out of service")
    if alert.shelved_until is not None:
        until = told.clock(alert.shelved_until, scene.town.zone_info, now=scene.now)[:-3]
        return told.gettext("shelved until {time}").format(time=until)
    found = next((one for one in scene.windows if one.id == alert.window), None)
    if alert.suppressed_by == "maintenance" and found is not None:
        until = told.clock(found.ends_at, scene.town.zone_info, now=scene.now)[:-3]
        return told.gettext("maintenance until {time}").format(time=until)
    names = {
        "maintenance": told.gettext("maintenance"),
        "schedule": told.gettext("outside the rule's hours"),
        "shadow": told.gettext("the rule is only tried out"),
        "backlog": told.gettext("from readings that arrived late"),
    }
    return names.get(alert.suppressed_by or "") or told.gettext("because of {rule}").format(rule=alert.suppressed_by)


def due_at(alert: Alert) -> Moment | None:
    """By when somebody should have it, if nobody has."""
    return alert.acknowledge_due_at if alert.acknowledged_at is None else None


def category_name(told: Words, category: Category) -> str:
    """What people call a category."""
    return {
        Category.FIRE: told.gettext("Fire"),
        Category.SECURITY: told.gettext("Security"),
        Category.ENVIRONMENT: told.gettext("Environment"),
        Category.HEALTH: told.gettext("Health"),
        Category.UTILITY: told.gettext("Utilities"),
        Category.CROWD: told.gettext("Crowd"),
        Category.GOVERNANCE: told.gettext("Governance"),
        Category.DEVICE: told.gettext("Devices"),
    }[category]
