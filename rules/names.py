"""What the names in an expression mean where it stands: quantities, properties, and what is known of them."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from rules.tokens import ExpressionError
from town.alert import SubjectKind
from town.findings import suggest
from town.quantity import Quantity
from town.town import Town

PROPERTIES: dict[str, str] = {
    "sensor_kind": "sensor.kind",
    "sensor.kind": "sensor.kind",
    "sensor": "sensor.id",
    "sensor.id": "sensor.id",
    "facility": "facility.id",
    "facility.id": "facility.id",
    "facility.kind": "facility.kind",
    "facility.zone": "zone.id",
    "zone": "zone.id",
    "zone.id": "zone.id",
}
"""Every way to write a property, and the property."""

_OF_SUBJECT: dict[SubjectKind, tuple[str, ...]] = {
    "sensor": ("sensor", "facility", "zone"),
    "facility": ("facility", "zone"),
    "zone": ("zone",),
    "town": (),
}


@dataclass(frozen=True)
class Names:
    """The names an expression may use: about subjects of one kind, measured by sensors of some kinds."""

    town: Town
    subject: SubjectKind
    kinds: tuple[str, ...]
    among: bool = False
    """Inside `any_of(…)` and its like: the names are those of one of the subject's sensors."""
    chosen: set[str] = field(default_factory=set)
    """The sensor kinds that were written before a dot, inside such a function."""

    @property
    def of_one_sensor(self) -> bool:
        """Whether a quantity's name stands for one value."""
        return self.subject == "sensor" or self.among

    def inside(self) -> "Names":
        """The names inside a function over many sensors."""
        return replace(self, among=True, chosen=set())

    def property_named(self, written: str) -> str | None:
        """The property of that name, if subjects of this kind have it."""
        name = PROPERTIES.get(written)
        kind: SubjectKind = "sensor" if self.among else self.subject
        return name if name and name.split(".")[0] in _OF_SUBJECT[kind] else None

    def values_of(self, name: str) -> Iterable[str]:
        """What a property can be in this town."""
        known: dict[str, Iterable[str]] = {
            "sensor.kind": self.town.kinds,
            "sensor.id": self.town.sensors,
            "facility.id": self.town.facilities,
            "facility.kind": self.town.facility_kinds,
            "zone.id": self.town.zones,
        }
        return known[name]

    def dotted(self, written: str) -> tuple[str, str] | None:
        """The kind and the quantity of `smoke_detector.smoke`."""
        kind, dot, quantity = written.partition(".")
        return (kind, quantity) if dot and kind in self.town.kinds else None

    def quantity(self, written: str, column: int) -> Quantity:
        """The quantity of that name; raises ExpressionError when there is none here."""
        kinds, name = self.kinds, written
        if dotted := self.dotted(written):
            kinds, name = (dotted[0],), dotted[1]
            if self.subject == "sensor" and dotted[0] not in self.kinds:
                hint = f"this rule is for {', '.join(self.kinds)}"
                raise ExpressionError(column, f"`{dotted[0]}` is another kind of sensor", hint)
            self.chosen.add(dotted[0])
        measured = {one for kind in kinds for one in self.town.kinds[kind].quantities}
        if name in measured:
            return self.town.quantities[name]
        if name in self.town.quantities:
            owners = [kind.id for kind in self.town.kinds.values() if name in kind.quantities]
            hint = f"it is measured by {', '.join(owners)}" if owners else suggest(name, measured)
            raise ExpressionError(column, f"`{name}` is not measured by {', '.join(kinds)}", hint)
        raise ExpressionError(column, f"`{written}` is not known", suggest(written, self._known(measured)))

    def plausible(self, quantity: str) -> tuple[float | None, float | None]:
        """The widest range the quantity can have here."""
        kinds = self.chosen or set(self.kinds)
        ranges = [self.town.plausible_range(k, quantity) for k in kinds if quantity in self.town.kinds[k].quantities]
        lows, highs = [low for low, _ in ranges], [high for _, high in ranges]
        low = None if None in lows else min((one for one in lows if one is not None), default=None)
        high = None if None in highs else max((one for one in highs if one is not None), default=None)
        return low, high

    def _known(self, measured: set[str]) -> list[str]:
        from_kinds = [] if self.subject == "sensor" else [f"{kind}.{q}" for kind in self.kinds for q in measured]
        return [*sorted(measured), *PROPERTIES, *self.town.kinds, *from_kinds]
