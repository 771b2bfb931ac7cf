"""Telegram by a bot: plain text; success is `ok`."""

import msgspec

from alerts.accounts import TelegramBot
from alerts.senders.call import HttpRequest, Reply
from alerts.senders.layout import plain_text, utf16_units
from alerts.senders.verdict import GetSecret, accepted, need_secret, refused
from alerts.sending import Answer, AnswerKind, OutgoingMessage
from town.errors import ConfigError
from town.moment import SECOND
from town.ports import Clock

BASE = "https://api.telegram.org"
LONGEST = 4_096
"""Characters."""

KINDS: dict[str, AnswerKind] = {
    "400": AnswerKind.REFUSED_MESSAGE,
    "401": AnswerKind.REFUSED_CONFIG,
    "403": AnswerKind.REFUSED_CONFIG,
    "404": AnswerKind.REFUSED_CONFIG,
    "429": AnswerKind.THROTTLED,
}

ALONE = ("403",)
"""This chat has blocked the bot, or the bot is not in it; others have not."""


class Telegram:
    """Makes requests and reads answers; the address is the chat, the account's secret the bot's token."""

    def __init__(self, *, clock: Clock, secret: GetSecret, base: str = BASE) -> None:
        self._clock, self._secret, self._base = clock, secret, base.rstrip("/")

    def ask(self, message: OutgoingMessage) -> HttpRequest:
        """The request; raises ConfigError when the account, the chat or the secret is missing."""
        to = message.recipient
        if not isinstance(to.account, TelegramBot) or not to.address:
            raise ConfigError(f"{to.id} has no Telegram account or no chat")
        token = need_secret(self._secret, to.account.secret, of="the Telegram bot").strip()
        body = {
            "chat_id": to.address,
            "text": plain_text(message, fits=lambda text: utf16_units(text) <= LONGEST),
            "link_preview_options": {"is_disabled": True},
        }
        # The token stands in the path as it is: its colon is not to be encoded.
        url = f"{self._base}/bot{token}/sendMessage"
        return HttpRequest("POST", url, msgspec.json.encode(body), {"Content-Type": "application/json"}, (token,))

    def judge(self, reply: Reply, request: HttpRequest) -> Answer:
        """What the answer means: `ok`, or an error code with how long to wait."""
        fields = reply.fields()
        if reply.status == 200 and fields.get("ok") is True:
            return accepted(reply, request)
        asked = fields.get("parameters")
        seconds = asked.get("retry_after") if isinstance(asked, dict) else None
        wait = seconds * SECOND if isinstance(seconds, int) and seconds >= 0 else None
        too_long = ("400",) if "too long" in str(fields.get("description", "")) else ()
        return refused(
            reply,
            request,
            clock=self._clock,
            code=fields.get("error_code"),
            kinds=KINDS,
            wait=wait,
            too_long=too_long,
            alone=ALONE,
        )
