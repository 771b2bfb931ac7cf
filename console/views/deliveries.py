"""The delivery ledger: who was told what, when, by which channel, what was answered, who acknowledged."""

from typing import NamedTuple
from urllib.parse import parse_qs, urlencode

from console.parts import ConsoleParts
from console.render import render
from console.said import said
from console.scene import Scene
from console.views.desk import Renderer
from console.views.history_text import channel_name, delivery_name, person_name
from console.words import Words
from town.alert import DeliveryState
from town.delivery import Delivery, DeliveryFilter
from town.errors import Unavailable
from town.moment import SECOND, Duration, Moment

SHOWN = 100
FRESH: Duration = 3 * SECOND
"""How old a page may be: everybody who looks at it asks twice a second."""
_LOST = frozenset({DeliveryState.DEAD, DeliveryState.FAILED})


class Choice(NamedTuple):
    """Which part of the ledger."""

    alert: str = ""
    target: str = ""
    before: str = ""

    @classmethod
    def read(cls, argument: str) -> "Choice":
        """The choice that `text` wrote."""
        asked = {name: values[0][:220] for name, values in parse_qs(argument).items() if name in cls._fields}
        return cls(**asked)

    def text(self) -> str:
        """The choice as an argument, and as the query of an address."""
        return urlencode({name: value for name, value in self._asdict().items() if value})

    def wanted(self) -> DeliveryFilter:
        """What to ask for."""
        at, _, name = self.before.partition("/")
        before = (int(at), name) if at.isdecimal() and len(at) < 16 else None
        return DeliveryFilter(self.alert or None, self.target or None, before=before, limit=SHOWN)


class Row(NamedTuple):
    """One delivery in the table."""

    delivery: Delivery
    at: Moment
    title: str
    target: str
    channel: str
    state: str
    lost: bool
    acknowledged: str


def deliveries(given: ConsoleParts) -> Renderer:
    """The renderer of a part of the ledger."""
    held: dict[tuple[str, str], tuple[Moment, str]] = {}

    async def show(scene: Scene, told: Words, argument: str) -> str:
        key = (told.language, argument)
        if key not in held or not 0 <= scene.now - held[key][0] < FRESH:
            if len(held) > SHOWN:
                held.clear()
            held[key] = (scene.now, await _table(given, scene, told, Choice.read(argument)))
        return held[key][1]

    return show


async def _table(given: ConsoleParts, scene: Scene, told: Words, choice: Choice) -> str:
    try:
        found, away = await given.ledger.ledger(choice.wanted()), ""
    except Unavailable as error:
        found, away = [], said(told, str(error))
    older = ""
    if len(found) == SHOWN:
        last = found[-1].notification
        older = choice._replace(before=f"{last.created_at}/{last.id}").text()
    rows = [_row(scene, told, one) for one in found]
    return render(
        "deliveries.html",
        told,
        rows=rows,
        away=away,
        older=older,
        choice=choice,
        newest=_newest(choice),
        zone=scene.town.zone_info,
    )


def _newest(choice: Choice) -> str:
    return choice._replace(before="").text() if choice.before else ""


def _row(scene: Scene, told: Words, one: Delivery) -> Row:
    note = one.notification
    return Row(
        delivery=one,
        at=note.created_at,
        title=told.label(one.title),
        target=person_name(scene, told, note.target),
        channel=channel_name(told, note.channel),
        state=delivery_name(told, note.state),
        lost=note.state in _LOST,
        acknowledged=person_name(scene, told, one.acknowledged_by) if one.acknowledged_by else "",
    )
