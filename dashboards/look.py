"""Colours, units and limits of the boards. One idea: what is normal is grey, colour means that somebody is needed."""

from collections.abc import Mapping, Sequence

from grafana_foundation_sdk.builders.dashboard import FieldColor, ThresholdsConfig
from grafana_foundation_sdk.models.dashboard import (
    FieldColorModeId,
    Threshold,
    ThresholdsMode,
    ValueMap,
    ValueMapping,
    ValueMappingResult,
)

from dashboards.words import Words
from town.air_quality import INDEX
from town.alert import Category, Severity
from town.quantity import Limits

CRITICAL, MAJOR, MINOR, ADVISORY = "#f0484f", "#f28c28", "#e7c53f", "#4d9df0"
TEXT, MUTED, FAINT, HEALTHY = "#dfe5ec", "#94a1b2", "#5d6a7a", "#7f8b99"
TRACES = ("#8fb4d9", "#c3a6e0", "#88c9b7")
COMPARISON = "#3f4c5b"
LINE = "#3d4957"

SEVERITY_COLOURS = {
    Severity.CRITICAL: CRITICAL,
    Severity.MAJOR: MAJOR,
    Severity.MINOR: MINOR,
    Severity.ADVISORY: ADVISORY,
}
SEVERITY_NAMES = {
    Severity.CRITICAL: ("紧急", "Critical"),
    Severity.MAJOR: ("重要", "Major"),
    Severity.MINOR: ("次要", "Minor"),
    Severity.ADVISORY: ("提示", "Advisory"),
}

_HOLLOW = {"■": "□", "▲": "△", "◆": "◇", "●": "○"}

_UNITS = {
    "Cel": "celsius",
    "%RH": "humidity",
    "%": "percent",
    "hPa": "pressurehpa",
    "kPa": "pressurekpa",
    "ug/m3": "conμgm3",
    "mg/m3": "conmgm3",
    "ppm": "ppm",
    "dB": "dB",
    "dBm": "dBm",
    "m/s": "velocityms",
    "deg": "degree",
    "lx": "lux",
    "W/m2": "Wm2",
    "W": "watt",
    "kWh": "kwatth",
    "V": "volt",
    "A": "amp",
    "Hz": "hertz",
    "ms": "ms",
    "pH": "pH",
    "count": "none",
    "/": "none",
}
"""Grafana's own units; what it lacks, or would turn into others (a river in millimetres), is written as it is."""


def unit_of(say: Words, quantity: str) -> str:
    """How Grafana writes a quantity's unit."""
    code = say.known.quantities[quantity].unit or "/"
    return _UNITS.get(code) or f"suffix: {code}"


def rising(steps: Sequence[tuple[float, str]] = (), *, base: str = TEXT) -> ThresholdsConfig:
    """Thresholds: the base colour, and from each value on another one."""
    thresholds = [Threshold(value=None, color=base), *(Threshold(value=float(at), color=to) for at, to in steps)]
    return ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(thresholds)


def limits_of(limits: Limits | None, *, base: str = TEXT) -> ThresholdsConfig:
    """Thresholds where a kind has limits: the base colour between them, and beyond each that of its severity."""
    if limits is None:
        return rising(base=base)
    low = [(limits.below[severity], SEVERITY_COLOURS[severity]) for severity in Severity if severity in limits.below]
    high = [(limits.above[severity], SEVERITY_COLOURS[severity]) for severity in Severity if severity in limits.above]
    ends = [at for at, _ in low]
    colours = [*(colour for _, colour in low), base]
    return rising([*zip(ends, colours[1:], strict=True), *reversed(high)], base=colours[0])


def air_quality_limits(*, base: str = TEXT) -> ThresholdsConfig:
    """Thresholds of the air quality index: where its third, fourth and fifth level begin."""
    return rising(
        [(at + 1, colour) for at, colour in zip(INDEX[2:5], (MINOR, MAJOR, CRITICAL), strict=True)], base=base
    )


def by_threshold() -> FieldColor:
    """Coloured by the thresholds."""
    return FieldColor().mode(FieldColorModeId.THRESHOLDS)


def traces() -> FieldColor:
    """Lines in shades of one calm colour: only limits have another."""
    return FieldColor().mode(FieldColorModeId.SHADES).fixed_color(TRACES[0])


def fixed(colour: str) -> FieldColor:
    """Always this colour."""
    return FieldColor().mode(FieldColorModeId.FIXED).fixed_color(colour)


def severity_marks(*, names: Words | None = None) -> ValueMapping:
    """Digits as shape, digit and colour; half a step more is acknowledged and hollow; 0 is nothing to see."""
    found: dict[str, ValueMappingResult] = {"0": ValueMappingResult(text=" ", color=HEALTHY, index=0)}
    for severity, colour in SEVERITY_COLOURS.items():
        name = f" {names(*SEVERITY_NAMES[severity])}" if names else ""
        for digit, mark in ((f"{severity.digit}", severity.mark), (f"{severity.digit}.5", _HOLLOW[severity.mark])):
            found[digit] = ValueMappingResult(text=f"{mark} {severity.digit}{name}", color=colour, index=len(found))
    return ValueMap(options=found)


def category_names(say: Words) -> ValueMapping:
    """Categories of alerts as people call them."""
    named = {
        Category.FIRE: ("消防", "fire"),
        Category.SECURITY: ("安防", "security"),
        Category.ENVIRONMENT: ("环境", "environment"),
        Category.HEALTH: ("卫生", "health"),
        Category.UTILITY: ("公用设施", "utility"),
        Category.CROWD: ("人流", "crowd"),
        Category.GOVERNANCE: ("治理", "governance"),
        Category.DEVICE: ("设备", "device"),
    }
    return names_of({category.value: say(*name) for category, name in named.items()})


def kind_names(say: Words) -> ValueMapping:
    """Kinds of sensors as people call them."""
    return names_of({kind.id: kind.name.text(say.language) for kind in say.known.kinds.values()})


def names_of(names: Mapping[str, str]) -> ValueMapping:
    """Words instead of what is stored."""
    shown = {name: ValueMappingResult(text=text, index=number) for number, (name, text) in enumerate(names.items())}
    return ValueMap(options=shown)


def on_off(on: str, off: str, *, colour: str, calm: str = FAINT) -> ValueMapping:
    """A boolean as words, whether it comes as true and false or, from rollups, as 1 and 0."""
    yes, no = ValueMappingResult(text=on, color=colour, index=0), ValueMappingResult(text=off, color=calm, index=1)
    return ValueMap(options={"true": yes, "1": yes, "false": no, "0": no})
