"""The saved state of the rules: one file, replaced whole, so that a power cut leaves the old or the new one."""

import logging
import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from town.moment import Moment
from town.reading import Reading

log = logging.getLogger("rules")


class SourceMark(msgspec.Struct, array_like=True, frozen=True):
    """What was last taken of one ingest process: the number of a batch, and how far the process was with it."""

    epoch: Moment
    number: int
    heard_until: Moment
    before: Moment = 0
    """The epoch of its run before this one."""


class Snapshot(msgspec.Struct):
    """Where the rules stood once everything received up to `saved_at` was judged, but for what was waiting."""

    saved_at: Moment
    engine: bytes
    number: int = 0
    """Of the arrivals that follow it."""
    journal: int | None = None
    """How long the journal was."""
    waiting: Sequence[Reading] = ()
    ask_from: Moment | None = None
    """The store has still to be asked for what was received since then."""
    marks: dict[str, SourceMark] = {}
    """What was taken of each ingest process, where these are processes of their own."""


def read_snapshot(content: bytes | None) -> Snapshot | None:
    """The state in those bytes; one that cannot be read is said and left alone."""
    if content is None:
        return None
    try:
        return msgspec.msgpack.decode(content, type=Snapshot)
    except msgspec.MsgspecError as error:
        log.error("the rules' saved state cannot be read and is not used: %s", error)
        return None


class SnapshotFile:
    """Where the state is saved, from any thread: an older one never takes the place of a newer one."""

    def __init__(self, path: Path, *, saved: Callable[[int], None]) -> None:
        """`saved` is called with the number of every state that is on the disk."""
        self.trouble = ""
        """Why the last one could not be saved."""
        self._path, self._saved = path, saved
        self._one_at_a_time, self._newest = threading.Lock(), 0

    def write(self, snapshot: Snapshot) -> None:
        """Save it; when that fails, say so."""
        try:
            with self._one_at_a_time:
                if snapshot.number > self._newest:
                    write_snapshot(self._path, snapshot)
                    self._newest = snapshot.number
                    self._saved(snapshot.number)
        except OSError as error:
            if not self.trouble:
                log.error("the state of the rules cannot be saved, they go on: %s", error)
            self.trouble = str(error)
        else:
            self.trouble = ""


def write_snapshot(path: Path, snapshot: Snapshot) -> None:
    """Put it in the place of the one before; raises OSError."""
    beside = path.with_suffix(".new")
    with beside.open("wb") as file:
        file.write(msgspec.msgpack.encode(snapshot))
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
