"""The ledger balances by gateway and minute, says when it does not, and is still there after a restart."""

import sqlite3
from collections import Counter
from pathlib import Path

import pytest

from ingest.ledger import Ledger
from ingest.ledger_file import LedgerFile, Written, read_ledger
from ingest.ledger_keeping import Keeping
from ingest.reason import Reason, Scope
from tests.ingest.test_intake import TELEMETRY, publish, reading
from tests.ingest.town import NOON, GatedStore, intake, until
from tests.services import Service
from town.errors import ConfigError
from town.moment import DAY, MINUTE

EVER = 1 << 53


def everything(path: Path, gateway: str | None = None) -> Written:
    return read_ledger(path, start=0, end=EVER, gateway=gateway)


async def kept(path: Path, *moments: int, in_spool: int = 0, carried: int = 0) -> None:
    """A run in which every moment brings one message with two readings, one of them a duplicate."""
    ledger, now = Ledger(["gw", "z2m"]), [moments[0]]
    ledger.carry(Counter({"gw": carried} if carried else {}))
    spool = ledger.in_spool
    assert isinstance(spool, Counter)
    async with LedgerFile(path) as file:
        keeping = Keeping(ledger, waiting=lambda: {}, file=file, clock=lambda: now[0])
        for moment in moments:
            now[0], account = moment, ledger.accounts["gw"]
            account.received += 1
            account.decoded += 1
            account.readings += 2
            account.stored += 1
            account.count(Scope.READING, Reason.DUPLICATE)
            await keeping.look()
        ledger.accounts["gw"].readings += in_spool
        ledger.accounts["gw"].spooled += in_spool
        spool["gw"] += in_spool
        await keeping.look(ended=True)


async def test_minutes_are_written_by_gateway(tmp_path: Path) -> None:
    noon = NOON - NOON % MINUTE
    await kept(tmp_path / "l.db", noon, noon + 2_000, noon + MINUTE)
    written = everything(tmp_path / "l.db")

    assert [(each.at - noon, each.gateway, each.counts["readings"]) for each in written.minutes] == [
        (0, "gw", 4),
        (MINUTE, "gw", 2),
    ]
    assert written.refused == {"gw": {("reading", "duplicate"): 3}}
    assert written.balanced and everything(tmp_path / "l.db", "z2m").minutes == []
    assert len(read_ledger(tmp_path / "l.db", start=noon + MINUTE, end=EVER).minutes) == 1


async def test_a_missing_reading_is_an_imbalance_of_its_gateway(tmp_path: Path) -> None:
    ledger = Ledger(["gw", "z2m"])
    ledger.accounts["gw"].readings = 3
    ledger.accounts["gw"].stored = 1
    async with LedgerFile(tmp_path / "l.db") as file:
        keeping = Keeping(ledger, waiting=lambda: {"gw": 1}, file=file, clock=lambda: NOON)
        await keeping.look(ended=True)

    assert [tuple(each) for each in keeping.imbalances] == [("gw", "readings", 1)]
    assert keeping.health().state == "down" and "gw: 1 readings" in keeping.health().detail
    assert [each.missing for each in everything(tmp_path / "l.db").minutes] == [(0, 1)]
    assert not everything(tmp_path / "l.db").balanced


async def test_runs_hand_the_spool_on(tmp_path: Path) -> None:
    await kept(tmp_path / "l.db", NOON, in_spool=5)
    await kept(tmp_path / "l.db", NOON + MINUTE, carried=5)

    assert everything(tmp_path / "l.db").balanced
    assert [(run.carried, run.in_spool, run.ended) for run in everything(tmp_path / "l.db").runs] == [
        (0, 5, True),
        (5, 5, True),
    ]


async def test_readings_that_vanish_between_two_runs_are_told(tmp_path: Path) -> None:
    await kept(tmp_path / "l.db", NOON, in_spool=5)
    await kept(tmp_path / "l.db", NOON + MINUTE, carried=2)
    written = everything(tmp_path / "l.db")

    assert [(run.run, missing) for run, missing in written.vanished()] == [(2, 3)]
    assert not written.balanced


