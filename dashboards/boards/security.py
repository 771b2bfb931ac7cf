"""Security: doors, perimeters, panic buttons, cameras, and people where nobody should be."""

from grafana_foundation_sdk.models.dashboard import Panel

from dashboards import look
from dashboards.alerts import alert_table, annotations, happened, open_in
from dashboards.board import DEPARTMENTS, Board, Row, board_links, scope_variables
from dashboards.panels import chart, stat, timeline
from dashboards.query import how_many, states, trend
from dashboards.words import Words
from town.alert import Category

FAMILY = "access"

SHOWN = {
    "open": (("门", "Doors"), ("开", "open"), ("关", "shut"), look.TRACES[0], look.LINE),
    "motion": (("人员移动", "Motion"), ("有人", "somebody"), ("无人", "nobody"), look.TRACES[1], look.LINE),
    "pressed": (("紧急按钮", "Panic buttons"), ("按下", "pressed"), ("未按", "calm"), look.CRITICAL, look.LINE),
    "glass_break": (("玻璃", "Glass"), ("破碎", "broken"), ("完好", "whole"), look.CRITICAL, look.LINE),
    "online": (("摄像机", "Cameras"), ("在线", "online"), ("离线", "offline"), look.LINE, look.MINOR),
    "denied": (("刷卡被拒", "Badges denied"), ("被拒", "denied"), ("无", "none"), look.MINOR, look.LINE),
}
"""Title, what true and false are called, and their colours."""


def security(say: Words) -> Board:
    """Who needs somebody now, what stands open, and what moved when."""
    return Board(
        uid="town-security",
        title=say("安防", "Security"),
        folder=DEPARTMENTS,
        description=say("门、周界、紧急按钮、摄像机与人员。", "Doors, perimeters, panic buttons, cameras and people."),
        tags=("wall",),
        variables=scope_variables(say),
        annotations=annotations(say),
        links=board_links(say),
        rows=[
            Row(4, _figures(say)),
            Row(8, [alert_table(say, category=Category.SECURITY)]),
            Row(8, [_times(say, "open"), _times(say, "motion")]),
            Row(6, [_times(say, "pressed"), _times(say, "glass_break"), _times(say, "online")]),
        ],
        more=[
            Row(8, [_people(say), _times(say, "denied")]),
            Row(8, [happened(say)]),
        ],
        more_title=say("更多", "More"),
    )


def _figures(say: Words) -> list[Panel]:
    return [
        open_in(Category.SECURITY, say),
        _count("open", say("门开着", "Doors open"), colour=look.TEXT),
        _count("motion", say("有人移动", "Motion"), colour=look.TEXT),
        _count("glass_break", say("玻璃破碎", "Glass broken"), colour=look.CRITICAL),
        _count("pressed", say("紧急按钮", "Panic buttons"), colour=look.CRITICAL),
        _count("video_loss", say("摄像机无画面", "Cameras without a picture"), colour=look.MINOR),
    ]


def _people(say: Words) -> Panel:
    return chart(
        say("画面中的人数", "People in sight of cameras"),
        trend("people", family=FAMILY, how="max"),
        every="1m",
        low=0,
        decimals=0,
    )


def _count(quantity: str, title: str, *, colour: str) -> Panel:
    return stat(
        title,
        how_many(quantity, family=FAMILY),
        decimals=0,
        size=40,
        thresholds=look.rising(((1, colour),), base=look.FAINT),
    )


def _times(say: Words, quantity: str) -> Panel:
    title, on, off, colour, calm = SHOWN[quantity]
    words = look.on_off(say(*on), say(*off), colour=colour, calm=calm)
    return timeline(say(*title), states(quantity, family=FAMILY), mappings=[words])
