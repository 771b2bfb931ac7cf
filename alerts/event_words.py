"""What happened to an alert, in a few words of Chinese and English, for charts and other programs."""

from alerts.words import DRILL
from town.alert import Alert, TimelineEntry
from town.language import Label
from town.town import Town

WORDS: dict[str, tuple[str, str]] = {
    "opened": ("条件开始成立", "condition began to hold"),
    "raised": ("报警", "raised"),
    "raised_again": ("再次报警", "raised again"),
    "severity_changed": ("级别改变", "severity changed"),
    "chattering": ("反复出现", "comes and goes"),
    "steady": ("趋于稳定", "steady again"),
    "suppressed": ("被抑制", "suppressed"),
    "unsuppressed": ("不再被抑制", "no longer suppressed"),
    "shelved": ("搁置", "shelved"),
    "unshelved": ("结束搁置", "no longer shelved"),
    "out_of_service": ("停用", "out of service"),
    "in_service": ("恢复使用", "back in service"),
    "assigned": ("指派", "assigned"),
    "verified": ("核实", "verified"),
    "acknowledged": ("已接手", "acknowledged"),
    "acknowledge_overdue": ("超时未接手", "not acknowledged in time"),
    "resolve_overdue": ("超时未解决", "not resolved in time"),
    "verify_overdue": ("超时未核实", "not verified in time"),
    "escalated": ("升级通知", "escalated"),
    "reminded": ("提醒", "reminded"),
    "waited": ("等待期满", "waited long enough"),
    "held": ("暂缓通知", "kept for later"),
    "comment": ("备注", "comment"),
    "notified": ("已通知", "told"),
    "not_notified": ("未能通知", "could not be told"),
    "cleared": ("条件消失", "condition gone"),
    "reset": ("已复位", "reset"),
    "closed": ("已关闭", "closed"),
}
_MACHINES = frozenset({"rule", "sender", "clock"})
_LONGEST = 500


def event_text(alert: Alert, entry: TimelineEntry, town: Town) -> Label:
    """The alert's mark, title and place, what happened, by whom, and what was said."""
    zh, en = WORDS.get(entry.event, (entry.event.replace("_", " "),) * 2)
    facility = town.facilities.get(alert.facility or "")
    zone = town.zones.get(alert.zone or "")
    place = facility.name if facility else zone.name if zone else town.name
    said = _said(entry)
    by_zh, by_en = ("", "") if entry.by in _MACHINES else (f"（{entry.by}）", f" ({entry.by})")
    mark, drill = alert.severity.mark, DRILL if alert.drill else Label(zh="", en="")
    return Label(
        zh=f"{mark} {drill.zh}{alert.title.zh} · {place.zh}：{zh}{by_zh}{f'：{said}' if said else ''}"[:_LONGEST],
        en=f"{mark} {drill.en}{alert.title.en} · {place.en}: {en}{by_en}{f': {said}' if said else ''}"[:_LONGEST],
    )


def _said(entry: TimelineEntry) -> str:
    """What a person said, or whom a message went to."""
    detail = entry.detail
    if "target" in detail:
        return f"{detail['target']} · {detail.get('channel', '')}".removesuffix(" · ")
    said = (detail.get(name) for name in ("to", "verdict", "reason", "comment", "text"))  # a rule's reason is no text
    return " · ".join(text for text in said if isinstance(text, str) and text)
