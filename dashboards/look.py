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
from town.alert import Category, Severity
from town.builtin import builtin_kinds

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

LIMITS: dict[str, tuple[tuple[float, str], ...]] = {
    # HJ 633-2012: where the index passes 100, 150, 200.
    "pm2_5": ((75, MINOR), (115, MAJOR), (150, CRITICAL)),
    "pm10": ((150, MINOR), (250, MAJOR), (350, CRITICAL)),
    "o3": ((200, MINOR), (300, MAJOR), (400, CRITICAL)),
    "no2": ((200, MINOR), (700, MAJOR), (1200, CRITICAL)),
    "so2": ((500, MINOR), (650, MAJOR)),
    "co_air": ((10, MINOR), (35, MAJOR), (60, CRITICAL)),
    "air_quality": ((101, MINOR), (151, MAJOR), (201, CRITICAL)),
    # GB 3096-2008, class 2: night and day.
    "noise": ((50, ADVISORY), (60, MINOR), (75, MAJOR)),
    # GBZ 2.1-2019 for work places; GB 50116 for detectors.
    "co2": ((1_500, ADVISORY), (5_000, MAJOR), (15_000, CRITICAL)),
    "voc": ((600, MINOR), (2_000, MAJOR)),
    "co": ((24, MINOR), (60, CRITICAL)),
    "gas": ((5, MINOR), (10, CRITICAL)),
    "smoke": ((0.08, MAJOR), (0.15, CRITICAL)),
    "body_temperature": ((37.3, MINOR), (38.5, MAJOR)),
    # ISO 10816-3, group 2, rigid: where zones C and D begin.
    "vibration": ((2.8, MINOR), (4.5, MAJOR)),
    "round_trip": ((100, MINOR), (500, MAJOR)),
    "packet_loss": ((1, MINOR), (5, MAJOR)),
    "ammonia": ((1, ADVISORY), (2, MINOR)),
}
"""From where on a value is coloured, rising."""

LOW_LIMITS: dict[str, tuple[tuple[float, str], ...]] = {
    "water_pressure": ((140, MAJOR),),
    "battery": ((10, MINOR), (20, ADVISORY)),
    "dissolved_oxygen": ((2, MINOR), (3, ADVISORY)),
    "soil_moisture": ((12, MINOR),),
    "free_spaces": ((5, ADVISORY),),
    "optical_power": ((-28, MINOR),),
}
"""Below what a value is coloured, rising."""


def unit_of(quantity: str) -> str:
    """How Grafana writes a built-in quantity's unit."""
    code = builtin_kinds().quantities[quantity].unit or "/"
    return _UNITS.get(code) or f"suffix: {code}"


def rising(steps: Sequence[tuple[float, str]] = (), *, base: str = TEXT) -> ThresholdsConfig:
    """Thresholds: the base colour, and from each value on another one."""
    thresholds = [Threshold(value=None, color=base), *(Threshold(value=float(at), color=to) for at, to in steps)]
    return ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(thresholds)


def limits_of(quantity: str, *, base: str = TEXT) -> ThresholdsConfig:
    """The thresholds of a quantity: grey where nobody is needed."""
    if quantity not in LOW_LIMITS:
        return rising(LIMITS.get(quantity, ()), base=base)
    low = LOW_LIMITS[quantity]
    ends = [at for at, _ in low]
    return rising(list(zip(ends, [colour for _, colour in low[1:]] + [base], strict=True)), base=low[0][1])


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
    """Built-in kinds of sensors as people call them."""
    return names_of({kind.id: kind.name.text(say.language) for kind in builtin_kinds().kinds.values()})


def names_of(names: Mapping[str, str]) -> ValueMapping:
    """Words instead of what is stored."""
    shown = {name: ValueMappingResult(text=text, index=number) for number, (name, text) in enumerate(names.items())}
    return ValueMap(options=shown)


def on_off(on: str, off: str, *, colour: str, calm: str = FAINT) -> ValueMapping:
    """A boolean as words, whether it comes as true and false or, from rollups, as 1 and 0."""
    yes, no = ValueMappingResult(text=on, color=colour, index=0), ValueMappingResult(text=off, color=calm, index=1)
    return ValueMap(options={"true": yes, "1": yes, "false": no, "0": no})
