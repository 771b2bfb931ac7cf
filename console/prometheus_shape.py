"""Rules and alerts in the shape of Prometheus' HTTP API, so that Grafana and other tools show ours. Pure."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from console.words import Words
from town.alert import Alert, AlertState, Category, Subject
from town.moment import SECOND, Moment, format_moment
from town.rule_shown import RuleShown
from town.town import Town

FIRING = frozenset({AlertState.ACTIVE, AlertState.ACKNOWLEDGED, AlertState.RETURNED, AlertState.LATCHED})
SHOWN = FIRING | {AlertState.PENDING}
"""What is shelved or suppressed is muted by a person or by design: it is not shown as firing."""
_STATES = ("firing", "pending", "inactive")
_SUM = re.compile(r"\s*(-?\d+(?:\.\d+)?)(?:\s*([+*/-])\s*(-?\d+(?:\.\d+)?))?\s*")
_SELECTOR = re.compile(r'\s*ALERTS\s*(?:\{((?:\s*\w+\s*(?:=|!=)\s*"[^"\\]*"\s*,?)*)\})?\s*')
_MATCHER = re.compile(r'(\w+)\s*(=|!=)\s*"([^"\\]*)"')


class BadQuery(Exception):  # noqa: N818 - an answer to whoever asks
    """A question that is not understood."""


def rule_groups(
    rules: Sequence[RuleShown], alerts: Sequence[Alert], town: Town, told: Words, *, judged_at: Moment
) -> list[dict[str, Any]]:
    """One group for each category that has rules."""
    by_rule: dict[str, list[Alert]] = {}
    for alert in alerts:
        by_rule.setdefault(alert.rule, []).append(alert)
    groups = []
    for category in Category:
        own = [rule for rule in rules if rule.definition.category is category]
        if own:
            found = [
                _rule(rule, by_rule.get(rule.definition.rule, []), town, told, judged_at=judged_at) for rule in own
            ]
            groups.append({"name": category.value, "file": f"{town.id}/rules", "rules": found, **_looked(judged_at)})
    return groups


def _looked(judged_at: Moment) -> dict[str, Any]:
    """Rules are judged at every reading, not by an interval; a group says one all the same."""
    return {"interval": 1, "limit": 0, "evaluationTime": 0.0, "lastEvaluation": format_moment(judged_at)}


def _rule(rule: RuleShown, alerts: Sequence[Alert], town: Town, told: Words, *, judged_at: Moment) -> dict[str, Any]:
    definition = rule.definition
    shown = [alert_of(alert, town, told) for alert in alerts]
    states = {one["state"] for one in shown}
    found: dict[str, Any] = {
        "state": next((state for state in _STATES if state in states), "inactive"),
        "name": told.label(definition.title),
        "query": rule.condition,
        "duration": rule.hold_for / SECOND,
        "keepFiringFor": rule.keep_active_for / SECOND,
        "labels": {
            "rule": definition.rule,
            "severity": definition.severity.value,
            "category": definition.category.value,
            "town": town.id,
        },
        "annotations": {"description": told.label(definition.response.text)} if definition.response else {},
        "alerts": shown,
        "health": "err" if rule.error else "ok",
        "evaluationTime": 0.0,
        "lastEvaluation": format_moment(judged_at),
        "type": "alerting",
    }
    return {**found, "lastError": rule.error} if rule.error else found


def alert_of(alert: Alert, town: Town, told: Words) -> dict[str, Any]:
    """One alert; its labels tell it from every other, and none is empty."""
    subject = town.subject_name(Subject(alert.subject_kind, alert.subject))
    facility = town.facilities.get(alert.facility or "")
    where = told.label(facility.name if facility else subject)
    labels = {
        "alertname": told.label(alert.title),
        "alert": alert.id,
        "rule": alert.rule,
        "severity": alert.severity.value,
        "category": alert.category.value,
        "subject": alert.subject,
        "facility": alert.facility or "",
        "zone": alert.zone or "",
        "town": town.id,
    }
    annotations = {
        "summary": f"{alert.severity.mark} {told.label(alert.title)} · {where}",
        "description": told.label(alert.response.text) if alert.response else "",
        "state": alert.state.value,
        "acknowledged_by": alert.acknowledged_by or "",
    }
    return {
        "labels": {name: value for name, value in labels.items() if value},
        "annotations": {name: value for name, value in annotations.items() if value},
        "state": "pending" if alert.state is AlertState.PENDING else "firing",
        "activeAt": format_moment(alert.opened_at),
        "value": _value(alert),
    }


def _value(alert: Alert) -> str:
    """The value that decided, as Prometheus writes numbers; 1 where there is none."""
    seen: list[dict[str, Any]] = alert.reason.get("observations", [])
    values = [one.get("value") for one in sorted(seen, key=lambda one: one.get("holds") is not True)]
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    return f"{numbers[0]:e}" if numbers else "1e+00"


def chosen(
    groups: Sequence[Mapping[str, Any]],
    *,
    states: Collection[str],
    names: Collection[str],
    groups_named: Collection[str],
) -> list[dict[str, Any]]:
    """The groups with those rules that are in one of these states and have one of these names; none means all."""
    found = []
    for group in groups:
        rules = [
            {**rule, "alerts": [one for one in rule["alerts"] if not states or one["state"] in states]}
            for rule in group["rules"]
            if (not states or rule["state"] in states) and (not names or rule["name"] in names)
        ]
        if rules and (not groups_named or group["name"] in groups_named):
            found.append({**group, "rules": rules})
    return found


def query(text: str, alerts: Sequence[Mapping[str, Any]], *, now: Moment) -> dict[str, Any]:
    """What an instant query answers: a number, a sum of two, or `ALERTS` with plain matchers. Raises BadQuery."""
    seconds = now / SECOND
    if total := _SUM.fullmatch(text):
        return {"resultType": "scalar", "result": [seconds, _number(_calculated(*total.groups()))]}
    selector = _SELECTOR.fullmatch(text)
    if selector is None:
        raise BadQuery('only ALERTS, ALERTS{name="value"} and sums of two numbers are answered here')
    matchers = _MATCHER.findall(selector[1] or "")
    series = [{"__name__": "ALERTS", "alertstate": one["state"], **one["labels"]} for one in alerts]
    kept = [
        one for one in series if all((one.get(name, "") == value) is (sign == "=") for name, sign, value in matchers)
    ]
    return {"resultType": "vector", "result": [{"metric": one, "value": [seconds, "1"]} for one in kept]}


def _calculated(left: str, sign: str | None, right: str | None) -> float:
    first, second = float(left), float(right or 0)
    if sign == "/" and second == 0:
        raise BadQuery("division by zero")
    results = {"+": first + second, "-": first - second, "*": first * second, "/": first / (second or 1)}
    return results[sign] if sign else first


def _number(value: float) -> str:
    return f"{value:.15g}"
