"""Webhooks and mail, each against a real receiver that answers well, badly, late, or not at all."""

import hashlib
import hmac
import json
from collections.abc import Callable

import pytest

from alerts.people import Recipient
from alerts.senders.channels import Endpoints, build_senders
from alerts.senders.email import Email, MailServer
from alerts.senders.verdict import retry_after
from alerts.senders.webhook import Webhook
from alerts.sending import Answer, AnswerKind, OutgoingMessage
from tests.alerts.receivers import Request, http_receiver, mail_receiver, says
from tests.alerts.small_town import START, Clock
from tests.ports import free_port
from town.errors import ConfigError

SECRET = "s3cret"


def message(url: str = "", address: str = "duty@x.example") -> OutgoingMessage:
    return OutgoingMessage(
        key="A-20260921-0001:1:2:webhook:room",
        thread="A-20260921-0001",
        recipient=Recipient("room", "webhook", None, url=url, secret="ROOM", address=address),
        created_at=START,
        subject="■ 紧急 火警：烟雾过高 · 二号酒窖",
        text="地点：二号酒窖\n",
        html="<p>二号酒窖</p>\n",
        body={"event": "raised", "alert": {"id": "A-20260921-0001"}},
    )


async def post(answer: Callable[[Request], bytes | None]) -> Answer:
    async with http_receiver(answer) as receiver:
        return await Webhook(clock=Clock(), secret={"ROOM": SECRET}.get).send(message(receiver.url))


async def test_webhook_signature_is_the_documented_one() -> None:
    async with http_receiver() as receiver:
        answer = await Webhook(clock=Clock(), secret={"ROOM": SECRET}.get).send(message(receiver.url))
    [request] = receiver.requests
    signed = str(START // 1000).encode() + b"." + request.body
    digest = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()

    assert request.headers["x-town-signature"] == f"t={START // 1000},v1={digest}"
    assert request.headers["idempotency-key"] == "A-20260921-0001:1:2:webhook:room"
    assert json.loads(request.body) == {"event": "raised", "alert": {"id": "A-20260921-0001"}}
    assert (answer.kind, answer.delivered) == (AnswerKind.ACCEPTED, True)


@pytest.mark.parametrize(
    ("status", "kind", "handed_over"),
    [
        ("200 OK", AnswerKind.ACCEPTED, True),
        ("202 Accepted", AnswerKind.ACCEPTED, True),
        ("302 Found", AnswerKind.REFUSED_CONFIG, False),
        ("401 Unauthorized", AnswerKind.REFUSED_CONFIG, False),
        ("404 Not Found", AnswerKind.REFUSED_CONFIG, False),
        ("408 Request Timeout", AnswerKind.UNKNOWN, True),
        ("413 Too Large", AnswerKind.REFUSED_MESSAGE, False),
        ("422 Unprocessable", AnswerKind.REFUSED_MESSAGE, False),
        ("429 Too Many", AnswerKind.THROTTLED, False),
        ("500 Oh", AnswerKind.UNKNOWN, True),
        ("503 Busy", AnswerKind.UNKNOWN, True),
    ],
)
async def test_webhook_answers_fall_into_their_class(status: str, kind: AnswerKind, handed_over: bool) -> None:
    answer = await post(says(status, b"said so"))

    assert (answer.kind, answer.handed_over) == (kind, handed_over)
    assert answer.text == f"HTTP {status.split(maxsplit=1)[0]} said so"


async def test_webhook_does_not_follow_redirects() -> None:
    async with http_receiver() as elsewhere:
        await post(says("307 Temporary Redirect", b"", f"Location: {elsewhere.url}"))

    assert elsewhere.requests == []


async def test_webhook_cut_connection_may_have_been_taken() -> None:
    answer = await post(lambda _request: None)

    assert (answer.kind, answer.handed_over) == (AnswerKind.UNKNOWN, True)


async def test_webhook_refused_connection_was_surely_not_taken() -> None:
    nobody = f"http://127.0.0.1:{free_port()}/hook?key=hidden"
    answer = await Webhook(clock=Clock(), secret={"ROOM": SECRET}.get).send(message(nobody))

    assert (answer.kind, answer.handed_over) == (AnswerKind.UNKNOWN, False)
    assert "hidden" not in answer.text and SECRET not in answer.text


async def test_webhook_without_an_answer_is_given_up() -> None:
    async with http_receiver() as receiver:
        receiver.stall.clear()
        hasty = Webhook(clock=Clock(), secret={"ROOM": SECRET}.get, whole_seconds=0.1)
        answer = await hasty.send(message(receiver.url))

    assert (answer.kind, answer.handed_over) == (AnswerKind.UNKNOWN, True)


async def test_webhook_huge_and_endless_bodies_change_nothing() -> None:
    huge = await post(says("200 OK", b"x" * 5_000_000))
    endless = await post(lambda _request: b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\nstill com")

    assert (huge.kind, endless.kind) == (AnswerKind.ACCEPTED, AnswerKind.ACCEPTED)
    assert len(huge.text) <= 300


async def test_webhook_honours_retry_after() -> None:
    answer = await post(says("429 Slow", b"", "Retry-After: 30"))

    assert answer.retry_after == 30_000


@pytest.mark.parametrize(
    ("value", "expected"),
    [("7", 7_000), ("-1", None), ("soon", None), (None, None), ("Mon, 21 Sep 2026 14:13:30 GMT", 10_000)],
)
def test_retry_after_is_seconds_or_a_date(value: str | None, expected: int | None) -> None:
    assert retry_after(value, START) == expected


async def test_webhook_without_its_secret_is_refused_by_configuration() -> None:
    answer = await Webhook(clock=Clock(), secret=lambda _name: None).send(message("http://127.0.0.1:9/"))

    assert (answer.kind, answer.text) == (AnswerKind.REFUSED_CONFIG, "the secret ROOM of room is not set")


async def mail(port: int, **given: str) -> Answer:
    endpoints = Endpoints(smtp_url=f"smtp://127.0.0.1:{port}", smtp_from="town@x.example")
    return await build_senders(endpoints, secret=lambda _name: None, clock=Clock())["email"].send(message(**given))


async def test_mail_arrives_in_plain_and_html_and_says_the_same_each_time() -> None:
    async with mail_receiver() as receiver:
        answers = [await mail(receiver.port) for _ in range(2)]
    first, second = receiver.mails

    assert [answer.kind for answer in answers] == [AnswerKind.ACCEPTED] * 2
    assert first["Subject"] == "■ 紧急 火警：烟雾过高 · 二号酒窖"
    assert first["Auto-Submitted"] == "auto-generated"
    assert first["Message-ID"] == "<A-20260921-0001.1.2.webhook.room@x.example>"
    assert (first["Message-ID"], first["Date"]) == (second["Message-ID"], second["Date"])
    parts = {part.get_content_type(): part.get_content().rstrip() for part in first.iter_parts()}
    assert parts == {"text/plain": "地点：二号酒窖", "text/html": "<p>二号酒窖</p>"}


@pytest.mark.parametrize(
    ("said", "kind"),
    [("450 later", AnswerKind.THROTTLED), ("550 no such user", AnswerKind.REFUSED_MESSAGE)],
)
async def test_mail_recipient_refused_now_or_for_ever(said: str, kind: AnswerKind) -> None:
    async with mail_receiver() as receiver:
        receiver.refuse["duty@x.example"] = said
        answer = await mail(receiver.port)

    assert (answer.kind, answer.text) == (kind, said)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("451 later", AnswerKind.THROTTLED),
        ("554 spam", AnswerKind.REFUSED_MESSAGE),
        ("cut", AnswerKind.UNKNOWN),
    ],
)
async def test_mail_refused_or_cut_after_the_data(said: str, kind: AnswerKind) -> None:
    async with mail_receiver() as receiver:
        receiver.after_data = said
        answer = await mail(receiver.port)

    assert (answer.kind, answer.handed_over) == (kind, said == "cut")


