"""While the store is slow, away or refuses us, messages go to disk, are acknowledged, and are stored later."""

import random
from pathlib import Path

import pytest

from ingest.quarantine import list_entries
from ingest.reason import Reason
from ingest.spool import Spool
from tests.ingest.test_intake import TELEMETRY, publish, reading
from tests.ingest.town import NOON, GatedStore, intake, now, small_town, until
from tests.services import Service
from tests.store.answering import Answer, Asked, answering, writes
from town.errors import ConfigError, Unavailable
from town.reading import Reading
from town.store.influx import InfluxStore

pytestmark = pytest.mark.mosquitto
MB = 1 << 20


def numbered(count: int) -> list[tuple[str, object]]:
    return [(TELEMETRY, reading(float(number), at=NOON + number)) for number in range(count)]


async def test_messages_are_acknowledged_once_they_are_on_disk(mosquitto: Service, tmp_path: Path) -> None:
    store = GatedStore()
    store.open = False
    async with intake(mosquitto.port, store, tmp_path, spool=MB, receive_max=20) as line:
        await publish(mosquitto.port, *numbered(50))
        await until(lambda: line.ledger.balance().in_spool == 50)
        assert line.imbalances() == [] and line.ledger.readings_waiting == 0
        assert [part.state for part in line.parts()] == ["ok", "down", "ok", "ok", "ok"]
        store.open = True
        await until(lambda: line.ledger.balance().settled)

        assert sorted(store.values("temperature")) == [float(number) for number in range(50)]
        account = line.ledger.accounts["gw"]
        assert account.spooled == account.replayed == account.stored == 50
        assert line.imbalances() == [] and line.parts()[1].state == "ok"


async def test_the_next_process_stores_and_judges_what_the_last_one_spooled(mosquitto: Service, tmp_path: Path) -> None:
    store = GatedStore()
    store.open = False
    async with intake(mosquitto.port, store, tmp_path, spool=MB) as line:
        await publish(mosquitto.port, *numbered(10))
        await until(lambda: line.ledger.balance().in_spool == 10)
    store.judged.clear()
    store.open = True
    async with intake(mosquitto.port, store, tmp_path, spool=MB) as line:
        await until(lambda: line.ledger.balance().settled)

        assert line.ledger.received == 0
        assert [each.measured_at - NOON for each in store.judged] == list(range(10))
        assert sorted(store.values("temperature")) == [float(number) for number in range(10)]
        assert line.imbalances() == [] and line.ledger.accounts["gw"].carried == 10


async def test_when_the_spool_is_full_messages_stay_with_the_broker(mosquitto: Service, tmp_path: Path) -> None:
    store = GatedStore()
    store.open = False
    texts = [random.Random(number).randbytes(100).hex() for number in range(3_000)]
    messages = [
        (TELEMETRY, {"sensor": "S3", "at": NOON + number, "values": {"state": text}})
        for number, text in enumerate(texts)
    ]
    async with intake(mosquitto.port, store, tmp_path, spool=128 << 10, receive_max=100) as line:
        await publish(mosquitto.port, *messages)
        await until(lambda: line.parts()[2].state == "down")
        assert 0 < line.ledger.balance().in_spool <= line.ledger.received < 3_000
        assert line.imbalances() == []
        store.open = True
        await until(lambda: len(store.readings) >= 3_000 and line.ledger.balance().settled, seconds=30)

        assert sorted(store.values("state")) == sorted(texts)
        assert line.imbalances() == []


async def test_a_store_that_is_too_slow_is_not_waited_for(mosquitto: Service, tmp_path: Path) -> None:
    store = GatedStore()
    store.takes_seconds = 0.4
    async with intake(mosquitto.port, store, tmp_path, spool=MB, patience=50) as line:
        await publish(mosquitto.port, (TELEMETRY, reading(1.0)))
        await until(lambda: line.ledger.accounts["gw"].spooled == 1)
        assert "slow: no answer within 50ms" in line.parts()[1].detail
        await until(lambda: line.ledger.balance().settled)
        assert line.parts()[1].state == "down"  # it took the reading, but far too slowly
        store.takes_seconds = 0
        await publish(mosquitto.port, (TELEMETRY, reading(2.0)))
        await until(lambda: line.ledger.balance().stored == 2)
        await publish(mosquitto.port, (TELEMETRY, reading(3.0)))
        await until(lambda: store.values("temperature") == [1.0, 2.0, 3.0])

        assert line.parts()[1].state == "ok" and line.imbalances() == []


