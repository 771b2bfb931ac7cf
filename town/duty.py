"""Who is on duty, and who stands in for whom: what is asked of the rotas of a town."""

from collections.abc import Sequence
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from town.language import Label
from town.moment import Moment


class Watch(BaseModel):
    """Who is on duty from `start` until `end`; nobody when `people` is empty. `names` are what they are called."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    people: tuple[str, ...]
    names: tuple[Label, ...]
    start: Moment
    end: Moment | None
    """None when nothing is known to change within two months."""


class OnDuty(BaseModel):
    """One rota at a moment: the watch, and the one that follows it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rota: str
    name: Label
    now: Watch
    next: Watch | None = None


class Swap(BaseModel):
    """`stands_in` is on duty instead of `out`, in one rota or in all; `id` is None when people.yaml says so."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    out: str
    stands_in: str
    start: Moment
    end: Moment
    rota: str | None = None
    by: str = "people.yaml"
    id: int | None = None


class Duty(Protocol):
    """Answers who is on duty, and keeps swaps. Raises Unavailable without its book."""

    async def on_duty(self, at: Moment) -> Sequence[OnDuty]:
        """Every rota at a moment, in the order of people.yaml."""

    async def swaps(self, at: Moment) -> Sequence[Swap]:
        """The swaps that are not over at a moment, the first to begin first."""

    async def swap(self, wanted: Swap, *, at: Moment) -> Swap:
        """Arrange a swap, from now on; ActionRefused when it names nobody, no rota, or no time to come."""

    async def take_back(self, number: int, *, by: str, at: Moment) -> Swap:
        """End a swap that was arranged, from now on; ActionRefused when there is none of that number."""
