"""The REST interface, maintenance and drill windows. Described in /api/openapi.json."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.exceptions import HTTPException

from console.asking import Id, Name, Parts, Span, WhenText, WindowMaker
from town.window import ScopeKind, Window, WindowKind

router = APIRouter(prefix="/api/v1/windows", tags=["windows"])


class NewWindow(Span):
    """A window: `{"kind": "drill", "facility": "cellar-2", "for": "2h", "why": "yearly drill"}`."""

    kind: WindowKind
    facility: Name | None = None
    zone: Name | None = None
    starts_at: WhenText | None = None
    """Now when it is not given."""
    why: Annotated[str, Field(min_length=1, max_length=500)]

    def scope(self) -> tuple[ScopeKind, str]:
        """Over what it is."""
        if (self.facility is None) is (self.zone is None):
            raise HTTPException(422, "Say either `facility` or `zone`.")
        return ("facility", self.facility) if self.facility is not None else ("zone", self.zone or "")


@router.get("", summary="Windows that are open or to come")
async def windows(parts: Parts, past: Annotated[bool, Query()] = False) -> list[Window]:
    """The first to begin first; with `past` also those that are over, of the newest 500."""
    return await parts.windows.windows(past=past)


@router.post("", summary="Open a window, now or later", status_code=201)
async def make_window(request: Request, parts: Parts, who: WindowMaker, asked: NewWindow) -> Window:
    """During maintenance nobody is told of alerts there; a drill is told, and marked. By an administrator."""
    kind, scope = asked.scope()
    starts_at = asked.starts_at if asked.starts_at is not None else parts.clock()
    made = await parts.windows.make_window(
        asked.kind, kind, scope, starts_at=starts_at, ends_at=asked.end(starts_at), why=asked.why, by=who.name
    )
    request.state.pulse.hurry()
    return made


@router.post("/{window}/end", summary="End a window now")
async def end_window(request: Request, parts: Parts, who: WindowMaker, window: Id) -> Window:
    """What still holds then is told. By an administrator."""
    ended = await parts.windows.end_window(window, by=who.name)
    request.state.pulse.hurry()
    return ended
