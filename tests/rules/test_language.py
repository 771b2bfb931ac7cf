"""The expression language: what it accepts, what it refuses and how it says so."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.expression import compile_condition
from rules.names import Names
from rules.syntax import MAX_DEPTH, MAX_NODES, parse
from rules.terms import Compared, Constant, parts
from rules.tokens import MAX_LENGTH, ExpressionError
from tests.rules.places import town

TOWN = town()
SENSOR = Names(TOWN, "sensor", ("smoke_detector",))
FACILITY = Names(TOWN, "facility", tuple(TOWN.kinds))


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("smoke >= 0.15 dB/m", 0.15),
        ("smoke≥0.15", 0.15),
        ("temperature > 41 °F", 5.0),
        ("temperature > 278.15 K", 5.0),
        ("temperature > -5 Cel", -5.0),
        ("rate(temperature, 1m) > 9 degF", 5.0),
        ("temperature - previous(temperature) > 9 degF", 5.0),
        ("age(temperature) > 1h30m", 5_400_000),
        ("age(temperature) > 5 m", 300_000),
        ("battery < 20 %", 20.0),
        ("count(smoke, 10m) >= 3", 3.0),
        ("stddev(temperature, 10m) < 2 Cel", 2.0),
        ("temperature * 2 > 140 °F", 60.0),
        ("temperature / 2 > 50 °F", 10.0),
        ("2 * delta(temperature, 1h) / 3 > 9 °F", 5.0),
        ("delta(temperature, 1h) + delta(temperature, 2h) > 9 °F", 5.0),
        ("delta(temperature, 1h) - 9 °F > 9 °F", 5.0),
        ("temperature + 9 °F > 50 °F", 10.0),
        ("smoke / previous(smoke) > 150 %", 1.5),
        ("mean(fault, 10m) > 50 %", 0.5),
        ("temperature＞＝41 °F", 5.0),
    ],
)
def test_limit_is_in_the_unit_of_the_quantity(text: str, limit: float) -> None:
    compared = compile_condition(text, SENSOR).term

    assert isinstance(compared, Compared)
    assert isinstance(compared.right, Constant)
    assert compared.right.value == pytest.approx(limit)


@pytest.mark.parametrize(
    ("text", "column", "message", "hint"),
    [
        ("", 1, "empty", ""),
        ("smoke >=", 9, "expected a value, found the end", ""),
        ("smoke > 0.1 and", 16, "expected a value, found the end", ""),
        ("smok > 0.1", 1, "`smok` is not known", "did you mean `smoke`?"),
        ("co2 > 400", 1, "`co2` is not measured by smoke_detector", "room_climate"),
        ("smoke > 0.1 dB/n", 9, "the unit `dB/n` is not known", "`dB/m`"),
        ("smoke > 0.1 Cel", 9, "`Cel` cannot be held against dB/m", "write it in dB/m"),
        ("temperature > 500 Cel", 15, "never true", ""),
        ("temperature >= -40", 16, "always true", ""),
        ("mean(temperature, 5m) < -41 Cel", 25, "never true", ""),
        ("smoke", 1, "expected true or false, this is a number", "> 5"),
        ("smoke_alarm > 3", 1, "true or false cannot be compared with a number", ""),
        ("smoke > temperature", 9, "dB/m and Cel do not go together", ""),
        ("smoke + temperature > 1", 9, "dB/m and Cel do not go together", ""),
        ("rate(temperature) > 5", 1, "takes 2 argument(s)", "rate(x, 10m)"),
        ("rate(temperature, 5) > 5", 19, "duration", "10m"),
        ("rate(temperature, 3d) > 5", 19, "at most a day", ""),
        ("rate(smoke + 1, 3m) > 5", 6, "takes the name of a quantity", ""),
        ("rate(smoke_alarm, 3m) > 5", 1, "cannot be made of `smoke_alarm`, which is bool", ""),
        ("rat(smoke, 3m) > 5", 1, "there is no function `rat`", "did you mean `rate`?"),
        ("count_of(smoke > 0.1) > 2", 1, "looks at several sensors", "for each facility"),
        ("0.1 < smoke < 0.2", 13, "comparisons cannot be chained", "and"),
        ("smoke = 0.1", 7, "`=` is not known here", "=="),
        ("smoke ** 2 > 1", 7, "`**` is not known here", "x * x"),
        ("smoke > 1; smoke", 10, "`;` is not known here", ""),
        ("smoke.__class__ == 1", 1, "`smoke.__class__` is not known", ""),
        ('sensor_kind == "smoke_detectr" and smoke > 0.1', 16, "no sensor.kind", "`smoke_detector`"),
        ('facility.kind in ("warehouse", "house") and smoke_alarm', 32, "no facility.kind `house`", ""),
        ("fault == 'x' and smoke > 0.1", 1, "true or false cannot be compared with a text", ""),
        ('1 > 0 and sensor_kind == "smoke_detector"', 1, "no reading can change this", ""),
        ("'smoke", 1, "a text has no end", "close it"),
        ("count(smoke, 10m) > 3 dB/m", 21, "`dB/m` is held against what has no unit", "write the number alone"),
        ("smoke * temperature > 5 Cel", 23, "`Cel` is held against what has no unit", "write the number alone"),
        ("temperature - 70 °F > 5", 15, "`°F` can be read in two ways here", "write it in Cel"),
        ("temperature - 20 > 9 °F", 20, "`°F` can be read in two ways here", "write it in Cel"),
        ("temperature + battery / 5 > 18", 15, "Cel and % do not go together", "divide by `1 %`"),
        ("mean(fault, 10m) > 50", 20, "never true: `mean(fault, …)` is 0 to 1", ""),
        ("avg(smoke, 3m) > 5", 1, "there is no function `avg`", "write `mean`"),
        ("abs(smoke) > 5", 1, "there is no function `abs`", "write both sides"),
        ("tally(smoke) > 5", 1, "there is no function `tally`", "there are rate"),
        ("smoke > 1 AND fault", 11, "found `AND`", "write `and`"),
        ("smoke > 1 且 fault", 11, "found `且`", "write `and`"),
        ("smoke is 1", 7, "found `is`", "write `==`"),
        ("smoke between 1 and 2", 7, "found `between`", "write `20 <= x and x <= 30`"),
        ("smoke => 1", 7, "`=>` is not known here", "write `>=`"),
    ],
)
def test_mistake_is_told_with_its_column_and_a_hint(text: str, column: int, message: str, hint: str) -> None:
    with pytest.raises(ExpressionError) as wrong:
        compile_condition(text, SENSOR)

    assert message in wrong.value.message
    assert hint in wrong.value.suggestion
    assert wrong.value.column == column


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("smoke > 0.1", "`smoke` of which sensor?"),
        ("rate(smoke, 1m) > 0.1", "`smoke` of which sensor?"),
        ("count_of(any_of(smoke > 0.1)) > 1", "cannot stand inside another"),
        ("any_of(smoke_detector.smoke > 0.1 and co_detector.co > 60)", "one kind of sensor at a time"),
        ('any_of(sensor_kind == "camera")', "looks at no quantity"),
        ("mean_of(open) > 1", "expected a number"),
        ("smoke_detector.co > 60", "`co` is not measured by smoke_detector"),
    ],
)
def test_mistake_about_several_sensors_is_told(text: str, message: str) -> None:
    with pytest.raises(ExpressionError) as wrong:
        compile_condition(text, FACILITY)
    assert message in wrong.value.message


def test_and_binds_stronger_than_or_and_not_stronger_than_and() -> None:
    def shape(text: str) -> list[str]:
        return [type(part).__name__ for part in parts(compile_condition(text, SENSOR).term)]

    assert shape("fault or smoke_alarm and not tamper") == shape("fault or (smoke_alarm and (not tamper))")
    assert shape("fault || smoke_alarm && !tamper") == shape("fault or smoke_alarm and not tamper")
    assert shape("smoke + 1 * 2 > 0.3") == shape("(smoke + (1 * 2)) > 0.3")


@pytest.mark.parametrize(
    "text",
    [
        "smoke > 0.1 and " * 500,
        "(" * (MAX_DEPTH + 1) + "fault" + ")" * (MAX_DEPTH + 1),
        "not " * (MAX_DEPTH + 1) + "fault",
        "- " * (MAX_DEPTH + 1) + "1 > smoke",
        " or ".join(["fault"] * MAX_NODES),
        "smoke in (" + ",".join("1" * 1 for _ in range(MAX_NODES)) + ")",
        "f(" * 300,
        "x" * (MAX_LENGTH + 1),
    ],
)
def test_expression_that_is_too_much_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError):
        compile_condition(text, SENSOR)


_WORDS = st.sampled_from(
    [
        "smoke",
        "temperature",
        "smoke_alarm",
        "and",
        "or",
        "not",
        "in",
        "(",
        ")",
        "[",
        "]",
        ",",
        ">",
        ">=",
        "<",
        "==",
        "!=",
        "+",
        "-",
        "*",
        "/",
        "1",
        "0.15",
        "dB/m",
        "Cel",
        "10m",
        "1h30m",
        "'a'",
        "true",
        "rate(",
        "mean(",
        "count_of(",
        "any_of(",
        "smoke_detector.smoke",
        "facility.kind",
        "previous(",
        "&&",
        "||",
        "!",
        "5",
        "%",
        "²",
        "٣",
        "摄",
        "1e999",
        ".",
        "..",
        '"',
        "(",
    ]
)


@given(st.one_of(st.text(max_size=200), st.lists(_WORDS, max_size=60).map(" ".join)))
@settings(max_examples=600, deadline=500)
def test_any_text_is_understood_or_refused(text: str) -> None:
    for names in (SENSOR, FACILITY):
        try:
            compile_condition(text, names)
        except ExpressionError as error:
            assert 1 <= error.column <= len(text) + 1
            assert error.message


@given(st.integers(0, 2**1030))
@settings(max_examples=50)
def test_big_numbers_are_refused_not_raised(number: int) -> None:
    try:
        compile_condition(f"temperature * 2 > {number}", SENSOR)
    except ExpressionError as error:
        assert "big" in error.message


def test_tree_remembers_where_it_was_written() -> None:
    text = "smoke >= 0.15 dB/m or fault"

    tree = parse(text)

    assert text[tree.start : tree.end] == text
