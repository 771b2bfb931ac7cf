"""The page of all facilities: a card for each, whose values are kept up where somebody looks."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from fastapi import Request

from console.elements import Cards
from console.pages.shell import Visit, shell
from console.pulse import Key
from console.views.every_place import finder

FIRST_SHOWN = 40
"""So many cards have their values at once, before the browser says which it shows."""


async def page(request: Request) -> None:
    """All facilities, worst first."""
    visit = Visit.of(request)
    with await shell(visit, "/places", visit.told.gettext("Places"), classes="places"):
        await EveryPlace(visit).build()


class News(NamedTuple):
    """What a browser is told next: another order, cards and values that differ."""

    order: list[str] | None
    cards: dict[str, str]
    values: dict[str, str]


class EveryPlace:
    """All facilities in one browser. What differs in a beat is told in one message."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._cards: dict[str, str] = {}
        self._values: dict[str, str] = {}
        self._looked: dict[str, Callable[[], None]] = {}
        self._leaves: list[Callable[[], None]] = []
        self._news = News(None, {}, {})
        self._element: Cards

    async def build(self) -> None:
        """Lay the page out and follow what is on it."""
        visit, pulse = self._visit, self._visit.pulse
        order = (await pulse.html(visit.key("places"))).split()
        shown = order[:FIRST_SHOWN]
        self._cards = {place: await pulse.html(visit.key("places.card", place)) for place in order}
        self._values = {place: await pulse.html(visit.key("places.values", place)) for place in shown}
        self._element = Cards(self._cards, self._values, finder=finder(visit.parts.town(), visit.told))
        self._element.on("looked", lambda event: self._look(event.args))
        self._leaves.append(pulse.follow(visit.key("places"), self._take_order))
        for place in order:
            self._leaves.append(pulse.follow(visit.key("places.card", place), partial(self._take_card, place)))
        for place in shown:
            self._follow_values(place)
        visit.client.on_delete(self._leave)

    async def _look(self, places: list[str]) -> None:
        """Those are on screen now."""
        wanted = [place for place in places if place in self._cards]
        for place in self._looked.keys() - set(wanted):
            self._looked.pop(place)()
        for place in wanted:
            if place not in self._looked and not self._visit.client.is_deleted:
                key = self._follow_values(place)
                self._take_values(place, await self._visit.pulse.html(key))

    def _follow_values(self, place: str) -> Key:
        key = self._visit.key("places.values", place)
        self._looked[place] = self._visit.pulse.follow(key, partial(self._take_values, place))
        return key

    def _take_order(self, order: str) -> None:
        self._tell_soon()
        self._news = self._news._replace(order=order.split())

    def _take_card(self, place: str, html: str) -> None:
        if self._cards[place] != html:
            self._tell_soon()
            self._cards[place] = self._news.cards[place] = html

    def _take_values(self, place: str, html: str) -> None:
        if self._values.get(place) != html:
            self._tell_soon()
            self._values[place] = self._news.values[place] = html

    def _tell_soon(self) -> None:
        if self._news == News(None, {}, {}):
            asyncio.get_running_loop().call_soon(self._tell)

    def _tell(self) -> None:
        news, self._news = self._news, News(None, {}, {})
        self._element.take(*news)

    def _leave(self) -> None:
        for leave in [*self._leaves, *self._looked.values()]:
            leave()
