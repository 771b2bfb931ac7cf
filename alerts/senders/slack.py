"""Slack by incoming webhook: blocks, and a text for notifications; success is 200 and the body `ok`."""

from collections.abc import Sequence
from typing import Any

import msgspec

from alerts.senders.call import HttpRequest, Reply
from alerts.senders.layout import fit, layout_of
from alerts.senders.robot import token_of
from alerts.senders.verdict import GetSecret, accepted, need_secret, refused
from alerts.sending import Answer, AnswerKind, OutgoingMessage
from town.ports import Clock

BASE = "https://hooks.slack.com"
LONGEST_HEADER, LONGEST_SECTION = 150, 3_000
"""Characters."""
_PATH = "/services/"

KINDS: dict[str, AnswerKind] = {
    "invalid_payload": AnswerKind.REFUSED_MESSAGE,
    "no_text": AnswerKind.REFUSED_MESSAGE,
    "invalid_token": AnswerKind.REFUSED_CONFIG,
    "no_service": AnswerKind.REFUSED_CONFIG,
    "no_service_id": AnswerKind.REFUSED_CONFIG,
    "channel_is_archived": AnswerKind.REFUSED_CONFIG,
    "channel_not_found": AnswerKind.REFUSED_CONFIG,
    "action_prohibited": AnswerKind.REFUSED_CONFIG,
    "posting_to_general_channel_denied": AnswerKind.REFUSED_CONFIG,
}


class Slack:
    """Makes requests and reads answers; `secret` of a target is the webhook's address, or what follows `/services/`."""

    def __init__(self, *, clock: Clock, secret: GetSecret, base: str = BASE) -> None:
        self._clock, self._secret, self._base = clock, secret, base.rstrip("/")

    def ask(self, message: OutgoingMessage) -> HttpRequest:
        """The request; raises ConfigError when the secret is missing."""
        to = message.recipient
        path = token_of(need_secret(self._secret, to.secret, of=to.id), after=_PATH).strip("/")
        body = msgspec.json.encode({"text": escaped(message.subject), "blocks": _blocks(message)})
        return HttpRequest(
            "POST", f"{self._base}{_PATH}{path}", body, {"Content-Type": "application/json; charset=utf-8"}, (path,)
        )

    def judge(self, reply: Reply, request: HttpRequest) -> Answer:
        """What the answer means: `ok`, or a word for what is wrong."""
        word = reply.text.strip()
        if reply.status == 200 and word == "ok":
            return accepted(reply, request)
        return refused(reply, request, clock=self._clock, code=word, kinds=KINDS)


def escaped(text: str) -> str:
    """Text in which Slack finds no links and no mentions: its three control signs are written out."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _blocks(message: OutgoingMessage) -> list[dict[str, Any]]:
    layout = layout_of(message)
    title = fit(layout.head, (), write=lambda head, _lines: head, fits=lambda text: len(text) <= LONGEST_HEADER)
    blocks: list[dict[str, Any]] = [{"type": "header", "text": {"type": "plain_text", "text": title, "emoji": False}}]
    if layout.lines:
        text = fit("", layout.lines, write=_section, fits=lambda text: len(text) <= LONGEST_SECTION)
        blocks.append({"type": "section", "text": {"type": "plain_text", "text": text, "emoji": False}})
    if layout.link:
        label = {"type": "plain_text", "text": layout.link_label[:75]}
        blocks.append({"type": "actions", "elements": [{"type": "button", "text": label, "url": layout.link}]})
    return blocks


def _section(_head: str, lines: Sequence[str]) -> str:
    return "\n".join(lines)
