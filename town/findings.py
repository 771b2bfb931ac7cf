"""Findings: what is wrong in a town folder, where, and what may have been meant."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Literal

import msgspec

Level = Literal["error", "warning"]


class Finding(msgspec.Struct, frozen=True, order=True):
    """One mistake: `file` relative to the town folder, `line` from 1 (0: the file), `where` a path in the file."""

    file: str
    line: int
    where: str
    message: str
    suggestion: str = ""
    level: Level = "error"

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        where = f" {self.where}:" if self.where else ""
        hint = f" ({self.suggestion})" if self.suggestion else ""
        return f"{place}: {self.level}:{where} {self.message}{hint}"


def has_errors(findings: Iterable[Finding]) -> bool:
    """Whether any of them is more than a warning."""
    return any(finding.level == "error" for finding in findings)


def suggest(word: str, known: Iterable[str]) -> str:
    """``did you mean `x`?`` for the known word nearest to `word`, or nothing when none is near."""
    by_folded = {item.casefold(): item for item in known}
    near = get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.6)
    return f"did you mean `{by_folded[near[0]]}`?" if near else ""


def written_path(location: Sequence[str | int]) -> str:
    """A location in a file as people read it: `groups[0].rules[2].when`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return text.removeprefix(".")
