"""Industry: energy, machines, and the halls where wine ferments and ink dries."""

from grafana_foundation_sdk.models.dashboard import Panel

from dashboards import look
from dashboards.alerts import alert_table, annotations
from dashboards.board import DEPARTMENTS, Board, Row, board_links, scope_variables
from dashboards.panels import stat, timeline
from dashboards.quantities import figure, lines
from dashboards.query import SCOPE, Figure, Target, how_many, states
from dashboards.words import Words


def industry(say: Words) -> Board:
    """What is used now, what runs, and the air people work in."""
    return Board(
        uid="town-industry",
        title=say("产业", "Industry"),
        folder=DEPARTMENTS,
        description=say("用电、设备与车间空气。", "Energy, machines and the air of halls."),
        tags=("wall",),
        variables=scope_variables(say),
        annotations=annotations(say),
        links=board_links(say),
        rows=[
            Row(4, _figures(say)),
            Row(8, [_power(say), _machines(say)]),
            Row(7, _machinery(say)),
            Row(7, _halls(say)),
        ],
        more=[
            Row(8, _supply(say)),
            Row(9, [alert_table(say)]),
        ],
        more_title=say("更多", "More"),
    )


def _figures(say: Words) -> list[Panel]:
    return [
        figure(say, "power", family="power", title=say("总功率", "Power"), how="sum", size=40),
        _used(say),
        stat(say("运行设备", "Machines running"), how_many("running", family="power"), decimals=0, size=40),
        stat(
            say("设备故障", "Machine faults"),
            how_many("fault", family="power"),
            decimals=0,
            size=40,
            thresholds=look.rising(((1, look.MINOR),), base=look.FAINT),
        ),
        figure(say, "co2", family="air", title=say("最高 CO₂", "Worst CO₂"), size=40),
        figure(say, "voc", family="air", title=say("最高挥发物", "Worst VOC"), size=40),
    ]


def _power(say: Words) -> Panel:
    return _lines(say, "power", "power", say("各设施功率", "Power by facility"), how="sum", every="1m")


def _machinery(say: Words) -> list[Panel]:
    return [
        _lines(say, "vibration", "power", say("振动", "Vibration"), by="sensor"),
        _lines(say, "temperature", "power", say("设备温度", "Machine temperature"), by="sensor"),
    ]


def _halls(say: Words) -> list[Panel]:
    return [
        _lines(say, "co2", "air", say("车间二氧化碳", "CO₂ in halls")),
        _lines(say, "voc", "air", say("挥发性有机物", "Volatile organic compounds"), every="1m"),
        _lines(say, "humidity", "air", say("车间湿度", "Humidity in halls"), how="mean"),
    ]


def _supply(say: Words) -> list[Panel]:
    return [
        _lines(say, "voltage", "power", say("电压", "Voltage"), by="sensor", how="mean", every="1m"),
        _lines(say, "power_factor", "power", say("功率因数", "Power factor"), by="sensor", how="min", every="1m"),
    ]


def _used(say: Words) -> Panel:
    """What counters grew by: the sum over all meters of the last less the first of the range."""
    inner = f'SELECT spread("energy") AS "value" FROM "power" WHERE $timeFilter AND {SCOPE} GROUP BY "sensor"'
    return stat(
        say("期间用电", "Energy in this time"),
        Target(f'SELECT sum("value") AS "value" FROM ({inner})'),
        unit=look.unit_of(say, "energy"),
        decimals=0,
        size=40,
    )


def _machines(say: Words) -> Panel:
    return timeline(
        say("设备", "Machines"),
        states("running", family="power"),
        mappings=[look.on_off(say("运行", "running"), say("停", "stopped"), colour=look.TRACES[0])],
        every="30s",
    )


def _lines(
    say: Words,
    quantity: str,
    family: str,
    title: str,
    *,
    how: Figure = "max",
    by: str = "facility",
    every: str = "30s",
) -> Panel:
    return lines(say, quantity, family=family, title=title, how=how, by=(by,), every=every)