async def test_mail_server_that_is_away_was_surely_not_reached() -> None:
    answer = await mail(free_port())

    assert (answer.kind, answer.handed_over) == (AnswerKind.UNKNOWN, False)


async def test_mail_to_another_machine_is_never_sent_in_plain() -> None:
    async with mail_receiver() as receiver:
        server = MailServer("127.0.0.1", receiver.port, None, MailServer.parse("smtp://mail.x.example").encryption)
        answer = await Email(server, password=None, sender="town@x.example").send(message())

    assert receiver.mails == []
    assert answer.handed_over is False and answer.kind is not AnswerKind.ACCEPTED


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://town@mail.x.example:2525", ("mail.x.example", 2525, "town", "starttls")),
        ("smtps://mail.x.example", ("mail.x.example", 465, None, "tls")),
        ("smtp://localhost:25", ("localhost", 25, None, "none")),
    ],
)
def test_mail_server_is_read_from_its_url(url: str, expected: tuple[object, ...]) -> None:
    server = MailServer.parse(url)

    assert (server.host, server.port, server.user, server.encryption) == expected


@pytest.mark.parametrize("url", ["mail.x.example", "http://x.example", "smtp://u:hunter2@x.example", "smtp://x:99999"])
def test_mail_server_that_cannot_be_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ConfigError) as refused:
        MailServer.parse(url)

    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("endpoints", "said"),
    [
        (Endpoints(), "TOWN_SMTP_URL"),
        (Endpoints(smtp_url="smtp://127.0.0.1:9"), "TOWN_SMTP_FROM"),
        (Endpoints(smtp_url="smtp://u@127.0.0.1:9", smtp_from="t@x.example"), "TOWN_SMTP_PASSWORD"),
    ],
)
async def test_mail_without_its_settings_is_refused_by_configuration(endpoints: Endpoints, said: str) -> None:
    answer = await build_senders(endpoints, secret=lambda _name: None, clock=Clock())["email"].send(message())

    assert answer.kind is AnswerKind.REFUSED_CONFIG and said in answer.text
