"""How durations, hours, days and names are written in a rule file: what is understood, and what an editor is told."""

import re
from datetime import time
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from rules.schedule import DAYS
from town.findings import suggest
from town.moment import Duration, parse_duration

OnMissing = Literal["hold", "raise", "clear"]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class Written(BaseModel):
    """A part of a rule file: nothing in it is left unread, nothing changes."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Intervals(Written):
    """A duration told in intervals of the sensor."""

    intervals: float = Field(gt=0)


def _span(written: Any) -> Any:
    if isinstance(written, int | float):
        raise ValueError("a duration needs its unit: write 30s, 10m or 1h30m")
    return parse_duration(written) if isinstance(written, str) else written


def _of_intervals(written: Any) -> Any:
    count, sign, word = str(written).partition(" x ")
    if not sign or word.strip() != "interval":
        return _span(written)
    try:
        return {"intervals": float(count)}
    except ValueError:
        raise ValueError(f"{written!r} is not understood: write `3 x interval` or a duration") from None


def _signed(written: Any) -> Any:
    """Milliseconds; `-10s` is before."""
    text = str(written).strip()
    return -parse_duration(text[1:]) if text.startswith("-") else _span(written)


def _clock(written: Any) -> Any:
    if not isinstance(written, str):
        raise ValueError('write the time of day in quotes, such as "22:00"')
    return written


def _days(written: Any) -> Any:
    if written == "all":
        return list(DAYS)
    for day in written if isinstance(written, list) else ():
        if day not in DAYS:
            hint = suggest(str(day), DAYS)
            raise ValueError(
                f"`{day!s:.20}` is no day of the week; {hint or 'write mon, tue, wed, thu, fri, sat or sun'}"
            )
    return written


_ID = r"^[a-z0-9]+([._-][a-z0-9]+)*$"
_PACK = r"^pack:[a-z]+$"


def _identity(written: str) -> str:
    if not re.match(_ID, written):
        raise ValueError(f"`{written:.60}` is no id: small letters and digits, with `.`, `-` or `_` between them")
    return written


def _pack(written: str) -> str:
    if not re.match(_PACK, written):
        raise ValueError(f"`{written:.60}` is no rule pack: write it as `pack:environment`")
    return written


_PART = "[0-9]+(\\.[0-9]+)?\\s*(ms|min|s|m|h|d|w)"
_DURATION = f"{_PART}(\\s*{_PART})*"
_SPAN = WithJsonSchema(
    {"type": "string", "pattern": f"^{_DURATION}$", "description": "A duration, such as 30s, 10m or 1h30m."}
)

_INTERVALS = WithJsonSchema(
    {
        "type": "string",
        "pattern": f"^({_DURATION}|[0-9]+(\\.[0-9]+)? x +interval)$",
        "description": "A duration, or such as `3 x interval`.",
    }
)
_BEFORE = WithJsonSchema(
    {
        "type": "string",
        "pattern": f"^-?{_DURATION}$",
        "description": "A duration; with - before it, the time before.",
    }
)
_TIME = WithJsonSchema(
    {
        "type": "string",
        "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$",
        "description": "A time of day in quotes.",
    }
)
_DAYS = WithJsonSchema(
    {
        "anyOf": [
            {"enum": ["all", "workdays", "restdays"]},
            {"type": "array", "items": {"enum": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]}},
        ]
    }
)

Span = Annotated[Duration, BeforeValidator(_span), Field(ge=0), _SPAN]
SpanOrIntervals = Annotated[Intervals | Annotated[Duration, Field(gt=0)], BeforeValidator(_of_intervals), _INTERVALS]
"""A duration, or such as `3 x interval`."""
Apart = Annotated[int, BeforeValidator(_signed), _BEFORE]
"""A duration after, or with `-` before it."""
TimeOfDay = Annotated[time, BeforeValidator(_clock), _TIME]
Days = Annotated[Literal["workdays", "restdays"] | tuple[Day, ...], BeforeValidator(_days), _DAYS]
RuleId = Annotated[str, AfterValidator(_identity), WithJsonSchema({"type": "string", "pattern": _ID, "maxLength": 100})]
PackName = Annotated[str, AfterValidator(_pack), WithJsonSchema({"type": "string", "pattern": _PACK})]
