"""What happened to an alert, and what became of the messages about it, in words."""

from console.scene import Scene
from console.words import Words
from town.alert import DeliveryState, TimelineEntry, Verification

_BRANDS = {"slack": "Slack", "telegram": "Telegram", "lark": "Lark", "mqtt": "MQTT", "apprise": "Apprise"}
"""Channels that are called the same in every language."""


def event_text(scene: Scene, told: Words, entry: TimelineEntry) -> tuple[str, str]:
    """What happened, and what was said about it."""
    names = {
        "opened": told.gettext("condition began to hold"),
        "raised": told.gettext("raised"),
        "raised_again": told.gettext("raised again"),
        "severity_changed": told.gettext("severity changed"),
        "acknowledged": told.gettext("acknowledged"),
        "cleared": told.gettext("condition gone"),
        "reset": told.gettext("reset"),
        "closed": told.gettext("closed"),
        "comment": told.gettext("comment"),
        "suppressed": told.gettext("suppressed"),
        "unsuppressed": told.gettext("no longer suppressed"),
        "chattering": told.gettext("comes and goes too often: told once"),
        "steady": told.gettext("steady again"),
        "shelved": told.gettext("shelved"),
        "unshelved": told.gettext("taken from the shelf"),
        "out_of_service": told.gettext("taken out of service"),
        "in_service": told.gettext("returned to service"),
        "assigned": told.gettext("given to"),
        "verified": told.gettext("verified"),
        "acknowledge_overdue": told.gettext("nobody had it in time"),
        "resolve_overdue": told.gettext("not resolved in time"),
        "verify_overdue": told.gettext("not verified in time"),
        "notified": told.gettext("told"),
        "not_notified": told.gettext("could not be told"),
        "waited": told.gettext("nobody had it: others are told"),
        "escalated": told.gettext("nobody had it: escalated"),
        "reminded": told.gettext("nobody had it: reminded"),
        "held": told.gettext("held back over quiet hours"),
        "quiet_over": told.gettext("quiet hours over: told"),
    }
    detail = entry.detail
    parts = [_detail_text(scene, told, entry), detail.get("comment") or detail.get("text") or detail.get("reason")]
    said = told.gettext(" · ").join(part for part in parts if isinstance(part, str) and part)
    if entry.event in {"notified", "not_notified"} and "target" in entry.detail:
        target = person_name(scene, told, str(entry.detail["target"]))
        said = f"{target} ({channel_name(told, str(entry.detail.get('channel', '')))})"
    return names.get(entry.event, entry.event.replace("_", " ")), said


def _detail_text(scene: Scene, told: Words, entry: TimelineEntry) -> str:
    """What goes with an entry beside what somebody wrote: to whom, until when, what was found."""
    detail, found = entry.detail, ""
    match entry.event:
        case "waited" | "escalated" | "reminded" | "quiet_over":
            found = _called(scene, told, entry)
        case "held" if "target" in detail:
            found = f"{person_name(scene, told, str(detail['target']))} ({_until(scene, told, entry)})"
        case "shelved":
            found = _until(scene, told, entry)
        case "unshelved" if detail.get("because") == "expired":
            found = told.gettext("its time was over")
        case "assigned":
            to = str(detail.get("to") or "")
            found = person_name(scene, told, to) if to else told.gettext("nobody")
        case "verified" if (verdict := detail.get("verdict")) in set(Verification):
            found = verdict_name(told, Verification(str(verdict)))
        case "suppressed":
            names = {"maintenance": told.gettext("maintenance"), "drill": told.gettext("drill")}
            found = names.get(str(detail.get("suppressed_by")), str(detail.get("suppressed_by") or ""))
    return found


def _until(scene: Scene, told: Words, entry: TimelineEntry) -> str:
    until = entry.detail.get("until")
    if not isinstance(until, int):
        return ""
    return told.gettext("until {time}").format(time=told.clock(until, scene.town.zone_info, now=entry.at))


def verdict_name(told: Words, verdict: Verification) -> str:
    """What people call what was found on site."""
    return {
        Verification.UNVERIFIED: told.gettext("not verified yet"),
        Verification.TRUE: told.gettext("true alarm"),
        Verification.FALSE: told.gettext("false alarm"),
        Verification.DRILL: told.gettext("drill"),
        Verification.UNREACHABLE: told.gettext("could not be reached"),
    }[verdict]


def _called(scene: Scene, told: Words, entry: TimelineEntry) -> str:
    """Who was called; that nobody was, when nobody of those who were meant could be."""
    names = [person_name(scene, told, str(who)) for who in entry.detail.get("told", ())]
    return told.gettext(", ").join(names) or told.gettext("nobody could be reached")


def person_name(scene: Scene, told: Words, who: str | None) -> str:
    """What people call who did it or who was told: by the town's people.yaml, else the id; or the part of the brain."""
    machines = {
        "rule": told.gettext("the rule"), "sender": told.gettext("the sender"), "clock": told.gettext("the clock"),
    }  # fmt: skip
    called = scene.called(who) if who else None
    return told.label(called) if called else machines.get(who or "", who or "?")


def delivery_name(told: Words, state: DeliveryState) -> str:
    """What became of a message."""
    return {
        DeliveryState.QUEUED: told.gettext("waiting to be sent"),
        DeliveryState.SENDING: told.gettext("being sent"),
        DeliveryState.ACCEPTED: told.gettext("accepted"),
        DeliveryState.DELIVERED: told.gettext("delivered"),
        DeliveryState.FAILED: told.gettext("failed, tried again"),
        DeliveryState.DEAD: told.gettext("could not be delivered"),
        DeliveryState.SUPPRESSED: told.gettext("not sent, by design"),
    }[state]


def closing_name(told: Words, because: str) -> str:
    """Why an alert was closed."""
    names = {
        "returned": told.gettext("the condition is gone, and somebody had it"),
        "reset": told.gettext("somebody looked and reset it"),
        "rule_deleted": told.gettext("its rule was deleted"),
        "subject_deleted": told.gettext("what it was about is no longer in the town"),
        "drill_over": told.gettext("the drill is over"),
        "mended": told.gettext("it works again"),
    }
    return names.get(because, because)


def channel_name(told: Words, channel: str) -> str:
    """What people call a channel."""
    names = {
        "email": told.gettext("e-mail"),
        "webhook": told.gettext("webhook"),
        "sms": told.gettext("SMS"),
        "voice": told.gettext("call"),
        "dingtalk": told.gettext("DingTalk"),
        "wecom": told.gettext("WeCom"),
        "feishu": told.gettext("Feishu"),
    }
    return names.get(channel) or _BRANDS.get(channel, channel)
