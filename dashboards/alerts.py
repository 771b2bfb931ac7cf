"""What boards show of alerts: how many are open, the table with Acknowledge, what happened, and the annotations."""

from typing import Any

from grafana_foundation_sdk.models.dashboard import (
    AnnotationQuery,
    DashboardLink,
    Panel,
    ValueMap,
    ValueMapping,
    ValueMappingResult,
)

from dashboards import look
from dashboards.panels import stat
from dashboards.query import NOW, SCOPE, TOWN, Format, Target, influx, table
from dashboards.rows import Column, table_panel
from dashboards.words import Words
from town.alert import Category, Severity

EVENTS_SHOWN = 200
WALL_SHOWS = 10
"""Rows of the queue on the wall; nothing scrolls there, and what does not fit is in the counts above it."""


def count_of(severity: Severity, say: Words, *, width: int = 0) -> Panel:
    """How many alerts of a severity are open in town, with shape and digit; 0 is grey, silence is a dash."""
    inner = f'SELECT last("{severity}") AS "value" FROM "category_state" WHERE {NOW} AND {TOWN} GROUP BY "category"'
    name = say(*look.SEVERITY_NAMES[severity])
    return stat(
        f"{severity.mark} {severity.digit} {name}",
        Target(f'SELECT sum("value") AS "value" FROM ({inner})'),
        decimals=0,
        size=44,
        thresholds=look.rising(((1, look.SEVERITY_COLOURS[severity]),), base=look.FAINT),
        width=width,
    )


def open_in(category: Category, say: Words, *, title: str = "", width: int = 0) -> Panel:
    """How many alerts of a category are open: bright when somebody is needed; how bad they are, the table says."""
    query = (
        f'SELECT last("open") AS "open" FROM "category_state" WHERE {NOW} AND {TOWN} AND "category" = \'{category}\''
    )
    return stat(
        title or say("未结警报", "Open alerts"),
        Target(query),
        decimals=0,
        size=40,
        thresholds=look.rising(((1, look.TEXT),), base=look.FAINT),
        width=width,
    )


def alert_table(
    say: Words,
    *,
    title: str = "",
    category: Category | None = None,
    wall: bool = False,
    narrow: bool = False,
    width: int = 0,
) -> Panel:
    """The open alerts, worst first: at a desk with Acknowledge, on the wall as many as fit, the rest in the counts."""
    among = SCOPE + (f" AND \"category\" = '{category}'" if category else "")
    name = say.field("title")
    place = say.field("place")
    fields = ", ".join(f'"{field}"' for field in (name, place, "state", "open_since", "acknowledged_by", "alert"))
    # The severity is among them: when it changes, the series of the old one ends with `closed`.
    tags = '"facility", "zone", "category", "severity", "alert_rule", "subject"'
    inner = f'SELECT last("mark") AS "digit", {fields} FROM "alert" WHERE {NOW} AND {among} GROUP BY {tags}'
    query = f'SELECT "digit", {fields} FROM ({inner}) WHERE "state" != \'closed\' GROUP BY {tags}'
    left_out = {"category"} if category else set()
    left_out |= {"zone", "subject", "state"} if narrow or wall else set()
    columns = _wall_columns(say, name, place) if wall else _desk_columns(say, name, place)
    return table_panel(
        title or say("未结警报", "Open alerts"),
        table(query),
        [column for column in columns if column.name not in left_out],
        sort=(say("级别", "Severity"), False),
        no_value=say("没有待处理的警报", "No alert needs anybody"),
        drop=("Time", "alert_rule", "severity", *sorted(left_out | ({"category"} if wall else set()))),
        most=("digit", WALL_SHOWS) if wall else None,
        width=width,
        links=[DashboardLink(title=say("警报台", "Alert desk"), url="/town/alerts", icon="bell", tooltip="")],
    )


def _wall_columns(say: Words, name: str, place: str) -> list[Column]:
    """What can be read from five metres: how bad, what, where, since when, and who has it."""
    return [
        Column("digit", say("级别", "Severity"), width=70, mapping=look.severity_marks(), coloured=True),
        Column(name, say("警报", "Alert"), link=_to_desk(say)),
        Column(place, say("地点", "Place"), width=140, link=_to_place(say)),
        Column("open_since", say("开始", "Since"), unit="dateTimeFromNow", width=120),
        Column("acknowledged_by", say("接手人", "Taken by"), width=90),
        Column("facility", "facility", hidden=True),
        Column("alert", "alert", hidden=True),
    ]


def _desk_columns(say: Words, name: str, place: str) -> list[Column]:
    """The same with what a person at a desk needs, and the button."""
    return [
        Column("digit", say("级别", "Severity"), width=110, mapping=look.severity_marks(names=say), coloured=True),
        Column(name, say("警报", "Alert"), link=_to_desk(say)),
        Column(place, say("地点", "Place"), width=150, link=_to_place(say)),
        Column("zone", say("片区", "Zone"), width=100),
        Column("subject", say("对象", "Subject"), width=120),
        Column("category", say("类别", "Category"), width=100, mapping=look.category_names(say)),
        Column("open_since", say("开始", "Since"), unit="dateTimeFromNow", width=130),
        Column("state", say("状态", "State"), width=110, mapping=_state_words(say)),
        Column("acknowledged_by", say("接手人", "Taken by"), width=100),
        Column("facility", "facility", hidden=True),
        Column("alert", "alert", width=110, extra=_acknowledge(say)),
    ]


