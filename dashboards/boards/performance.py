"""Alert performance, after ISA-18.2: whether operators can cope with what the rules ask of them."""

from grafana_foundation_sdk.models.dashboard import Panel

from dashboards import look, own
from dashboards.alerts import happened
from dashboards.board import SYSTEM, Board, Row, board_links, scope_variables
from dashboards.panels import chart, stat
from dashboards.query import SCOPE, series
from dashboards.words import Words
from town.alert import Severity

FIGURES = {
    "per_operator_10min": ("每人每 10 分钟", "per operator and 10 min"),
    "chattering": ("抖动", "chattering"),
    "fleeting": ("瞬时", "fleeting"),
    "stale": ("陈旧", "stale"),
    "share_critical": ("■ 紧急", "■ critical"),
    "share_major": ("▲ 重要", "▲ major"),
    "share_minor": ("◆ 次要", "◆ minor"),
    "share_advisory": ("● 提示", "● advisory"),
    "ack_seconds_p50": ("中位", "median"),
    "ack_seconds_p95": ("p95", "p95"),
}
"""What the lines are called."""

SHARES = ("share_critical", "share_major", "share_minor", "share_advisory")


def performance(say: Words) -> Board:
    """The figures against their targets, then over time."""
    return Board(
        uid="town-performance",
        title=say("警报绩效", "Alert performance"),
        folder=SYSTEM,
        description=say("按 ISA-18.2 的警报管理指标。", "Figures of alert management after ISA-18.2."),
        variables=scope_variables(say),
        links=board_links(say),
        since="now-24h",
        rows=[
            Row(5, _figures(say)),
            Row(5, [*_times(say), *(_share(say, figure) for figure in SHARES)]),
            Row(8, [_load(say), _nuisance(say)]),
            Row(8, [_mix(say), _answers(say), _hours(say)]),
        ],
        more=[
            Row(9, [happened(say)]),
        ],
        more_title=say("更多", "More"),
    )


def _figures(say: Words) -> list[Panel]:
    return [
        _figure(
            say("每人每 10 分钟", "Per operator, 10 min"),
            "per_operator_10min",
            (1, look.ADVISORY),
            (2, look.MAJOR),
        ),
        _figure(say("洪峰中", "In a flood"), "in_flood", (1, look.MAJOR), on_off=say),
        _figure(say("洪峰时间占比", "Time in flood"), "flood_share", (0.01, look.MINOR), unit="percentunit"),
        _figure(
            say("前十来源占比", "Top ten sources"),
            "top_ten_share",
            (0.5, look.ADVISORY),
            unit="percentunit",
        ),
        _figure(say("抖动", "Chattering"), "chattering", (1, look.MINOR)),
        _figure(say("瞬时", "Fleeting"), "fleeting", (1, look.ADVISORY)),
        _figure(say("陈旧", "Stale"), "stale", (5, look.MINOR)),
    ]


def _times(say: Words) -> list[Panel]:
    return [
        _figure(say("接手 中位", "To acknowledge, median"), "ack_seconds_p50", unit="s"),
        _figure(say("接手 p95", "To acknowledge, p95"), "ack_seconds_p95", unit="s"),
        _figure(say("处结 中位", "To resolve, median"), "resolve_seconds_p50", unit="s"),
        _figure(say("处结 p95", "To resolve, p95"), "resolve_seconds_p95", unit="s"),
    ]


def _load(say: Words) -> Panel:
    return _lines(say, ("每人每 10 分钟的警报", "Alerts per operator and 10 min"), ("per_operator_10min",))


def _nuisance(say: Words) -> Panel:
    return _lines(say, ("抖动、瞬时、陈旧", "Chattering, fleeting, stale"), ("chattering", "fleeting", "stale"))


def _mix(say: Words) -> Panel:
    return _lines(say, ("级别构成", "Mix of severities"), SHARES, unit="percentunit")


def _answers(say: Words) -> Panel:
    return _lines(say, ("接手用时", "Time to acknowledge"), ("ack_seconds_p50", "ack_seconds_p95"), unit="s")


def _hours(say: Words) -> Panel:
    query = (
        f'SELECT count("alert") FROM "alert_event" WHERE $timeFilter AND "event" = \'raised\' AND "drill" = false '
        f"AND {SCOPE} "
        'GROUP BY time(1h), "severity" fill(0)'
    )
    return chart(
        say("每小时警报", "Alerts an hour"),
        [series(query, alias="$tag_severity")],
        every="1h",
        bars=True,
        decimals=0,
        low=0,
        names=[(one.value, say(*look.SEVERITY_NAMES[one])) for one in Severity],
    )


def _figure(
    title: str, figure: str, *steps: tuple[float, str], unit: str = "none", on_off: Words | None = None
) -> Panel:
    mappings = [look.on_off(on_off("是", "yes"), on_off("否", "no"), colour=look.MAJOR)] if on_off else []
    return stat(
        title,
        own.of_alerts(figure),
        unit=unit,
        decimals=None if unit == "none" else 0,
        size=34,
        thresholds=look.rising(steps, base=look.TEXT),
        mappings=mappings,
    )


def _share(say: Words, figure: str) -> Panel:
    names = {
        "share_critical": ("■ 紧急 · 目标 5%", "■ Critical, target 5%"),
        "share_major": ("▲ 重要 · 目标 15%", "▲ Major, target 15%"),
        "share_minor": ("◆ 次要", "◆ Minor"),
        "share_advisory": ("● 提示", "● Advisory"),
    }
    return stat(say(*names[figure]), own.of_alerts(figure), unit="percentunit", decimals=0, size=34)


def _lines(say: Words, title: tuple[str, str], figures: tuple[str, ...], *, unit: str = "none") -> Panel:
    named = [(figure, say(*FIGURES[figure])) for figure in figures]
    nothing = say("这段时间没有警报", "No alert in this time")
    return chart(
        say(*title), own.alerts_over_time(figures), unit=unit, every="1m", low=0, names=named, no_value=nothing
    )
