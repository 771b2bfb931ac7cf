"""Fire: smoke and heat, carbon monoxide and gas, water for fighting it, panels, and how often it was nothing."""

from grafana_foundation_sdk.models.dashboard import Panel

from dashboards import look, own
from dashboards.alerts import alert_table, annotations, happened, open_in
from dashboards.board import DEPARTMENTS, Board, Row, board_links, scope_variables
from dashboards.panels import stat, timeline
from dashboards.quantities import figure, lines
from dashboards.query import TOWN, how_many, states, table
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
        figure(say, "smoke", family="fire", title=say("最高烟雾", "Worst smoke"), decimals=2, size=36),
        figure(say, "temperature", family="fire", title=say("最高温度", "Hottest"), decimals=1, size=36),
        figure(say, "co", family="fire", title=say("最高一氧化碳", "Worst CO"), decimals=0, size=36),
        figure(say, "gas", family="fire", title=say("最高燃气", "Worst gas"), decimals=1, size=36),
        figure(
            say,
            "water_pressure",
            family="fire",
            title=say("最低消火栓水压", "Lowest hydrant"),
            how="min",
            within="1h",
            decimals=0,
            size=36,
        ),
        stat(
            say("探测器与主机故障", "Faults"),
            how_many("fault", family="fire"),
            decimals=0,
            size=36,
            thresholds=look.rising(((1, look.MINOR),)),
        ),
    ]


def _smoke_and_heat(say: Words) -> list[Panel]:
    return [
        _lines(say, "smoke", say("烟雾（各设施最高）", "Smoke, worst of each facility")),
        _lines(say, "temperature", say("温度（各设施最高）", "Temperature, hottest of each facility")),
    ]


def _gases(say: Words) -> list[Panel]:
    return [
        _lines(say, "co", say("一氧化碳", "Carbon monoxide")),
        _lines(say, "gas", say("可燃气体", "Combustible gas")),
    ]


def _panels(say: Words) -> Panel:
    words = look.on_off(say("报警", "alarm"), say("正常", "normal"), colour=look.CRITICAL, calm=look.LINE)
    return timeline(say("火灾报警主机", "Fire alarm panels"), states("fire_alarm", family="fire"), mappings=[words])


def _times(say: Words, quantity: str, title: tuple[str, str]) -> Panel:
    words = {
        "pressed": look.on_off(say("按下", "pressed"), say("未按", "calm"), colour=look.CRITICAL, calm=look.LINE),
        "main_power": look.on_off(say("有", "on"), say("断", "off"), colour=look.LINE, calm=look.MAJOR),
    }
    return timeline(say(*title), states(quantity, family="fire"), mappings=[words[quantity]])


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


def _lines(say: Words, quantity: str, title: str) -> Panel:
    return lines(say, quantity, family="fire", title=title, how="max", by=("facility",), every="20s", low=0)


def _hydrants(say: Words) -> Panel:
    title = say("消火栓水压", "Hydrant pressure")
    return lines(say, "water_pressure", family="fire", title=title, how="min", every="5m")


def _tanks(say: Words) -> Panel:
    title = say("消防水箱水位", "Fire water tanks")
    return lines(say, "level", family="fire", title=title, how="min", every="2m", low=0)
