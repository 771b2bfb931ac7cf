"""A rule as it is shown to people and other systems."""

import msgspec

from town.alert import AlertDefinition
from town.moment import Duration


class RuleShown(msgspec.Struct, frozen=True):
    """What a rule says, and whether it can be judged; `condition` is as people read it."""

    definition: AlertDefinition
    condition: str
    hold_for: Duration = 0
    keep_active_for: Duration = 0
    shadow: bool = False
    """It is tried out: nobody is told."""
    error: str = ""
    """Why it could not be judged at its last reading."""
