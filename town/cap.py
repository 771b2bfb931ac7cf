"""An alert as a draft of a public warning: OASIS Common Alerting Protocol 1.2, for the authorities to look at.

It is only ever a draft (`Draft`, of a drill `Exercise`), with restricted scope: issuing a public warning belongs to the
authorities. Pure.
"""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

from town.alert import Alert, AlertState, Category, Severity, Subject, Verification
from town.facility import Position
from town.language import Label
from town.moment import Moment, as_datetime
from town.outlines import Outlines, Ring
from town.seen import Seen, made_of, number, worth_telling
from town.town import Town

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
RADIUS_KM = 0.3
"""Around a facility: whoever is asked to issue it decides how far it reaches."""
LANGUAGES = {"zh": "zh-CN", "en": "en-GB"}
_DRAFT = Label(
    zh="供主管部门审核的草稿，未经发布。", en="A draft for the authorities to approve; it has not been issued."
)

CATEGORIES: dict[Category, str] = {
    Category.FIRE: "Fire",
    Category.SECURITY: "Security",
    Category.ENVIRONMENT: "Env",
    Category.HEALTH: "Health",
    Category.UTILITY: "Infra",
    Category.CROWD: "Safety",
    Category.GOVERNANCE: "Other",
    Category.DEVICE: "Infra",
}
SEVERITIES = {
    Severity.CRITICAL: "Extreme",
    Severity.MAJOR: "Severe",
    Severity.MINOR: "Moderate",
    Severity.ADVISORY: "Minor",
}
URGENCIES = {
    Severity.CRITICAL: "Immediate",
    Severity.MAJOR: "Immediate",
    Severity.MINOR: "Expected",
    Severity.ADVISORY: "Future",
}
CERTAINTIES = {
    Verification.TRUE: "Observed",
    Verification.FALSE: "Unlikely",
    Verification.DRILL: "Observed",
    Verification.UNVERIFIED: "Likely",
    Verification.UNREACHABLE: "Possible",
    None: "Observed",
}
"""What is measured and need not be looked at counts as observed; what has to be looked at is likely until it was."""
_TRUTH: dict[bool | None, Label] = {
    True: Label(zh="是", en="yes"),
    False: Label(zh="否", en="no"),
    None: Label(zh="无数据", en="no data"),
}


def cap_draft(alert: Alert, town: Town, *, sender: str, now: Moment, outlines: Outlines | None = None) -> str:
    """The document; `sender` says which brain drafted it. The same alert at another moment is another document."""
    ET.register_namespace("", NAMESPACE)
    root = ET.Element(_tag("alert"))
    for name, text in _head(alert, town, sender=sender, now=now):
        _add(root, name, text)
    for language in ("zh", "en"):
        _info(root, alert, town, language=language, outlines=outlines or Outlines([], {}), now=now)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _head(alert: Alert, town: Town, *, sender: str, now: Moment) -> Iterator[tuple[str, str]]:
    yield "identifier", plain_name(f"{town.id}.{alert.id}.{now}")
    yield "sender", plain_name(sender)
    yield "sent", _time(now, town)
    yield "status", "Exercise" if alert.drill else "Draft"
    yield "msgType", "Alert"
    yield "source", f"{town.name.en} town brain"
    yield "scope", "Restricted"
    yield "restriction", f"{_DRAFT.zh} {_DRAFT.en}"
    yield "note", f"{_DRAFT.zh} {_DRAFT.en}"


def sender_of(town: Town, public_url: str | None) -> str:
    """Which brain drafted it: the town at the address of its console."""
    return f"{town.id}@{urlsplit(public_url or '').hostname or 'localhost'}"


def plain_name(text: str) -> str:
    """An identifier or sender: no spaces, commas, `<` and `&`, nor anything else that needs care."""
    return re.sub(r"[^A-Za-z0-9._:@/-]", "_", text)


