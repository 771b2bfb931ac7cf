"""What boards say, in the language they are built for, of the quantities and kinds that there are."""

from collections.abc import Mapping
from typing import Protocol

from town.builtin import builtin_kinds
from town.kind import SensorKind
from town.language import Label, Language
from town.quantity import Limits, Quantity


class Known(Protocol):
    """Quantities and kinds: the built-in ones, or those of a town."""

    @property
    def quantities(self) -> Mapping[str, Quantity]:
        """By id."""

    @property
    def kinds(self) -> Mapping[str, SensorKind]:
        """By id."""


class Words:
    """Says things in one language: call it with the Chinese and the English."""

    def __init__(self, language: Language, known: Known | None = None) -> None:
        self.language = language
        self.known = known or builtin_kinds()

    def __call__(self, zh: str, en: str) -> str:
        return Label(zh=zh, en=en).text(self.language)

    def quantity(self, quantity: str) -> str:
        """The name of a quantity."""
        return self.known.quantities[quantity].name.text(self.language)

    def field(self, stem: str) -> str:
        """The stored field that holds a text in this language: `title_zh` or `title_en`."""
        return f"{stem}_en" if self.language == "en" else f"{stem}_zh"

    def limits(self, quantity: str, family: str = "") -> Limits | None:
        """The limits of a quantity, or those that the kinds of a family share which measure it."""
        own = self.known.quantities[quantity].limits
        kinds = [kind for kind in self.known.kinds.values() if kind.family == family and quantity in kind.quantities]
        found = [kind.limits.get(quantity, own) for kind in kinds]
        return found[0] if found and all(one == found[0] for one in found) else own
