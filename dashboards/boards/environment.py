"""Environment: the air and its parts, noise, water, weather, and the river against its warning levels."""

from collections.abc import Sequence

from grafana_foundation_sdk.models.dashboard import Panel

from dashboards import look
from dashboards.alerts import alert_table, annotations, open_in
from dashboards.board import DEPARTMENTS, Board, Row, board_links, number_variable, scope_variables
from dashboards.panels import chart, stat
from dashboards.query import TOWN, Target, newest, series, trend
from dashboards.words import Words
from town.alert import Category

WARNING, GUARANTEE = "warning_level", "guarantee_level"


def environment(say: Words) -> Board:
    """Now in one row, then the air by its parts, noise, the river, water and weather."""
    levels = [
        number_variable(WARNING, say("警戒水位（米）", "Warning level (m)"), "4.6"),
        number_variable(GUARANTEE, say("保证水位（米）", "Guarantee level (m)"), "5.1"),
    ]
    return Board(
        uid="town-environment",
        title=say("环境", "Environment"),
        folder=DEPARTMENTS,
        description=say("空气、噪声、水情与气象。", "Air, noise, water and weather."),
        variables=[*scope_variables(say), *levels],
        annotations=annotations(say),
        links=board_links(say),
        since="now-24h",
        rows=[
            Row(
                4,
                [
                    open_in(Category.ENVIRONMENT, say),
                    _now(say, "pm2_5", "air", decimals=0),
                    _now(say, "o3", "air", decimals=0),
                    _now(say, "noise", "noise", decimals=0),
                    _now(say, "level", "water", decimals=2),
                    _now(say, "temperature", "weather", decimals=1),
                    _now(say, "rain_rate", "weather", decimals=1),
                ],
            ),
            Row(
                9,
                [
                    _lines(say, "pm2_5", "air"),
                    _lines(say, "pm10", "air"),
                    _lines(say, "o3", "air"),
                ],
            ),
            Row(
                8,
                [
                    _lines(say, "no2", "air"),
                    _lines(say, "so2", "air"),
                    _lines(say, "co_air", "air", decimals=1),
                ],
            ),
            Row(9, [_river(say), _lines(say, "noise", "noise", every="30s")]),
            Row(
                8,
                [
                    _lines(say, "dissolved_oxygen", "water", every="2m", decimals=1),
                    _lines(say, "ammonia", "water", every="2m", decimals=1),
                    _lines(say, "ph", "water", every="2m", decimals=1),
                    _lines(say, "turbidity", "water", every="2m", decimals=0),
                ],
            ),
            Row(
                8,
                [
                    _lines(say, "temperature", "weather", decimals=1),
                    _lines(say, "wind_speed", "weather", decimals=1),
                    _lines(say, "rain_rate", "weather", decimals=1),
                    _lines(say, "pressure", "weather", decimals=0),
                ],
            ),
            Row(9, [alert_table(say, category=Category.ENVIRONMENT)]),
        ],
    )


def _now(say: Words, quantity: str, family: str, *, decimals: int) -> Panel:
    return stat(
        say.quantity(quantity),
        newest(quantity, family=family),
        unit=look.unit_of(quantity),
        decimals=decimals,
        size=38,
        thresholds=look.limits_of(quantity),
    )


def _lines(say: Words, quantity: str, family: str, *, every: str = "1m", decimals: int | None = None) -> Panel:
    limited = quantity in look.LIMITS or quantity in look.LOW_LIMITS
    return chart(
        say.quantity(quantity),
        trend(quantity, family=family),
        unit=look.unit_of(quantity),
        every=every,
        limits=look.limits_of(quantity, base=look.MUTED) if limited else None,
        decimals=decimals,
    )


def _river(say: Words) -> Panel:
    names = [("warning", say("警戒水位", "Warning level")), ("guarantee", say("保证水位", "Guarantee level"))]
    return chart(
        say("河道水位", "River level"),
        [*trend("level", family="water", how="max"), *_levels()],
        unit=look.unit_of("level"),
        every="1m",
        decimals=2,
        names=names,
        dashed=("warning", "guarantee"),
    )


def _levels() -> Sequence[Target]:
    """A level as a line: InfluxQL selects no constants, but nothing keeps it from a measured value times zero."""
    return [
        series(
            f'SELECT max("level_max") * 0 + ${{{variable}}} FROM "1m"."water" WHERE $timeFilter AND {TOWN} '
            "GROUP BY time($__interval) fill(null)",
            alias=alias,
            ref=ref,
        )
        for variable, alias, ref in ((WARNING, "warning", "W"), (GUARANTEE, "guarantee", "G"))
    ]
