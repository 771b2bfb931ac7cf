"""Alerts and their events as rows of the brain's own, for the store. Pure."""

from typing import Any

from alerts.event_words import event_text
from alerts.news import News
from town.alert import Alert, AlertState, Severity
from town.moment import Moment
from town.own import LARGEST_ORDER, OwnRow
from town.quantity import Value
from town.town import Town

NOBODY = "-"


def alert_row(alert: Alert, town: Town, *, at: Moment) -> OwnRow:
    """How an alert stands at a moment."""
    facility = town.facilities.get(alert.facility or "")
    position = facility.position if facility else town.position
    place = facility.name if facility else town.zones[alert.zone].name if alert.zone in town.zones else town.name
    tags = {"alert_rule": alert.rule, "subject": alert.subject, **_place(alert)}
    fields: dict[str, Value] = {
        "alert": alert.id,
        "state": alert.state.value,
        "severity_digit": float(alert.severity.digit),
        "mark": alert.severity.digit + (0.5 if alert.acknowledged_by else 0.0),
        "open_since": float(alert.opened_at),
        "title_zh": alert.title.zh,
        "title_en": alert.title.en,
        "place_zh": place.zh,
        "place_en": place.en,
        "acknowledged": alert.acknowledged_at is not None,
        "acknowledged_by": alert.acknowledged_by or NOBODY,
        "lat": position.latitude,
        "lon": position.longitude,
    }
    return OwnRow("alert", tags, fields, at)


def news_rows(news: News, town: Town) -> list[OwnRow]:
    """What happened, how the alert stands now, and the end of the series that it leaves by another severity."""
    alert, entry = news.alert, news.entry
    rows = [_event_row(news, town), alert_row(alert, town, at=alert.changed_at)]
    before = entry.detail.get("from") if entry.event == "severity_changed" else None
    if before in list(Severity) and before != alert.severity:
        left = alert.model_copy(update={"severity": Severity(before), "state": AlertState.CLOSED})
        rows.append(alert_row(left, town, at=alert.changed_at))
    return rows


def _event_row(news: News, town: Town) -> OwnRow:
    alert, entry = news.alert, news.entry
    text = event_text(alert, entry, town)
    severity = entry.detail.get("severity")
    tags = {**_place(alert), "severity": severity if severity in list(Severity) else alert.severity.value}
    fields: dict[str, Value] = {
        "alert": alert.id,
        "rule": alert.rule,
        "event": entry.event,
        "by": entry.by,
        "text_zh": text.zh,
        "text_en": text.en,
        "drill": alert.drill,
        "sequence": float(news.number),
        **_until(entry.detail.get("until")),
    }
    return OwnRow("alert_event", tags, fields, entry.at, news.number % (LARGEST_ORDER + 1))


def _place(alert: Alert) -> dict[str, str]:
    tags = {"facility": alert.facility, "zone": alert.zone}
    known = {name: value for name, value in tags.items() if value}
    return {**known, "category": alert.category.value, "severity": alert.severity.value}


def _until(moment: Any) -> dict[str, float]:
    return {"until": float(moment)} if type(moment) in (int, float) else {}
