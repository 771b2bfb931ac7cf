"""Who is behind the names of a route at a moment: whoever is on duty, and where they are told. Pure."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from alerts.people import People, Recipient, Way
from alerts.plan import Case
from alerts.rota import on_duty
from town.alert import Category, Severity
from town.duty import Swap
from town.moment import Moment
from town.town import Town


class OnCall(NamedTuple):
    """The people of a town and who stands in for whom, by people.yaml and by the book."""

    people: People
    town: Town
    swaps: Sequence[Swap] = ()
    """Those of the book."""

    def members(self, name: str, at: Moment) -> tuple[str, ...]:
        """Who is meant by a name: whoever is on duty when it is a rota, else that person or target."""
        rota = self.people.rotas.get(name)
        return (name,) if rota is None else on_duty(rota, at, self.town, (*self.people.swaps, *self.swaps))

    def reach(
        self, names: Iterable[str], at: Moment, *, channels: Sequence[str] = (), avoid: str | None = None
    ) -> list[Way]:
        """Where these are told, each once: over the first channel of each, or over all of `channels` that they have.

        Nobody is told with the credential to `avoid`: who has another channel is told over that one.
        """
        found: dict[Way, None] = {}
        for name in dict.fromkeys(member for meant in names for member in self.members(meant, at)):
            ways = [one for one in self.people.channels_of(name) if avoid is None or avoid not in one.known_as]
            for one in _chosen(ways, channels):
                found[Way(name, one.channel)] = None
        return list(found)

    def quiet_until(self, name: str, case: Case, at: Moment) -> Moment | None:
        """When the quiet hours of somebody end, in which they are not told of such an alert; None when they are told.

        Of fire and of what is critical everybody is told at any time.
        """
        if case.category is Category.FIRE or case.severity is Severity.CRITICAL:
            return None
        one = self.people.people.get(name) or self.people.targets.get(name)
        return one.quiet.hold(at, self.town) if one is not None and one.quiet is not None else None


def _chosen(ways: Sequence[Recipient], channels: Sequence[str]) -> list[Recipient]:
    """The ways that were asked for; the first when none was, or when they have none of those."""
    asked = [one for wanted in channels for one in ways if one.channel == wanted]
    return asked or list(ways[:1])
