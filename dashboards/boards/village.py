"""Village and farm: soil, greenhouses, irrigation and the weather over them."""

from grafana_foundation_sdk.models.dashboard import Panel

from dashboards.alerts import alert_table, annotations
from dashboards.board import DEPARTMENTS, Board, Row, board_links, scope_variables
from dashboards.quantities import figure, lines
from dashboards.query import Figure
from dashboards.words import Words


def village(say: Words) -> Board:
    """The driest soil first, then what is in it, then water and weather."""
    return Board(
        uid="town-village",
        title=say("村庄与农业", "Village and farm"),
        folder=DEPARTMENTS,
        description=say("土壤、大棚、灌溉与气象。", "Soil, greenhouses, irrigation and weather."),
        tags=("wall",),
        variables=scope_variables(say),
        annotations=annotations(say),
        links=board_links(say),
        since="now-24h",
        rows=[
            Row(4, _figures(say)),
            Row(8, _soil(say)),
            Row(7, _climate(say)),
            Row(7, _water(say)),
        ],
        more=[
            Row(9, [alert_table(say)]),
        ],
        more_title=say("更多", "More"),
    )


def _figures(say: Words) -> list[Panel]:
    return [
        _now(say, "soil_moisture", "soil", say("最干土壤", "Driest soil"), how="min"),
        _now(say, "temperature", "soil", say("最低地温", "Coldest soil"), how="min"),
        _now(say, "temperature", "air", say("最高棚温", "Hottest room or greenhouse")),
        _now(say, "flow", "water", say("流量", "Flow")),
        _now(say, "temperature", "weather", say("气温", "Outside")),
        _now(say, "rain_rate", "weather", say("雨强", "Rain")),
    ]


def _soil(say: Words) -> list[Panel]:
    return [
        _lines(say, "soil_moisture", "soil", every="10m"),
        _lines(say, "conductivity", "soil", every="10m"),
        _lines(say, "ph", "soil", every="10m"),
    ]


def _climate(say: Words) -> list[Panel]:
    return [
        _lines(say, "temperature", "soil", every="10m", title=say("地温", "Soil temperature")),
        _lines(say, "temperature", "air", every="1m", title=say("棚温", "Rooms and greenhouses")),
        _lines(say, "humidity", "air", every="1m"),
    ]


def _water(say: Words) -> list[Panel]:
    return [
        _lines(say, "flow", "water", every="1m", title=say("灌溉流量", "Irrigation")),
        _lines(say, "irradiance", "weather", every="1m"),
        _lines(say, "rain_rate", "weather", every="1m"),
    ]


def _none(say: Words) -> str:
    return say("这里没有这种传感器", "No such sensor here")


def _now(say: Words, quantity: str, family: str, title: str, *, how: Figure = "max") -> Panel:
    return figure(say, quantity, family=family, title=title, how=how, within="1h", decimals=1, no_value=_none(say))


def _lines(say: Words, quantity: str, family: str, *, every: str, title: str = "") -> Panel:
    return lines(say, quantity, family=family, title=title, every=every, no_value=_none(say))
