"""Facility: everything about one facility, chosen above. The worst first, limits beside values, one
time axis, yesterday in grey."""

from grafana_foundation_sdk.models.dashboard import DashboardLink, Panel

from dashboards import look
from dashboards.alerts import alert_table, annotations, happened
from dashboards.board import OPERATIONS, Board, Row, board_links, scope_variables
from dashboards.own import of_facilities
from dashboards.panels import stat, timeline
from dashboards.quantities import lines
from dashboards.query import states
from dashboards.sensors import sensor_table
from dashboards.words import Words

SHOWN = (
    ("smoke", "fire", "20s"),
    ("temperature", "fire", "20s"),
    ("co", "fire", "15s"),
    ("gas", "fire", "15s"),
    ("water_pressure", "fire", "5m"),
    ("temperature", "air", "30s"),
    ("humidity", "air", "30s"),
    ("co2", "air", "30s"),
    ("pm2_5", "air", "1m"),
    ("noise", "noise", "30s"),
    ("level", "water", "1m"),
    ("flow", "water", "1m"),
    ("power", "power", "1m"),
    ("vibration", "power", "30s"),
    ("people", "crowd", "30s"),
    ("tilt", "structure", "1m"),
)
"""Quantity, family, and how often it is told, in the order of the page."""

NAMES = {
    ("temperature", "fire"): ("探测器温度", "Temperature at detectors"),
    ("temperature", "air"): ("室内温度", "Room temperature"),
}
"""Where the name of the quantity alone would stand twice."""

STATES = (
    ("open", "access", ("门", "Doors"), ("开", "open"), ("关", "shut")),
    ("motion", "access", ("人员移动", "Motion"), ("有人", "somebody"), ("无人", "nobody")),
    ("leak", "water", ("漏水", "Leaks"), ("漏水", "leak"), ("干", "dry")),
    ("running", "power", ("设备", "Machines"), ("运行", "running"), ("停", "stopped")),
)
"""Quantity, family, title, and what true and false are called."""

Two = tuple[str, str]


def facility(say: Words) -> Board:
    """One place on one page; what it has no sensors for says so."""
    charts = [_lines(say, *one) for one in SHOWN]
    times = [_times(say, quantity, family, title, (on, off)) for quantity, family, title, on, off in STATES]
    return Board(
        uid="town-facility",
        title=say("设施", "Facility"),
        folder=OPERATIONS,
        description=say("一个设施的一切。", "Everything about one facility."),
        variables=scope_variables(say, every_facility=False),
        annotations=annotations(say, only_worst=False),
        links=[*board_links(say), _console(say)],
        rows=[
            Row(4, _figures(say)),
            Row(8, [alert_table(say)]),
            Row(7, charts[:4]),
            Row(7, charts[4:8]),
        ],
        more=[
            *(Row(8, charts[first : first + 4]) for first in range(8, len(charts), 4)),
            Row(8, times),
            Row(10, [sensor_table(say), happened(say)]),
        ],
        more_title=say("更多", "More"),
    )


def _figures(say: Words) -> list[Panel]:
    return [
        stat(
            say("最严重", "Worst"),
            of_facilities("worst", how="max"),
            mappings=[look.severity_marks(names=say)],
            size=40,
            thresholds=look.rising(base=look.FAINT),
        ),
        stat(
            say("未结警报", "Open alerts"),
            of_facilities("open_alerts"),
            decimals=0,
            size=40,
            thresholds=look.rising(((1, look.TEXT),), base=look.FAINT),
        ),
        stat(say("传感器", "Sensors"), of_facilities("sensors"), decimals=0, size=40),
        stat(
            say("失联", "Silent"),
            of_facilities("silent"),
            decimals=0,
            size=40,
            thresholds=look.rising(((1, look.MINOR),), base=look.FAINT),
        ),
    ]


def _console(say: Words) -> DashboardLink:
    return DashboardLink(
        title=say("在控制台打开", "Open in the console"),
        icon="external link",
        url="/town/places/$facility",
        tags=[],
    )


def _none(say: Words) -> str:
    return say("此设施没有这种传感器", "This facility has no such sensor")


def _times(say: Words, quantity: str, family: str, title: Two, called: tuple[Two, Two]) -> Panel:
    on, off = called
    return timeline(
        say(*title),
        states(quantity, family=family),
        mappings=[look.on_off(say(*on), say(*off), colour=look.TRACES[0])],
        no_value=_none(say),
    )


def _lines(say: Words, quantity: str, family: str, every: str) -> Panel:
    called = NAMES.get((quantity, family))
    title = say(*called) if called else ""
    return lines(say, quantity, family=family, title=title, every=every, yesterday=True, no_value=_none(say))
