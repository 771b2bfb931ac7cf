"""Sensors and gateways: who is silent, batteries, signals and clocks, and the loss ledger."""

from grafana_foundation_sdk.models.dashboard import Panel

from dashboards import look, own
from dashboards.alerts import alert_table, open_in
from dashboards.board import SYSTEM, Board, Row, board_links, scope_variables
from dashboards.panels import chart, stat, timeline
from dashboards.quantities import figure, lines
from dashboards.query import NOW, SCOPE, TOWN, Target, series, states, table
from dashboards.rows import Column, table_panel
from dashboards.sensors import sensor_table
from dashboards.words import Words
from town.alert import Category
from town.quantity import Limits


def devices(say: Words) -> Board:
    """What does not speak, what soon will not, and whether anything was lost."""
    return Board(
        uid="town-devices",
        title=say("传感器与网关", "Sensors and gateways"),
        folder=SYSTEM,
        description=say("在线、电量、信号、时钟与收讯账本。", "Silence, battery, signal, clock and the loss ledger."),
        variables=scope_variables(say),
        links=board_links(say),
        rows=[
            Row(4, _figures(say)),
            Row(9, [sensor_table(say)]),
            Row(7, [_silent(say), _counted(say)]),
            Row(6, [_gateways(say), _link(say)]),
        ],
        more=[
            Row(8, _online(say)),
            Row(8, [_loss(say), alert_table(say, category=Category.DEVICE)]),
        ],
        more_title=say("更多", "More"),
    )


def _figures(say: Words) -> list[Panel]:
    return [
        open_in(Category.DEVICE, say),
        own.silent_sensors(say, size=34),
        _worst_state("battery", "min", say("最低电量", "Lowest battery"), unit="percent", limits=say.limits("battery")),
        _worst_state("rssi", "min", say("最弱信号", "Weakest signal"), unit="dBm", limits=say.limits("rssi")),
        _worst_state("clock_error_ms", "max", say("最大时钟误差", "Worst clock error"), unit="ms"),
        _ledger("missing", say("1 小时遗失", "Lost in 1 h"), look.CRITICAL),
        _ledger("rejected", say("1 小时拒收", "Rejected in 1 h"), look.MINOR),
        _ledger("quarantined", say("1 小时隔离", "Quarantined in 1 h"), look.MINOR),
    ]


def _silent(say: Words) -> Panel:
    query = (
        f'SELECT sum("silent") FROM "facility_state" WHERE $timeFilter AND {SCOPE} GROUP BY time(1m), "zone" fill(null)'
    )
    return chart(say("各片区失联", "Silent by zone"), [series(query, alias="$tag_zone")], every="1m", decimals=0, low=0)


def _counted(say: Words) -> Panel:
    return chart(
        say("收讯账本", "Loss ledger"),
        own.ledger_over_time([name for name, _ in _ledger_names(say)]),
        every="1m",
        decimals=0,
        low=0,
        names=_ledger_names(say),
    )


def _worst_state(field: str, how: str, title: str, *, unit: str, limits: Limits | None = None) -> Panel:
    inner = f'SELECT last("{field}") AS "value" FROM "sensor_state" WHERE {NOW} AND {SCOPE} GROUP BY "sensor"'
    return stat(
        title,
        Target(f'SELECT {how}("value") AS "value" FROM ({inner})'),
        unit=unit,
        decimals=0,
        size=36,
        thresholds=look.limits_of(limits),
    )


def _ledger(field: str, title: str, colour: str) -> Panel:
    return stat(
        title,
        own.of_ledger(field),
        decimals=0,
        size=36,
        thresholds=look.rising(((1, colour),), base=look.FAINT),
    )


def _ledger_names(say: Words) -> list[tuple[str, str]]:
    return [
        ("received", say("收到", "received")),
        ("stored", say("入库", "stored")),
        ("rejected", say("拒收", "rejected")),
        ("quarantined", say("隔离", "quarantined")),
        ("duplicates", say("重复", "duplicates")),
        ("missing", say("遗失", "missing")),
    ]


def _gateways(say: Words) -> Panel:
    chosen = ", ".join(
        f'sum("{one}") AS "{one}"' for one in ("received", "rejected", "stored", "quarantined", "missing")
    )
    query = f'SELECT {chosen} FROM "ingest_ledger" WHERE $timeFilter AND {TOWN} GROUP BY "gateway"'
    number = 110
    return table_panel(
        say("网关", "Gateways"),
        table(query),
        [
            Column("gateway", say("网关", "Gateway")),
            *(
                Column(name, label, unit="none", width=number)
                for name, label in _ledger_names(say)
                if name != "duplicates"
            ),
        ],
        sort=(say("收到", "received"), True),
        small=True,
    )


def _online(say: Words) -> list[Panel]:
    return [
        _links(say, "device", ("网关在线", "Gateways online")),
        _links(say, "network", ("链路在线", "Links online")),
    ]


def _links(say: Words, family: str, title: tuple[str, str]) -> Panel:
    words = look.on_off(say("在线", "online"), say("离线", "offline"), colour=look.LINE, calm=look.MINOR)
    return timeline(say(*title), states("online", family=family), mappings=[words])


def _link(say: Words) -> Panel:
    return lines(say, "round_trip", family="network", title=say("网络往返时延", "Network round trip"), low=0)


def _loss(say: Words) -> Panel:
    title = say("最高丢包", "Worst packet loss")
    return figure(say, "packet_loss", family="network", title=title, decimals=1, size=36, width=4)
