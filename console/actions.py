"""The REST interface, what people do about alerts. Described in /api/openapi.json."""

from typing import Annotated, Literal

from fastapi import APIRouter, Body, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from console.asking import Handler, Id, Name, Parts, Servicer, Span
from console.parts import ConsoleParts
from console.roles import Deed, allows
from town.alert import Alert, Verification

router = APIRouter(prefix="/api/v1/alerts/{alert}", tags=["alerts"])

_Text = Annotated[str, Field(max_length=1_000)]


class Said(BaseModel):
    """What goes with an action."""

    model_config = ConfigDict(extra="forbid")
    comment: _Text = ""


class Comment(BaseModel):
    """A comment."""

    model_config = ConfigDict(extra="forbid")
    text: Annotated[_Text, Field(min_length=1)]


class Because(BaseModel):
    """Why."""

    model_config = ConfigDict(extra="forbid")
    reason: Annotated[_Text, Field(min_length=1)]


class Shelving(Span):
    """Until when and why: `{"for": "2h", "reason": "welding"}`."""

    reason: Annotated[_Text, Field(min_length=1)]


class Assignment(Said):
    """Whom: an account, or a person of people.yaml; nobody when it is empty."""

    to: Name


class Verdict(Said):
    """What was found on site."""

    verdict: Literal["true", "false", "drill", "unreachable"]


MaySay = Annotated[Said | None, Body()]


@router.post("/acknowledge", summary="I have it")
async def acknowledge(request: Request, parts: Parts, who: Handler, alert: Id, said: MaySay = None) -> Alert:
    """Telling others stops. 409 with a reason when it does not fit, such as when somebody else was quicker."""
    await _known(parts, alert)
    comment = said.comment if said else ""
    return _shown(request, await parts.actions.acknowledge(alert, by=who.name, at=parts.clock(), comment=comment))


@router.post("/reset", summary="Close a latched alert whose condition is gone")
async def reset(request: Request, parts: Parts, who: Handler, alert: Id, said: MaySay = None) -> Alert:
    """409 with a reason when it does not fit."""
    await _known(parts, alert)
    comment = said.comment if said else ""
    return _shown(request, await parts.actions.reset(alert, by=who.name, at=parts.clock(), comment=comment))


@router.post("/comment", summary="Say something for the others to read")
async def comment(request: Request, parts: Parts, who: Handler, alert: Id, said: Comment) -> Alert:
    """It stands in the timeline for ever."""
    await _known(parts, alert)
    return _shown(request, await parts.actions.comment(alert, by=who.name, at=parts.clock(), text=said.text))


@router.post("/assign", summary="Say who is to see to it")
async def assign(request: Request, parts: Parts, who: Handler, alert: Id, said: Assignment) -> Alert:
    """It does not acknowledge: whoever it is given to does that. 422 for somebody nobody knows."""
    await _known(parts, alert)
    if said.to and said.to not in parts.assignable():
        raise HTTPException(422, f"There is no account and no person {said.to}.")
    assigned = parts.actions.assign(alert, by=who.name, at=parts.clock(), to=said.to, comment=said.comment)
    return _shown(request, await assigned)


@router.post("/shelve", summary="Hear no more of it for a while")
async def shelve(request: Request, parts: Parts, who: Handler, alert: Id, said: Shelving) -> Alert:
    """For a minute to 24 hours; then it is told again. A fire alert only by an administrator."""
    await _known(parts, alert)
    now, administrator = parts.clock(), allows(who.role, Deed.SHELVE_FIRE)
    shelved = parts.actions.shelve(
        alert, by=who.name, at=now, until=said.end(now), reason=said.reason, as_administrator=administrator
    )
    return _shown(request, await shelved)


@router.post("/unshelve", summary="Take it from the shelf before its time")
async def unshelve(request: Request, parts: Parts, who: Handler, alert: Id, said: MaySay = None) -> Alert:
    """It is told again if it needs somebody."""
    await _known(parts, alert)
    comment = said.comment if said else ""
    return _shown(request, await parts.actions.unshelve(alert, by=who.name, at=parts.clock(), comment=comment))


@router.post("/verify", summary="Say what was found on site")
async def verify(request: Request, parts: Parts, who: Handler, alert: Id, said: Verdict) -> Alert:
    """Whoever looked has it; it may be corrected, after the end too. Fire and security, or as people.yaml says."""
    await _known(parts, alert)
    verdict = Verification(said.verdict)
    found = parts.actions.verify(alert, by=who.name, at=parts.clock(), verdict=verdict, comment=said.comment)
    return _shown(request, await found)


@router.post("/out-of-service", summary="It means nothing until it is returned to service")
async def take_out_of_service(request: Request, parts: Parts, who: Servicer, alert: Id, said: Because) -> Alert:
    """By an administrator."""
    await _known(parts, alert)
    taken = parts.actions.take_out_of_service(alert, by=who.name, at=parts.clock(), reason=said.reason)
    return _shown(request, await taken)


@router.post("/return-to-service", summary="It counts again")
async def return_to_service(request: Request, parts: Parts, who: Servicer, alert: Id, said: MaySay = None) -> Alert:
    """By an administrator. It is told again if it needs somebody."""
    await _known(parts, alert)
    comment = said.comment if said else ""
    return _shown(request, await parts.actions.return_to_service(alert, by=who.name, at=parts.clock(), comment=comment))


async def _known(parts: ConsoleParts, alert: str) -> None:
    if await parts.alerts.detail(alert) is None:
        raise HTTPException(404, f"There is no alert {alert}.")


def _shown(request: Request, changed: Alert) -> Alert:
    request.state.pulse.hurry()
    return changed
