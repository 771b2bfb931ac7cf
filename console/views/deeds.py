"""What somebody may do about an alert, by when it should be done, and what else is so about it."""

from typing import NamedTuple

from console.roles import Deed, Role, allows
from console.scene import Scene
from console.views.alert_row import aside_text
from console.views.history_text import person_name, verdict_name
from console.words import Words
from town.alert import Alert, AlertState, Category, Severity, Verification
from town.alert import Deadline as Due
from town.moment import Moment

LENGTHS = ("15m", "30m", "1h", "2h", "4h", "8h", "24h")
"""For how long an alert may be shelved from the desk."""
VERDICTS = (Verification.TRUE, Verification.FALSE, Verification.DRILL, Verification.UNREACHABLE)


def length_name(told: Words, length: str) -> str:
    """How long, as people say it."""
    number, unit = length[:-1], length[-1]
    return told.gettext("{m} min").format(m=number) if unit == "m" else told.gettext("{h} h").format(h=number)


class Deeds(NamedTuple):
    """Which buttons there are."""

    acknowledge: bool
    reset: bool
    verify: bool
    assign: bool
    shelve: bool
    unshelve: bool
    take_out: bool
    bring_back: bool
    comment: bool


class Deadline(NamedTuple):
    """By when something should be done; `pressing` when it is late or nobody has the alert."""

    name: str
    at: Moment
    pressing: bool


class Tag(NamedTuple):
    """One more thing that is so, and until when."""

    kind: str
    text: str
    until: Moment | None = None


def deeds_of(alert: Alert, role: Role) -> Deeds:
    """What somebody of a role may do about an alert as it is."""
    handles, serves = allows(role, Deed.HANDLE), allows(role, Deed.SERVICE)
    is_open = alert.state is not AlertState.CLOSED
    shelves = handles and (alert.category is not Category.FIRE or allows(role, Deed.SHELVE_FIRE))
    return Deeds(
        acknowledge=handles and is_open and alert.acknowledged_at is None,
        reset=handles and alert.state is AlertState.LATCHED,
        verify=handles and alert.verification is not None,
        assign=handles and is_open,
        shelve=shelves and is_open and not alert.out_of_service and alert.shelved_until is None,
        unshelve=handles and is_open and alert.shelved_until is not None,
        take_out=serves and is_open and not alert.out_of_service,
        bring_back=serves and is_open and alert.out_of_service,
        comment=handles,
    )


def deadlines(told: Words, alert: Alert) -> list[Deadline]:
    """What should be done about an alert by when; it presses when it is late, or somebody should come at once."""
    at_once = {Due.ACKNOWLEDGE} if alert.severity in (Severity.CRITICAL, Severity.MAJOR) else set[Due]()
    moments = [
        (Due.ACKNOWLEDGE, told.gettext("Acknowledge"), alert.acknowledge_due_at),
        (Due.VERIFY, told.gettext("Verify"), alert.verify_due_at),
        (Due.RESOLVE, told.gettext("Resolve"), alert.resolve_due_at),
    ]
    return [Deadline(name, at, due in at_once or due in alert.overdue) for due, name, at in moments if at is not None]


def tags(scene: Scene, told: Words, alert: Alert) -> list[Tag]:
    """What else is so about an alert."""
    found: list[Tag] = []
    window = next((one for one in scene.windows if one.id == alert.window), None)
    if alert.drill:
        why = told.gettext(" · ").join(
            [told.gettext("Drill: nothing of this is real"), *([window.why] if window else [])]
        )
        found.append(Tag("drill", why, window.ends_at if window and alert.state is not AlertState.CLOSED else None))
    if alert.out_of_service or alert.shelved_until or (alert.suppressed_by and alert.suppressed_by != "drill"):
        found.append(_aside(scene, told, alert, window.why if window else None))
    if alert.verification is not None:
        kind = "asked" if alert.verification is Verification.UNVERIFIED else ""
        found.append(Tag(kind, verdict_name(told, alert.verification)))
    if alert.assigned_to:
        found.append(Tag("", told.gettext("given to {who}").format(who=person_name(scene, told, alert.assigned_to))))
    return found


def _aside(scene: Scene, told: Words, alert: Alert, window_why: str | None) -> Tag:
    by = alert.out_of_service_by if alert.out_of_service else alert.shelved_by
    why = alert.out_of_service_why if alert.out_of_service else alert.shelved_why or window_why
    parts = [aside_text(scene, told, alert), person_name(scene, told, by) if by else None, why]
    return Tag("aside", told.gettext(" · ").join(part for part in parts if part), alert.shelved_until)
