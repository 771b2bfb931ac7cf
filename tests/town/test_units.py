import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from town.builtin import builtin_kinds
from town.units import ALIASES, UNITS, convert, is_unit, unit_code

# Figures of NIST SP 811 (2008) appendix B and of the definitions themselves, not of our table.
KNOWN = [
    (212, "degF", "Cel", 100),
    (-40, "degF", "Cel", -40),
    (300, "K", "Cel", 26.85),
    (0, "Cel", "degF", 32),
    (1013.25, "hPa", "kPa", 101.325),
    (760, "mmHg", "hPa", 1013.25),
    (29.92, "inHg", "hPa", 1013.2),
    (1, "mbar", "hPa", 1),
    (1, "psi", "kPa", 6.894757),
    (1, "kWh", "J", 3.6e6),
    (3.6e6, "W.s", "kWh", 1),
    (1500, "W", "kW", 1.5),
    (230_000, "mV", "V", 230),
    (2500, "mA", "A", 2.5),
    (1, "ppm", "ppb", 1000),
    (36, "km/h", "m/s", 10),
    (10, "mph", "m/s", 4.4704),
    (10, "kn", "m/s", 5.144444),
    (10, "ft/s", "m/s", 3.048),
    (10, "yd/s", "m/s", 9.144),
    (24, "mm/d", "mm/h", 1),
    (1, "gal", "l", 3.785412),
    (100, "ft3", "m3", 2.831685),
    (1, "gal/min", "l/min", 3.785412),
    (1, "GJ", "kWh", 277.7778),
    (2, "m³/min", "m3/h", 120),
    (1, "in", "mm", 25.4),
    (2500, "l", "m3", 2.5),
    (60, "l/min", "m3/h", 3.6),
    (0.5, "/", "%", 50),
    (65, "%", "%RH", 65),
    (80, "%EL", "%", 80),
    (0.25, "/", "%LEL", 25),
    (6.5, "Bspl", "dB", 65),
    (1, "MB/s", "Mbit/s", 8),
    (2, "KiB", "bit", 16_384),
    (1, "kg/m3", "g/l", 1),
    (1, "Wh/km", "J/m", 3.6),
    (1.2, "mg/m3", "ug/m3", 1200),
    (1, "S/m", "uS/cm", 10_000),
    (1, "mS/cm", "uS/cm", 1000),
    (1, "dS/m", "mS/cm", 1),
    (30, "dBm", "dBW", 0),
    (180, "deg", "rad", math.pi),
    (90, "min", "h", 1.5),
]


@pytest.mark.parametrize(("value", "unit_from", "unit_to", "expected"), KNOWN)
def test_known_conversions(value: float, unit_from: str, unit_to: str, expected: float) -> None:
    assert convert(value, unit_from, unit_to) == pytest.approx(expected, rel=1e-4, abs=1e-9)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("°C", "Cel"), ("℃", "Cel"), ("C", "Cel"), ("°F", "degF"), ("℉", "degF"), ("\u00b5g/m\u00b3", "ug/m3"),
        ("\u03bcg/m\u00b3", "ug/m3"), ("ug/m^3", "ug/m3"), ("mg/m³", "mg/m3"), (" % ", "%"), ("％", "%"),
        ("%rh", "%RH"),
        ("m³/h", "m3/h"), ("L", "l"), ("lux", "lx"), ("dB(A)", "dB"), ("\u00b5S/cm", "uS/cm"), ("°", "deg"),
        ("kwh", "kWh"),
        ("W/m²", "W/m2"), ("PPM", "ppm"), ("mg/L", "mg/l"), ("人", "count"),
        ("m⋅s⁻¹", "m/s"), ("W·m⁻²", "W/m2"), ("mL", "ml"),
    ],
)  # fmt: skip
def test_units_as_people_write_them(written: str, code: str) -> None:
    assert unit_code(written) == code


def test_letters_that_differ_in_size_only_stay_apart() -> None:
    assert convert(1, "MW", "mW") == pytest.approx(1e9)
    assert convert(1, "MPa", "Pa") == 1e6
    assert convert(1, "mPa", "Pa") == 1e-3
    assert unit_code("K") == "K" and unit_code("kn") == "kn"


def test_what_cannot_be_converted_says_why() -> None:
    with pytest.raises(ValueError, match="Cel is a unit of temperature, %RH of relative humidity"):
        convert(1, "Cel", "%RH")
    with pytest.raises(ValueError, match="%RH is a unit of relative humidity, %LEL of share"):
        convert(1, "%RH", "%LEL")
    with pytest.raises(ValueError, match="the unit 'furlong' is not known"):
        convert(1, "furlong", "m")
    assert not is_unit("furlong") and not is_unit("") and is_unit("℃")


@given(st.floats(-1e6, 1e6), st.sampled_from(sorted(UNITS)), st.sampled_from(sorted(UNITS)))
def test_there_and_back_is_the_same(value: float, one: str, other: str) -> None:
    if UNITS[one].dimension == UNITS[other].dimension:
        assert convert(convert(value, one, other), other, one) == pytest.approx(value, rel=1e-9, abs=1e-6)


# The IANA registry "SenML Units", primary and secondary ones, without C and F.
REGISTERED = """
    m kg g s A K cd mol Hz rad sr N Pa J W V Ohm S Wb T H Cel lm lx Bq Gy Sv kat m2 m3 l m/s m/s2 m3/s l/s W/m2
    cd/m2 bit bit/s lat lon pH dB dBW Bspl count / % %RH %EL EL 1/s 1/min beat/min beats S/m B VA VAs var vars
    J/m kg/m3 deg NTU ms min h MHz kW kVA kvar Ah Wh kWh varh kvarh kVAh Wh/km KiB GB Mbit/s B/s MB/s mV mA dBm
    ug/m3 mm/h m/h ppm /100 /1000 hPa mm cm km km/h ppb ppt VAh mg/l ug/l g/l
"""


def test_every_registered_code_is_known_under_its_own_name() -> None:
    assert [code for code in REGISTERED.split() if code not in UNITS] == []
    assert unit_code("C") == "Cel" and unit_code("F") == "degF"


def test_tables_agree() -> None:
    assert set(ALIASES.values()) <= set(UNITS)
    assert not set(ALIASES) & set(UNITS)
    assert {q.unit for q in builtin_kinds().quantities.values()} - {None} <= set(UNITS)
