"""The brain: rates and latencies of its own pipeline, its spool, its outbox, its rules."""

from grafana_foundation_sdk.models.dashboard import Panel, ValueMapping

from dashboards import look, own
from dashboards.board import SYSTEM, Board, Row, board_links, scope_variables
from dashboards.panels import chart, stat
from dashboards.query import TOWN, Target, table
from dashboards.rows import Column, alert_list, table_panel
from dashboards.words import Words

FIGURES = {
    "messages_per_s": ("收讯 / 秒", "messages / s"),
    "readings_per_s": ("入库读数 / 秒", "readings stored / s"),
    "rules_per_s": ("判断 / 秒", "readings judged / s"),
    "store_latency_ms_p99": ("入库时延 p99", "store latency p99"),
    "spool_batches": ("缓存批次", "spooled batches"),
    "spool_bytes": ("缓存占用", "spool on disk"),
    "outbox_queued": ("待发", "queued"),
    "outbox_dead": ("发不出", "given up"),
    "sender_waiting": ("待发", "waiting"),
    "sender_sent": ("10 秒内已发", "sent in 10 s"),
    "sender_dead": ("发不出", "given up"),
    "transitions": ("状态变化", "transitions"),
}
"""What the figures are called."""


def brain(say: Words) -> Board:
    """In the order in which data flows: in, stored, judged, told."""
    return Board(
        uid="town-brain",
        title=say("大脑", "Brain"),
        folder=SYSTEM,
        description=say(
            "自身管线：速率、时延、缓存与发送。", "Its own pipeline: rates, latencies, spool, outbox, senders."
        ),
        variables=scope_variables(say, facility=False),
        links=board_links(say),
        refresh="10s",
        rows=[
            Row(4, _figures(say)),
            Row(8, _rates(say)),
            Row(7, _backlogs(say)),
            Row(8, [_senders(say, width=8), _parts(say, width=8), _own_list(say, width=8)]),
        ],
    )


def _figures(say: Words) -> list[Panel]:
    return [
        _now(say("收讯 / 秒", "Messages / s"), "messages_per_s", how="sum", decimals=1),
        _now(say("读数 / 秒", "Readings / s"), "readings_per_s", how="sum", decimals=1),
        _now(say("入库时延 p99", "Store latency p99"), "store_latency_ms_p99", unit="ms", limit=250),
        _now(say("缓存批次", "Spooled batches"), "spool_batches", limit=1),
        _now(say("规则 / 秒", "Judged / s"), "rules_per_s", how="sum", decimals=1),
        _now(say("待发", "Queued to send"), "outbox_queued", limit=50),
        _now(say("发不出", "Cannot be sent"), "outbox_dead", limit=1),
        _balanced(say),
    ]


def _rates(say: Words) -> list[Panel]:
    return [
        _lines(say, ("速率", "Rates"), ("messages_per_s", "readings_per_s", "rules_per_s"), how="max"),
        _lines(say, ("入库时延 p99", "Store latency p99"), ("store_latency_ms_p99",), unit="ms", how="max"),
    ]


def _backlogs(say: Words) -> list[Panel]:
    return [
        _lines(say, ("缓存", "Spool"), ("spool_batches",), how="max"),
        _lines(say, ("缓存占用", "Spool on disk"), ("spool_bytes",), unit="bytes", how="max"),
        _lines(say, ("发件箱", "Outbox"), ("outbox_queued", "outbox_dead"), how="max"),
        _lines(say, ("状态变化", "Transitions"), ("transitions",), how="max"),
    ]


def _senders(say: Words, *, width: int) -> Panel:
    return chart(
        say("发送：各通道", "Senders: sent by channel"),
        own.senders_over_time("sender_sent"),
        every="10s",
        bars=True,
        decimals=0,
        low=0,
        width=width,
        no_value=say("还没有发过通知", "Nobody was told yet"),
    )


def _own_list(say: Words, *, width: int) -> Panel:
    return alert_list(
        say("Grafana 的警报列表", "Grafana's own Alert list"),
        note=say("来自大脑的 /api/v1/rules。", "From the brain's /api/v1/rules."),
        width=width,
    )


def _now(
    title: str, figure: str, *, how: str = "max", unit: str = "none", decimals: int = 0, limit: float | None = None
) -> Panel:
    steps = ((limit, look.MINOR),) if limit is not None else ()
    return stat(
        title,
        own.of_pipeline(figure, how=how),
        unit=unit,
        decimals=decimals,
        size=34,
        thresholds=look.rising(steps),
    )


def _lines(say: Words, title: tuple[str, str], figures: tuple[str, ...], *, unit: str = "none", how: str) -> Panel:
    named = [(figure, say(*FIGURES[figure])) for figure in figures]
    return chart(say(*title), own.pipeline_over_time(figures, how=how), unit=unit, every="10s", low=0, names=named)


def _balanced(say: Words) -> Panel:
    query = f'SELECT last("balanced") AS "balanced" FROM "ingest_ledger" WHERE time > now() - 10m AND {TOWN}'
    return stat(
        say("账本", "Ledger"),
        Target(query),
        size=34,
        mappings=[
            look.on_off(say("平", "balanced"), say("不平", "not balanced"), colour=look.TEXT, calm=look.CRITICAL)
        ],
    )


def _named(say: Words) -> ValueMapping:
    return look.names_of({figure: say(*name) for figure, name in FIGURES.items()})


def _parts(say: Words, *, width: int) -> Panel:
    query = (
        f'SELECT last("value") AS "value" FROM "brain_pipeline" WHERE {own.LATELY} AND {TOWN} GROUP BY "part", "figure"'
    )
    return table_panel(
        say("所有指标", "Every figure"),
        table(query),
        [
            Column("part", say("部分", "Part"), width=130),
            Column("figure", say("指标", "Figure"), mapping=_named(say)),
            Column("value", say("值", "Value"), unit="short", width=90),
        ],
        sort=(say("部分", "Part"), False),
        small=True,
        width=width,
    )
