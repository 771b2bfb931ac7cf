"""What happens next to an alert if nobody takes it, in words; and who has been told."""

from typing import NamedTuple

from console.scene import Scene
from console.views.history_text import channel_name, person_name
from console.words import Words
from town.alert import DeliveryState, Upcoming
from town.moment import Moment
from town.ports import AlertReader

_ARRIVED = (DeliveryState.ACCEPTED, DeliveryState.DELIVERED)
SHOWN = 3


class Knows(NamedTuple):
    """Who was told, and who is next."""

    told: str
    next: str = ""
    next_at: Moment | None = None


def upcoming_text(scene: Scene, told: Words, one: Upcoming) -> tuple[str, str]:
    """Why somebody will be told, and who."""
    why = {
        "route": told.gettext("if nobody has it"),
        "group": told.gettext("together with others"),
        "escalation": told.gettext("escalation"),
        "reminder": told.gettext("reminder"),
        "quiet": told.gettext("after quiet hours"),
    }[one.why]
    names = told.gettext(", ").join(person_name(scene, told, who) for who in one.people)
    channels = told.gettext(", ").join(channel_name(told, channel) for channel in one.channels)
    who = names or told.gettext("nobody is on duty")
    return why, told.gettext("{who} ({channel})").format(who=who, channel=channels) if channels else who


async def told_line(reader: AlertReader, scene: Scene, told: Words, alert: str) -> Knows | None:
    """Who was told of an alert and whether it arrived, and who is told next; None when nobody is and will be."""
    found = await reader.detail(alert)
    if found is None or not (found.notifications or found.upcoming):
        return None
    arrived = {one.target: one.state in _ARRIVED for one in found.notifications}
    names = [person_name(scene, told, who) for who in list(arrived)[:SHOWN]]
    line = told.gettext("told: {who}").format(who=told.gettext(", ").join(names)) if names else ""
    if len(arrived) > SHOWN:
        line += told.gettext(" and {number} more").format(number=len(arrived) - SHOWN)
    if names and not all(arrived.values()):
        line += told.gettext(" · not all have it yet")
    following = [one for one in found.upcoming if one.at >= scene.now]
    if not following:
        return Knows(line)
    why, who = upcoming_text(scene, told, following[0])
    return Knows(line, told.gettext("{why}: {who}").format(why=why, who=who), following[0].at)
