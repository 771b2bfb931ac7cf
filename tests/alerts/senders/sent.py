"""One message to anybody, sent to a real HTTP server that answers as a provider does."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec

from alerts.contact import Person
from alerts.people import Recipient
from alerts.senders.channels import Bases, Endpoints, build_senders
from alerts.sending import Answer, Brief, OutgoingMessage
from tests.alerts.receivers import Request, http_receiver, says
from tests.alerts.small_town import START, Clock
from town.alert import Severity

SECRETS = {"TOKEN": "t0k3n-t0k3n", "SIGN": "SECabc", "SERVICE": "T1/B2/xyz", "KEY": "k3y-k3y-k3y", "BOT": "123:AAbot"}
LINK = "https://town.example/alerts/A-20260921-0001"
ANN = Person(id="ann", name="Ann", channels={"sms": "+8613800000001"})
BOB = Person(id="bob", name="Bob", channels={"dingtalk": "bob", "wecom": "bob.wu", "feishu": "ou_bob12345"})

Says = Callable[[Request], bytes | None]


def message(to: Recipient, **changed: Any) -> OutgoingMessage:
    """A fire, as it is written to people."""
    lines = ("地点：二号酒窖 / CE2-S01", "数值：烟雾 0.18 dB/m", f"查看与确认：{LINK}", "编号：A-20260921-0001 · 小镇")
    told = OutgoingMessage(
        key="A-20260921-0001:1:2:any:room",
        thread="A-20260921-0001",
        recipient=to,
        created_at=START,
        subject="■ 紧急 火警：烟雾过高 · 二号酒窖",
        text="\n".join(("■ 紧急 火警：烟雾过高 · 二号酒窖", *lines)) + "\n",
        html="",
        body={"event": "raised"},
        severity=Severity.CRITICAL,
        link=LINK,
        brief=Brief("紧急 火警：烟雾过高 · 二号酒窖", "开始 22:13", "派员核警", "A-20260921-0001"),
        variables={"told": "发生", "title": "烟雾过高", "place": "二号酒窖", "number": "A-20260921-0001"},
    )
    return msgspec.structs.replace(told, **changed)


def json_says(body: object, status: str = "200 OK", *headers: str) -> Callable[[Request], bytes]:
    """An answer in JSON that is always the same."""
    return says(status, json.dumps(body).encode(), *headers)


async def send(
    to: Recipient, answer: Says, *, secrets: dict[str, str] = SECRETS, **changed: Any
) -> tuple[Answer, list[Request]]:
    """Send once to a server with that answer: what was made of it, and what arrived."""
    async with http_receiver(answer) as receiver:
        base = f"http://127.0.0.1:{receiver.port}"
        bases = Bases(**dict.fromkeys(Bases.__struct_fields__, base))
        senders = build_senders(Endpoints(bases=bases), secret=secrets.get, clock=Clock())
        said = await senders[to.sender].send(message(to, **changed))
    return said, receiver.requests


def query(request: Request) -> dict[str, str]:
    """The query of a request, each name once."""
    found = parse_qs(urlsplit(request.path).query, keep_blank_values=True, strict_parsing=True)
    return {name: value for name, [value] in found.items()}
