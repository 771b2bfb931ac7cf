"""From the backlog into the store, or into the spool while the store is slow or away; then to acknowledge."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from ingest.batch import Backlog, Batch
from ingest.ledger import NO_GATEWAY, Ledger
from ingest.quarantine import Quarantine, Refusal
from ingest.reason import Reason, Scope
from ingest.spool import Spool
from ingest.writing_store import Pauses, Storing
from town.errors import ConfigError, Unavailable
from town.moment import Moment
from town.ports import Clock, RefusedReading
from town.reading import Reading
from town.town import Town


class Writing:
    """Takes batches from the backlog; any number of `run` may go on at once.

    Without a spool a batch is tried until the store has it. With one, a batch that the store does not take at once is
    spooled, and as long as the store is away the others go there directly.
    """

    def __init__(
        self,
        town: Town,
        ledger: Ledger,
        backlog: Backlog,
        *,
        storing: Storing,
        spool: Spool | None,
        quarantine: Quarantine,
        clock: Clock,
    ) -> None:
        self._gateways = {sensor.id: sensor.gateway for sensor in town.sensors.values()}
        self._ledger, self._backlog, self._storing, self._spool = ledger, backlog, storing, spool
        self._quarantine, self._clock = quarantine, clock

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            batches = await self._backlog.take()
            readings = batches[0].readings if len(batches) == 1 else [r for each in batches for r in each.readings]
            await keep(self._quarantine, self._ledger, [refusal for each in batches for refusal in each.refusals])
            if readings:
                await self._keep(readings, batches)
            else:
                self._backlog.settle(batches)

    def waiting(self, extra: Iterable[Batch] = ()) -> Counter[str]:
        """Readings by gateway that are in memory only, counted one by one."""
        gateways, found = self._gateways, Counter[str]()
        for batch in (*self._backlog.unsettled(), *extra):
            found.update([gateways.get(reading.sensor, NO_GATEWAY) for reading in batch.readings])
        return found

    async def _keep(self, readings: Sequence[Reading], batches: Sequence[Batch]) -> None:
        """Bring readings into the store or the spool, however long that takes: nothing is acknowledged before."""
        pauses, spool = Pauses(), self._spool
        while True:
            failure: Exception | None = None
            # While it is away the replay finds out when it is back, unless it has nothing to try with.
            if spool is None or not self._storing.away or not spool.rows:
                try:
                    # The resolver believed them by this very town; what was in a spool may be of another.
                    refused = await self._storing.write(readings, hurried=spool is not None, vouched=True)
                except (Unavailable, ConfigError) as error:
                    failure = error
                else:
                    await self._stored(readings, refused, batches)
                    return
            if spool is not None and await spool.add(
                self._by_gateway(readings), lambda: self._spooled(readings, batches)
            ):
                return
            await self._storing.wait(pauses.after(failure))

    async def _stored(
        self, readings: Sequence[Reading], refused: Sequence[RefusedReading], batches: Sequence[Batch]
    ) -> None:
        refusals = refused_by_store(refused, self._gateways, self._clock())
        await keep(self._quarantine, self._ledger, refusals)
        count_stored(self._ledger, _counted(batches), refusals)
        self._ledger.readings_waiting -= len(readings)
        self._backlog.settle(batches)

    def _spooled(self, readings: Sequence[Reading], batches: Sequence[Batch]) -> None:
        for gateway, count in _counted(batches).items():
            self._ledger.account(gateway).spooled += count
        self._ledger.readings_waiting -= len(readings)
        self._backlog.settle(batches)

    def _by_gateway(self, readings: Sequence[Reading]) -> dict[str, list[Reading]]:
        groups: dict[str, list[Reading]] = {}
        for reading in readings:
            groups.setdefault(self._gateways.get(reading.sensor, NO_GATEWAY), []).append(reading)
        return groups


def _counted(batches: Sequence[Batch]) -> Counter[str]:
    """Readings by gateway."""
    found = Counter[str]()
    for batch in batches:
        found.update(batch.counts)
    return found


async def keep(quarantine: Quarantine, ledger: Ledger, refusals: Sequence[Refusal]) -> None:
    """Put refusals into quarantine; a failing disk costs them, not the readings."""
    if refusals and not await quarantine.add_many(refusals):
        ledger.quarantine_failures += len(refusals)


def refused_by_store(refused: Sequence[RefusedReading], gateways: Mapping[str, str], now: Moment) -> list[Refusal]:
    """What the store will never take, as quarantine keeps it: the reading itself instead of a payload."""
    return [
        Refusal(
            at=now,
            gateway=gateways.get(each.reading.sensor, NO_GATEWAY),
            topic="",
            reason=Reason.REFUSED_BY_STORE,
            scope=Scope.READING,
            detail=f"{each.reason}: {each.detail}",
            payload=repr(each.reading).encode("utf-8", "replace"),
        )
        for each in refused
    ]


def count_stored(
    ledger: Ledger, tried: Mapping[str, int], refusals: Sequence[Refusal], *, replayed: bool = False
) -> None:
    """Count what a write brought into the store, and what it refused."""
    stored = Counter(tried)
    for refusal in refusals:
        stored[refusal.gateway] -= 1
        ledger.account(refusal.gateway).count(refusal.scope, refusal.reason)
    for gateway, count in stored.items():
        account = ledger.account(gateway)
        account.stored += count
        account.replayed += count if replayed else 0
