"""How well alerting works: every figure beside what it should be, the busiest sources, false alarms by place."""

from collections.abc import Sequence
from typing import NamedTuple

from console.parts import ConsoleParts
from console.render import render, severity_name
from console.said import said
from console.scene import Scene
from console.views.desk import Renderer
from console.views.spoken import spoken
from console.words import Words
from town.alert import Severity
from town.errors import Unavailable
from town.moment import SECOND
from town.performance import TARGETS, WINDOWS, Figure, Performance

DEFAULT = "7d"
_PERCENT = frozenset(
    {"flood_share", "top_ten_share", "false_alarm_rate", *(f"share_{severity.value}" for severity in Severity)}
)
_GROUPS = (
    ("load", ("per_operator_10min", "per_operator_10min_mean", "in_flood", "flood_share", "activations")),
    ("people", ("ack_seconds_p50", "ack_seconds_p95", "resolve_seconds_p50", "resolve_seconds_p95")),
    ("nuisance", ("chattering", "fleeting", "stale", "top_ten_share", "false_alarm_rate")),
    ("mix", tuple(f"share_{severity.value}" for severity in Severity)),
)


class Card(NamedTuple):
    """One figure as it is shown; `level` is the severity whose colour it has, empty while it is as it should be."""

    name: str
    label: str
    value: str
    unit: str
    target: str
    level: str


class PlaceRate(NamedTuple):
    """How many alarms of a facility were false, of those that somebody looked at."""

    name: str
    value: str
    level: str


def performance(given: ConsoleParts) -> Renderer:
    """The renderer of the figures of a window, `24h`, `7d` or `30d`."""

    async def show(scene: Scene, told: Words, argument: str) -> str:
        try:
            found = await given.performance.look(WINDOWS[argument])
        except Unavailable as error:
            return render("performance_away.html", told, why=said(told, str(error)))
        overall = {one.name: one for one in found.figures if one.facility is None}
        groups = [(_group(told, group), _cards(told, overall, names)) for group, names in _GROUPS]
        return render(
            "performance.html",
            told,
            groups=[(heading, cards) for heading, cards in groups if cards],
            sources=[(_rule(given, told, source.rule), source.rule, source.subject.partition(":")[2], count)
                     for source, count in found.top_sources],
            places=_places(scene, told, found),
            activations=round(overall["activations"].value) if "activations" in overall else 0,
        )  # fmt: skip

    return show


def _group(told: Words, group: str) -> str:
    return {
        "load": told.gettext("Load"),
        "people": told.gettext("People"),
        "nuisance": told.gettext("Nuisance"),
        "mix": told.gettext("Mix of severities"),
    }[group]


def _cards(told: Words, overall: dict[str, Figure], names: Sequence[str]) -> list[Card]:
    return [
        Card(name, _label(told, name), *_value(told, overall[name]), _target(told, name), level_of(overall[name]))
        for name in names
        if name in overall
    ]


def level_of(figure: Figure) -> str:
    """`major` beyond where it is bad, `minor` beyond where it should be, else nothing."""
    target, bad_above = TARGETS.get(figure.name, (float("inf"), float("inf")))
    return "major" if figure.value > bad_above else "minor" if figure.value > target else ""


def _label(told: Words, name: str) -> str:
    severities = {f"share_{one.value}": severity_name(told, one) for one in Severity}
    return (
        severities.get(name)
        or {
            "per_operator_10min": told.gettext("per operator, last 10 min"),
            "per_operator_10min_mean": told.gettext("per operator and 10 min, mean"),
            "in_flood": told.gettext("flood now"),
            "flood_share": told.gettext("time in flood"),
            "activations": told.gettext("activations"),
            "top_ten_share": told.gettext("from the ten busiest sources"),
            "chattering": told.gettext("sources that chatter"),
            "fleeting": told.gettext("gone before anybody could come"),
            "stale": told.gettext("standing for more than a day"),
            "false_alarm_rate": told.gettext("false alarms"),
            "ack_seconds_p50": told.gettext("until somebody has it, median"),
            "ack_seconds_p95": told.gettext("until somebody has it, 95 %"),
            "resolve_seconds_p50": told.gettext("until it is over, median"),
            "resolve_seconds_p95": told.gettext("until it is over, 95 %"),
        }[name]
    )


def _value(told: Words, figure: Figure) -> tuple[str, str]:
    """The value and its unit."""
    if figure.name == "in_flood":
        return (told.gettext("yes") if figure.value else told.gettext("no")), ""
    if figure.name.endswith(("_p50", "_p95")):
        return spoken(told, round(figure.value) * SECOND), ""
    if figure.name in _PERCENT:
        return _percent(figure.value), "%"
    return (f"{figure.value:,.0f}" if float(figure.value).is_integer() else f"{figure.value:,.2f}"), ""


def _percent(share: float) -> str:
    return f"{100 * share:.1f}".removesuffix(".0") if share < 0.1 else f"{100 * share:.0f}"


def _target(told: Words, name: str) -> str:
    """What it should be; nothing where there is no target."""
    if name not in TARGETS:
        return ""
    target, bad_above = TARGETS[name]
    if name == "in_flood":
        return told.gettext("target: no")
    shown, bad = (_percent(target) + " %", _percent(bad_above) + " %") if name in _PERCENT else (target, bad_above)
    if target == bad_above:
        return told.gettext("target: at most {target}").format(target=shown)
    return told.gettext("target: at most {target}, bad above {bad}").format(target=shown, bad=bad)


def _rule(given: ConsoleParts, told: Words, rule: str) -> str:
    titles = {one.definition.rule: told.label(one.definition.title) for one in given.rules()}
    return titles.get(rule, rule)


def _places(scene: Scene, told: Words, found: Performance) -> list[PlaceRate]:
    """The facilities with the highest share of false alarms first."""
    rates = sorted((one for one in found.figures if one.facility), key=lambda one: -one.value)
    facilities = scene.town.facilities
    return [
        PlaceRate(
            told.label(facilities[one.facility].name) if one.facility in facilities else str(one.facility),
            _percent(one.value),
            level_of(one),
        )
        for one in rates[:10]
    ]
