"""The REST interface, what waits to be sent and what was given up. Described in /api/openapi.json."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from console.asking import Handler, Id, Name
from console.parts import ConsoleParts
from town.alert import DeliveryState, Notification
from town.outbox import OutboxFilter, OutboxKeeper, Rest

router = APIRouter(prefix="/api/v1/outbox", tags=["outbox"])

_WAITING = (DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.FAILED)


def _keeper(request: Request) -> OutboxKeeper:
    parts: ConsoleParts = request.state.parts
    if parts.outbox is None:
        raise HTTPException(404, "This console is given no outbox.")
    return parts.outbox


Keeper = Annotated[OutboxKeeper, Depends(_keeper)]


class Retry(BaseModel):
    """Which notifications, by their keys."""

    model_config = ConfigDict(extra="forbid")
    notifications: Annotated[list[Annotated[str, Field(max_length=200)]], Field(min_length=1, max_length=500)]


@router.get("", summary="Notifications that wait, or that were given up")
async def notifications(
    keeper: Keeper,
    *,
    state: Annotated[list[DeliveryState] | None, Query(max_length=7)] = None,
    target: Annotated[Name | None, Query()] = None,
    channel: Annotated[Name | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 200,
) -> list[Notification]:
    """Those that are queued, being sent or failed, or in the states that are given; the oldest first."""
    wanted = OutboxFilter(frozenset(state or _WAITING), target=target, channel=channel, limit=limit)
    return list(await keeper.notifications(wanted))


@router.get("/resting", summary="Targets that are left alone for a while, and why")
async def resting(keeper: Keeper) -> list[Rest]:
    """Because they were told too much at once, or refuse our configuration."""
    return list(await keeper.resting())


@router.get("/digests/{digest}", summary="What a digest stands for")
async def digest(keeper: Keeper, digest: Id) -> list[Notification]:
    """By the number that stands in the message, `D-20260921-0007`."""
    return list(await keeper.held(digest))


@router.post("/retry", summary="Try again at once")
async def retry(keeper: Keeper, who: Handler, asked: Retry) -> list[Notification]:
    """What was given up, or waits for its next attempt. 409 when one of them is over; then none is tried."""
    return list(await keeper.retry(asked.notifications, by=who.name))
