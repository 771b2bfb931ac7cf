"""Public health: fever posts, quarantine doors, and the air of clinics and schools."""

from grafana_foundation_sdk.models.dashboard import Panel

from dashboards import look
from dashboards.alerts import alert_table, annotations, open_in
from dashboards.board import DEPARTMENTS, Board, Row, board_links, scope_variables
from dashboards.panels import chart, stat, timeline
from dashboards.query import how_many, newest, states, trend
from dashboards.words import Words
from town.alert import Category


def health(say: Words) -> Board:
    """Who was warm, how many were looked at, which doors stood open, and how stale the air is."""
    return Board(
        uid="town-health",
        title=say("公共卫生", "Public health"),
        folder=DEPARTMENTS,
        description=say("体温筛查、隔离门与室内空气。", "Fever posts, quarantine doors, indoor air."),
        tags=("wall",),
        variables=scope_variables(say),
        annotations=annotations(say),
        links=board_links(say),
        rows=[
            Row(4, _figures(say)),
            Row(8, [_warm(say), _screened(say)]),
            Row(7, [_doors(say), _air(say, "co2")]),
            Row(7, [alert_table(say, category=Category.HEALTH)]),
        ],
        more=[
            Row(8, [_air(say, "humidity"), _air(say, "temperature")]),
        ],
        more_title=say("更多", "More"),
    )


def _figures(say: Words) -> list[Panel]:
    return [
        open_in(Category.HEALTH, say),
        stat(
            say("最高体温", "Warmest person"),
            newest("body_temperature", family="health", within="1h"),
            unit=look.unit_of("body_temperature"),
            decimals=1,
            size=40,
            thresholds=look.limits_of("body_temperature"),
        ),
        stat(say("门开着", "Doors open"), how_many("open", family="access"), decimals=0, size=40),
        stat(
            say("最高室内 CO₂", "Worst indoor CO₂"),
            newest("co2", family="air"),
            unit=look.unit_of("co2"),
            decimals=0,
            size=40,
            thresholds=look.limits_of("co2"),
        ),
    ]


def _warm(say: Words) -> Panel:
    return chart(
        say("体温（每处最高）", "Body temperature, warmest at each post"),
        trend("body_temperature", family="health", how="max"),
        unit=look.unit_of("body_temperature"),
        every="1m",
        limits=look.limits_of("body_temperature", base=look.MUTED),
        decimals=1,
    )


def _screened(say: Words) -> Panel:
    return chart(
        say("筛查人数", "People looked at"),
        trend("people_in", family="health", how="sum"),
        every="1m",
        bars=True,
        decimals=0,
        low=0,
    )


def _doors(say: Words) -> Panel:
    words = look.on_off(say("开", "open"), say("关", "shut"), colour=look.TRACES[0])
    return timeline(say("门", "Doors"), states("open", family="access"), mappings=[words])


def _air(say: Words, quantity: str) -> Panel:
    return chart(
        say("室内", "Indoor ") + say.quantity(quantity).lower(),
        trend(quantity, family="air", how="max", by=("facility",)),
        unit=look.unit_of(quantity),
        every="30s",
        limits=look.limits_of(quantity, base=look.MUTED) if quantity in look.LIMITS else None,
    )
