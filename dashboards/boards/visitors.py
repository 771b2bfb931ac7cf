"""Visitors and crowd: how many, where it is dense, who comes and goes, and where there is still space to park."""

from grafana_foundation_sdk.models.dashboard import Panel

from dashboards import look
from dashboards.alerts import alert_table, annotations, open_in
from dashboards.board import DEPARTMENTS, Board, Row, board_links, scope_variables
from dashboards.panels import chart, stat, timeline
from dashboards.quantities import lines
from dashboards.query import SCOPE, Target, how_many, newest, states, surplus, table
from dashboards.rows import Column, table_panel
from dashboards.words import Words
from town.alert import Category

FAMILY = "crowd"


def visitors(say: Words) -> Board:
    """Now, then against a week ago, then place by place."""
    return Board(
        uid="town-visitors",
        title=say("游客与人流", "Visitors and crowd"),
        folder=DEPARTMENTS,
        description=say("人数、密集处、进出、排队与停车。", "Counts, where it is dense, in and out, queues, parking."),
        tags=("wall",),
        variables=scope_variables(say),
        annotations=annotations(say),
        links=board_links(say),
        since="now-12h",
        rows=[
            Row(4, _figures(say)),
            Row(8, [_people(say), _places(say, width=8)]),
            Row(7, [_flow(say, "people_in"), _flow(say, "people_out"), _queues(say)]),
            Row(7, [_free(say), alert_table(say, category=Category.CROWD, narrow=True)]),
        ],
        more=[
            Row(8, [_taken(say)]),
        ],
        more_title=say("更多", "More"),
    )


def _figures(say: Words) -> list[Panel]:
    return [
        open_in(Category.CROWD, say),
        stat(
            say("在场人数", "People present"),
            newest("people", family=FAMILY, how="sum"),
            decimals=0,
            size=44,
        ),
        stat(
            say("上周此时", "A week ago"),
            last_week(),
            decimals=0,
            size=44,
            thresholds=look.rising(base=look.MUTED),
        ),
        stat(say("最密处", "Densest place"), newest("people", family=FAMILY), decimals=0, size=44),
        stat(
            say("空余车位", "Free parking spaces"),
            newest("free_spaces", family=FAMILY, how="sum"),
            decimals=0,
            size=44,
            thresholds=look.limits_of(say.limits("free_spaces", FAMILY)),
        ),
        stat(say("占用车位", "Spaces taken"), how_many("occupied", family=FAMILY), decimals=0, size=44),
    ]


def _taken(say: Words) -> Panel:
    words = look.on_off(say("占用", "taken"), say("空", "free"), colour=look.TRACES[0])
    return timeline(say("车位", "Parking spaces"), states("occupied", family=FAMILY), mappings=[words])


def last_week(ref: str = "A") -> Target:
    """How many people there were a week ago, over the hour that ended then."""
    inner = (
        f'SELECT mean("people_mean") AS "value" FROM "1m"."{FAMILY}" '
        f'WHERE time > now() - 169h AND time < now() - 168h AND {SCOPE} GROUP BY "sensor"'
    )
    return Target(f'SELECT sum("value") AS "value" FROM ({inner})', ref=ref)


def _places(say: Words, *, width: int) -> Panel:
    query = (
        f'SELECT last("people") AS "people" FROM "{FAMILY}" WHERE time > now() - 15m AND {SCOPE} '
        'GROUP BY "facility", "sensor"'
    )
    return table_panel(
        say("现在各处", "Places now"),
        table(query),
        [
            Column("facility", say("设施", "Facility")),
            Column("sensor", say("计数器", "Counter"), width=120),
            Column("people", say("人数", "People"), width=100, unit="none"),
        ],
        sort=(say("人数", "People"), True),
        no_value=say("没有客流计数器", "No people counters here"),
        small=True,
        width=width,
    )


def _free(say: Words) -> Panel:
    return lines(say, "free_spaces", family=FAMILY, how="min", decimals=0, low=0)


def _people(say: Words) -> Panel:
    title = say("各处人数", "People by place")
    return lines(say, "people", family=FAMILY, title=title, how="max", by=("facility",), every="30s", decimals=0, low=0)


def _flow(say: Words, quantity: str) -> Panel:
    return lines(say, quantity, family=FAMILY, how="sum", by=("facility",), decimals=0, bars=True, low=0)


def _queues(say: Words) -> Panel:
    return chart(
        say("排队：进多于出", "Queues: more in than out"),
        surplus("people_in", "people_out", family=FAMILY),
        every="1m",
        decimals=0,
        bars=True,
        describe=say(
            "每段时间进入减离开。一直高于零的地方在排队或越来越挤；低于零的在散去。",
            "Who came in less who left, for each time. Where it stays above zero people queue; below zero they leave.",
        ),
    )
