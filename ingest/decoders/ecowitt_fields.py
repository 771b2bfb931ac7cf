"""What the fields of Ecowitt and Weather Underground uploads mean, in which unit they come, and whose they are.

Names: Ecowitt's "custom server" upload and Weather Underground's PWS upload protocol. Both are imperial.
"""

import re
from functools import lru_cache
from typing import NamedTuple

INDOOR = "indoor"


class Meaning(NamedTuple):
    """What a field is: its unit as sent, its quantity, and the part of the station that measured it.

    Without a quantity the value is kept as a channel in `unit`, or `kept_in` where that is given.
    """

    unit: str | None = None
    quantity: str | None = None
    part: str = ""
    kept_in: str | None = None


NOT_VALUES = frozenset({"passkey", "password", "id", "dateutc", "action", "realtime", "rtfreq"})
"""Identity, secrets, the time, and what belongs to the upload itself."""

_FAHRENHEIT = Meaning("degF", kept_in="Cel")
_INCH_RAIN = Meaning("in", kept_in="mm")
_MPH = Meaning("mph", kept_in="m/s")
_UG = Meaning("ug/m3")
_PERCENT = Meaning("%")
_VOLT = Meaning("V")
_DEGREES = Meaning("deg")

FIELDS: dict[str, Meaning] = {
    "tempf": Meaning("degF", "temperature"),
    "humidity": Meaning("%RH", "humidity"),
    "tempinf": Meaning("degF", "temperature", INDOOR),
    "indoortempf": Meaning("degF", "temperature", INDOOR),
    "humidityin": Meaning("%RH", "humidity", INDOOR),
    "indoorhumidity": Meaning("%RH", "humidity", INDOOR),
    "baromabsin": Meaning("inHg", "pressure"),
    "baromrelin": Meaning("inHg", kept_in="hPa"),
    "baromin": Meaning("inHg", kept_in="hPa"),
    "absbaromin": Meaning("inHg", "pressure"),
    "winddir": Meaning("deg", "wind_direction"),
    "winddir_avg10m": _DEGREES,
    "windspeedmph": Meaning("mph", "wind_speed"),
    "windspdmph_avg10m": _MPH,
    "windspdmph_avg2m": _MPH,
    "winddir_avg2m": _DEGREES,
    "windgustmph": _MPH,
    "windgustmph_10m": _MPH,
    "windgustdir": _DEGREES,
    "windgustdir_10m": _DEGREES,
    "maxdailygust": _MPH,
    "rainratein": Meaning("in/h", "rain_rate"),
    "rrain_piezo": Meaning("in/h", "rain_rate", "piezo"),
    "rainin": _INCH_RAIN,
    "solarradiation": Meaning("W/m2", "irradiance"),
    "dewptf": _FAHRENHEIT,
    "windchillf": _FAHRENHEIT,
    "heatindexf": _FAHRENHEIT,
    "feelslikef": _FAHRENHEIT,
    "bgt": _FAHRENHEIT,
    "wbgt": _FAHRENHEIT,
    "vpd": Meaning("inHg", kept_in="hPa"),
    "pm25": Meaning("ug/m3", "pm2_5"),
    "pm25_24h": _UG,
    "pm25_in": Meaning("ug/m3", "pm2_5", INDOOR),
    "pm25_in_24h": _UG,
    "co2": Meaning("ppm", "co2", "co2"),
    "co2in": Meaning("ppm", "co2", INDOOR),
    "co2_24h": Meaning("ppm"),
    "co2in_24h": Meaning("ppm"),
    "tf_co2": Meaning("degF", "temperature", "co2"),
    "humi_co2": Meaning("%RH", "humidity", "co2"),
    "pm25_co2": Meaning("ug/m3", "pm2_5", "co2"),
    "pm10_co2": Meaning("ug/m3", "pm10", "co2"),
    "aqpm2.5": Meaning("ug/m3", "pm2_5"),
    "aqpm10": Meaning("ug/m3", "pm10"),
    "aqco": Meaning("ppm"),
    **{f"aq{gas}": Meaning("ppb") for gas in ("no", "no2", "nox", "so2", "ozone")},
    "dewpointf": _FAHRENHEIT,
    "vpdin": Meaning("inHg", kept_in="hPa"),
    "lightning": Meaning("km"),
    "runtime": Meaning("s"),
    "interval": Meaning("s"),
    "heap": Meaning("B"),
}
"""Fields by name. Rain totals start again every hour, day, week, month: they are no rain per interval."""

_PATTERNS: tuple[tuple[str, Meaning], ...] = (
    (r"temp(\d{1,2})f", Meaning("degF", "temperature", "ch{}")),
    (r"humidity(\d{1,2})", Meaning("%RH", "humidity", "ch{}")),
    (r"tf_ch(\d{1,2})", Meaning("degF", "temperature", "tf_ch{}")),
    (r"tf_ch(\d{1,2})c", Meaning("Cel", "temperature", "tf_ch{}")),
    (r"soil_ec_temp(\d{1,2})", Meaning("degF", "temperature", "soil_ec{}")),
    (r"soil_ec_hum(\d{1,2})", Meaning("%", "soil_moisture", "soil_ec{}")),
    (r"soiltemp(\d{0,2})f", Meaning("degF", "temperature", "soil{}")),
    (r"soil_ec(\d{1,2})", Meaning("uS/cm", "conductivity", "soil_ec{}")),
    (r"soilmoisture(\d{0,2})", Meaning("%", "soil_moisture", "soil{}")),
    (r"soilhum(\d{1,2})", Meaning("%", "soil_moisture", "soil{}")),
    (r"pm25_ch(\d{1,2})", Meaning("ug/m3", "pm2_5", "pm25_ch{}")),
    (r"leak_?ch(\d{1,2})", Meaning(None, "leak", "leak_ch{}")),
    (r"leafwetness(_ch)?(\d{1,2})?", _PERCENT),
    (r"pm(1|4|10|25)_(24h_)?(avg_24h_)?(ch\d{1,2}|co2)", _UG),
    (r"pm(1|4|10|25)_avg_24h_ch\d{1,2}", _UG),
    (r"pm(1|4|10|25)_24h_co2", _UG),
    (r"(hourly|event|daily|weekly|monthly|yearly|total|last24h|24h)rainin", _INCH_RAIN),
    (r"[ehdwmy]rain_piezo|last24hrain_piezo", _INCH_RAIN),
    (r"(air|depth|thi)_ch\d{1,2}", Meaning("mm")),
    (r"(soil|tf_|lds|soil_ec_|leaf_)batt\d{1,2}|wh(40|68|80|85|90)batt|ws(85|90)cap_volt|console_batt|bgtbatt", _VOLT),
)  # fmt: skip
_COMPILED = [(re.compile(pattern), meaning) for pattern, meaning in _PATTERNS]


@lru_cache(maxsize=1024)  # names come from foreign software
def meaning_of(field: str) -> Meaning:
    """What a field means; an unknown one, or a battery level of which each model has its own idea, has no unit."""
    known = FIELDS.get(field)
    if known is not None:
        return known
    for pattern, meaning in _COMPILED:
        found = pattern.fullmatch(field)
        if found:
            return meaning._replace(part=meaning.part.format(found.group(1))) if meaning.part else meaning
    return Meaning()
