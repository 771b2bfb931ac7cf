"""What can happen to an alert: what the rules say, what people do, what a moment brings. Pure."""

import msgspec

from town.alert import Cause, Condition, Deadline, Severity, Transition, Verification
from town.moment import Moment


class Raise(msgspec.Struct, frozen=True):
    """The rule says active, with this severity. `again`: it was not before, which a chattering alert does not show."""

    severity: Severity
    suppressed_by: str | None = None
    chattering: bool = False
    again: bool = False
    maintenance: str | None = None
    drill: str | None = None
    """The windows over its place now."""


class Wait(msgspec.Struct, frozen=True):
    """The rule's `for` began to run."""


class Clear(msgspec.Struct, frozen=True):
    """The rule says normal."""

    chattering: bool = False


class Delete(msgspec.Struct, frozen=True):
    """The rule or its subject is no longer there."""

    reason: str


class Acknowledge(msgspec.Struct, frozen=True):
    """A person has it."""


class Reset(msgspec.Struct, frozen=True):
    """A person has looked: what latched may go."""


class Shelve(msgspec.Struct, frozen=True):
    """A person wants to hear no more of it until then."""

    until: Moment


class Unshelve(msgspec.Struct, frozen=True):
    """A person takes it from the shelf, or its time there is over."""

    expired: bool = False


class TakeOutOfService(msgspec.Struct, frozen=True):
    """A person says that it means nothing until somebody returns it to service."""


class ReturnToService(msgspec.Struct, frozen=True):
    """It means something again."""


class Verify(msgspec.Struct, frozen=True):
    """Somebody went to look, and this is what they found."""

    verdict: Verification


class Maintain(msgspec.Struct, frozen=True):
    """Which maintenance window is over its place from now on; None when there is none."""

    window: str | None


class Drill(msgspec.Struct, frozen=True):
    """Which drill window is over its place from now on; None when there is none."""

    window: str | None


class Overdue(msgspec.Struct, frozen=True):
    """A moment passed by which something should have been done."""

    deadline: Deadline


PersonEvent = Acknowledge | Reset | Shelve | Unshelve | TakeOutOfService | ReturnToService | Verify
Event = PersonEvent | Raise | Wait | Clear | Delete | Maintain | Drill | Overdue


def event_of(transition: Transition, *, maintenance: str | None = None, drill: str | None = None) -> Event:
    """What a rule's transition means to an alert over whose place those windows are."""
    if transition.cause in (Cause.RULE_DELETED, Cause.SUBJECT_DELETED, Cause.MENDED):
        return Delete(transition.cause.value)
    if transition.condition is Condition.ACTIVE:
        again = transition.previous is not Condition.ACTIVE
        one = transition
        return Raise(one.severity, one.suppressed_by, one.chattering, again, maintenance, drill)
    return Wait() if transition.condition is Condition.PENDING else Clear(transition.chattering)
