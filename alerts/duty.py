"""Who is on duty in a town, by its rotas and by the swaps in its book."""

from collections.abc import Sequence

from alerts import rota as rotas
from alerts.book import Book
from alerts.people import People
from alerts.rota import LOOKED_AHEAD, LOOKED_BACK, Rota
from alerts.swaps import add_swap, check_swap, read_swaps, take_back_swap
from town.duty import OnDuty, Swap, Watch
from town.language import Label
from town.moment import Moment
from town.town import Town


class DutyDesk:
    """The answers and actions of `town.duty.Duty` on a book."""

    def __init__(self, book: Book) -> None:
        self._book = book

    async def on_duty(self, at: Moment) -> Sequence[OnDuty]:
        """Every rota at a moment, in the order of people.yaml."""
        people = self._book.people
        if not people.rotas:
            return []
        swaps = await self._book.database.read(lambda link: read_swaps(link, after=at - LOOKED_BACK))
        return rotas_at(people, at, self._book.town, swaps)

    async def swaps(self, at: Moment) -> Sequence[Swap]:
        """The swaps that are not over at a moment, the first to begin first."""
        kept = await self._book.database.read(lambda link: read_swaps(link, after=at))
        return sorted([*(one for one in self._book.people.swaps if one.end > at), *kept], key=lambda one: one.start)

    async def swap(self, wanted: Swap, *, at: Moment) -> Swap:
        """Arrange a swap, from now on."""
        self.check(wanted, at=at)
        return await self._book.database.write(lambda link: add_swap(link, wanted, at=at))

    def check(self, wanted: Swap, *, at: Moment) -> None:
        """ActionRefused when a swap could not be arranged."""
        check_swap(wanted, self._book.people, at=at)

    async def take_back(self, number: int, *, by: str, at: Moment) -> Swap:
        """End a swap that was arranged, from now on."""
        return await self._book.database.write(lambda link: take_back_swap(link, number, by=by, at=at))


def rotas_at(people: People, at: Moment, town: Town, swaps: Sequence[Swap]) -> list[OnDuty]:
    """Every rota at a moment, with the swaps of people.yaml and those given."""
    return [_on_duty(rota, people, at, town, (*people.swaps, *swaps)) for rota in people.rotas.values()]


def changes_nothing(swap: Swap, people: People, town: Town) -> bool:
    """Whether nobody would be on duty who is not anyway: whoever is to be out has no watch in that time."""
    rotas_meant = [one for one in people.rotas.values() if swap.rota in (None, one.id)]
    watches = (watch for one in rotas_meant for watch in rotas.watches(one, swap.start, swap.end, town, people.swaps))
    return all(swap.out not in watch.people for watch in watches)


def _on_duty(rota: Rota, people: People, at: Moment, town: Town, swaps: Sequence[Swap]) -> OnDuty:
    now, following = rotas.duty(rota, at, town, swaps)
    name = rota.name or Label(zh=rota.id, en=rota.id)
    horizon = at + LOOKED_AHEAD
    return OnDuty(
        rota=rota.id,
        name=name,
        now=_watch(now, people, horizon),
        next=_watch(following, people, horizon) if following else None,
    )


def _watch(watch: rotas.Watch, people: People, horizon: Moment) -> Watch:
    names = tuple(people.called(one) or Label(zh=one, en=one) for one in watch.people)
    return Watch(people=watch.people, names=names, start=watch.start, end=watch.end if watch.end < horizon else None)
