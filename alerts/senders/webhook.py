"""JSON by HTTP POST, signed: `X-Town-Signature: t=<seconds>,v1=<hex HMAC-SHA256(secret, "<t>.<body>")>`."""

import hashlib
import hmac
from urllib.parse import quote

import msgspec

from alerts.people import Recipient
from alerts.senders.call import WHOLE_SECONDS, Call, HttpCall, HttpRequest, Reply
from alerts.senders.verdict import GetSecret, HttpSender, accepted, need_secret, refused
from alerts.sending import Answer, OutgoingMessage
from town.errors import ConfigError
from town.moment import Moment
from town.ports import Clock

BODY_SECONDS = 1.0
"""How long the body is read. The status has been said: a body that is slow or cut changes nothing about it."""
KEPT_SECONDS = 3.0
"""How long a connection is kept: servers keep them for five seconds or more. A key tells what comes twice."""


class Webhook:
    """Posts to the target's URL, or to `override/<target id>` when every webhook goes to one receiver."""

    def __init__(
        self,
        *,
        clock: Clock,
        secret: GetSecret,
        override: str | None = None,
        whole_seconds: float = WHOLE_SECONDS,
        call: Call | None = None,
    ) -> None:
        self._clock, self._secret, self._override = clock, secret, override
        self._kept = HttpCall(whole_seconds=whole_seconds, body_seconds=BODY_SECONDS, kept_seconds=KEPT_SECONDS)
        self._sender = HttpSender(call or self._kept, self)

    async def send(self, message: OutgoingMessage) -> Answer:
        """Try once; success is any 2xx."""
        return await self._sender.send(message)

    async def aclose(self) -> None:
        """Close the connections that are kept."""
        await self._kept.aclose()

    def ask(self, message: OutgoingMessage) -> HttpRequest:
        """The signed request; raises ConfigError when the address or the secret is missing."""
        recipient = message.recipient
        # What goes to a receiver of our own may be for a target that has no secret of that kind.
        secret = need_secret(self._secret, recipient.secret or recipient.id, of=recipient.id)
        body = msgspec.json.encode(message.body)
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": message.key,
            "X-Town-Signature": sign(body, secret, self._clock()),
        }
        return HttpRequest("POST", self._url(recipient), body, headers, secrets=(secret,))

    def _url(self, recipient: Recipient) -> str:
        if self._override:
            return f"{self._override.rstrip('/')}/{quote(recipient.id, safe='')}"
        if not recipient.url:
            raise ConfigError(f"{recipient.id} has no url")
        return recipient.url

    def judge(self, reply: Reply, request: HttpRequest) -> Answer:
        """What the answer means: its status says it, whatever the body."""
        if 200 <= reply.status < 300:
            return accepted(reply, request)
        return refused(reply, request, clock=self._clock)


def sign(body: bytes, secret: str, now: Moment) -> str:
    """The value of `X-Town-Signature` for a body sent now."""
    seconds = now // 1000
    digest = hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={seconds},v1={digest}"
