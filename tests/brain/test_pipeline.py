"""The line itself, as rows for the store."""

from pathlib import Path

from brain.pipeline import Pipeline, standing, values_of
from ingest.ledger_file import COUNTS, Change, LedgerFile
from tests.alerts.small_town import START, TOWN
from town.moment import DAY, MINUTE, SECOND
from town.ports import Gauge
from town.store.duckdb import DuckStore
from town.store.own_rows import OwnRows

ALWAYS = {"start": 0, "end": START + 99 * DAY}
RECEIVED = "town_ingest_messages_received"


def counts(received: int) -> list[Gauge]:
    """What two gateways sent, how long the store took, and what has no part in this."""
    store = Gauge("town_store_write_milliseconds", 4.5, {"quantile": "0.99"})
    others = [Gauge("town_store_write_milliseconds", 1.5, {"quantile": "0.5"}), Gauge("town_up_seconds", 9)]
    return [Gauge(RECEIVED, received, {"gateway": "a"}), Gauge(RECEIVED, 100, {"gateway": "b"}), store, *others]


def test_what_grows_is_told_a_second_and_the_rest_as_it_stands() -> None:
    first, second = values_of(counts(900)), values_of(counts(1_400))

    assert dict(named(standing(first, None, now=START))) == {"store_latency_ms_p99": 4.5}
    told = standing(second, (START, first), now=START + 20 * SECOND)
    assert dict(named(told)) == {"store_latency_ms_p99": 4.5, "messages_per_s": 25.0}


def named(told: object) -> list[tuple[str, float]]:
    return [(figure.name, value) for figure, value in told]  # type: ignore[attr-defined]  # pairs, in a test


def test_a_count_that_began_anew_did_not_shrink() -> None:
    before = values_of(counts(900))

    told = dict(named(standing(values_of(counts(0)), (START, before), now=START + SECOND)))

    assert told["messages_per_s"] == 0.0


def test_an_outbox_that_never_gave_up_says_so() -> None:
    outbox = Gauge("town_outbox_oldest_due_seconds", 0.0)

    told = dict(named(standing(values_of([outbox]), None, now=START)))

    assert told == {"outbox_queued": 0.0, "outbox_dead": 0.0}


def test_each_channel_says_what_it_took_from_its_first_message_on() -> None:
    ended = [("sms", "accepted", 3), ("sms", "delivered", 2), ("sms", "dead", 1), ("email", "suppressed", 4)]
    outbox = Gauge("town_outbox_oldest_due_seconds", 0.0)
    totals = [Gauge("town_notifications_total", n, {"channel": c, "state": s}) for c, s, n in ended]

    told = standing(values_of([outbox, *totals]), (START, values_of([outbox])), now=START + 10 * SECOND)

    assert {(figure.part, figure.name): value for figure, value in told if figure.part.startswith("sender")} == {
        ("sender sms", "sender_waiting"): 0.0,
        ("sender sms", "sender_sent"): 5.0,
        ("sender sms", "sender_dead"): 1.0,
        ("sender email", "sender_waiting"): 0.0,
        ("sender email", "sender_sent"): 0.0,
        ("sender email", "sender_dead"): 0.0,
    }


async def test_minutes_of_the_ledger_are_told_once_they_are_over(tmp_path: Path) -> None:
    now = START // MINUTE * MINUTE + 30 * SECOND
    changed = dict.fromkeys(COUNTS, 0) | {"received": 3, "decoded": 3, "readings": 5, "stored": 4}
    async with LedgerFile(tmp_path / "ledger.sqlite") as file, DuckStore(tmp_path / "s.duckdb", TOWN) as store:
        await file.write([Change("gw", tuple(changed.values()), {})], now, in_spool=0, carried=0, ended=False)
        for later in (0, MINUTE, 2 * MINUTE):
            own = OwnRows(store, lambda: now)
            pipeline = Pipeline(list, own, ledger=tmp_path / "ledger.sqlite", name="x", clock=lambda at=now + later: at)
            await pipeline.tell()
            await own.flush()
            rows = await store.own_rows("ingest_ledger", **ALWAYS)
            assert len(rows) == (later > 0)

    [row] = rows
    assert (row.tags, row.at) == ({"gateway": "gw"}, now - 30 * SECOND)
    assert (row.fields["decoded"], row.fields["missing"], row.fields["balanced"]) == (5.0, 1.0, False)
