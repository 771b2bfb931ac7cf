"""What every route of the REST interface asks for: the parts, who asks and whether they may, and what goes with it."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Path, Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from starlette.exceptions import HTTPException

from console.access import Person
from console.parts import ConsoleParts
from console.roles import Deed, allows, least_role
from town.moment import Duration, Moment, parse_duration, parse_moment


def _parts(request: Request) -> ConsoleParts:
    parts: ConsoleParts = request.state.parts
    return parts


def _may(deed: Deed) -> Callable[[Request], Person]:
    def asking(request: Request) -> Person:
        person: Person = request.state.person
        if not allows(person.role, deed):
            raise HTTPException(403, f"This needs the role {least_role(deed)}; {person.name} is {person.role}.")
        return person

    return asking


Parts = Annotated[ConsoleParts, Depends(_parts)]
Handler = Annotated[Person, Depends(_may(Deed.HANDLE))]
"""Who may handle alerts."""
Servicer = Annotated[Person, Depends(_may(Deed.SERVICE))]
"""Who may take alerts out of service."""
WindowMaker = Annotated[Person, Depends(_may(Deed.WINDOWS))]
"""Who may make and end windows."""

Id = Annotated[str, Path(min_length=1, max_length=60)]
Name = Annotated[str, Field(max_length=80)]


def _moment(value: object) -> object:
    return parse_moment(value) if isinstance(value, str) and not value.isdecimal() else value


def _duration(value: object) -> object:
    return parse_duration(value) if isinstance(value, str) else value


WhenText = Annotated[Moment, BeforeValidator(_moment), Field(ge=0, le=1 << 53)]
"""A moment as RFC 3339 or in ms since 1970."""
HowLong = Annotated[Duration, BeforeValidator(_duration), Field(gt=0, le=1 << 40)]
"""A duration such as `2h`, or in ms."""


class Span(BaseModel):
    """Until when: a moment, or for how long from its beginning; one of the two."""

    model_config = ConfigDict(extra="forbid")
    until: WhenText | None = None
    lasts: HowLong | None = Field(None, alias="for")

    def end(self, start: Moment) -> Moment:
        """The end of what begins then."""
        if (self.until is None) is (self.lasts is None):
            raise HTTPException(422, "Say either `until` or `for`.")
        return self.until if self.until is not None else start + (self.lasts or 0)
