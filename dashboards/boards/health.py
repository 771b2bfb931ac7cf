"""Public health: fever posts, quarantine doors, and the air of clinics and schools."""

from grafana_foundation_sdk.models.dashboard import Panel

from dashboards import look
from dashboards.alerts import alert_table, annotations, open_in
from dashboards.board import DEPARTMENTS, Board, Row, board_links, scope_variables
from dashboards.panels import stat, timeline
from dashboards.quantities import figure, lines
from dashboards.query import how_many, states
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
        figure(
            say,
            "body_temperature",
            family="health",
            title=say("最高体温", "Warmest person"),
            within="1h",
            decimals=1,
            size=40,
        ),
        stat(say("门开着", "Doors open"), how_many("open", family="access"), decimals=0, size=40),
        figure(say, "co2", family="air", title=say("最高室内 CO₂", "Worst indoor CO₂"), decimals=0, size=40),
    ]


def _doors(say: Words) -> Panel:
    words = look.on_off(say("开", "open"), say("关", "shut"), colour=look.TRACES[0])
    return timeline(say("门", "Doors"), states("open", family="access"), mappings=[words])


def _warm(say: Words) -> Panel:
    title = say("体温（每处最高）", "Body temperature, warmest at each post")
    return lines(say, "body_temperature", family="health", title=title, how="max", decimals=1)


def _screened(say: Words) -> Panel:
    title = say("筛查人数", "People looked at")
    return lines(say, "people_in", family="health", title=title, how="sum", bars=True, decimals=0, low=0)


def _air(say: Words, quantity: str) -> Panel:
    title = say("室内", "Indoor ") + say.quantity(quantity).lower()
    return lines(say, quantity, family="air", title=title, how="max", by=("facility",), every="30s")
