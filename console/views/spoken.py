"""Durations as people say them."""

from console.words import Words
from town.moment import DAY, HOUR, MINUTE, SECOND, Duration


def spoken(told: Words, duration: Duration) -> str:
    """A duration in its one or two largest units."""
    days, rest = divmod(max(0, duration), DAY)
    hours, minutes, seconds = rest // HOUR, rest % HOUR // MINUTE, rest % MINUTE // SECOND
    if days:
        return told.gettext("{d} d {h} h").format(d=days, h=hours)
    if hours:
        return told.gettext("{h} h {m} min").format(h=hours, m=minutes)
    if minutes:
        return told.gettext("{m} min {s} s").format(m=minutes, s=seconds)
    return told.gettext("{s} s").format(s=seconds)
