"""Environment: the air and its parts, noise, water, weather, and the river against its warning levels."""

from collections.abc import Sequence

from grafana_foundation_sdk.models.dashboard import Panel

from dashboards import look, own
from dashboards.alerts import alert_table, annotations, open_in
from dashboards.board import DEPARTMENTS, Board, Row, board_links, number_variable, scope_variables
from dashboards.panels import chart, stat
from dashboards.query import NOW, SCOPE, TOWN, Target, newest, series, table, trend
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
            Row(8, [_index(say), alert_table(say, category=Category.ENVIRONMENT)]),
            Row(7, [_river(say), _lines(say, "noise", "noise", every="30s")]),
            Row(7, [_lines(say, "pm2_5", "air"), _lines(say, "pm10", "air"), _lines(say, "o3", "air")]),
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
            thresholds=look.limits_of("air_quality"),
        ),
        _now(say, "pm2_5", "air", decimals=0),
        _now(say, "o3", "air", decimals=0),
        _now(say, "noise", "noise", decimals=0),
        _now(say, "level", "water", decimals=2),
        _now(say, "temperature", "weather", decimals=1),
        _now(say, "rain_rate", "weather", decimals=1),
    ]


def _gases(say: Words) -> list[Panel]:
    return [
        _lines(say, "no2", "air"),
        _lines(say, "so2", "air"),
        _lines(say, "co_air", "air", decimals=1),
    ]


def _water(say: Words) -> list[Panel]:
    return [
        _lines(say, "dissolved_oxygen", "water", every="2m", decimals=1),
        _lines(say, "ammonia", "water", every="2m", decimals=1),
        _lines(say, "ph", "water", every="2m", decimals=1),
        _lines(say, "turbidity", "water", every="2m", decimals=0),
    ]


def _weather(say: Words) -> list[Panel]:
    return [
        _lines(say, "temperature", "weather", decimals=1),
        _lines(say, "wind_speed", "weather", decimals=1),
        _lines(say, "rain_rate", "weather", decimals=1),
        _lines(say, "pressure", "weather", decimals=0),
    ]


def _index(say: Words) -> Panel:
    return chart(
        say("空气质量指数（HJ 633）", "Air quality index (HJ 633)"),
        own.air_quality_over_time(),
        every="1m",
        limits=look.limits_of("air_quality", base=look.MUTED),
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
            Column("index", say("指数", "Index"), width=90, limits=look.limits_of("air_quality"), coloured=True),
            Column("primary", say("首要污染物", "Primary pollutant"), width=180, mapping=look.names_of(named)),
        ],
        sort=(say("指数", "Index"), True),
        no_value=say("没有空气站", "No air station here"),
        small=True,
        width=width,
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
