"""The REST interface, who is on duty and who stands in for whom. Described in /api/openapi.json."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from console.asking import Handler, Name, Parts, WhenText
from console.parts import ConsoleParts
from town.duty import Duty, OnDuty, Swap

router = APIRouter(prefix="/api/v1", tags=["people"])

Number = Annotated[int, Path(ge=1, le=1 << 53)]


class NewSwap(BaseModel):
    """Who stands in: `{"out": "li.wei", "in": "wang.fang", "from": "2026-11-28T20:00:00+08:00", "to": …}`."""

    model_config = ConfigDict(extra="forbid")
    out: Name
    stands_in: Name = Field(alias="in")
    start: WhenText | None = Field(None, alias="from")
    """Now when it is not given."""
    end: WhenText = Field(alias="to")
    rota: Name | None = None
    """All when it is not given."""


def _duty(parts: ConsoleParts) -> Duty:
    if parts.duty is None:
        raise HTTPException(404, "This console knows of no rotas.")
    return parts.duty


@router.get("/duty", summary="Who is on duty now and next")
async def on_duty(parts: Parts, at: Annotated[WhenText | None, Query()] = None) -> list[OnDuty]:
    """Every rota of people.yaml, now or at another moment."""
    return list(await _duty(parts).on_duty(parts.clock() if at is None else at))


@router.get("/swaps", summary="Who stands in for whom")
async def swaps(parts: Parts) -> list[Swap]:
    """Swaps that are not over, those of people.yaml among them."""
    return list(await _duty(parts).swaps(parts.clock()))


@router.post("/swaps", summary="Let somebody stand in", status_code=201)
async def swap(request: Request, parts: Parts, who: Handler, asked: NewSwap) -> Swap:
    """Followed at once. 409 with a reason when it names nobody, no rota or no time to come."""
    now = parts.clock()
    start = now if asked.start is None else asked.start
    wanted = Swap(out=asked.out, stands_in=asked.stands_in, start=start, end=asked.end, rota=asked.rota, by=who.name)
    made = await _duty(parts).swap(wanted, at=now)
    request.state.pulse.hurry()
    return made


@router.post("/swaps/{number}/take-back", summary="End a swap from now on")
async def take_back(request: Request, parts: Parts, who: Handler, number: Number) -> Swap:
    """What was is kept. 409 when there is none of that number that is not over."""
    ended = await _duty(parts).take_back(number, by=who.name, at=parts.clock())
    request.state.pulse.hurry()
    return ended
