"""How one condition comes to hold and stops holding: `for` before it counts, `keep_active_for` before it is over."""

import msgspec

from town.moment import Duration, Moment


class Hold(msgspec.Struct):
    """How far a condition has come; saved as it is."""

    active: bool = False
    since: Moment | None = None
    """When it began to be true."""
    held_at: Moment | None = None
    """The last moment at which it was true."""
    failing_since: Moment | None = None
    """When an active one began to be over."""


def step(
    hold: Hold, truth: bool | None, over: bool | None, *, at: Moment, hold_for: Duration, keep: Duration, gap: Duration
) -> None:
    """One judgement: `truth` is what the condition says, `over` what its end says; unknown changes nothing."""
    if hold.active:
        _while_active(hold, truth, over, at=at, keep=keep)
    elif truth:
        if hold.since is None or hold.held_at is None or at - hold.held_at > gap:
            hold.since = at
        hold.held_at, hold.failing_since = at, None
        hold.active = at - hold.since >= hold_for
    elif truth is not None:
        hold.since = hold.held_at = None


def _while_active(hold: Hold, truth: bool | None, over: bool | None, *, at: Moment, keep: Duration) -> None:
    if truth or over is False:
        hold.failing_since = None
    elif over:
        if hold.failing_since is None:
            hold.failing_since = at
        if at - hold.failing_since >= keep:
            hold.active, hold.since, hold.held_at = False, None, None
