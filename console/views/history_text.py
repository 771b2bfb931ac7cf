"""What happened to an alert, and what became of the messages about it, in words."""

from console.scene import Scene
from console.words import Words
from town.alert import DeliveryState, TimelineEntry


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
        "notified": told.gettext("told"),
        "not_notified": told.gettext("could not be told"),
        "waited": told.gettext("nobody had it: others are told"),
        "escalated": told.gettext("nobody had it: escalated"),
        "reminded": told.gettext("nobody had it: reminded"),
        "held": told.gettext("held back over quiet hours"),
        "quiet_over": told.gettext("quiet hours over: told"),
    }
    said = entry.detail.get("comment") or entry.detail.get("text") or ""
    if entry.event in {"notified", "not_notified"} and "target" in entry.detail:
        target = person_name(scene, told, str(entry.detail["target"]))
        said = f"{target} ({channel_name(told, str(entry.detail.get('channel', '')))})"
    elif entry.event in {"waited", "escalated", "reminded", "quiet_over"}:
        said = _called(scene, told, entry)
    elif entry.event == "held" and "target" in entry.detail:
        until = told.clock(int(entry.detail["until"]), scene.town.zone_info, now=entry.at)
        until = told.gettext("until {time}").format(time=until)
        said = f"{person_name(scene, told, str(entry.detail['target']))} ({until})"
    return names.get(entry.event, entry.event.replace("_", " ")), str(said)


def _called(scene: Scene, told: Words, entry: TimelineEntry) -> str:
    """Who was called; that nobody was, when nobody of those who were meant could be."""
    names = [person_name(scene, told, str(who)) for who in entry.detail.get("told", ())]
    return told.gettext(", ").join(names) or told.gettext("nobody could be reached")


def person_name(scene: Scene, told: Words, who: str | None) -> str:
    """What people call who did it or who was told: by the town's people.yaml, else the id; or the part of the brain."""
    machines = {"rule": told.gettext("the rule"), "sender": told.gettext("the sender")}
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
    return names.get(channel, channel)
