"""Town operations: the wall of the operations centre, and the home board. Everything fits one screen."""

from grafana_foundation_sdk.models.dashboard import Panel

from dashboards import look, own
from dashboards.alerts import alert_table, count_of, open_in
from dashboards.board import OPERATIONS, Board, Column, Row, board_links, scope_variables
from dashboards.boards.visitors import last_week
from dashboards.panels import stat
from dashboards.quantities import figure
from dashboards.query import Figure, day, how_many, newest
from dashboards.town_map import map_panel
from dashboards.words import Words
from town.alert import Category, Severity

UID = "town-ops"


def operations(say: Words) -> Board:
    """Top line, map and queue, six tiles with a day's trace: 27 rows, nothing scrolls."""
    return Board(
        uid=UID,
        title=say("小镇运行", "Town operations"),
        folder=OPERATIONS,
        description=say(
            "墙面总览：设施状态、未结警报、各类指标与接入状况。", "The wall: places, open alerts, key figures, ingest."
        ),
        tags=("wall",),
        variables=scope_variables(say),
        links=board_links(say),
        since="now-24h",
        refresh="10s",
        rows=[
            Row(3, _top_line(say)),
            Row(17, [map_panel(say, say("设施", "Places"), width=16, facility_link=to_facility(say)), _queue(say)]),
            Row(7, _tiles(say)),
        ],
    )


def to_facility(say: Words) -> tuple[str, str]:
    """From the map to everything about one facility: title and URL."""
    url = "/d/town-facility?var-town=${town}&var-facility=${__data.fields.facility}&${__url_time_range}"
    return say("打开设施", "Open the facility"), url


def _top_line(say: Words) -> list[Panel]:
    return [
        _weather(say, "temperature", "weather", say("气温", "Temperature"), decimals=1, how="mean"),
        _weather(say, "wind_speed", "weather", say("风速", "Wind"), decimals=1),
        _weather(say, "level", "water", say("河道水位", "River level"), decimals=2),
        stat(
            say("收讯 / 秒", "Messages / s"), own.of_pipeline("messages_per_s", how="sum"), decimals=1, size=34, width=3
        ),
        stat(
            say("入库时延 p99", "Store latency p99"),
            own.of_pipeline("store_latency_ms_p99", how="max"),
            unit="ms",
            decimals=0,
            size=34,
            width=4,
        ),
        stat(
            say("1 小时遗失", "Lost in 1 h"),
            own.of_ledger("missing"),
            decimals=0,
            size=34,
            thresholds=look.rising(((1, look.CRITICAL),)),
            width=4,
        ),
        own.silent_sensors(say, title=say("传感器", "Sensors"), size=30, width=4),
    ]


def _weather(say: Words, quantity: str, family: str, title: str, *, decimals: int, how: Figure = "max") -> Panel:
    return figure(say, quantity, family=family, title=title, how=how, decimals=decimals, size=34, width=3)


def _queue(say: Words) -> Column:
    counts = [count_of(severity, say, width=2) for severity in Severity]
    return Column(8, [Row(4, counts), Row(13, [alert_table(say, wall=True)])])


def _tiles(say: Words) -> list[Column]:
    smoke = stat(
        say("最高烟雾", "Worst smoke"),
        day("smoke", family="fire", how="max"),
        unit=look.unit_of(say, "smoke"),
        decimals=2,
        trace=True,
        thresholds=look.limits_of(say.limits("smoke", "fire")),
        size=30,
    )
    doors = stat(
        say("门开着", "Doors open"), how_many("open", family="access"), decimals=0, size=30, thresholds=look.rising()
    )
    air = stat(
        say("空气质量指数", "Air quality index"),
        own.air_quality_over_time(by=()),
        decimals=0,
        trace=True,
        thresholds=look.air_quality_limits(),
        size=30,
    )
    river = stat(
        say("河道水位", "River level"),
        day("level", family="water", how="max"),
        unit=look.unit_of(say, "level"),
        decimals=2,
        trace=True,
        size=30,
    )
    people = stat(
        say("在镇人数", "People in town"),
        [newest("people", family="crowd", how="sum"), last_week(ref="B")],
        names=(say("现在", "now"), say("上周此时", "a week ago")),
        decimals=0,
        size=26,
    )
    seen = stat(say("传感器", "Sensors"), own.of_facilities("sensors"), decimals=0, size=30)
    return [
        _tile(open_in(Category.FIRE, say, title=say("消防", "Fire")), smoke),
        _tile(open_in(Category.SECURITY, say, title=say("安防", "Security")), doors),
        _tile(open_in(Category.ENVIRONMENT, say, title=say("环境", "Environment")), air),
        _tile(open_in(Category.UTILITY, say, title=say("水情与公用", "Water and utilities")), river),
        _tile(open_in(Category.CROWD, say, title=say("游客", "Visitors")), people),
        _tile(open_in(Category.DEVICE, say, title=say("设备", "Devices")), seen),
    ]


def _tile(count: Panel, trace: Panel) -> Column:
    return Column(4, [Row(3, [count]), Row(4, [trace])])
