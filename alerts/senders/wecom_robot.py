"""WeCom group robots: Markdown, or text when somebody is mentioned who has no user id; success is `errcode` 0."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import msgspec

from alerts.people import Recipient
from alerts.senders.call import HttpRequest, Reply
from alerts.senders.layout import fit, in_bytes, layout_of, no_markdown, plain_text
from alerts.senders.robot import mobile_of, token_of
from alerts.senders.verdict import GetSecret, accepted, need_secret, refused
from alerts.sending import Answer, AnswerKind, OutgoingMessage
from town.ports import Clock

BASE = "https://qyapi.weixin.qq.com"
LONGEST_MARKDOWN = 4_096
LONGEST_TEXT = 2_048
"""Both in bytes."""

KINDS: dict[str, AnswerKind] = {
    "-1": AnswerKind.UNKNOWN,
    "45009": AnswerKind.THROTTLED,
    "45033": AnswerKind.THROTTLED,
    "93000": AnswerKind.REFUSED_CONFIG,
    "40001": AnswerKind.REFUSED_CONFIG,
    "40013": AnswerKind.REFUSED_CONFIG,
    "40014": AnswerKind.REFUSED_CONFIG,
    "42001": AnswerKind.REFUSED_CONFIG,
    "60020": AnswerKind.REFUSED_CONFIG,
    "45002": AnswerKind.REFUSED_MESSAGE,
    "40008": AnswerKind.REFUSED_MESSAGE,
    "40058": AnswerKind.REFUSED_MESSAGE,
    "81013": AnswerKind.REFUSED_MESSAGE,
}
"""What both the robots and the applications answer; 40014 and 42001 are about an application's token."""
TOO_LONG = ("45002", "40058")


class WeComRobot:
    """Makes requests and reads answers; `secret` of a target is the robot's key."""

    def __init__(self, *, clock: Clock, secret: GetSecret, base: str = BASE) -> None:
        self._clock, self._secret, self._base = clock, secret, base.rstrip("/")

    def ask(self, message: OutgoingMessage) -> HttpRequest:
        """The request; raises ConfigError when the secret is missing."""
        to = message.recipient
        key = token_of(need_secret(self._secret, to.secret, of=to.id), after="key=")
        url = f"{self._base}/cgi-bin/webhook/send?key={quote(key, safe='')}"
        body = msgspec.json.encode(_body(message))
        return HttpRequest("POST", url, body, {"Content-Type": "application/json"}, (key, quote(key, safe="")))

    def judge(self, reply: Reply, request: HttpRequest) -> Answer:
        """What the answer means: the code in the body says it, whatever the status."""
        code = reply.fields().get("errcode")
        if reply.status == 200 and code == 0 and code is not False:
            return accepted(reply, request)
        return refused(reply, request, clock=self._clock, code=code, kinds=KINDS, too_long=TOO_LONG)


def _body(message: OutgoingMessage) -> dict[str, Any]:
    to = message.recipient
    users, mobiles = _mentioned(to)
    if mobiles or to.mentions_everybody:
        text = {
            "content": plain_text(message, fits=in_bytes(LONGEST_TEXT)),
            "mentioned_list": [*users, *(["@all"] if to.mentions_everybody else [])],
            "mentioned_mobile_list": mobiles,
        }
        return {"msgtype": "text", "text": text}
    return {"msgtype": "markdown", "markdown": {"content": _markdown(message, users)}}


def _markdown(message: OutgoingMessage, users: Sequence[str]) -> str:
    layout = layout_of(message)
    link = f"\n[{layout.link_label}]({layout.link})" if layout.link else ""
    named = "\n" + " ".join(f"<@{user}>" for user in users) if users else ""

    def write(head: str, lines: Sequence[str]) -> str:
        quoted = "".join(f"\n> {no_markdown(line)}" for line in lines)
        return f"**{no_markdown(head)}**{quoted}{link}{named}"

    return fit(layout.head, layout.lines, write=write, fits=in_bytes(LONGEST_MARKDOWN))


def _mentioned(to: Recipient) -> tuple[list[str], list[str]]:
    """Who is mentioned by user id, and who only has a number."""
    users = [person.channels["wecom"] for person in to.mention if "wecom" in person.channels]
    others = [mobile_of(person) for person in to.mention if "wecom" not in person.channels]
    return users, [one for one in others if one]
