"""What Grafana puts into a question before it is sent."""

import pytest

from dashboards.questions import Question, questions, several, variable_questions
from town.moment import DAY, HOUR, MINUTE, SECOND


def question(query: str, **more: object) -> Question:
    return Question("Board", "Panel", "A", query, "time_series", **more)  # type: ignore[arg-type]


def asked(query: str, *, width: int = HOUR, **variables: str) -> str:
    return question(query, interval=20 * SECOND, points=360).asked(start=0, end=width, variables=variables)


def test_the_range_and_the_variables_are_filled_in() -> None:
    text = asked(
        'SELECT "a" FROM "b" WHERE $timeFilter AND "zone" =~ /^$zone$/ AND "town" =~ /^${town}$/', zone=".*", town="x"
    )

    assert (
        text == 'SELECT "a" FROM "b" WHERE time >= 0ms and time <= 3600000ms AND "zone" =~ /^.*$/ AND "town" =~ /^x$/'
    )


def test_a_variable_is_not_taken_for_one_with_a_longer_name() -> None:
    assert asked("$zone $zones", zone="a", zones="b") == "a b"


def test_a_backslash_in_a_value_stays_one() -> None:
    assert asked("/^$zone$/", zone=several(["a.b"])) == r"/^a\.b$/"


@pytest.mark.parametrize(
    ("width", "bucket"), [(HOUR, 20 * SECOND), (6 * HOUR, MINUTE), (15 * DAY, HOUR), (30 * DAY, 2 * HOUR)]
)
def test_buckets_are_as_wide_as_the_sensors_tell_and_never_narrower_than_the_rollup(width: int, bucket: int) -> None:
    assert asked("$__interval", width=width) == f"{bucket}ms"


def test_a_range_is_a_figure_that_conditions_can_use() -> None:
    assert asked("(${__to} - ${__from}) <= 21600000", width=DAY) == "(86400000 - 0) <= 21600000"


@pytest.mark.parametrize(
    ("values", "written"),
    [(["a"], "a"), (["a", "b-1"], "(a|b-1)"), (["a|b", "c/d"], r"(a\|b|c\/d)"), (["(x)*"], r"\(x\)\*")],
)
def test_several_values_are_one_regular_expression(values: list[str], written: str) -> None:
    assert several(values) == written


@pytest.mark.parametrize(
    ("query", "family", "quantities"),
    [
        ('SELECT mean("smoke") FROM "fire" WHERE $timeFilter', "fire", {"smoke"}),
        ('SELECT max("open_max") FROM "1m"."access" WHERE $timeFilter', "access", {"open"}),
        (
            'SELECT sum("value") AS "value" FROM (SELECT last("co") AS "value" FROM "fire" WHERE $timeFilter)',
            "fire",
            {"co"},
        ),
    ],
)
def test_what_is_measured_is_known(query: str, family: str, quantities: set[str]) -> None:
    assert question(query).measured() == (family, quantities)


def test_questions_of_a_board_are_those_of_panels_and_annotations() -> None:
    target = {"query": "one", "refId": "A", "resultFormat": "table"}
    columns = {"textColumn": "text", "tagsColumn": "severity", "titleColumn": ""}
    organize = {"id": "organize", "options": {"indexByName": {"Time": 0, "facility": 1}}}
    panel = {"type": "table", "title": "T", "targets": [target], "transformations": [organize]}
    board = {
        "title": "B",
        "panels": [panel],
        "annotations": {"list": [{"name": "N", "target": {"query": "two"} | columns}]},
    }

    found = list(questions(board))

    assert [(one.where, one.query, one.columns) for one in found] == [
        ("T", "one", {"facility"}),
        ("N", "two", {"text", "severity"}),
    ]
    assert list(variable_questions(board)) == []


def test_a_chart_with_yesterday_asks_for_the_day_before_too() -> None:
    target = {"query": "$timeFilter", "refId": "A", "resultFormat": "time_series"}
    board = {"title": "B", "panels": [{"type": "timeseries", "title": "T", "targets": [target], "timeCompare": "1d"}]}

    now, before = questions(board)

    assert (now.ref, before.ref) == ("A", "A-compare")
    assert now.asked(start=DAY, end=2 * DAY, variables={}) == "time >= 86400000ms and time <= 172800000ms"
    assert before.asked(start=DAY, end=2 * DAY, variables={}) == "time >= 0ms and time <= 86400000ms"
