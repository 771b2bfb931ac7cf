"""The one HTTP call under every provider: slow, cut, huge, redirected, and secrets that nobody sees."""

import asyncio
import contextlib
import logging

import pytest

from alerts.people import Recipient
from alerts.senders.call import LONGEST_BODY, HttpCall, HttpRequest, Reply
from alerts.senders.channels import Bases, Endpoints, build_senders, close_senders
from alerts.sending import Answer, AnswerKind
from tests.alerts.receivers import http_receiver, says
from tests.alerts.senders.sent import SECRETS, json_says, message, send
from tests.alerts.senders.test_people_channels import APP, CALL, SMS, TELEGRAM, TWILIO
from tests.alerts.senders.test_robots import ROBOTS
from tests.alerts.small_town import Clock
from tests.ports import free_port

EVERYBODY = (*ROBOTS, SMS, CALL, TWILIO, TELEGRAM, APP, Recipient("room", "slack", None, secret="SERVICE"))


async def reply_to(url: str, **given: float) -> Reply | Answer:
    return await HttpCall(**given)(HttpRequest("POST", url, b"{}"))


async def test_call_reads_no_more_than_64_kib() -> None:
    async with http_receiver(says("200 OK", b"x" * 5_000_000)) as receiver:
        reply = await reply_to(receiver.url)

    assert isinstance(reply, Reply) and len(reply.text) == LONGEST_BODY and reply.fields() == {}


async def test_call_does_not_follow_redirects_and_asks_for_nothing_compressed() -> None:
    async with http_receiver() as elsewhere, http_receiver() as receiver:
        receiver.answer = says("307 Temporary", b"", f"Location: {elsewhere.url}")
        reply = await reply_to(receiver.url)

    assert isinstance(reply, Reply) and reply.status == 307 and elsewhere.requests == []
    assert receiver.requests[0].headers["accept-encoding"] == "identity"


async def test_call_whose_body_is_too_slow_is_unknown_when_the_body_decides() -> None:
    gone = asyncio.Semaphore(0)

    async def dribble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"errcode":0')
        await reader.read()  # until the other side gives up
        writer.close()
        gone.release()

    server = await asyncio.start_server(dribble, "127.0.0.1", 0)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        decides = await reply_to(url, whole_seconds=0.2)
        quoted = await reply_to(url, body_seconds=0.1)
        async with asyncio.timeout(30):
            await gone.acquire()
            await gone.acquire()

    assert isinstance(decides, Answer) and (decides.kind, decides.handed_over) == (AnswerKind.UNKNOWN, True)
    assert isinstance(quoted, Reply) and (quoted.status, quoted.text) == (200, '{"errcode":0')


async def test_call_keeps_a_connection_and_sends_again_what_met_its_end() -> None:
    connections, gone = list[int](), asyncio.Semaphore(0)

    async def answers_two_and_closes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(0)
        with contextlib.suppress(asyncio.IncompleteReadError):
            for _ in range(2):
                await reader.readuntil(b"{}")
                connections[-1] += 1
                writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
            await reader.readuntil(b"{}")  # the third is taken, and never answered
        writer.close()
        gone.release()

    async with await asyncio.start_server(answers_two_and_closes, "127.0.0.1", 0) as server:
        call, port = HttpCall(kept_seconds=60), server.sockets[0].getsockname()[1]
        replies = [await call(HttpRequest("POST", f"http://127.0.0.1:{port}/", b"{}")) for _ in range(4)]
        await call.aclose()
        async with asyncio.timeout(30):
            await gone.acquire()
            await gone.acquire()

    assert [isinstance(one, Reply) and one.again for one in replies] == [False, False, True, False]
    assert connections == [2, 2]


async def test_call_that_keeps_no_connection_sends_nothing_twice() -> None:
    async with http_receiver(lambda _request: None) as receiver:
        answer = await reply_to(receiver.url)
        kept = await reply_to(receiver.url, kept_seconds=60)

    assert isinstance(answer, Answer) and isinstance(kept, Answer) and answer.handed_over and kept.handed_over
    assert len(receiver.requests) == 2  # each once: neither went over a connection that had been kept


@pytest.mark.parametrize("deep", ["[" * 60_000, '{"a":' * 10_000, "{}", "nan", '{"code": 0'])
def test_reply_that_is_no_object_has_no_fields(deep: str) -> None:
    assert Reply(200, deep).fields() == {}


@pytest.mark.parametrize("to", EVERYBODY)
async def test_cut_connection_may_have_been_taken(to: Recipient) -> None:
    def cut(request: object) -> bytes | None:
        path = getattr(request, "path", "")
        token = {"errcode": 0, "access_token": "t1", "expires_in": 7200}
        return json_says(token)(request) if "gettoken" in path else None  # type: ignore[arg-type]  # it is a request

    answer, _ = await send(to, cut)

    assert (answer.kind, answer.handed_over) == (AnswerKind.UNKNOWN, True)


@pytest.mark.parametrize("to", EVERYBODY)
async def test_refused_connection_was_surely_not_taken(to: Recipient) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    bases = Bases(**dict.fromkeys(Bases.__struct_fields__, nobody))
    senders = build_senders(Endpoints(bases=bases), secret=SECRETS.get, clock=Clock())
    answer = await senders[to.sender].send(message(to))

    assert (answer.kind, answer.handed_over) == (AnswerKind.UNKNOWN, False)


@pytest.mark.parametrize("to", EVERYBODY)
async def test_secrets_are_in_no_answer_and_no_log_line(to: Recipient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret = SECRETS[to.secret_name or ""]
    answer, requests = await send(to, json_says({"errcode": 7, "message": f"no {secret}"}, "403 No"))

    assert len(requests) == 1 and "***" in answer.text
    assert secret not in answer.text and secret not in caplog.text


async def test_everything_but_mail_goes_to_a_receiver_of_our_own_when_there_is_one() -> None:
    async with http_receiver() as receiver:
        endpoints = Endpoints(webhook_override=f"http://127.0.0.1:{receiver.port}")
        senders = build_senders(endpoints, secret=lambda _name: "s3cret", clock=Clock())
        answers = [await senders[to.sender].send(message(to)) for to in EVERYBODY]

    assert {answer.kind for answer in answers} == {AnswerKind.ACCEPTED}
    assert set(receiver.paths()) == {"/room", "/ann"} and len(receiver.requests) == len(EVERYBODY)
    assert all("x-town-signature" in request.headers for request in receiver.requests)


async def test_kept_connections_end_with_their_senders() -> None:
    ended = asyncio.Event()

    async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
        await reader.readexactly(int(length.partition(b":")[2]))
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        assert await reader.read() == b""
        ended.set()
        writer.close()

    async with await asyncio.start_server(answers, "127.0.0.1", 0) as server:
        endpoints = Endpoints(webhook_override=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        senders = build_senders(endpoints, secret=lambda _name: "s3cret", clock=Clock())
        answer = await senders["slack"].send(message(EVERYBODY[-1]))
        assert answer.kind is AnswerKind.ACCEPTED and not ended.is_set()
        await close_senders(senders)
        async with asyncio.timeout(30):
            await ended.wait()
