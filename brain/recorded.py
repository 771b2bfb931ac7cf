"""Readings that were recorded: from a file, from the store, or from the running brain that holds the store."""

from collections.abc import AsyncIterator, Collection
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from brain.clock import wall_clock
from brain.history_socket import SOCKET_FILE, ask_history
from brain.snapshot import read_snapshot
from brain.state import SNAPSHOT_FILE, held
from town.errors import ConfigError, Unavailable
from town.moment import Moment
from town.reading import Reading
from town.settings import Settings
from town.store.files import read_file
from town.store.open import FILE_NAME, open_store
from town.town import Town


class Recorded(NamedTuple):
    """Where recorded readings are."""

    town: Town
    settings: Settings
    state: Path
    file: Path | None = None
    """Instead of the store; `form` is `csv` or `parquet`."""
    form: str = ""


async def recorded(
    place: Recorded, *, start: Moment, end: Moment, sensors: Collection[str] | None = None
) -> AsyncIterator[list[Reading]]:
    """Every reading with start <= received_at < end, by arrival, of those sensors or of all; raises ConfigError."""
    if place.file is not None:
        found = read_file(place.file, place.town, form=place.form)
        wanted = [one for one in found if start <= one.received_at < end]
        yield [one for one in wanted if sensors is None or one.sensor in sensors]
        return
    try:
        if place.settings.store_url.startswith("duckdb:") and (place.state / SOCKET_FILE).exists():
            async for batch in ask_history(place.state, start=start, end=end, sensors=sensors):
                yield batch
            return
    except (ConnectionRefusedError, FileNotFoundError):
        pass  # left behind by a brain that was killed: nobody holds the store
    with ExitStack() as stack:
        if place.settings.store_url.startswith("duckdb:"):
            _require_free(stack, place)
        try:
            async with open_store(place.settings, place.town, place.state) as store:
                async for batch in store.readings(start=start, end=end, sensors=sensors, order="arrival"):
                    yield batch
        except Unavailable as error:
            raise ConfigError(f"the store does not answer: {error}") from None


def lived_until(state: Path) -> Moment:
    """How far the brain itself judged, as it last wrote down: what came to nobody's ears after that is no silence."""
    file = state / SNAPSHOT_FILE
    saved = read_snapshot(file.read_bytes()) if file.exists() else None
    return saved.saved_at if saved is not None else wall_clock()


def _require_free(stack: ExitStack, place: Recorded) -> None:
    """The embedded store serves one process: hold the state folder while we read."""
    if place.settings.store_url == "duckdb:" and not (place.state / FILE_NAME).exists():
        raise ConfigError(
            f"{place.state / FILE_NAME}: nothing is stored there; name the state with --state or a --store"
        )
    try:
        stack.enter_context(held(place.state))
    except ConfigError as error:
        raise ConfigError(
            f"{error} The embedded store serves one process at a time, and the one that has it does not answer: stop "
            "it while you look, or use readings that were exported, with --parquet or --csv."
        ) from None
