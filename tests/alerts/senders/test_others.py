"""Slack, MQTT and Apprise."""

import asyncio
import json

import pytest

from alerts.people import Recipient
from alerts.senders.apprise import AppriseSender
from alerts.senders.mqtt import Mqtt
from alerts.sending import AnswerKind
from tests.alerts.receivers import http_receiver, says
from tests.alerts.senders.sent import LINK, message, send
from town.errors import Unavailable

SLACK = Recipient("room", "slack", None, secret="SERVICE")
SIREN = Recipient("siren", "mqtt", None, topic="town/little/siren")
OTHER = Recipient("other", "apprise", None, secret="URL")


async def test_slack_is_sent_blocks_and_a_text() -> None:
    answer, [request] = await send(SLACK, says("200 OK", b"ok"), subject="<!channel> & all")

    sent = json.loads(request.body)
    assert (answer.kind, answer.delivered, request.path) == (AnswerKind.ACCEPTED, True, "/services/T1/B2/xyz")
    assert sent["text"] == "&lt;!channel&gt; &amp; all"
    assert [block["type"] for block in sent["blocks"]] == ["header", "section", "actions"]
    assert sent["blocks"][1]["text"]["type"] == "plain_text"
    assert sent["blocks"][2]["elements"][0]["url"] == LINK


async def test_slack_is_sent_no_more_than_it_takes() -> None:
    text = "head\n" + "数值：烟雾\n" * 2_000
    _, [request] = await send(SLACK, says("200 OK", b"ok"), text=text, subject="长" * 400, link=None)

    header, section = (block["text"]["text"] for block in json.loads(request.body)["blocks"])
    assert (len(header), header[-1]) == (150, "…")
    assert 2_900 < len(section) <= 3_000


@pytest.mark.parametrize(
    ("status", "said", "kind"),
    [
        ("200 OK", b"not ok", AnswerKind.UNKNOWN),
        ("200 OK", b"", AnswerKind.UNKNOWN),
        ("400 Bad Request", b"invalid_payload", AnswerKind.REFUSED_MESSAGE),
        ("403 Forbidden", b"invalid_token", AnswerKind.REFUSED_CONFIG),
        ("403 Forbidden", b"action_prohibited", AnswerKind.REFUSED_CONFIG),
        ("404 Not Found", b"no_service", AnswerKind.REFUSED_CONFIG),
        ("410 Gone", b"channel_is_archived", AnswerKind.REFUSED_CONFIG),
        ("429 Too Many Requests", b"rate_limited", AnswerKind.THROTTLED),
        ("500 Oh", b"rollup_error", AnswerKind.UNKNOWN),
    ],
)
async def test_slack_answers_fall_into_their_class(status: str, said: bytes, kind: AnswerKind) -> None:
    answer, _ = await send(SLACK, says(status, said, "Retry-After: 7"))

    assert answer.kind is kind
    assert kind is not AnswerKind.THROTTLED or answer.retry_after == 7_000


class Broker:
    """Takes what is published and says a reason code, or raises, or says nothing at all."""

    def __init__(self, says: int | Unavailable | None) -> None:
        self.says, self.published = says, [("", b"", 0, False)][:0]

    async def __call__(self, topic: str, payload: bytes, qos: int, retain: bool) -> int:
        self.published.append((topic, payload, qos, retain))
        if self.says is None:
            await asyncio.Event().wait()
        if not isinstance(self.says, int):
            raise self.says or AssertionError
        return self.says


async def test_mqtt_publishes_the_message_for_programs() -> None:
    broker = Broker(0)
    answer = await Mqtt(broker).send(message(SIREN))

    assert (answer.kind, answer.delivered, answer.text) == (AnswerKind.ACCEPTED, True, "PUBACK")
    assert broker.published == [("town/little/siren", b'{"event":"raised"}', 1, False)]


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (0x10, AnswerKind.ACCEPTED),
        (0x80, AnswerKind.UNKNOWN),
        (0x87, AnswerKind.REFUSED_CONFIG),
        (0x90, AnswerKind.REFUSED_CONFIG),
        (0x97, AnswerKind.THROTTLED),
        (0x99, AnswerKind.REFUSED_MESSAGE),
        (Unavailable("the broker went away"), AnswerKind.UNKNOWN),
        (None, AnswerKind.UNKNOWN),
    ],
)
async def test_mqtt_answers_fall_into_their_class(said: int | Unavailable | None, kind: AnswerKind) -> None:
    answer = await Mqtt(Broker(said), whole_seconds=0.1).send(message(SIREN))

    assert answer.kind is kind


async def test_mqtt_without_a_broker_or_a_topic_is_refused_by_configuration() -> None:
    nobody = await Mqtt(None).send(message(SIREN))
    nowhere = await Mqtt(Broker(0)).send(message(SIREN._replace(topic=None)))

    assert (nobody.kind, nowhere.kind) == (AnswerKind.REFUSED_CONFIG,) * 2


async def test_apprise_that_is_not_installed_is_refused_by_configuration() -> None:
    sender = AppriseSender(secret={"URL": "json://127.0.0.1"}.get, library="no_such_library")
    answer = await sender.send(message(OTHER))

    assert answer.kind is AnswerKind.REFUSED_CONFIG and "not installed" in answer.text


@pytest.mark.filterwarnings("ignore:'imghdr':DeprecationWarning")  # one of its plugins
@pytest.mark.parametrize(("status", "kind"), [("200 OK", AnswerKind.ACCEPTED), ("500 Oh", AnswerKind.UNKNOWN)])
async def test_apprise_says_yes_or_no_and_its_receipt_is_not_verified(status: str, kind: AnswerKind) -> None:
    async with http_receiver(says(status)) as receiver:
        sender = AppriseSender(secret={"URL": f"json://127.0.0.1:{receiver.port}/x"}.get)
        answer = await sender.send(message(OTHER))

    assert (answer.kind, answer.delivered) == (kind, False)
    assert kind is not AnswerKind.ACCEPTED or "receipt not verified" in answer.text
    assert "二号酒窖" in json.loads(receiver.requests[0].body)["message"]


@pytest.mark.filterwarnings("ignore:'imghdr':DeprecationWarning")  # one of its plugins
async def test_apprise_address_that_is_none_is_refused_without_repeating_it() -> None:
    answer = await AppriseSender(secret={"URL": "nonsense-hunter2"}.get).send(message(OTHER))

    assert answer.kind is AnswerKind.REFUSED_CONFIG and "hunter2" not in answer.text
