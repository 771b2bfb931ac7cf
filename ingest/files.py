"""Everything that ingest keeps in the state folder, opened together."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from ingest.discovered import Discovered
from ingest.ledger_file import LedgerFile
from ingest.quantity_types import hold_types
from ingest.quarantine import Quarantine
from ingest.spool import Spool
from town.moment import Duration
from town.ports import Clock
from town.town import Town

QUARANTINE_FILE = "quarantine.sqlite"
SPOOL_FILE = "spool.sqlite"
LEDGER_FILE = "ledger.sqlite"
DISCOVERED_FILE = "discovered.sqlite"
TYPES_FILE = "types.json"


class Files(NamedTuple):
    """What an intake is given to write into; without a spool, messages stay with the broker while the store is away."""

    quarantine: Quarantine
    spool: Spool | None
    ledger: LedgerFile
    discovered: Discovered


@asynccontextmanager
async def open_files(
    folder: Path, town: Town, *, store: str, spool_size: int, spool_age: Duration, clock: Clock
) -> AsyncIterator[Files]:
    """Open them until the block ends; `store` is the URL of the store, `spool_size` in bytes, 0 for no spool.

    Raises ConfigError when a file cannot be used, and when a quantity's type is not the one that the store has.
    """
    hold_types(folder / TYPES_FILE, town, store=store)
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        spool = Spool(folder / SPOOL_FILE, clock=clock, size=spool_size, age=spool_age) if spool_size else None
        yield Files(
            quarantine=await enter(Quarantine(folder / QUARANTINE_FILE)),
            spool=await enter(spool) if spool else None,
            ledger=await enter(LedgerFile(folder / LEDGER_FILE)),
            discovered=await enter(Discovered(folder / DISCOVERED_FILE, town)),
        )
