"""The state folder: what must survive a restart, held by one brain at a time."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from town.errors import ConfigError
from town.settings import Settings

BOOK_FILE = "alerts.sqlite"
LINK_KEY_FILE = "links.key"
INGEST_FOLDER = "ingest"
SNAPSHOT_FILE = "rules.snapshot"


def state_folder(settings: Settings, town_id: str) -> Path:
    """Where this town's state is, made private to its owner if it was not there."""
    folder = settings.state or Path("state") / town_id
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ConfigError(f"TOWN_STATE={folder}: {error.strerror}. Name a folder this user may write to.") from None
    return folder.resolve()


def ingest_folder(state: Path, process: str | None) -> Path:
    """Where an ingest process keeps its files: the state folder, or with several processes one for each below it.

    Raises ConfigError when there are several and none is named, or none of that name.
    """
    below = state / INGEST_FOLDER
    there = sorted(path.name for path in below.iterdir() if path.is_dir()) if below.is_dir() else []
    if process is None and len(there) <= 1:
        return below / there[0] if there else state
    if process not in there:
        known = ", ".join(there) or "none: `town up` has but one process"
        raise ConfigError(f"--process: name the ingest process whose files are meant; there are {known}")
    return below / process


@contextlib.contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold the folder against a second brain until the block ends; raises ConfigError naming the one that has it."""
    with (folder / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().strip() or "another process"
            raise ConfigError(
                f"A brain is running on {folder} already (process {holder}). Stop it, or choose another --state."
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield
