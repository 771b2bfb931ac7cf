"""Units: which are known, how people write them, and how a value is turned from one into another."""

import math
from typing import NamedTuple


class Unit(NamedTuple):
    """A unit: what it measures, and `base = value * factor + offset` in that dimension's base unit."""

    dimension: str
    factor: float
    offset: float = 0.0


def convert(value: float, unit_from: str, unit_to: str) -> float:
    """`value` in another unit of the same dimension; raises ValueError for unknown units and for different things."""
    source, target = unit_code(unit_from), unit_code(unit_to)
    if source == target:
        return value
    one, other = UNITS[source], UNITS[target]
    if one.dimension != other.dimension and not _is_percentage(source, target):
        raise ValueError(f"{unit_from} is a unit of {one.dimension}, {unit_to} of {other.dimension}")
    if one[1:] == other[1:]:
        return value
    return (value * one.factor + one.offset - other.offset) / other.factor


def _is_percentage(source: str, target: str) -> bool:
    """Whether one of the two is a share of something named and the other a plain share: `%` may be `%RH`."""
    named = {source, target} & PERCENTAGES
    return len(named) == 1 and "ratio" in (UNITS[source].dimension, UNITS[target].dimension)


def unit_code(written: str) -> str:
    """The code of a unit as people write it, `℃` as `Cel`; raises ValueError when it is not known."""
    text = written.strip()
    if text in UNITS:
        return text
    plain = text.translate(_PLAIN)
    code = plain if plain in UNITS else ALIASES.get(plain) or ALIASES.get(plain.casefold())
    if code is None:
        raise ValueError(f"the unit {written!r} is not known")
    return code


def is_unit(written: str) -> bool:
    """Whether it is a unit, as a code or as people write it."""
    try:
        unit_code(written)
    except ValueError:
        return False
    return True


_INCH = 0.0254
_POUND_FORCE_PER_SQUARE_INCH = 6_894.757293168
_MM_HG = 133.322387415
_MILE = 1_609.344
_NAUTICAL_MILE = 1_852.0
_CUBIC_FOOT = (12 * _INCH) ** 3
_GALLON = 231 * _INCH**3
"""Of the United States."""

PERCENTAGES = frozenset({"%RH", "%LEL", "%EL"})

# Codes: the IANA registry "SenML Units" (RFC 8428 section 12.1; RFC 8798 for the secondary ones; mg/l, ppb and others
# registered since), and beside them those it lacks: %LEL, dB/m, mg/m3, uS/cm, m3/h, mm/s, kPa … The registry's C and F
# (coulomb, farad) are left out: who writes C or F means degrees. Factors: NIST SP 811, appendix B, and the SI.
UNITS: dict[str, Unit] = {
    "Cel": Unit("temperature", 1),
    "K": Unit("temperature", 1, -273.15),
    "degF": Unit("temperature", 5 / 9, -160 / 9),
    "mPa": Unit("pressure", 1e-3),
    "Pa": Unit("pressure", 1),
    "hPa": Unit("pressure", 100),
    "kPa": Unit("pressure", 1_000),
    "MPa": Unit("pressure", 1e6),
    "bar": Unit("pressure", 1e5),
    "mbar": Unit("pressure", 100),
    "cbar": Unit("pressure", 1_000),
    "inHg": Unit("pressure", _MM_HG * 25.4),
    "mmHg": Unit("pressure", _MM_HG),
    "psi": Unit("pressure", _POUND_FORCE_PER_SQUARE_INCH),
    "J": Unit("energy", 1),
    "W.s": Unit("energy", 1),
    "kJ": Unit("energy", 1e3),
    "MJ": Unit("energy", 1e6),
    "GJ": Unit("energy", 1e9),
    "kcal": Unit("energy", 4_184),
    "mWh": Unit("energy", 3.6),
    "Wh": Unit("energy", 3.6e3),
    "kWh": Unit("energy", 3.6e6),
    "MWh": Unit("energy", 3.6e9),
    "GWh": Unit("energy", 3.6e12),
    "mW": Unit("power", 1e-3),
    "W": Unit("power", 1),
    "kW": Unit("power", 1e3),
    "MW": Unit("power", 1e6),
    "VA": Unit("apparent power", 1),
    "kVA": Unit("apparent power", 1e3),
    "var": Unit("reactive power", 1),
    "kvar": Unit("reactive power", 1e3),
    "uV": Unit("voltage", 1e-6),
    "mV": Unit("voltage", 1e-3),
    "V": Unit("voltage", 1),
    "kV": Unit("voltage", 1e3),
    "mA": Unit("current", 1e-3),
    "A": Unit("current", 1),
    "Hz": Unit("frequency", 1),
    "kHz": Unit("frequency", 1e3),
    "MHz": Unit("frequency", 1e6),
    "GHz": Unit("frequency", 1e9),
    "m/s": Unit("speed", 1),
    "mm/s": Unit("speed", 1e-3),
    "km/h": Unit("speed", 1 / 3.6),
    "mph": Unit("speed", _MILE / 3_600),
    "kn": Unit("speed", _NAUTICAL_MILE / 3_600),
    "ft/s": Unit("speed", 12 * _INCH),
    "yd/s": Unit("speed", 36 * _INCH),
    "mm/h": Unit("speed", 1e-3 / 3_600),
    "mm/d": Unit("speed", 1e-3 / 86_400),
    "m/h": Unit("speed", 1 / 3_600),
    "in/h": Unit("speed", _INCH / 3_600),
    "in/d": Unit("speed", _INCH / 86_400),
    "m": Unit("length", 1),
    "mm": Unit("length", 1e-3),
    "cm": Unit("length", 1e-2),
    "km": Unit("length", 1e3),
    "in": Unit("length", _INCH),
    "ft": Unit("length", 12 * _INCH),
    "yd": Unit("length", 36 * _INCH),
    "mi": Unit("length", _MILE),
    "m3": Unit("volume", 1),
    "l": Unit("volume", 1e-3),
    "ml": Unit("volume", 1e-6),
    "gal": Unit("volume", _GALLON),
    "ft3": Unit("volume", _CUBIC_FOOT),
    "m3/s": Unit("flow", 1),
    "m3/min": Unit("flow", 1 / 60),
    "m3/h": Unit("flow", 1 / 3_600),
    "gal/min": Unit("flow", _GALLON / 60),
    "ft3/min": Unit("flow", _CUBIC_FOOT / 60),
    "l/s": Unit("flow", 1e-3),
    "l/min": Unit("flow", 1e-3 / 60),
    "l/h": Unit("flow", 1e-3 / 3_600),
    "ug/m3": Unit("concentration by mass", 1),
    "mg/m3": Unit("concentration by mass", 1e3),
    "ug/l": Unit("concentration by mass", 1e3),
    "g/m3": Unit("concentration by mass", 1e6),
    "mg/l": Unit("concentration by mass", 1e6),
    "g/l": Unit("concentration by mass", 1e9),
    "S/m": Unit("conductivity", 1),
    "S/cm": Unit("conductivity", 100),
    "dS/m": Unit("conductivity", 0.1),
    "mS/cm": Unit("conductivity", 0.1),
    "uS/cm": Unit("conductivity", 1e-4),
    "/": Unit("ratio", 1),
    "%": Unit("ratio", 1e-2),
    "/100": Unit("ratio", 1e-2),
    "/1000": Unit("ratio", 1e-3),
    "ppm": Unit("ratio", 1e-6),
    "ppb": Unit("ratio", 1e-9),
    "ppt": Unit("ratio", 1e-12),
    "%RH": Unit("relative humidity", 1e-2),
    "%LEL": Unit("share of the lower explosive limit", 1e-2),
    "%EL": Unit("remaining battery", 1e-2),
    "EL": Unit("remaining battery time", 1),
    "ms": Unit("time", 1e-3),
    "s": Unit("time", 1),
    "min": Unit("time", 60),
    "h": Unit("time", 3_600),
    "d": Unit("time", 86_400),
    "deg": Unit("angle", math.pi / 180),
    "rad": Unit("angle", 1),
    "lx": Unit("illuminance", 1),
    "klx": Unit("illuminance", 1e3),
    "W/m2": Unit("irradiance", 1),
    "dB": Unit("level", 1),
    "dBm": Unit("power level", 1),
    "dBW": Unit("power level", 1, 30),
    "dB/m": Unit("obscuration", 1),
    "pH": Unit("acidity", 1),
    "NTU": Unit("turbidity", 1),
    "count": Unit("count", 1),
    "1/s": Unit("rate", 1),
    "1/min": Unit("rate", 1 / 60),
    "B": Unit("data", 1),
    "KiB": Unit("data", 1_024),
    "GB": Unit("data", 1e9),
    "bit": Unit("data", 0.125),
    "bit/s": Unit("data rate", 1),
    "Mbit/s": Unit("data rate", 1e6),
    "B/s": Unit("data rate", 8),
    "MB/s": Unit("data rate", 8e6),
    "kg": Unit("mass", 1),
    "g": Unit("mass", 1e-3),
    "t": Unit("mass", 1e3),
    "beat/min": Unit("rate", 1 / 60),
    "beats": Unit("count", 1),
    "Bspl": Unit("level", 10),
    "kg/m3": Unit("concentration by mass", 1e9),
    "VAs": Unit("apparent energy", 1),
    "VAh": Unit("apparent energy", 3.6e3),
    "kVAh": Unit("apparent energy", 3.6e6),
    "vars": Unit("reactive energy", 1),
    "varh": Unit("reactive energy", 3.6e3),
    "kvarh": Unit("reactive energy", 3.6e6),
    "Ah": Unit("charge", 3.6e3),
    "J/m": Unit("energy per distance", 1),
    "Wh/km": Unit("energy per distance", 3.6),
    "m2": Unit("area", 1),
    "m/s2": Unit("acceleration", 1),
    "lat": Unit("latitude", 1),
    "lon": Unit("longitude", 1),
    "cd": Unit("luminous intensity", 1),
    "cd/m2": Unit("luminance", 1),
    "lm": Unit("luminous flux", 1),
    "mol": Unit("amount of substance", 1),
    "sr": Unit("solid angle", 1),
    "N": Unit("force", 1),
    "Ohm": Unit("resistance", 1),
    "S": Unit("conductance", 1),
    "Wb": Unit("magnetic flux", 1),
    "T": Unit("magnetic flux density", 1),
    "H": Unit("inductance", 1),
    "Bq": Unit("radioactivity", 1),
    "Gy": Unit("absorbed dose", 1),
    "Sv": Unit("dose equivalent", 1),
    "kat": Unit("catalytic activity", 1),
}

# Micro sign and Greek mu, degree signs, superscripts, middle dots and full-width signs, in one form before looking up.
_PLAIN = str.maketrans(
    {
        "µ": "u",
        "μ": "u",
        "¹": "1",
        "²": "2",
        "³": "3",
        "⁻": "-",
        "·": ".",
        "⋅": ".",
        "％": "%",
        "／": "/",
        "℃": "°C",
        "℉": "°F",
        "º": "°",
    }
)

ALIASES: dict[str, str] = {
    "°C": "Cel", "C": "Cel", "degC": "Cel", "celsius": "Cel", "摄氏度": "Cel",
    "°F": "degF", "F": "degF", "fahrenheit": "degF",
    "°K": "K", "kelvin": "K",
    "°": "deg", "degree": "deg", "degrees": "deg",
    "%rh": "%RH", "%r.h.": "%RH", "rh%": "%RH", "%lel": "%LEL", "lel%": "%LEL", "%el": "%EL",
    "percent": "%", "ratio": "/", "PPM": "ppm", "PPB": "ppb",
    "lux": "lx", "ntu": "NTU", "ph": "pH", "db": "dB", "dBA": "dB", "dB(A)": "dB", "db(a)": "dB", "dba": "dB",
    "dbm": "dBm",
    "L": "l", "mL": "ml", "litre": "l", "liter": "l", "m^3": "m3", "m3/hr": "m3/h",
    "L/min": "l/min", "L/s": "l/s", "L/h": "l/h", "lpm": "l/min",
    "ug/m^3": "ug/m3", "mcg/m3": "ug/m3", "mg/m^3": "mg/m3", "mg/L": "mg/l", "ug/L": "ug/l", "g/L": "g/l",
    "mps": "m/s", "kmh": "km/h", "km/hr": "km/h", "kph": "km/h", "kt": "kn", "kts": "kn", "knot": "kn", "knots": "kn",
    "mi/h": "mph", "w/m2": "W/m2", "W/m^2": "W/m2",
    "m.s-1": "m/s", "km.h-1": "km/h", "mm.h-1": "mm/h", "W.m-2": "W/m2", "ug.m-3": "ug/m3", "mg.m-3": "mg/m3",
    "g.m-3": "g/m3", "uS.cm-1": "uS/cm", "mS.cm-1": "mS/cm", "dS.m-1": "dS/m", "mg.l-1": "mg/l", "mg.L-1": "mg/l",
    "m3.h-1": "m3/h", "m3.m-3": "/",
    "kwh": "kWh", "wh": "Wh", "Ws": "W.s", "kw": "kW", "watt": "W", "volt": "V", "ampere": "A", "amp": "A",
    "hpa": "hPa", "kpa": "kPa", "mpa": "MPa", "millibar": "mbar", "inhg": "inHg", "mmhg": "mmHg",
    "hz": "Hz", "inch": "in", "\"": "in", "sec": "s", "second": "s", "msec": "ms", "minute": "min", "hour": "h",
    "us/cm": "uS/cm", "ms/cm": "mS/cm", "ds/m": "dS/m",
    "m^2": "m2", "m/s^2": "m/s2", "Ω": "Ohm", "ohm": "Ohm", "bpm": "beat/min", "rpm": "1/min",
    "pcs": "count", "people": "count", "人": "count", "个": "count",
}  # fmt: skip
"""Ways people write a unit, after `_PLAIN`; the looser ones in small letters."""
