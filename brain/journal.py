"""The journal of the rules: every transition as it was decided, and where judging was interrupted. JSON, one a line.

It says what really happened: `town replay` is held against it, and it explains afterwards. The newest file is
`transitions.jsonl`, older ones are `transitions.1.jsonl` and so on, deleted when there are too many.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from town.alert import Transition
from town.moment import Moment

log = logging.getLogger("rules")

JOURNAL_FILE = "transitions.jsonl"
LARGEST = 32 << 20
KEPT = 8

_encode = msgspec.json.Encoder(order="deterministic").encode


class Mark(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something that no reading tells: judging started from nothing, went on after a pause, or got other rules."""

    what: Literal["started", "resumed", "rules"]
    at: Moment
    version: str
    """Of the rules from then on."""
    since: Moment | None = None
    """From when it was paused: until then everything was judged."""


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """One of the two."""

    transition: Transition | None = None
    mark: Mark | None = None


_decode = msgspec.json.Decoder(Line).decode


class Journal:
    """Appends to the journal of a state folder; what it returned from survives `kill -9`."""

    def __init__(self, path: Path, *, largest: int = LARGEST, kept: int = KEPT) -> None:
        self._path, self._largest, self._kept = path, largest, kept
        self.trouble = ""

    def add(self, transitions: Sequence[Transition]) -> None:
        """Transitions, in the order in which they were decided."""
        self._append([Line(transition=one) for one in transitions])

    def mark(self, mark: Mark) -> None:
        """Something that no reading tells."""
        self._append([Line(mark=mark)])

    def length(self) -> int:
        """How long the newest file is, a new one begun when it is too long: what `cut` takes."""
        length = self._size()
        if length <= self._largest:
            return length
        self._turn()
        return self._size()

    def cut(self, length: int) -> None:
        """Forget what was written after that length: it is about to be decided again."""
        if self._size() > length:
            with self._path.open("r+b") as file:
                file.truncate(length)

    def _append(self, lines: Iterable[Line]) -> None:
        content = b"".join(_encode(line) + b"\n" for line in lines)
        try:
            with self._path.open("ab", buffering=0) as file:
                file.write(content)
        except OSError as error:
            if not self.trouble:
                log.error("the journal of the rules cannot be written, they go on: %s", error)
            self.trouble = str(error)
        else:
            self.trouble = ""

    def _size(self) -> int:
        return self._path.stat().st_size if self._path.exists() else 0

    def _turn(self) -> None:
        paths = [self._path, *(_older(self._path, number) for number in range(1, self._kept))]
        paths[-1].unlink(missing_ok=True)
        for path, next_path in zip(paths[-2::-1], paths[:0:-1], strict=True):
            if path.exists():
                path.replace(next_path)


def read_journal(path: Path, *, start: Moment, end: Moment) -> Iterator[Line]:
    """What was decided, or marked, at start <= moment < end, oldest first; a line that was cut off is left out."""
    files = [path, *(_older(path, number) for number in range(1, KEPT))]
    for file in reversed([one for one in files if one.exists()]):
        with file.open("rb") as lines:
            for text in lines:
                try:
                    line = _decode(text)
                except msgspec.MsgspecError:
                    continue
                if start <= _moment(line) < end:
                    yield line


def plain(transition: Transition) -> bytes:
    """A transition as the journal writes it: the same bytes for the same transition."""
    return _encode(transition)


def _moment(line: Line) -> Moment:
    if line.transition is not None:
        return line.transition.decided_at
    return line.mark.at if line.mark is not None else 0


def _older(path: Path, number: int) -> Path:
    return path.with_name(f"{path.stem}.{number}{path.suffix}")
