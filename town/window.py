"""Maintenance and drill windows: for how long what happens in a zone or facility is no ordinary alert."""

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict

from town.moment import Moment


class WindowKind(StrEnum):
    """Maintenance: nobody is told. Drill: people are told, and every message says that it is one."""

    MAINTENANCE = "maintenance"
    DRILL = "drill"


ScopeKind = Literal["facility", "zone"]


class Window(BaseModel):
    """One window. It counts from `starts_at` until `ends_at`, or until somebody ended it before."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    kind: WindowKind
    scope_kind: ScopeKind
    scope: str
    why: str
    starts_at: Moment
    ends_at: Moment
    made_by: str
    made_at: Moment
    ended_by: str | None = None
    """Who ended it before its time; `ends_at` is when."""

    def open_at(self, moment: Moment) -> bool:
        """Whether it counts at that moment."""
        return self.starts_at <= moment < self.ends_at

    def covers(self, *, facility: str | None, zone: str | None) -> bool:
        """Whether what is wrong in that facility and zone is in it."""
        return self.scope == (facility if self.scope_kind == "facility" else zone)
