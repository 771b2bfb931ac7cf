"""Industry: energy, machines, and the halls where wine ferments and ink dries."""

from grafana_foundation_sdk.models.dashboard import Panel

from dashboards import look
from dashboards.alerts import alert_table, annotations
from dashboards.board import DEPARTMENTS, Board, Row, board_links, scope_variables
from dashboards.panels import chart, stat, timeline
from dashboards.query import SCOPE, Figure, Target, how_many, newest, states, trend
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
        _now(say("总功率", "Power"), "power", "power", how="sum"),
        _used(say),
        stat(say("运行设备", "Machines running"), how_many("running", family="power"), decimals=0, size=40),
        stat(
            say("设备故障", "Machine faults"),
            how_many("fault", family="power"),
            decimals=0,
            size=40,
            thresholds=look.rising(((1, look.MINOR),), base=look.FAINT),
        ),
        _now(say("最高 CO₂", "Worst CO₂"), "co2", "air"),
        _now(say("最高挥发物", "Worst VOC"), "voc", "air"),
    ]


def _power(say: Words) -> Panel:
    return _lines(say("各设施功率", "Power by facility"), "power", "power", how="sum", every="1m")


def _machinery(say: Words) -> list[Panel]:
    return [
        _lines(say("振动", "Vibration"), "vibration", "power", by="sensor"),
        _lines(say("设备温度", "Machine temperature"), "temperature", "power", by="sensor"),
    ]


def _halls(say: Words) -> list[Panel]:
    return [
        _lines(say("车间二氧化碳", "CO₂ in halls"), "co2", "air"),
        _lines(say("挥发性有机物", "Volatile organic compounds"), "voc", "air", every="1m"),
        _lines(say("车间湿度", "Humidity in halls"), "humidity", "air", how="mean"),
    ]


def _supply(say: Words) -> list[Panel]:
    return [
        _lines(say("电压", "Voltage"), "voltage", "power", by="sensor", how="mean", every="1m"),
        _lines(say("功率因数", "Power factor"), "power_factor", "power", by="sensor", how="min", every="1m"),
    ]


def _now(title: str, quantity: str, family: str, *, how: Figure = "max") -> Panel:
    return stat(
        title,
        newest(quantity, family=family, how=how),
        unit=look.unit_of(quantity),
        size=40,
        thresholds=look.limits_of(quantity),
    )


def _used(say: Words) -> Panel:
    """What counters grew by: the sum over all meters of the last less the first of the range."""
    inner = f'SELECT spread("energy") AS "value" FROM "power" WHERE $timeFilter AND {SCOPE} GROUP BY "sensor"'
    return stat(
        say("期间用电", "Energy in this time"),
        Target(f'SELECT sum("value") AS "value" FROM ({inner})'),
        unit=look.unit_of("energy"),
        decimals=0,
        size=40,
    )


def _lines(
    title: str, quantity: str, family: str, *, how: Figure = "max", by: str = "facility", every: str = "30s"
) -> Panel:
    return chart(
        title,
        trend(quantity, family=family, how=how, by=(by,)),
        unit=look.unit_of(quantity),
        every=every,
        limits=look.limits_of(quantity, base=look.MUTED) if quantity in look.LIMITS else None,
    )


def _machines(say: Words) -> Panel:
    return timeline(
        say("设备", "Machines"),
        states("running", family="power"),
        mappings=[look.on_off(say("运行", "running"), say("停", "stopped"), colour=look.TRACES[0])],
        every="30s",
    )
