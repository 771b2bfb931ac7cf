"""Feishu and Lark group robots: a card in the colour of the severity; success is `code` 0."""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import msgspec

from alerts.contact import Person
from alerts.senders.call import HttpRequest, Reply
from alerts.senders.layout import fit, layout_of
from alerts.senders.robot import token_of
from alerts.senders.verdict import GetSecret, accepted, need_secret, refused
from alerts.sending import Answer, AnswerKind, OutgoingMessage
from town.alert import Severity
from town.ports import Clock

FEISHU_BASE = "https://open.feishu.cn"
LARK_BASE = "https://open.larksuite.com"
LONGEST = 20_000
"""Bytes of a whole request: the provider's 20 KB, by the smaller way of counting."""
_HOOK = "/open-apis/bot/v2/hook/"

KINDS: dict[str, AnswerKind] = {
    "-1": AnswerKind.UNKNOWN,
    "11232": AnswerKind.THROTTLED,
    "19001": AnswerKind.REFUSED_CONFIG,
    "19021": AnswerKind.REFUSED_CONFIG,
    "19022": AnswerKind.REFUSED_CONFIG,
    "19024": AnswerKind.REFUSED_CONFIG,
    "9499": AnswerKind.REFUSED_MESSAGE,
    "11246": AnswerKind.REFUSED_MESSAGE,
}

_COLOURS = {
    Severity.CRITICAL: "red",
    Severity.MAJOR: "orange",
    Severity.MINOR: "yellow",
    Severity.ADVISORY: "blue",
}


class Feishu:
    """Makes requests and reads answers; `secret` of a target is the id at the end of the robot's address."""

    def __init__(self, *, clock: Clock, secret: GetSecret, base: str = FEISHU_BASE) -> None:
        self._clock, self._secret, self._base = clock, secret, base.rstrip("/")

    def ask(self, message: OutgoingMessage) -> HttpRequest:
        """The request; raises ConfigError when a secret is missing."""
        to = message.recipient
        hook = token_of(need_secret(self._secret, to.secret, of=to.id), after=_HOOK)
        secrets = [hook, quote(hook, safe="")]
        signed: dict[str, str] = {}
        if to.signing_secret:
            key = need_secret(self._secret, to.signing_secret, of=to.id)
            seconds = self._clock() // 1000
            signed = {"timestamp": str(seconds), "sign": sign(key, seconds)}
            secrets.append(key)
        url = f"{self._base}{_HOOK}{quote(hook, safe='')}"
        return HttpRequest("POST", url, _content(message, signed), {"Content-Type": "application/json"}, tuple(secrets))

    def judge(self, reply: Reply, request: HttpRequest) -> Answer:
        """What the answer means; older answers carry `StatusCode`, and what is there must be 0."""
        fields = reply.fields()
        codes = [fields[name] for name in ("code", "StatusCode") if name in fields]
        if reply.status == 200 and codes and all(code == 0 and code is not False for code in codes):
            return accepted(reply, request)
        code = next((code for code in codes if code != 0), None)
        kinds = KINDS
        if str(code) == "9499" and "frequency" in str(fields.get("msg", "")).lower():
            kinds = {"9499": AnswerKind.THROTTLED}
        return refused(reply, request, clock=self._clock, code=code, kinds=kinds)


def sign(secret: str, seconds: int) -> str:
    """base64(HMAC-SHA256(key "<seconds>\\n<secret>", nothing))."""
    key = f"{seconds}\n{secret}".encode()
    return base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode()


def _content(message: OutgoingMessage, signed: dict[str, str]) -> bytes:
    layout, to = layout_of(message), message.recipient
    mentions = _mentions(to.mention, everybody=to.mentions_everybody)

    def write(head: str, lines: Sequence[str]) -> str:
        # Plain text: what a sensor or a rule is called must not become a link or a mention.
        elements: list[dict[str, Any]] = []
        if lines:
            elements.append({"tag": "div", "text": {"tag": "plain_text", "content": "\n".join(lines)}})
        if mentions:
            elements.append({"tag": "div", "text": {"tag": "lark_md", "content": mentions}})
        if layout.link:
            elements.append({"tag": "action", "actions": [_button(layout.link_label, layout.link)]})
        header = {
            "template": "green" if message.over else _COLOURS[message.severity],
            "title": {"tag": "plain_text", "content": head},
        }
        card = {"config": {"wide_screen_mode": True}, "header": header, "elements": elements}
        return msgspec.json.encode({**signed, "msg_type": "interactive", "card": card}).decode()

    return fit(layout.head, layout.lines, write=write, fits=lambda text: len(text.encode()) <= LONGEST).encode()


def _button(label: str, link: str) -> dict[str, Any]:
    return {"tag": "button", "type": "primary", "text": {"tag": "plain_text", "content": label}, "url": link}


def _mentions(people: Sequence[Person], *, everybody: bool) -> str:
    ids = [person.channels.get("feishu") or person.channels.get("lark") for person in people]
    named = [f"<at id={one}></at>" for one in ids if one]
    return " ".join([*named, "<at id=all></at>"] if everybody else named)
