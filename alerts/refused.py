"""Why an action of a person is refused, in words that say what to do instead."""

from alerts.life import Refusal
from alerts.record import Record
from town.alert import Category
from town.moment import DAY, MINUTE, Duration, Moment, format_moment
from town.ports import ActionRefused
from town.town import Town

LONGEST_COMMENT = 2_000
LONGEST_SHELF: Duration = DAY
"""Who wants to hear nothing of it for longer takes it out of service, mends the sensor or the rule."""


def refused_because(record: Record, reason: Refusal, town: Town) -> str:
    """The refusal as a person reads it: above all who was quicker."""
    closed, taken = _local(record.closed_at, town), _local(record.acknowledged_at, town)
    return {
        Refusal.CLOSED: f"{record.id} was closed by {record.closed_by} at {closed}",
        Refusal.ALREADY_ACKNOWLEDGED: f"{record.acknowledged_by} has {record.id} since {taken}",
        Refusal.STILL_ACTIVE: f"the condition of {record.id} still holds: it can be reset when it is gone",
        Refusal.NOT_LATCHED: f"{record.id} needs no reset",
        Refusal.NOT_SHELVED: f"{record.id} is not shelved",
        Refusal.OUT_OF_SERVICE: f"{record.id} is out of service, by {record.out_of_service_by}: return it first",
        Refusal.IN_SERVICE: f"{record.id} is in service",
        Refusal.NOT_TO_VERIFY: f"alerts of category {record.definition.category} are not verified in this town",
        Refusal.ALREADY_VERIFIED: f"{record.id} was found {record.facts.verification} already",
    }[reason]


def _local(at: Moment | None, town: Town) -> str:
    return format_moment(at, town.zone_info)[11:19] if at is not None else "?"


def require_shelf(record: Record, *, at: Moment, until: Moment, as_administrator: bool) -> None:
    """Refuse a time on the shelf that is too long, or of a fire alert by who may not."""
    if record.definition.category is Category.FIRE and not as_administrator:
        raise ActionRefused("administrator", "a fire alert is shelved by an administrator only")
    if not MINUTE <= until - at <= LONGEST_SHELF:
        raise ActionRefused("too_far", "an alert is shelved for a minute at least and 24 hours at most")


def require_reason(reason: str) -> None:
    """Refuse what nobody would understand later."""
    if not reason.strip():
        raise ActionRefused("no_reason", "say why: who comes later has to understand it")
    short_enough(reason)


def short_enough(*texts: str) -> None:
    """Refuse what is too long for a timeline."""
    if any(len(text) > LONGEST_COMMENT for text in texts):
        raise ActionRefused("too_long", f"a comment may have {LONGEST_COMMENT:,} characters")
