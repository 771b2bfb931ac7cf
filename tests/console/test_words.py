"""Every text is said in every language."""

import re
from zoneinfo import ZoneInfo

import pytest
from babel.messages.catalog import Message

from console.words import Words, words
from tests.console.messages import extracted, stored
from town.moment import parse_moment
from town.quantity import Quantity

PLACES = re.compile(r"%\(\w+\)s|\{\w+\}")


def texts(message: Message) -> tuple[str, ...]:
    return message.string if isinstance(message.string, tuple) else (message.string,)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_catalogue_has_what_the_code_says_and_nothing_else(language: str) -> None:
    said = {message.id for message in extracted(language) if message.id}
    kept = {message.id for message in stored(language) if message.id}

    assert said - kept == set(), "run python -m tests.console.messages and translate"
    assert kept - said == set()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_message_is_translated(language: str) -> None:
    missing = [m.id for m in stored(language) if m.id and (m.fuzzy or not all(texts(m)))]

    assert missing == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_translations_keep_the_places_for_values(language: str) -> None:
    for message in stored(language):
        if message.id:
            wanted = message.id if isinstance(message.id, tuple | list) else (message.id,)
            for text in texts(message):
                assert set(PLACES.findall(text)) == set(PLACES.findall(wanted[-1])), message.id


def test_traditional_chinese_is_derived() -> None:
    assert words("zh-Hant").gettext("What happened") == "經過"
    assert words("zh").gettext("What happened") == "经过"
    assert words("en").gettext("What happened") == "What happened"


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (0.314, "dB/m", "0.31"),
        (31.42, "Cel", "31.4"),
        (-0.04, "Cel", "0.0"),
        (-3.25, "Cel", "−3.2"),
        (1480.2, "ppm", "1,480"),
        (84.0, "pH", "84.0"),
    ],
)
def test_number_has_the_decimals_its_unit_deserves(value: float, unit: str, shown: str) -> None:
    assert words("en").number(value, unit) == shown


def test_unit_is_written_for_people() -> None:
    quantity = Quantity.model_validate({"id": "t", "name": {"zh": "温度", "en": "T"}, "type": "float", "unit": "Cel"})

    assert words("zh").value(21.5, quantity) == ("21.5", "°C")


def test_clock_names_the_day_when_it_is_another() -> None:
    told, zone = Words("en"), ZoneInfo("Asia/Shanghai")
    now = parse_moment("2026-11-22T02:14:36+08:00")

    assert told.clock(now, zone, now=now) == "02:14:36"
    assert told.clock(now - 3 * 3_600_000, zone, now=now) == "11-21 23:14:36"