async def test_what_the_store_refuses_of_the_spool_is_kept_in_quarantine(mosquitto: Service, tmp_path: Path) -> None:
    store = GatedStore()
    store.open, store.refuses = False, lambda each: each.sensor == "S1"
    async with intake(mosquitto.port, store, tmp_path, spool=MB) as line:
        await publish(mosquitto.port, (TELEMETRY, [reading(1.0), reading(2.0, sensor="S2")]))
        await until(lambda: line.ledger.balance().in_spool == 2)
        store.open = True
        await until(lambda: line.ledger.balance().settled)

        (entry,) = list_entries(tmp_path / "quarantine.db", reason=Reason.REFUSED_BY_STORE)
        assert entry.gateway == "gw"
        assert line.imbalances() == [] and line.ledger.accounts["gw"].replayed == 1


async def test_live_readings_do_not_wait_behind_a_long_replay(mosquitto: Service, tmp_path: Path) -> None:
    store = GatedStore()
    store.takes_seconds = 0.02
    async with Spool(tmp_path / "spool.db", clock=now) as spool:
        for number in range(30):
            old = [Reading("S1", NOON + number, NOON, {"temperature": 0.0})] * 4_000
            await spool.add({"gw": old}, lambda: None)
    async with intake(mosquitto.port, store, tmp_path, spool=1 << 30) as line:
        await publish(mosquitto.port, (TELEMETRY, reading(7.0)))
        await until(lambda: 7.0 in store.values("temperature"))
        assert line.ledger.balance().in_spool > 50_000
        await until(lambda: line.ledger.balance().settled, seconds=20)

        assert len(store.readings) == 120_001 and line.imbalances() == []


@pytest.mark.parametrize(
    ("answer", "passing"),
    [
        (Answer(408), True),
        (Answer(429, "", (("Retry-After", "0"),)), True),
        (Answer(499), True),
        (Answer(500, '{"error": "engine is closed"}'), True),
        (Answer(502), True),
        (Answer(503, '{"error": "timeout"}'), True),
        (Answer(504), True),
        (Answer(401, '{"error": "authorization failed"}'), False),
        (Answer(403, '{"error": "forbidden"}'), False),
        (Answer(404, '{"error": "database not found"}'), False),
    ],
    ids=lambda value: str(value.status) if isinstance(value, Answer) else "",
)
async def test_nothing_is_dropped_whatever_influxdb_answers(
    mosquitto: Service, tmp_path: Path, answer: Answer, passing: bool
) -> None:
    says, bodies = [answer], list[bytes]()

    def take(asked: Asked) -> Answer:
        bodies.extend([asked.body] if says[0].status == 204 else [])
        return says[0]

    async with answering(writes(take)) as url, InfluxStore(url, small_town()) as store:
        heard = GatedStore()
        heard.write = store.write  # type: ignore[method-assign]  # what is judged goes there, what is stored to InfluxDB
        async with intake(mosquitto.port, heard, tmp_path, spool=MB) as line:
            await publish(mosquitto.port, (TELEMETRY, reading(21.5)))
            await until(lambda: line.ledger.balance().in_spool == 1)
            assert str(answer.status) in line.parts()[1].detail
            assert ("refusing us" in line.parts()[1].detail) is not passing
        says[0] = Answer(204)
        async with intake(mosquitto.port, heard, tmp_path, spool=MB) as line:
            await until(lambda: line.ledger.balance().settled)
            assert line.ledger.received == 0

        assert b"temperature=21.5" in b"".join(bodies)


@pytest.mark.parametrize("error", [Unavailable("away", retry_after=0), ConfigError("no such database")])
async def test_without_a_spool_messages_wait_at_the_broker(
    mosquitto: Service, tmp_path: Path, error: Exception
) -> None:
    store = GatedStore()
    store.fails = error
    async with intake(mosquitto.port, store, tmp_path) as line:
        await publish(mosquitto.port, (TELEMETRY, reading(1.0)))
        await until(lambda: line.ledger.store_failures > 0)
        assert line.ledger.readings_waiting == 1
    store.fails = None
    async with intake(mosquitto.port, store, tmp_path) as line:
        await until(lambda: store.values("temperature") == [1.0])

        assert line.ledger.balance().redelivered == 1
