"""What foreign software writes as a value, and what it is here."""

import math

import pytest

from ingest.decoded import Channel, DeviceReading
from ingest.decoders.values import DeviceValues, as_number, as_truth, fitting
from town.quantity import Value


@pytest.mark.parametrize(
    ("written", "number"),
    [
        (21.5, 21.5),
        ("21.5", 21.5),
        (" +27.0 ", 27.0),
        ("-0.052", -0.052),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("inf", math.inf),
        (True, None),
        ("", None),
        ("21,5", None),
        ("1_000", None),
        ("٣", None),
        ("0x10", None),
        ("12 V", None),
        ("1" * 33, None),
    ],
)
def test_a_number_is_a_number_also_as_text(written: Value, number: float | None) -> None:
    assert as_number(written) == number


def test_not_a_number_stays_what_it_is_so_that_it_is_refused_by_name() -> None:
    found = as_number("NaN")

    assert found is not None
    assert math.isnan(found)


@pytest.mark.parametrize(
    ("written", "truth"),
    [
        (False, False),
        (1.0, True),
        (0.0, False),
        (2.0, None),
        ("ON", True),
        (" off ", False),
        ("open", None),
        ("", None),
    ],
)
def test_a_truth_may_be_a_figure_or_a_word(written: Value, truth: bool | None) -> None:
    assert as_truth(written) is truth


def test_values_are_converted_once_for_each_quantity_and_never_guessed() -> None:
    values = DeviceValues("d")
    values.add("t", 77.0, quantity="temperature", unit="°F")
    values.add("t2", 20.0, quantity="temperature", unit="Cel")
    values.add("p", 1013.0, quantity="pressure")
    values.add("v", 220.0, quantity="voc", unit="ppb")
    values.add("id", "00000566")
    values.add("gust", "36.0", unit="km/h")

    assert values.reading(None) == DeviceReading(
        "d",
        None,
        {"temperature": 25.0},
        (
            Channel("t2", 20.0, "Cel"),
            Channel("p", 1013.0),
            Channel("v", 220.0, "ppb"),
            Channel("id", "00000566"),
            Channel("gust", 36.0, "km/h"),
        ),
        {"temperature": "t"},
    )


@pytest.mark.parametrize(
    ("quantity", "unit", "found"),
    [
        ("humidity", "%", ("humidity", "%RH")),
        ("power", "kW", ("power", "W")),
        ("power", "lx", (None, "lx")),
        ("power", None, (None, None)),
        ("open", None, ("open", None)),
        (None, "µg/m³", (None, "ug/m3")),
        (None, "furlongs", (None, "furlongs")),
    ],
)
def test_an_announced_unit_fits_its_quantity_or_not(
    quantity: str | None, unit: str | None, found: tuple[str | None, str | None]
) -> None:
    assert fitting(quantity, unit) == found
