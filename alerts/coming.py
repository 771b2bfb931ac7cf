"""Who is told next of an alert, as things are now."""

from sqlalchemy import Connection

from alerts.on_call import OnCall
from alerts.people import People
from alerts.plans import waiting_plans
from alerts.swaps import read_swaps
from town.alert import Upcoming
from town.moment import Moment
from town.town import Town


def upcoming(connection: Connection, alert: str, *, people: People, town: Town, now: Moment) -> list[Upcoming]:
    """What is still to be told of an alert, in order, with who is behind each rota at that moment."""
    waiting = waiting_plans(connection, alert)
    swaps = read_swaps(connection, after=now) if waiting and people.rotas else ()
    on_call = OnCall(people, town, swaps)
    return [
        Upcoming(
            at=planned.due_at,
            why=planned.kind.value,
            to=planned.to,
            people=tuple(dict.fromkeys(who for name in planned.to for who in on_call.members(name, planned.due_at))),
            channels=planned.channels,
        )
        for planned in waiting
    ]
