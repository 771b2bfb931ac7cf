"""A quantity on a board: its name, unit and limits are those of its kind, wherever it is shown."""

from collections.abc import Sequence

from grafana_foundation_sdk.models.dashboard import Panel

from dashboards import look
from dashboards.panels import NOTHING, chart, stat
from dashboards.query import Figure, newest, trend
from dashboards.words import Words


def figure(
    say: Words,
    quantity: str,
    *,
    family: str,
    title: str = "",
    how: Figure = "max",
    within: str = "15m",
    decimals: int | None = None,
    size: int = 38,
    no_value: str = NOTHING,
    width: int = 0,
) -> Panel:
    """The worst, or another figure, of the newest values of all sensors."""
    return stat(
        title or say.quantity(quantity),
        newest(quantity, family=family, how=how, within=within),
        unit=look.unit_of(say, quantity),
        decimals=decimals,
        size=size,
        thresholds=look.limits_of(say.limits(quantity, family)),
        no_value=no_value,
        width=width,
    )


def lines(
    say: Words,
    quantity: str,
    *,
    family: str,
    title: str = "",
    how: Figure = "mean",
    by: Sequence[str] = ("sensor",),
    every: str = "1m",
    decimals: int | None = None,
    low: float | None = None,
    bars: bool = False,
    yesterday: bool = False,
    no_value: str = NOTHING,
) -> Panel:
    """Over time, with its limits dashed where it has any, and with yesterday in grey."""
    limits = say.limits(quantity, family)
    name = title or say.quantity(quantity)
    return chart(
        f"{name}{say('（灰线：昨天）', ' — grey: yesterday')}" if yesterday else name,
        trend(quantity, family=family, how=how, by=by),
        unit=look.unit_of(say, quantity),
        every=every,
        limits=look.limits_of(limits, base=look.MUTED) if limits else None,
        decimals=decimals,
        low=low,
        bars=bars,
        yesterday=say("昨天", "yesterday") if yesterday else "",
        no_value=no_value,
    )
