"""Who is on duty now and next, and who stands in for whom."""

import contextlib
from collections.abc import Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

from console.render import render
from console.scene import Scene
from console.views.desk import Renderer
from console.words import Words
from town.duty import Duty, OnDuty, Swap, Watch
from town.errors import Unavailable
from town.moment import DAY, HOUR, SECOND, Duration, Moment, as_datetime

FRESH_FOR: Duration = 10 * SECOND
"""Watches change by the minute: so often it is looked again."""


class OnWatch(NamedTuple):
    """A watch in words."""

    people: str
    span: str
    end: Moment | None


class DutyView:
    """Looks at the rotas once for all who look at the pages; without a book to ask, it tells what it knew."""

    def __init__(self, duty: Duty | None) -> None:
        self._duty = duty
        self._looked_at: Moment | None = None
        self._rotas: Sequence[OnDuty] = ()
        self._swaps: Sequence[Swap] = ()

    async def look(self, now: Moment) -> Sequence[OnDuty]:
        """Every rota, now."""
        turned = any(one.now.end is not None and one.now.end <= now for one in self._rotas)
        if self._duty is not None and (turned or self._looked_at is None or now - self._looked_at >= FRESH_FOR):
            with contextlib.suppress(Unavailable):  # the pipeline's parts say that the book is away
                self._rotas, self._swaps = await self._duty.on_duty(now), await self._duty.swaps(now)
            self._looked_at = now
        return self._rotas

    def page(self) -> Renderer:
        """The renderer of the page's content."""

        async def show(scene: Scene, told: Words, _argument: str) -> str:
            rotas = await self.look(scene.now)
            rows = [
                (told.label(one.name), one.rota, watch_text(scene, told, one.now), watch_text(scene, told, one.next))
                for one in rotas
            ]
            swaps = [
                (_swap_names(scene, told, one), _span(scene, told, one.start, one.end), one) for one in self._swaps
            ]
            names = {one.rota: told.label(one.name) for one in rotas}
            return render("duty.html", told, rows=rows, swaps=swaps, names=names)

        return show

    async def line(self, scene: Scene, told: Words) -> str:
        """The first rota in one line, for the top of the queue; nothing without one."""
        for one in await self.look(scene.now):
            watch = watch_text(scene, told, one.now)
            if watch is not None:
                people = watch.people or told.gettext("nobody is on duty")
                return told.gettext("{rota} {span} · {people}").format(
                    rota=told.label(one.name), span=watch.span, people=people
                )
        return ""


def watch_text(scene: Scene, told: Words, watch: Watch | None) -> OnWatch | None:
    """A watch in words; None when there is none."""
    if watch is None:
        return None
    people = told.gettext(", ").join(told.label(name) for name in watch.names)
    return OnWatch(people, _span(scene, told, watch.start, watch.end), watch.end)


def span_text(told: Words, start: Moment, end: Moment | None, *, now: Moment, zone: ZoneInfo) -> str:
    """From when to when: times alone within 18 hours of now, else with the day; both days of what takes over a day."""

    def short(at: Moment) -> str:
        alone = abs(at - now) < 18 * HOUR and (end is None or end - start <= DAY)
        return as_datetime(at, zone).strftime("%H:%M" if alone else "%m-%d %H:%M")

    if end is None:
        return told.gettext("from {time} on").format(time=short(start))
    return f"{short(start)}–{short(end)}"


def _span(scene: Scene, told: Words, start: Moment, end: Moment | None) -> str:
    return span_text(told, start, end, now=scene.now, zone=scene.town.zone_info)


def _swap_names(scene: Scene, told: Words, swap: Swap) -> tuple[str, str]:
    def called(who: str) -> str:
        found = scene.called(who)
        return told.label(found) if found else who

    return called(swap.stands_in), called(swap.out)
