"""How far a sequence is: what has begun, and what each step said last."""

import msgspec

from town.moment import Moment


class Begun(msgspec.Struct):
    """A sequence on its way; saved as it is."""

    moments: list[Moment]
    """When each `is` so far became true."""
    quiet_until: Moment | None = None
    """Until when, in event time, something must not happen after the last of them."""
    due: Moment | None = None
    """The same by the wall clock, for when nothing is heard."""


class Progress(msgspec.Struct):
    """How far the sequences of one subject are; saved as it is."""

    truths: list[bool | None]
    """What each step said when it was last known."""
    true_at: list[Moment | None]
    """When a reading last came at which it was true."""
    begun: list[Begun] = []
