"""What the rules were given since their state was last saved: after a `kill -9` it is given to them once more.

One file follows each saved state, named by its number. Frames are appended as they come and left to the operating
system to write: a killed process loses none, a power cut the last moments, which are read from the store again.
"""

import errno
import logging
import os
import struct
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

import msgspec

from brain.snapshot import SourceMark
from town.moment import Moment
from town.reading import Reading

log = logging.getLogger("rules")

_LENGTH = struct.Struct("<I")
_LARGEST = 256 << 20


class Frame(msgspec.Struct, array_like=True):
    """One thing that happened: readings came, or silence was noticed up to and with a moment."""

    readings: Sequence[Reading] = ()
    silent_until: Moment | None = None
    marks: dict[str, SourceMark] = {}
    """What was taken of ingest processes with these readings."""


class Arrivals:
    """Keeps frames beside a snapshot file. What cannot be written is told in `trouble` and holds up nothing."""

    def __init__(self, beside: Path, *, after: int = 0) -> None:
        """`after` is the number of the saved state that is gone on from."""
        self.trouble = ""
        self._beside = beside
        self._number = max([after, *(number for number, _ in self._found())]) + 1
        self._file: BinaryIO | None = None
        self._encoder = msgspec.msgpack.Encoder()

    def turn(self) -> int:
        """Begin a new file; its number is that of the state it follows."""
        self.close()
        self._number += 1
        return self._number

    def forget(self, before: int | None = None) -> None:
        """Delete the files of states with smaller numbers."""
        for number, path in self._found():
            if number < (self._number if before is None else before):
                path.unlink(missing_ok=True)

    def add(self, readings: Sequence[Reading], marks: Mapping[str, SourceMark] | None = None) -> None:
        """Readings came."""
        self._append(Frame(readings, None, dict(marks or {})))

    def add_silence(self, until: Moment) -> None:
        """What fell silent up to and with this moment was noticed."""
        self._append(Frame((), until))

    def since(self, number: int) -> Iterator[Frame]:
        """What followed the state of that number before this run, in order; a frame that was cut off is left out."""
        for found, path in sorted(self._found()):
            if number <= found < self._number:
                yield from _frames(path)

    def close(self) -> None:
        """Nothing more comes for now."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _append(self, frame: Frame) -> None:
        content = self._encoder.encode(frame)
        whole = _LENGTH.pack(len(content)) + content
        try:
            if self._file is None:
                self._file = self._path(self._number).open("ab", buffering=0)
            if self._file.write(whole) < len(whole):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            self.turn()  # a frame that is only half there would hide those behind it
            if not self.trouble:
                log.error("what the rules judge cannot be kept for a restart, the store is asked instead: %s", error)
            self.trouble = str(error)
        else:
            self.trouble = ""

    def _path(self, number: int) -> Path:
        return self._beside.with_name(f"{self._beside.stem}.arrivals-{number:08}")

    def _found(self) -> list[tuple[int, Path]]:
        paths = self._beside.parent.glob(f"{self._beside.stem}.arrivals-*")
        return [(int(path.name.rpartition("-")[2]), path) for path in paths if path.name.rpartition("-")[2].isdigit()]


def _frames(path: Path) -> Iterator[Frame]:
    decode = msgspec.msgpack.Decoder(Frame).decode
    with path.open("rb") as file:
        while len(head := file.read(_LENGTH.size)) == _LENGTH.size:
            length = _LENGTH.unpack(head)[0]
            content = file.read(min(length, _LARGEST))
            if len(content) < length:
                return
            try:
                yield decode(content)
            except msgspec.MsgspecError as error:
                log.error("%s is damaged, the store is asked for the rest: %s", path.name, error)
                return
