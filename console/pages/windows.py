"""The page of maintenance and drills."""

from datetime import datetime
from typing import Any

from fastapi import Request

from console.pages.shell import Visit, live, shell
from console.roles import Deed, allows
from console.said import said
from town.errors import Unavailable
from town.moment import Moment, parse_duration
from town.ports import ActionRefused
from town.window import ScopeKind, WindowKind

_WHY_LENGTH = 500


async def page(request: Request) -> None:
    """What goes on and is to come, and a form for another one."""
    visit = Visit.of(request)

    async def act(done: dict[str, Any]) -> None:
        if visit.still_in():
            await _act(visit, done)

    with await shell(visit, "/windows", visit.told.gettext("Maintenance and drills"), classes="windows"):
        await live(visit, "windows", visit.person.role.value, act=act)


async def _act(visit: Visit, done: dict[str, Any]) -> None:
    """Do what was pressed, and say so if it was refused."""
    told, person = visit.told, visit.person_now()
    if person is None or not allows(person.role, Deed.WINDOWS):
        visit.say(told.gettext("That is for an administrator."), "bad")
        return
    try:
        match done.get("act"):
            case "end":
                await visit.parts.windows.end_window(str(done.get("argument", ""))[:40], by=person.name)
            case "make":
                await _make(visit, done.get("fields") or {}, by=person.name)
    except ActionRefused as refused:
        visit.say(said(told, str(refused)), "bad")
    except ValueError:
        visit.say(told.gettext("That is not a window: say where, from when and for how long."), "bad")
    except Unavailable:
        visit.say(told.gettext("The alert book does not answer; nothing was changed. Try again."), "bad")
    visit.pulse.hurry()


async def _make(visit: Visit, fields: dict[str, Any], *, by: str) -> None:
    scope_kind, _, scope = str(fields.get("scope", ""))[:100].partition(":")
    kinds: dict[str, ScopeKind] = {"facility": "facility", "zone": "zone"}
    if scope_kind not in kinds:
        raise ValueError(scope_kind)
    starts_at = _starts_at(visit, str(fields.get("starts", ""))[:30])
    lasts = parse_duration(str(fields.get("lasts", ""))[:10])
    await visit.parts.windows.make_window(
        WindowKind(str(fields.get("kind"))), kinds[scope_kind], scope, starts_at=starts_at,
        ends_at=starts_at + lasts, why=str(fields.get("why", ""))[:_WHY_LENGTH], by=by,
    )  # fmt: skip


def _starts_at(visit: Visit, text: str) -> Moment:
    """The moment of the form's field, in the town's time; now when it is empty."""
    if not text:
        return visit.parts.clock()
    local = datetime.fromisoformat(text).replace(tzinfo=visit.parts.town().zone_info)
    return round(local.timestamp() * 1000)
