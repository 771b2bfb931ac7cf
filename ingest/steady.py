"""Quantities that should vary and do not: what a frozen or clogged sensor looks like.

A sensor is looked at once a minute, which costs the readings themselves nothing; from the moment it counts as stuck
each of its readings is compared, so that the first other value ends it.
"""

from collections.abc import Mapping

from town.moment import Duration, Moment
from town.quantity import Value


class Steady:
    """What one sensor's quantities were at the last looks. `limits` says how long each may stay the same."""

    __slots__ = ("_since", "limits", "stuck")

    def __init__(self, limits: Mapping[str, Duration]) -> None:
        self.limits = limits
        self.stuck: dict[str, Value] = {}
        """The quantities that are stuck, and at which value."""
        self._since: dict[str, tuple[Value, Moment]] = {}

    def look(self, values: Mapping[str, Value], at: Moment) -> list[str]:
        """Look at the newest values, measured at a moment; the quantities that are stuck from now on."""
        found = []
        for quantity, limit in self.limits.items():
            value = values.get(quantity)
            if value is None:
                continue
            before, since = self._since.get(quantity, (None, at))
            if before != value:
                self._since[quantity] = (value, at)
            elif at - since >= limit and quantity not in self.stuck:
                self.stuck[quantity] = value
                found.append(quantity)
        return found

    def moved(self, values: Mapping[str, Value]) -> list[str]:
        """The stuck quantities of a reading that have another value now, and so are not stuck any more."""
        found = [quantity for quantity, value in self.stuck.items() if values.get(quantity, value) != value]
        for quantity in found:
            del self.stuck[quantity], self._since[quantity]
        return found