async def test_readings_that_vanished_from_the_spool_are_an_imbalance_of_the_run_that_misses_them(
    tmp_path: Path,
) -> None:
    await kept(tmp_path / "l.db", NOON, in_spool=5)
    ledger = Ledger(["gw"])
    ledger.carry({"gw": 2})
    async with LedgerFile(tmp_path / "l.db") as file:
        keeping = Keeping(ledger, waiting=lambda: {}, file=file, clock=lambda: NOON + MINUTE)
        await keeping.look()
        await keeping.look()

    assert [tuple(each) for each in keeping.imbalances] == [("", "readings in the spool", 3)]
    assert keeping.health().state == "degraded"  # it works, and a supervisor need not wait for it
    assert keeping.figures()[0].value == 0


async def test_what_is_in_the_spool_is_told_by_the_last_run(tmp_path: Path) -> None:
    await kept(tmp_path / "l.db", NOON, in_spool=5)
    assert everything(tmp_path / "l.db").in_spool() == {"gw": 5}
    await kept(tmp_path / "l.db", NOON + MINUTE, carried=5, in_spool=2)

    assert everything(tmp_path / "l.db").in_spool() == {"gw": 7}


async def test_minutes_are_forgotten_after_thirty_days(tmp_path: Path) -> None:
    await kept(tmp_path / "l.db", NOON)
    await kept(tmp_path / "l.db", NOON + 31 * DAY)

    assert len(everything(tmp_path / "l.db").minutes) == len(everything(tmp_path / "l.db").runs) == 1
    assert everything(tmp_path / "l.db").balanced


async def test_what_the_disk_did_not_take_is_written_later(tmp_path: Path) -> None:
    ledger = Ledger(["gw"])
    async with LedgerFile(tmp_path / "l.db") as file:
        keeping = Keeping(ledger, waiting=lambda: {}, file=file, clock=lambda: NOON)
        await keeping.look()
        account = ledger.accounts["gw"]
        account.received = account.decoded = 7
        with sqlite3.connect(tmp_path / "l.db") as other:
            other.execute("ALTER TABLE minute RENAME TO elsewhere")
        await keeping.look()
        assert keeping.health().state == "degraded"
        other.execute("ALTER TABLE elsewhere RENAME TO minute")
        other.close()
        await keeping.look()

    assert keeping.health().state == "ok"
    assert everything(tmp_path / "l.db").minutes[0].counts["received"] == 7


def test_without_a_ledger_there_is_a_clear_word(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nothing was counted yet"):
        everything(tmp_path / "l.db")


@pytest.mark.mosquitto
async def test_what_an_intake_counts_is_in_the_file_over_restarts(mosquitto: Service, tmp_path: Path) -> None:
    store = GatedStore()
    store.open = False
    async with intake(mosquitto.port, store, tmp_path, spool=1 << 20) as line:
        await publish(mosquitto.port, (TELEMETRY, reading(1.0)), (TELEMETRY, b"oops"), ("nobody/t", b"x"))
        await publish(mosquitto.port, (TELEMETRY, [reading(2.0), reading(3.0, sensor="S9")]))
        await until(lambda: line.ledger.balance().in_spool == 2)
    store.open = True
    async with intake(mosquitto.port, store, tmp_path, spool=1 << 20) as line:
        await until(lambda: line.ledger.balance().settled)
    written = everything(tmp_path / "ledger.db")
    (account,) = [each for each in written.sums() if each.gateway == "gw"]

    wanted = {"received": 3, "rejected": 1, "readings": 3, "stored": 2, "spooled": 2, "replayed": 2, "quarantined": 1}
    assert {name: account.counts[name] for name in wanted} == wanted
    assert written.refused["gw"] == {("message", "not_json"): 1, ("reading", "unknown_sensor"): 1}
    assert written.balanced and [run.ended for run in written.runs] == [True, True]
