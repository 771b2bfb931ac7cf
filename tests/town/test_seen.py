"""What a rule saw, as people say it."""

import pytest

from rules.functions import GATHERING, OF_QUANTITY
from town.seen import Seen, limit_of, made_of, number, worth_telling


def seen(quantity: str = "smoke", value: object = 0.18, **given: object) -> Seen:
    return {"sensor": "S1", "quantity": quantity, "value": value, "limit": ">= 0.15 dB/m", "holds": True, **given}


def test_of_several_limits_on_one_value_the_first_that_holds_is_told() -> None:
    first, second = seen(), seen(limit=">= 0.08 dB/m")

    assert worth_telling([seen(limit="> 1 dB/m", holds=False), first, second]) == [first]


def test_when_nothing_holds_every_value_is_told_once() -> None:
    smoke, heat = seen(holds=False), seen("temperature", 20.0, holds=None)

    assert worth_telling([smoke, heat, seen(limit="< 9 dB/m", holds=False)]) == [smoke, heat]


@pytest.mark.parametrize(
    ("expression", "zh", "en"),
    [
        ("rate(smoke, 1m)", "每1分钟变化", "change in 1 min"),
        ("mean(smoke, 90s)", "90秒平均", "90 s mean"),
        ("mean(smoke, 1h30m)", "90分钟平均", "90 min mean"),
        ("max( air_station.smoke ,2d )", "2天内最高", "highest in 2 d"),
        ("previous(smoke)", "上一次", "the one before"),
        ("smoke - co", "smoke - co", "smoke - co"),
        ("count_of(smoke > 1)", "count_of(smoke > 1)", "count_of(smoke > 1)"),
    ],
)
def test_what_was_made_of_a_quantity_is_said_in_words(expression: str, zh: str, en: str) -> None:
    made = made_of(seen(expression=expression))

    assert made is not None and (made.zh, made.en) == (zh, en)


def test_every_function_of_a_quantity_that_gives_a_number_has_words() -> None:
    for name, one in OF_QUANTITY.items():
        made = made_of(seen(expression=f"{name}(smoke, 1h)" if one.windowed else f"{name}(smoke)"))
        assert made is not None and (name == "changed" or name not in made.zh)
    assert not GATHERING.keys() & OF_QUANTITY.keys()


def test_the_value_itself_is_nothing_made() -> None:
    assert made_of(seen()) is None and made_of(seen(expression="smoke")) is None


def test_yes_and_no_need_no_limit() -> None:
    assert (limit_of(seen(value=True, limit="true")), limit_of(seen())) == (None, ">= 0.15 dB/m")


@pytest.mark.parametrize(
    ("value", "text"), [(0.161, "0.161"), (1.852763, "1.853"), (42.0, "42"), (1013.25, "1013"), (123456.7, "123457")]
)
def test_numbers_have_four_figures_and_all_the_whole_ones(value: float, text: str) -> None:
    assert number(value) == text
