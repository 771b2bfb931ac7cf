"""DingTalk group robots: Markdown, signed when the robot asks for it; success is `errcode` 0."""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import msgspec

from alerts.people import Recipient
from alerts.senders.call import HttpRequest, Reply
from alerts.senders.layout import fit, layout_of, no_markdown
from alerts.senders.robot import mobile_of, token_of
from alerts.senders.verdict import GetSecret, accepted, need_secret, refused
from alerts.sending import Answer, AnswerKind, OutgoingMessage
from town.moment import MINUTE, Moment
from town.ports import Clock

BASE = "https://oapi.dingtalk.com"
LONGEST = 20_000
"""Bytes of a whole request."""
SILENCE = 10 * MINUTE
"""For how long a robot says nothing that was too fast."""

KINDS: dict[str, AnswerKind] = {
    "-1": AnswerKind.UNKNOWN,
    "130101": AnswerKind.THROTTLED,
    "90018": AnswerKind.THROTTLED,
    "310000": AnswerKind.REFUSED_CONFIG,
    "300001": AnswerKind.REFUSED_CONFIG,
    "300005": AnswerKind.REFUSED_CONFIG,
    "40035": AnswerKind.REFUSED_MESSAGE,
    "400105": AnswerKind.REFUSED_MESSAGE,
    "460101": AnswerKind.REFUSED_MESSAGE,
}

TOO_LONG = ("460101",)


class DingTalk:
    """Makes requests and reads answers; `secret` of a target is the robot's access token."""

    def __init__(self, *, clock: Clock, secret: GetSecret, base: str = BASE) -> None:
        self._clock, self._secret, self._base = clock, secret, base.rstrip("/")

    def ask(self, message: OutgoingMessage) -> HttpRequest:
        """The request; raises ConfigError when a secret is missing."""
        to = message.recipient
        token = token_of(need_secret(self._secret, to.secret, of=to.id), after="access_token=")
        url = f"{self._base}/robot/send?access_token={quote(token, safe='')}"
        secrets = [token, quote(token, safe="")]
        if to.signing_secret:
            key = need_secret(self._secret, to.signing_secret, of=to.id)
            now = self._clock()
            url += f"&timestamp={now}&sign={sign(key, now)}"
            secrets.append(key)
        headers = {"Content-Type": "application/json"}
        return HttpRequest("POST", url, _content(message), headers, tuple(secrets))

    def judge(self, reply: Reply, request: HttpRequest) -> Answer:
        """What the answer means: the code in the body says it, whatever the status."""
        code = reply.fields().get("errcode")
        if reply.status == 200 and code == 0 and code is not False:
            return accepted(reply, request)
        wait = SILENCE if str(code) == "130101" else None
        return refused(reply, request, clock=self._clock, code=code, kinds=KINDS, wait=wait, too_long=TOO_LONG)


def sign(secret: str, now: Moment) -> str:
    """base64(HMAC-SHA256(secret, "<ms>\\n<secret>")), as it stands in the URL."""
    digest = hmac.new(secret.encode(), f"{now}\n{secret}".encode(), hashlib.sha256).digest()
    return quote(base64.b64encode(digest), safe="")


def _content(message: OutgoingMessage) -> bytes:
    layout, to = layout_of(message), message.recipient
    at = _at(to)
    link = f"\n\n[{layout.link_label}]({layout.link})" if layout.link else ""
    # Who is mentioned must stand in the text as well, or nobody's phone rings.
    named = " ".join(f"@{name}" for name in (*at["atMobiles"], *at["atUserIds"]))

    def write(head: str, lines: Sequence[str]) -> str:
        listed = "".join(f"\n- {no_markdown(line)}" for line in lines)
        text = f"#### {no_markdown(head)}\n{listed}{link}" + (f"\n\n{named}" if named else "")
        body = {"msgtype": "markdown", "markdown": {"title": no_markdown(head), "text": text}, "at": at}
        return msgspec.json.encode(body).decode()

    return fit(layout.head, layout.lines, write=write, fits=lambda text: len(text.encode()) <= LONGEST).encode()


def _at(to: Recipient) -> dict[str, Any]:
    users = [person.channels["dingtalk"] for person in to.mention if "dingtalk" in person.channels]
    others = [mobile_of(person) for person in to.mention if "dingtalk" not in person.channels]
    return {"atMobiles": [one for one in others if one], "atUserIds": users, "isAtAll": to.mentions_everybody}
