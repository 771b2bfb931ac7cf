"""The types that InfluxDB holds already: it checks them per shard only, and takes others where a new one begins."""

from collections.abc import Sequence

from town.errors import ConfigError
from town.ports import RefusedReading
from town.quantity import ValueType
from town.reading import Reading
from town.store import influxql
from town.store.influx_server import InfluxServer
from town.town import Town

_WORDS = {ValueType.FLOAT: "float", ValueType.BOOL: "boolean", ValueType.TEXT: "string"}


class StoredFields:
    """Which quantities are stored in which families, and in which type. Asked anew for answers, once for writing."""

    def __init__(self, server: InfluxServer, town: Town) -> None:
        self._server = server
        self._family_of = {sensor.id: town.kinds[sensor.kind].family for sensor in town.sensors.values()}
        self._families = frozenset(kind.family for kind in town.kinds.values())
        self._words = {quantity.id: _WORDS[quantity.type] for quantity in town.quantities.values()}
        self._conflicts: dict[tuple[str, str], str] | None = None

    async def families_by_quantity(self) -> dict[str, set[str]]:
        """The families each quantity of the town is stored in. Raises Unavailable and ConfigError."""
        found: dict[str, set[str]] = {}
        for family, quantity, _ in await self._ask():
            found.setdefault(quantity, set()).add(family)
        return found

    async def sort_out(self, readings: Sequence[Reading]) -> tuple[Sequence[Reading], list[RefusedReading]]:
        """Those whose values have the type that is stored, and those that never can be. Raises Unavailable."""
        if self._conflicts is None:
            self._conflicts = await self._find_conflicts()
        if not self._conflicts:
            return readings, []
        problems = [self._problem(reading) for reading in readings]
        pairs = list(zip(readings, problems, strict=True))
        refused = [RefusedReading(reading, "type_conflict", problem) for reading, problem in pairs if problem]
        return [reading for reading, problem in pairs if not problem], refused

    def _problem(self, reading: Reading) -> str | None:
        family = self._family_of[reading.sensor]
        for quantity in reading.values:
            stored = (self._conflicts or {}).get((family, quantity))
            if stored:
                return f"{quantity} of {family} is stored as {stored}, this is {self._words[quantity]}"
        return None

    async def _find_conflicts(self) -> dict[tuple[str, str], str]:
        try:
            stored = await self._ask()
        except ConfigError:
            return {}  # a token may be for writing only; whatever else is wrong, the write itself is told
        return {(family, quantity): word for family, quantity, word in stored if word != self._words[quantity]}

    async def _ask(self) -> list[tuple[str, str, str]]:
        tables = await self._server.query(influxql.fields(families=self._families))
        rows = [(table.name, str(field), str(word)) for table in tables for field, word in table.values]
        return [row for row in rows if row[1] in self._words]
