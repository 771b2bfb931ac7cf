"""The words of messages, in Chinese and English: short, for somebody who was woken up."""

from typing import Literal

from alerts.route import Told
from town.alert import Category, Severity
from town.language import Label

Word = Literal[
    "since", "until", "place", "seen", "limit", "todo", "within", "cause", "consequence", "open", "number", "by",
    "knows", "more", "look",
    "of_these", "worst", "others", "alerts", "alert", "list", "all", "gateway", "part", "same", "digest",
    "nothing", "look_up",
]  # fmt: skip


def _label(zh: str, en: str) -> Label:
    return Label(zh=zh, en=en)


CATEGORIES: dict[Category, Label] = {
    Category.FIRE: _label("火警", "Fire"),
    Category.SECURITY: _label("安防", "Security"),
    Category.ENVIRONMENT: _label("环境", "Environment"),
    Category.HEALTH: _label("健康", "Health"),
    Category.UTILITY: _label("公用设施", "Utility"),
    Category.CROWD: _label("人流", "Crowd"),
    Category.GOVERNANCE: _label("治理", "Governance"),
    Category.DEVICE: _label("设备", "Device"),
}

SEVERITIES: dict[Severity, Label] = {
    Severity.CRITICAL: _label("紧急", "Critical"),
    Severity.MAJOR: _label("重要", "Major"),
    Severity.MINOR: _label("次要", "Minor"),
    Severity.ADVISORY: _label("提示", "Advisory"),
}

TOLD: dict[Told, Label] = {
    Told.RAISED: _label("", ""),
    Told.SEVERITY_RAISED: _label("【升级】", "[Worse] "),
    Told.RAISED_AGAIN: _label("【再次发生】", "[Again] "),
    Told.CHATTERING: _label("【反复】", "[Comes and goes] "),
    Told.STEADY: _label("【持续】", "[Stays] "),
    Told.BACK: _label("【重新告警】", "[Back] "),
    Told.ASSIGNED: _label("【指派给您】", "[For you] "),
    Told.OVERDUE: _label("【逾期未处理】", "[Overdue] "),
    Told.ESCALATED: _label("【无人接手】", "[Nobody has it] "),
    Told.REMINDER: _label("【提醒】", "[Reminder] "),
    Told.STILL_OPEN: _label("【仍未解除】", "[Still open] "),
    Told.CLEARED: _label("【已恢复，待处理】", "[Cleared, needs attention] "),
    Told.RESOLVED: _label("【已解除】", "[Resolved] "),
    Told.WAS_ACTIVE: _label("【补报，已结束】", "[Was active] "),
    Told.CLOSED: _label("【已关闭】", "[Closed] "),
}

DRILL = _label("【演练】", "[DRILL] ")
"""Stands first in every message about a drill, so that nobody takes it for real."""

NEXT: dict[tuple[Told, bool], Label] = {
    (Told.CLEARED, False): _label(
        "情况已消失，但还没有人确认。请查看并确认。", "It is gone, but nobody has acknowledged it yet."
    ),
    (Told.CLEARED, True): _label(
        "情况已消失，须现场核查后由人复位。", "It is gone. Somebody must look on site and reset it."
    ),
    (Told.RESOLVED, False): _label("情况已消失，无需再处理。", "It is gone. Nothing more to do."),
    (Told.WAS_ACTIVE, False): _label(
        "{} 期间曾报警，读数迟到，现已结束，无需再处理。",
        "Was active {}, known from readings that arrived late. It is over, nothing more to do.",
    ),
    (Told.CLOSED, False): _label("此警报已结束，无需再处理。", "This alert is over. Nothing more to do."),
}
"""What follows from what is told; True when the alert is latched."""

COME = _label("请按预案处置", "follow the plan")
SHORTLY: dict[tuple[Told, bool], Label] = {
    (Told.CLEARED, False): _label("请查看并确认", "look and acknowledge"),
    (Told.CLEARED, True): _label("须现场核查后复位", "look on site and reset"),
    (Told.RESOLVED, False): _label("无需再处理", "nothing more to do"),
    (Told.WAS_ACTIVE, False): _label("无需再处理", "nothing more to do"),
    (Told.CLOSED, False): _label("无需再处理", "nothing more to do"),
}
"""The same for templates whose wording a provider has approved: one of a few phrases; else it is COME."""

BECAUSE: dict[str, Label] = {
    "reset": _label("现场核查后已复位。", "Somebody has looked and reset it."),
    "rule_deleted": _label("其规则已被删除。", "Its rule was deleted."),
    "drill_over": _label("演练已结束。", "The drill is over."),
    "mended": _label("已恢复正常。", "It works again."),
    "subject_deleted": _label("其对象已不在城镇中。", "What it was about is no longer in the town."),
}
"""Why an alert was closed."""

DURATIONS = {"d": _label("天", "d"), "h": _label("小时", "h"), "min": _label("分钟", "min"), "s": _label("秒", "s")}

VALUES: dict[bool | None, Label] = {
    True: _label("是", "yes"),
    False: _label("否", "no"),
    None: _label("无数据", "no data"),
}

COMMA = _label("、", ", ")
"""Between the parts of a list."""

UNITS = {
    "Cel": "°C",
    "ug/m3": "µg/m³",
    "mg/m3": "mg/m³",
    "m3": "m³",
    "m3/h": "m³/h",
    "W/m2": "W/m²",
    "%RH": "%",
    "count": "",
    "/": "",
}
"""Units as people write them, where that differs from their SenML code."""

WORDS: dict[Word, Label] = {
    "since": _label("开始", "Since"),
    "until": _label("结束", "Until"),
    "place": _label("地点", "Where"),
    "seen": _label("数值", "Seen"),
    "todo": _label("处置", "To do"),
    "within": _label("{}内", "within {}"),
    "cause": _label("可能原因", "Likely cause"),
    "consequence": _label("若不处理", "If nothing is done"),
    "open": _label("查看与确认", "Open and acknowledge"),
    "look": _label("查看", "Open"),
    "number": _label("编号", "Number"),
    "limit": _label("限值", "limit"),
    "by": _label("接手", "Acknowledged by"),
    "knows": _label("同时通知", "Also told"),
    "more": _label("等{}方", "and {} more"),
    "of_these": _label("其中", "Of these"),
    "worst": _label("最严重", "The worst"),
    "others": _label("其余", "The others"),
    "alerts": _label("{}条警报", "{} alerts"),
    "alert": _label("{}条警报", "{} alert"),
    "list": _label("警报", "Alerts"),
    "all": _label("全镇", "all over {}"),
    "gateway": _label("网关{}", "gateway {}"),
    "part": _label("第{}条，共{}条", "{} of {}"),
    "same": _label("#{} 即 {}", "#{} is {}"),
    "digest": _label("汇总", "Digest"),
    "nothing": _label("无需再处理", "nothing more to do"),
    "look_up": _label("请登录查看清单", "sign in to see all of them"),
}