def _info(root: ET.Element, alert: Alert, town: Town, *, language: str, outlines: Outlines, now: Moment) -> None:
    over = alert.state is AlertState.CLOSED or alert.cleared_at is not None
    info = ET.SubElement(root, _tag("info"))
    title, place = _text(alert.title, language), _place(alert, town, language)
    _add(info, "language", LANGUAGES[language])
    _add(info, "category", CATEGORIES[alert.category])
    _add(info, "event", title)
    _add(info, "responseType", "AllClear" if over else "Assess")
    _add(info, "urgency", "Past" if over else URGENCIES[alert.severity])
    _add(info, "severity", SEVERITIES[alert.severity])
    _add(info, "certainty", CERTAINTIES[alert.verification])
    _add(info, "effective", _time(now, town))
    _add(info, "onset", _time(alert.opened_at, town))
    _add(info, "senderName", f"{_text(town.name, language)} ({_text(_DRAFT, language)})")
    _add(info, "headline", f"{title} · {place}"[:160])
    _add(info, "description", _description(alert, town, language))
    if alert.response:
        _add(info, "instruction", _text(alert.response.text, language))
    for name, value in (("rule", alert.rule), ("alert", alert.id), ("state", alert.state.value)):
        parameter = ET.SubElement(info, _tag("parameter"))
        _add(parameter, "valueName", name)
        _add(parameter, "value", value)
    _area(info, alert, town, place=place, outlines=outlines)


def _description(alert: Alert, town: Town, language: str) -> str:
    """What was seen, with its limits; the consequence if the rule names one."""
    lines = [_observation(one, town, language) for one in worth_telling(alert.reason.get("observations", []))][:6]
    if alert.consequence:
        lines.append(_text(alert.consequence, language))
    return "\n".join(lines) or _text(alert.title, language)


def _observation(one: Seen, town: Town, language: str) -> str:
    quantity = town.quantities.get(one["quantity"])
    name = _text(quantity.name, language) if quantity else str(one["quantity"])
    value, made = one.get("value"), made_of(one)
    name += f" ({_text(made, language)})" if made else ""
    if isinstance(value, bool) or value is None:
        return f"{name}: {_text(_TRUTH[value], language)}"
    limit = f"({one['limit']})" if one.get("limit") else ""
    shown = number(value) if isinstance(value, int | float) else str(value)
    return " ".join(part for part in (name, shown, one.get("unit") or "", limit) if part)


def _area(info: ET.Element, alert: Alert, town: Town, *, place: str, outlines: Outlines) -> None:
    area = ET.SubElement(info, _tag("area"))
    _add(area, "areaDesc", place)
    facility = town.facilities.get(alert.facility or "")
    if facility is not None:
        _add(area, "circle", _circle(facility.position))
        return
    rings = outlines.zones.get(alert.zone or "", []) if alert.zone else outlines.town
    for ring in rings:
        _add(area, "polygon", _polygon(ring))
    if not rings:
        _add(area, "circle", _circle(town.position))


def _circle(position: Position) -> str:
    return f"{position.latitude:.6f},{position.longitude:.6f} {RADIUS_KM:g}"


def _polygon(ring: Ring) -> str:
    closed = ring if ring[0] == ring[-1] else [*ring, ring[0]]
    return " ".join(f"{latitude:.6f},{longitude:.6f}" for latitude, longitude in closed)


def _place(alert: Alert, town: Town, language: str) -> str:
    facility, zone = town.facilities.get(alert.facility or ""), town.zones.get(alert.zone or "")
    named = facility.name if facility else town.subject_name(Subject(alert.subject_kind, alert.subject))
    names = [_text(town.name, language), *([_text(zone.name, language)] if zone else []), _text(named, language)]
    return " / ".join(dict.fromkeys(names))


def _time(at: Moment, town: Town) -> str:
    """With the offset as numbers, of UTC too: CAP knows no Z."""
    return as_datetime(at, town.zone_info).isoformat(timespec="seconds")


def _text(label: Label, language: str) -> str:
    return label.en if language == "en" else label.zh


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _add(parent: ET.Element, name: str, text: str) -> None:
    # XML 1.0 has no way to write most control characters.
    ET.SubElement(parent, _tag(name)).text = "".join(
        sign if sign == "\n" or sign.isprintable() else " " for sign in text
    )
