"""The table of sensors: when each was last heard, its battery, signal, clock and gateway."""

from grafana_foundation_sdk.models.dashboard import Panel

from dashboards import look
from dashboards.query import NOW, SCOPE, table
from dashboards.rows import Column, table_panel
from dashboards.words import Words


def sensor_table(say: Words, *, only_silent: bool = False, width: int = 0) -> Panel:
    """Every sensor with when it was last seen, the silent ones first."""
    fields = '"last_seen", "battery", "rssi", "clock_error_ms"'
    tags = '"sensor", "facility", "kind", "gateway"'
    inner = f'SELECT last("silent") AS "silent", {fields} FROM "sensor_state" WHERE {NOW} AND {SCOPE} GROUP BY {tags}'
    query = f'SELECT "silent", {fields} FROM ({inner}) WHERE "silent" = true GROUP BY {tags}' if only_silent else inner
    return table_panel(
        say("失联传感器", "Silent sensors") if only_silent else say("传感器", "Sensors"),
        table(query),
        [
            Column("sensor", say("传感器", "Sensor"), width=130),
            Column(
                "silent",
                say("状态", "State"),
                width=90,
                mapping=look.on_off(say("失联", "silent"), say("正常", "fine"), colour=look.MINOR),
                coloured=True,
            ),
            Column("last_seen", say("最后一次", "Last seen"), unit="dateTimeFromNow", width=140),
            Column("kind", say("种类", "Kind"), mapping=look.kind_names(say)),
            Column("facility", say("设施", "Facility")),
            Column(
                "battery",
                say("电量", "Battery"),
                unit="percent",
                width=90,
                limits=look.limits_of(say.limits("battery")),
                coloured=True,
            ),
            Column("rssi", say("信号", "Signal"), unit="dBm", width=90),
            Column("clock_error_ms", say("时钟误差", "Clock error"), unit="ms", width=110),
            Column("gateway", say("网关", "Gateway")),
        ],
        sort=(say("状态", "State"), True),
        no_value=say("没有失联的传感器", "No sensor is silent")
        if only_silent
        else say("还没有传感器状态", "No state of sensors yet"),
        small=True,
        width=width,
    )
