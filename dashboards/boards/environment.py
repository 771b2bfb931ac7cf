"""Environment: the air and its parts, noise, water, weather, and the river against its warning levels."""

from collections.abc import Sequence

from grafana_foundation_sdk.models.dashboard import Panel

from dashboards import look, own
from dashboards.alerts import alert_table, annotations, open_in
from dashboards.board import DEPARTMENTS, Board, Row, board_links, number_variable, scope_variables
from dashboards.panels import chart, stat
from dashboards.quantities import figure, lines
from dashboards.query import NOW, SCOPE, TOWN, Target, series, table, trend
from dashboards.rows import Column, table_panel
from dashboards.words import Words
from town.air_quality import BREAKPOINTS
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
        tags=("wall",),
        variables=[*scope_variables(say), *levels],
        annotations=annotations(say),
        links=board_links(say),
        since="now-24h",
        rows=[
            Row(4, _figures(say)),
            Row(8, [_index(say), alert_table(say, category=Category.ENVIRONMENT, narrow=True)]),
            Row(7, [_river(say), lines(say, "noise", family="noise", every="30s")]),
            Row(
                7, [lines(say, "pm2_5", family="air"), lines(say, "pm10", family="air"), lines(say, "o3", family="air")]
            ),
        ],
        more=[
            Row(8, [_primary(say, width=8), *_gases(say)]),
            Row(8, _water(say)),
            Row(8, _weather(say)),
        ],
        more_title=say("更多", "More"),
    )


def _figures(say: Words) -> list[Panel]:
    return [
        open_in(Category.ENVIRONMENT, say),
        stat(
            say("空气质量指数", "Air quality index"),
            own.air_quality(),
            decimals=0,
            size=38,
            thresholds=look.air_quality_limits(),
        ),
        figure(say, "pm2_5", family="air", decimals=0),
        figure(say, "o3", family="air", decimals=0),
        figure(say, "noise", family="noise", decimals=0),
        figure(say, "level", family="water", title=say("河道水位", "River level"), decimals=2),
        figure(say, "temperature", family="weather", decimals=1),
        figure(say, "rain_rate", family="weather", decimals=1),
    ]


def _gases(say: Words) -> list[Panel]:
    return [
        lines(say, "no2", family="air"),
        lines(say, "so2", family="air"),
        lines(say, "co_air", family="air", decimals=1),
    ]


def _water(say: Words) -> list[Panel]:
    return [
        lines(say, "dissolved_oxygen", family="water", every="2m", decimals=1),
        lines(say, "ammonia", family="water", every="2m", decimals=1),
        lines(say, "ph", family="water", every="2m", decimals=1),
        lines(say, "turbidity", family="water", every="2m", decimals=0),
    ]


def _weather(say: Words) -> list[Panel]:
    return [
        lines(say, "temperature", family="weather", decimals=1),
        lines(say, "wind_speed", family="weather", decimals=1),
        lines(say, "rain_rate", family="weather", decimals=1),
        lines(say, "pressure", family="weather", decimals=0),
    ]


def _index(say: Words) -> Panel:
    return chart(
        say("空气质量指数（HJ 633）", "Air quality index (HJ 633)"),
        own.air_quality_over_time(),
        every="1m",
        limits=look.air_quality_limits(base=look.MUTED),
        decimals=0,
        low=0,
    )


def _primary(say: Words, *, width: int) -> Panel:
    query = (
        f'SELECT last("index") AS "index", "primary" FROM "air_quality" WHERE {NOW} AND {SCOPE} '
        'GROUP BY "facility", "sensor"'
    )
    named = {name: say.quantity(name) for name in BREAKPOINTS} | {"-": "—"}
    return table_panel(
        say("各站", "Stations"),
        table(query),
        [
            Column("facility", say("设施", "Facility")),
            Column("sensor", say("站点", "Station"), width=120),
            Column("index", say("指数", "Index"), width=90, limits=look.air_quality_limits(), coloured=True),
            Column("primary", say("首要污染物", "Primary pollutant"), width=180, mapping=look.names_of(named)),
        ],
        sort=(say("指数", "Index"), True),
        no_value=say("没有空气站", "No air station here"),
        small=True,
        width=width,
    )


def _river(say: Words) -> Panel:
    names = [("warning", say("警戒水位", "Warning level")), ("guarantee", say("保证水位", "Guarantee level"))]
    return chart(
        say("河道水位", "River level"),
        [*trend("level", family="water", how="max"), *_levels()],
        unit=look.unit_of(say, "level"),
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
