"""Which number a series gets in the embedded store: those that one chart shows lie next to each other."""

from collections.abc import Collection
from functools import cached_property

from town.town import Town


class Numbering:
    """Numbers by quantity, then place; what has no place among them, or comes to one that is taken, is put after all.

    A number is for ever and says nothing: this only decides what lies next to what in the file.
    """

    def __init__(self, town: Town, taken: Collection[int]) -> None:
        self._town = town
        self._after = max([len(town.quantities) * len(town.sensors), *taken]) + 1

    def number(self, sensor: str, quantity: str, taken: Collection[int]) -> int:
        """A number that is not taken."""
        if sensor in self._position and quantity in self._quantities:
            number = self._quantities[quantity] * len(self._position) + self._position[sensor] + 1
            if number not in taken:
                return number
        self._after += 1
        return self._after - 1

    @cached_property
    def _position(self) -> dict[str, int]:
        sensors = sorted(self._town.sensors.values(), key=lambda sensor: sensor.facility)
        return {sensor.id: position for position, sensor in enumerate(sensors)}

    @cached_property
    def _quantities(self) -> dict[str, int]:
        return {quantity: position for position, quantity in enumerate(self._town.quantities)}
