"""The quick way for a whole chunk of messages says exactly what the careful way says of each of them."""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple, cast

from hypothesis import given
from hypothesis import strategies as st

from ingest.batch import Batch
from ingest.connection import Connection
from ingest.inbox import Arrival
from ingest.ledger import Ledger
from ingest.line import Lines
from ingest.taking import Taking
from tests.ingest.town import NOON, small_town
from town.moment import DAY, SECOND

TOWN = small_town()


class Said(NamedTuple):
    topic: str
    payload: bytes
    packet_id: int | None = None
    qos: int = 0
    retain: bool = False
    duplicate: bool = False


class Publishing:
    """A connection that is only ever answered on."""

    def publish(self, topic: str, payload: bytes) -> None:
        """Nothing listens."""


_values = st.dictionaries(
    st.sampled_from(["smoke", "temperature", "charm"]),
    st.one_of(st.floats(-50, 90), st.booleans(), st.just("hot"), st.just(1e300), st.just(None)),
    max_size=2,
)
_readings = st.fixed_dictionaries(
    {"sensor": st.sampled_from(["S1", "S2", "S9"]), "values": _values},
    optional={"at": st.sampled_from([NOON, NOON - SECOND, NOON - 500 * DAY, NOON + DAY, "2026-09-21T00:00:00Z", 1.5])},
)
_payloads = st.one_of(_readings, st.lists(_readings, max_size=2), st.just([1])).map(
    lambda one: json.dumps(one).encode()
)
_messages = st.one_of(
    st.one_of(_payloads, st.just(b'{"sensor"')).map(lambda payload: Said("town/t/gw/telemetry", payload)),
    st.sampled_from([b"online", b"offline", b"?"]).map(lambda payload: Said("town/t/gw/status", payload)),
    st.just(Said("zigbee2mqtt/Back door", b'{"contact": false}')),
)


def taken(chunks: Sequence[Sequence[Said]]) -> tuple[Any, ...]:
    """Readings of each gateway in their order, refusals, and every counter."""
    ledger, batch = Ledger(TOWN.gateways), Batch()
    taking = Taking(Lines(TOWN, ledger), ledger, discovered=None, largest_payload=1 << 18, clock=lambda: NOON)
    for messages in chunks:
        taking.take(Arrival(cast(Connection, Publishing()), messages, 0), batch)
    accounts = [{name: getattr(each, name) for name in each.__slots__} for each in ledger.accounts.values()]
    return (
        sorted(map(repr, batch.readings)),
        sorted(map(repr, batch.refusals)),
        accounts,
        batch.counts,
        ledger.balance(),
    )


@given(st.lists(_messages, max_size=12))
def test_a_chunk_says_what_its_messages_say_one_by_one(messages: list[Said]) -> None:
    # Topics are looked up once before: the first message on a topic always goes the careful way.
    known = [Said("town/t/gw/telemetry", b"{}"), Said("town/t/gw/status", b"?")]

    assert taken([known, messages]) == taken([known, *([one] for one in messages)])


@given(st.lists(_messages, max_size=12))
def test_one_odd_message_changes_nothing_for_the_others(messages: list[Said]) -> None:
    known = [Said("town/t/gw/telemetry", b"{}"), Said("town/t/gw/status", b"?")]
    kept = Said("town/t/gw/status", b"online", retain=True)

    assert taken([known, [kept], messages]) == taken([known, [kept, *messages]])


def test_what_the_broker_sends_again_is_taken_once() -> None:
    payload = json.dumps({"sensor": "S1", "values": {"temperature": 20.0}}).encode()
    first = [Said("town/t/gw/telemetry", payload, packet_id=number, qos=1) for number in (1, 2)]
    again = [one._replace(duplicate=True) for one in first]

    readings, _, _, counts, balance = taken([first, again])

    assert (len(readings), counts) == (2, {"gw": 2})
    assert (balance.redelivered, balance.rejected) == (2, 2)