def _to_desk(say: Words) -> tuple[str, str]:
    return say("打开警报台", "Open on the alert desk"), "/town/alerts/${__data.fields.alert}"


def _to_place(say: Words) -> tuple[str, str]:
    url = "/d/town-facility?var-town=${town}&var-facility=${__data.fields.facility}&${__url_time_range}"
    return say("打开设施", "Open the facility"), url


def _acknowledge(say: Words) -> dict[str, Any]:
    """The button: our API takes who is signed in from its own session, never what Grafana says of its user."""
    action = {
        "type": "fetch",
        "title": say("接手", "Acknowledge"),
        "confirmation": say("接手这条警报？", "Acknowledge this alert?"),
        "oneClick": False,
        "fetch": {
            "method": "POST",
            "url": "/town/api/v1/alerts/${__data.fields.alert}/acknowledge",
            "headers": [["Content-Type", "application/json"]],
            "queryParams": [],
            "body": '{"comment": "Grafana ${__user.login}"}',
        },
    }
    return {
        "custom.cellOptions": {"type": "actions"},
        "actions": [action],
        "displayName": say("接手", "Acknowledge"),
    }


def _state_words(say: Words) -> ValueMapping:
    named = {
        "active": ("待处理", "active"),
        "acknowledged": ("已接手", "acknowledged"),
        "returned": ("已恢复", "returned"),
        "latched": ("待复位", "latched"),
        "shelved": ("已搁置", "shelved"),
        "suppressed": ("已抑制", "suppressed"),
    }
    return look.names_of({state: say(*label) for state, label in named.items()})


def happened(say: Words, *, scope: str = SCOPE, width: int = 0) -> Panel:
    """What happened to alerts in the board's range, the newest first."""
    text = say.field("text")
    query = (
        f'SELECT "{text}", "event", "by", "facility", "severity", "alert" FROM "alert_event" '
        f"WHERE $timeFilter AND {scope} ORDER BY time DESC LIMIT {EVENTS_SHOWN}"
    )
    return table_panel(
        say("警报经过", "What happened"),
        table(query),
        [
            Column("Time", say("时间", "Time"), width=170),
            Column("severity", say("级别", "Severity"), width=100, mapping=_severity_words(say), coloured=True),
            Column(text, say("经过", "What"), link=_to_desk(say)),
            Column("facility", say("设施", "Facility"), width=150),
            Column("by", say("谁", "Who"), width=120),
            Column("alert", "alert", hidden=True),
        ],
        sort=(say("时间", "Time"), True),
        no_value=say("这段时间没有警报", "No alert in this time"),
        small=True,
        drop=("event",),
        width=width,
    )


def _severity_words(say: Words) -> ValueMapping:
    return ValueMap(
        options={
            severity.value: ValueMappingResult(
                text=f"{severity.mark} {say(*look.SEVERITY_NAMES[severity])}",
                color=look.SEVERITY_COLOURS[severity],
                index=severity.digit,
            )
            for severity in Severity
        }
    )


class AnnotationTarget(Target):
    """A question whose rows mark moments of all charts. Grafana drops rows with a null; tags are strings."""

    def __init__(self, query: str, *, text: str, tags: str, title: str = "") -> None:
        super().__init__(query, ref="Anno")
        self._columns = {"textColumn": text, "tagsColumn": tags, "timeEndColumn": "", "titleColumn": title}

    def to_json(self) -> dict[str, object]:
        """As it stands in the board, with what the schema asks of every target of an annotation."""
        fixed: dict[str, object] = {
            "fromAnnotations": True,
            "limit": 100,
            "matchAny": False,
            "tags": [],
            "type": "tags",
        }
        kind: Format = "table"
        return super().to_json() | fixed | self._columns | {"resultFormat": kind}


def annotations(say: Words, *, scope: str = SCOPE, only_worst: bool = True) -> list[AnnotationQuery]:
    """When alerts were raised and closed: of the two worst severities, or of all where one place is looked at."""
    text = say.field("text")
    worst = ' AND "severity" =~ /^(critical|major)$/' if only_worst else ""

    def one(name: str, event: str, colour: str) -> AnnotationQuery:
        query = (
            f'SELECT "{text}", "severity", "alert" FROM "alert_event" '
            f'WHERE $timeFilter AND "event" =~ /^({event})$/ AND {scope}{worst}'
        )
        target = AnnotationTarget(query, text=text, tags="severity", title="alert")
        return AnnotationQuery(
            name=name, datasource=influx(), enable=True, hide=False, icon_color=colour, target=target, built_in=0
        )

    return [
        one(say("警报发生", "Alerts raised"), "raised|raised_again", look.CRITICAL),
        one(say("警报结束", "Alerts closed"), "closed", look.HEALTHY),
    ]
