"""Digests hold every alert, grouped by what they have in common, and fit into what each channel takes."""

import asyncio
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.claims import Claim
from alerts.digest import DIGEST, Digest, Waiting, digests_of, entries_of
from alerts.digest_text import has_room
from alerts.message import compose
from alerts.people import Recipient
from alerts.senders.call import HttpRequest, Reply
from alerts.senders.channels import Endpoints, build_senders
from alerts.sending import OutgoingMessage
from tests.alerts.senders.sent import ANN, SECRETS
from tests.alerts.small_town import START, Clock
from tests.alerts.storm_town import BAD_AIR, SENSORS, SILENT, SMOKE, STORM_TOWN, waiting
from town.alert import AlertDefinition
from town.language import Language

MESSAGES = Path(__file__).with_name("messages")

ROBOTS = [
    Recipient("room", "dingtalk", "zh", secret="TOKEN"),
    Recipient("room", "dingtalk", "en", secret="TOKEN", mentions_everybody=True, mention=(ANN,)),
    Recipient("room", "wecom", "zh", secret="KEY"),
    Recipient("room", "wecom", "zh", secret="KEY", mention=(ANN,)),
    Recipient("room", "feishu", "zh", secret="TOKEN"),
    Recipient("room", "slack", "en", secret="SERVICE"),
]


def digests(rows: list[Waiting], to: Recipient = ROBOTS[0], most: int = 99) -> list[Digest]:
    return digests_of(entries_of(rows), STORM_TOWN, fits=lambda one: has_room(one, to, STORM_TOWN), most=most)


def composed(digest: Digest, to: Recipient, language: Language = "zh") -> OutgoingMessage:
    note = Claim(
        id="D-20260921-0001:1:2:dingtalk:room",
        alert=digest.entries[0].alert,
        target=to.id,
        channel=to.channel,
        event=DIGEST,
        content=json.loads(digest.model_dump_json()),
        created_at=START,
        attempts=1,
        lease_by="test",
        claimed_at=START,
    )
    return compose(note, to, town=STORM_TOWN, language=to.language or language, link="https://town.example/alerts")


def test_broken_devices_are_grouped_by_gateway_and_everything_else_by_zone() -> None:
    rows = waiting(*SENSORS[:10], SENSORS[50], rule=SILENT) + waiting(*SENSORS[50:54], rule=BAD_AIR, first=20)

    found = [(one.common, one.name.en, one.total) for one in digests(rows)]
    assert found == [("gateway", "G0", 10), ("zone", "School", 5)]


def test_many_groups_become_a_few_of_the_largest_and_one_for_the_rest() -> None:
    rows = waiting(*SENSORS[:50], *SENSORS[50:90], *SENSORS[100:130], *SENSORS[150:153], *SENSORS[200:205])

    found = [(one.common, one.name.en, one.total) for one in digests(rows)]
    assert found == [("gateway", "G0", 50), ("gateway", "G1", 40), ("gateway", "G2", 30), ("town", "Little Town", 8)]


def test_alert_that_was_raised_and_resolved_meanwhile_is_told_once_as_it_stands() -> None:
    [resolved] = waiting(SENSORS[0], event="resolved")
    rows = [*waiting(*SENSORS[:3]), resolved._replace(id="A-20260921-0001:1:5:dingtalk:room", number=5)]

    [digest] = digests(rows)
    last = digest.entries[-1]
    assert (last.told, last.notes) == (
        "resolved",
        ("A-20260921-0001:1:2:dingtalk:room", resolved.id.replace(":2:", ":5:")),
    )
    assert "已解除：▲ 传感器无数据 · 0号馆：S000 #0001" in composed(digest, ROBOTS[0]).text


def test_only_so_many_are_made_as_may_be_sent_and_the_rest_waits() -> None:
    found = digests(waiting(*SENSORS), ROBOTS[2], most=3)

    assert len(found) == 3 and sum(len(one.entries) for one in found) < 500
    assert [one.total for one in found] == [len(one.entries) if one.parts == 1 else found[0].total for one in found]


@settings(max_examples=20)
@given(
    st.sampled_from(ROBOTS),
    st.sets(st.sampled_from(SENSORS), min_size=3, max_size=300),
    st.sampled_from([SILENT, SMOKE, BAD_AIR]),
)
def test_every_alert_stands_in_what_is_really_sent(to: Recipient, sensors: set[str], rule: AlertDefinition) -> None:
    sent: list[str] = []

    async def call(request: HttpRequest) -> Reply:
        sent.append(request.content.decode())
        return Reply(200, "{}")

    sender = build_senders(Endpoints(), secret=SECRETS.get, clock=Clock(), call=call)[to.sender]
    for digest in digests(waiting(*sorted(sensors), rule=rule), to):
        asyncio.run(sender.send(composed(digest, to)))

    text = "".join(sent)
    assert {name for name in sensors if f"{name} ＃" in text or f"{name} #" in text or f"{name} ·" in text} == sensors
    assert "…" not in text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_digest_is_written_for_somebody_who_is_tired(language: Language) -> None:
    raised, resolved = waiting(*SENSORS[:8]), waiting(SENSORS[8], event="resolved", first=9)
    fires = waiting(SENSORS[9], SENSORS[150], SENSORS[151], rule=SMOKE, first=10)
    to = Recipient("room", "dingtalk", language, secret="TOKEN")

    written = "\n".join(composed(one, to).text for one in digests([*raised, *resolved, *fires]))
    assert written == (MESSAGES / f"two_digests.{language}.txt").read_text("utf-8")
