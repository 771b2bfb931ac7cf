"""A reading: the decoded values of one sensor at one moment, and what is doubtful about them."""

from enum import StrEnum

import msgspec

from town.moment import Moment
from town.quantity import Value


class Flag(StrEnum):
    """Why a reading or one of its values is not to be taken at its word."""

    NO_CLOCK = "no_clock"
    """It came without a time: measured when received."""
    ZONE_ASSUMED = "zone_assumed"
    """Its time named no zone and nobody said which: read as UTC."""
    CLOCK_FUTURE = "clock_future"
    """Its time was more than a minute ahead and was set to the moment of receipt."""
    CLOCK_PAST = "clock_past"
    """Its time was impossibly old, an unset clock, and was set to the moment of receipt."""
    STUCK = "stuck"
    """A quantity that varies as long as its sensor is sound has not for long: stored and judged, but doubtful."""
    OUT_OF_RANGE = "out_of_range"
    """A value outside its plausible range: kept in quarantine, unknown to the rules."""


class Reading(msgspec.Struct, frozen=True, gc=False):
    """What one sensor measured at one moment.

    `values` holds what is believed, by quantity, in the quantity's own unit. `refused` names the quantities whose value
    came but is not believed, each with the reason. `flags` speak of the reading as a whole.
    """

    sensor: str
    measured_at: Moment
    received_at: Moment
    values: dict[str, Value]
    flags: tuple[Flag, ...] = ()
    refused: dict[str, Flag] = {}
