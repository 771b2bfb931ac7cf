"""What a rule saw, as people say it: which values are worth a line, and what was made of a quantity. Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from town.language import Label
from town.moment import DAY, HOUR, MINUTE, SECOND, parse_duration

Seen = Mapping[str, Any]
"""An observation as it stands in the reason of an alert."""

_CALL = re.compile(r"\s*(\w+)\(\s*[\w.]+\s*(?:,\s*(\w+)\s*)?\)\s*")
_MADE: dict[str, Label] = {
    "rate": Label(zh="每{}变化", en="change in {}"),
    "delta": Label(zh="{}内变化", en="change in {}"),
    "mean": Label(zh="{}平均", en="{} mean"),
    "min": Label(zh="{}内最低", en="lowest in {}"),
    "max": Label(zh="{}内最高", en="highest in {}"),
    "sum": Label(zh="{}累计", en="total in {}"),
    "stddev": Label(zh="{}内波动", en="spread in {}"),
    "zscore": Label(zh="偏离{}均值，以标准差计", en="standard deviations from the {} mean"),
    "count": Label(zh="{}内次数", en="values in {}"),
    "previous": Label(zh="上一次", en="the one before"),
    "age": Label(zh="距今", en="how long ago"),
}
_UNITS = ((DAY, Label(zh="天", en="d")), (HOUR, Label(zh="小时", en="h")), (MINUTE, Label(zh="分钟", en="min")))


def worth_telling(seen: Sequence[Seen]) -> list[Seen]:
    """What made the rule decide, one a value: of several limits on it the first that counts; all when none does."""
    found: dict[tuple[str, str, str | None], Seen] = {}
    for one in [one for one in seen if one.get("holds") is True] or seen:
        found.setdefault((one["sensor"], one["quantity"], one.get("expression")), one)
    return list(found.values())


def made_of(one: Seen) -> Label | None:
    """What was made of the quantity, `10分钟平均` for `mean(noise, 10m)`; None when it is the value itself."""
    expression = one.get("expression")
    if not expression or expression == one["quantity"]:
        return None
    call = _CALL.fullmatch(expression)
    if call is None or (words := _MADE.get(call[1])) is None:
        return Label(zh=expression, en=expression)
    width = _width(call[2]) if call[2] else Label(zh="", en="")
    return Label(zh=words.zh.format(width.zh), en=words.en.format(width.en))


def limit_of(one: Seen) -> str | None:
    """What the value was held against; None where the value says it all, as yes and no do."""
    return None if isinstance(one.get("value"), bool) else one.get("limit")


def number(value: float) -> str:
    """A number as it is read aloud: four figures, and never less than the whole ones."""
    return f"{value:.0f}" if abs(value) >= 1_000 else f"{value:.4g}"


def _width(written: str) -> Label:
    duration = parse_duration(written)
    size, unit = next((one for one in _UNITS if duration % one[0] == 0), (SECOND, Label(zh="秒", en="s")))
    amount = f"{duration / size:g}"
    return Label(zh=amount + unit.zh, en=f"{amount} {unit.en}")
