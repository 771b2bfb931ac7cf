"""Twilio short messages: taken with 201 and a `sid`, delivered when its callback says so."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import urlencode

from alerts.accounts import Twilio
from alerts.senders.call import HttpRequest, Reply
from alerts.senders.sms import short_message
from alerts.senders.verdict import GetSecret, accepted, need_secret, refused
from alerts.sending import Answer, AnswerKind, OutgoingMessage, one_line
from town.errors import ConfigError
from town.ports import Clock

BASE = "https://api.twilio.com"

KINDS: dict[str, AnswerKind] = {
    "20429": AnswerKind.THROTTLED,
    "14107": AnswerKind.THROTTLED,
    "20003": AnswerKind.REFUSED_CONFIG,
    "21606": AnswerKind.REFUSED_CONFIG,
    "21608": AnswerKind.REFUSED_CONFIG,
    "21211": AnswerKind.REFUSED_MESSAGE,
    "21610": AnswerKind.REFUSED_MESSAGE,
    "21614": AnswerKind.REFUSED_MESSAGE,
    "21617": AnswerKind.REFUSED_MESSAGE,
}

TOO_LONG = ("21617",)
ALONE = ("21608",)
"""The account may not write to this number, and may to others."""


class TwilioSms:
    """Makes requests and reads answers; `callback` is where Twilio tells what became of a message."""

    def __init__(self, *, clock: Clock, secret: GetSecret, base: str = BASE, callback: str | None = None) -> None:
        self._clock, self._secret, self._base, self._callback = clock, secret, base.rstrip("/"), callback

    def ask(self, message: OutgoingMessage) -> HttpRequest:
        """The request; raises ConfigError when the account, the number or the secret is missing."""
        to, account = message.recipient, message.recipient.account
        if not isinstance(account, Twilio) or not to.address:
            raise ConfigError(f"{to.id} has no Twilio account or no number")
        token = need_secret(self._secret, account.secret, of="the Twilio account").strip()
        form = {"To": to.address, "Body": short_message(message.brief, most=account.parts, link=message.link)}
        if account.messaging_service:
            form["MessagingServiceSid"] = account.messaging_service
        else:
            form["From"] = account.number or ""
        if self._callback:
            form["StatusCallback"] = self._callback
        basic = base64.b64encode(f"{account.account_sid}:{token}".encode()).decode()
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": f"Basic {basic}"}
        url = f"{self._base}/2010-04-01/Accounts/{account.account_sid}/Messages.json"
        return HttpRequest("POST", url, urlencode(form).encode(), headers, (token, basic))

    def judge(self, reply: Reply, request: HttpRequest) -> Answer:
        """What the answer means: 201 with a `sid` is taken, not yet delivered."""
        fields = reply.fields()
        sid = fields.get("sid")
        if reply.status == 201 and isinstance(sid, str) and sid:
            return accepted(reply, request, delivered=False, receipt=sid)
        return refused(
            reply, request, clock=self._clock, code=fields.get("code"), kinds=KINDS, too_long=TOO_LONG, alone=ALONE
        )


def callback_signature(url: str, form: Mapping[str, str], token: str) -> str:
    """base64(HMAC-SHA1(token, URL and each form name and value, names sorted))."""
    text = url + "".join(f"{name}{form[name]}" for name in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def is_from_twilio(url: str, form: Mapping[str, str], *, signature: str, token: str) -> bool:
    """Whether `X-Twilio-Signature` proves that a callback to this whole URL is Twilio's."""
    return hmac.compare_digest(callback_signature(url, form, token).encode(), signature.encode())


def callback_answer(form: Mapping[str, str]) -> tuple[str, Answer] | None:
    """The `sid` a callback is about and what it says became of the message; None while it is under way."""
    status, sid = form.get("MessageStatus", ""), form.get("MessageSid", "")
    text = one_line(f"{status} {form.get('ErrorCode', '')}")
    if sid and status in ("delivered", "read"):
        return sid, Answer(AnswerKind.ACCEPTED, text, delivered=True, receipt=sid)
    if sid and status in ("undelivered", "failed", "canceled"):
        return sid, Answer(AnswerKind.REFUSED_MESSAGE, text, handed_over=False, receipt=sid)
    return None
