"""Fire: smoke and heat, carbon monoxide and gas, water for fighting it, panels, and how often it was nothing."""

from grafana_foundation_sdk.models.dashboard import Panel

from dashboards import look, own
from dashboards.alerts import alert_table, annotations, happened, open_in
from dashboards.board import DEPARTMENTS, Board, Row, board_links, scope_variables
from dashboards.panels import chart, stat, timeline
from dashboards.query import TOWN, how_many, newest, states, table, trend
from dashboards.rows import Column, table_panel
from dashboards.words import Words
from town.alert import Category


def fire(say: Words) -> Board:
    """The worst first, then the lines, then what fights it."""
    return Board(
        uid="town-fire",
        title=say("消防", "Fire"),
        folder=DEPARTMENTS,
        description=say("烟温、燃气、消防水源与主机；误报率。", "Smoke, heat and gas; water and panels; false alarms."),
        tags=("wall",),
        variables=scope_variables(say),
        annotations=annotations(say),
        links=board_links(say),
        rows=[
            Row(4, _figures(say)),
            Row(8, [alert_table(say, category=Category.FIRE, width=16), _false_alarms(say, width=8)]),
            Row(7, _smoke_and_heat(say)),
            Row(7, [_hydrants(say), _tanks(say), _panels(say)]),
        ],
        more=[
            Row(8, _gases(say)),
            Row(
                8,
                [
                    _times(say, "pressed", ("手动报警按钮", "Manual call points")),
                    _times(say, "main_power", ("主机主电源", "Panels’ mains")),
                ],
            ),
            Row(8, [happened(say)]),
        ],
        more_title=say("更多", "More"),
    )


def _figures(say: Words) -> list[Panel]:
    return [
        open_in(Category.FIRE, say),
        _worst("smoke", say("最高烟雾", "Worst smoke"), decimals=2),
        _worst("temperature", say("最高温度", "Hottest"), decimals=1),
        _worst("co", say("最高一氧化碳", "Worst CO"), decimals=0),
        _worst("gas", say("最高燃气", "Worst gas"), decimals=1),
        stat(
            say("最低消火栓水压", "Lowest hydrant"),
            newest("water_pressure", family="fire", how="min", within="1h"),
            unit=look.unit_of("water_pressure"),
            decimals=0,
            size=36,
            thresholds=look.limits_of("water_pressure"),
        ),
        stat(
            say("主机故障", "Panel faults"),
            how_many("fault", family="fire"),
            decimals=0,
            size=36,
            thresholds=look.rising(((1, look.MINOR),)),
        ),
    ]


def _smoke_and_heat(say: Words) -> list[Panel]:
    return [
        _lines("smoke", say("烟雾（各设施最高）", "Smoke, worst of each facility")),
        _lines("temperature", say("温度（各设施最高）", "Temperature, hottest of each facility")),
    ]


def _gases(say: Words) -> list[Panel]:
    return [_lines("co", say("一氧化碳", "Carbon monoxide")), _lines("gas", say("可燃气体", "Combustible gas"))]


def _hydrants(say: Words) -> Panel:
    return chart(
        say("消火栓水压", "Hydrant pressure"),
        trend("water_pressure", family="fire", how="min"),
        unit=look.unit_of("water_pressure"),
        every="5m",
        limits=look.limits_of("water_pressure", base=look.MUTED),
    )


def _tanks(say: Words) -> Panel:
    return chart(
        say("消防水箱水位", "Fire water tanks"),
        trend("level", family="fire", how="min"),
        unit=look.unit_of("level"),
        every="2m",
        low=0,
    )


def _panels(say: Words) -> Panel:
    alarms = states("fire_alarm", family="fire", called=say("报警", "alarm"))
    faults = states("fault", family="fire", ref="B", called=say("故障", "fault"))
    words = look.on_off(say("报警或故障", "alarm or fault"), say("正常", "normal"), colour=look.MINOR)
    return timeline(say("火灾报警主机", "Fire alarm panels"), [*alarms, *faults], mappings=[words])


def _times(say: Words, quantity: str, title: tuple[str, str]) -> Panel:
    words = {
        "pressed": look.on_off(say("按下", "pressed"), say("未按", "calm"), colour=look.CRITICAL, calm=look.LINE),
        "main_power": look.on_off(say("有", "on"), say("断", "off"), colour=look.LINE, calm=look.MAJOR),
    }
    return timeline(say(*title), states(quantity, family="fire"), mappings=[words[quantity]])


def _worst(quantity: str, title: str, *, decimals: int) -> Panel:
    return stat(
        title,
        newest(quantity, family="fire"),
        unit=look.unit_of(quantity),
        decimals=decimals,
        size=36,
        thresholds=look.limits_of(quantity),
    )


def _lines(quantity: str, title: str) -> Panel:
    return chart(
        title,
        trend(quantity, family="fire", how="max", by=("facility",)),
        unit=look.unit_of(quantity),
        every="20s",
        limits=look.limits_of(quantity, base=look.MUTED) if quantity in look.LIMITS else None,
        low=0,
    )


def _false_alarms(say: Words, *, width: int) -> Panel:
    query = (
        f'SELECT last("value") AS "rate" FROM "alert_figures" WHERE {own.LATELY} AND {TOWN} '
        'AND "figure" = \'false_alarm_rate\' GROUP BY "facility"'
    )
    return table_panel(
        say("误报率", "False-alarm rate"),
        table(query),
        [
            Column("facility", say("设施", "Facility"), mapping=look.names_of({"": say("全镇", "whole town")})),
            Column("rate", say("误报率", "Rate"), unit="percentunit", width=120),
        ],
        sort=(say("误报率", "Rate"), True),
        no_value=say("还没有核实过的火警", "No fire alert has been verified yet"),
        small=True,
        width=width,
    )
