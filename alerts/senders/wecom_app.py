"""WeCom applications: text to single people, with a token that is fetched and kept for as long as it lasts."""

import asyncio
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import msgspec

from alerts.accounts import WeComApp
from alerts.senders.call import Call, HttpRequest, Reply
from alerts.senders.layout import in_bytes, plain_text
from alerts.senders.verdict import GetSecret, accepted, need_secret, refused, said
from alerts.senders.wecom_robot import BASE, KINDS, LONGEST_TEXT, TOO_LONG
from alerts.sending import Answer, AnswerKind, OutgoingMessage, one_line, refused_config
from town.errors import ConfigError
from town.moment import MINUTE, SECOND, Duration, Moment
from town.ports import Clock

TOKEN_IS_OLD = (40014, 42001)
"""The token was not taken: another one is fetched, once."""
_EARLY: Duration = 5 * MINUTE
"""A token that ends within so long is not used any more."""


class _Token(NamedTuple):
    value: str
    until: Moment


class WeComAppSender:
    """Sends over the account's application; success is `errcode` 0 and somebody of the address being valid."""

    def __init__(self, call: Call, *, clock: Clock, secret: GetSecret, base: str = BASE) -> None:
        self._call, self._clock, self._secret, self._base = call, clock, secret, base.rstrip("/")
        self._tokens: dict[tuple[str, str], _Token] = {}
        self._fetching = asyncio.Lock()

    async def send(self, message: OutgoingMessage) -> Answer:
        """Try once; at most two tokens are fetched on the way."""
        to = message.recipient
        account = to.account
        if not isinstance(account, WeComApp) or not to.address:
            return refused_config(f"{to.id} has no WeCom account or no user id")
        try:
            secret = need_secret(self._secret, account.secret, of="the WeCom application")
        except ConfigError as error:
            return refused_config(one_line(str(error)))
        body = msgspec.json.encode(_body(message, account, to.address))
        answer: Answer | None = None
        refused_token = ""
        while answer is None:
            token = await self._token(account, secret, not_this=refused_token)
            if isinstance(token, Answer):
                return token
            url = f"{self._base}/cgi-bin/message/send?access_token={quote(token, safe='')}"
            secrets = (token, quote(token, safe=""), secret)
            request = HttpRequest("POST", url, body, {"Content-Type": "application/json"}, secrets)
            reply = await self._call(request)
            if isinstance(reply, Reply) and reply.fields().get("errcode") in TOKEN_IS_OLD and not refused_token:
                refused_token = token
                continue
            answer = reply if isinstance(reply, Answer) else self._judge(reply, request, to.address)
        return answer

    async def _token(self, account: WeComApp, secret: str, *, not_this: str) -> str | Answer:
        """A token that lasts, fetched by one message for all; the answer when there is none to have."""
        key = (account.corp_id, secret)
        async with self._fetching:
            known = self._tokens.get(key)
            if known and known.value != not_this and known.until > self._clock():
                return known.value
            query = urlencode({"corpid": account.corp_id, "corpsecret": secret}, quote_via=quote, safe="")
            request = HttpRequest(
                "GET", f"{self._base}/cgi-bin/gettoken?{query}", secrets=(secret, quote(secret, safe=""))
            )
            reply = await self._call(request)
            if isinstance(reply, Answer):
                return msgspec.structs.replace(reply, handed_over=False)
            return self._keep(key, reply, request)

    def _keep(self, key: tuple[str, str], reply: Reply, request: HttpRequest) -> str | Answer:
        fields = reply.fields()
        token, lasts = fields.get("access_token"), fields.get("expires_in")
        if fields.get("errcode") == 0 and isinstance(token, str) and token and isinstance(lasts, int):
            self._tokens[key] = _Token(token, self._clock() + max(0, lasts * SECOND - _EARLY))
            return token
        answer = refused(reply, request, clock=self._clock, code=fields.get("errcode"), kinds=KINDS)
        return msgspec.structs.replace(answer, handed_over=False)

    def _judge(self, reply: Reply, request: HttpRequest, address: str) -> Answer:
        fields = reply.fields()
        code = fields.get("errcode")
        if reply.status != 200 or code != 0 or code is False:
            return refused(reply, request, clock=self._clock, code=code, kinds=KINDS, too_long=TOO_LONG)
        asked = {user.casefold() for user in address.split("|")}
        if asked <= _nobody(fields.get("invaliduser")) | _nobody(fields.get("unlicenseduser")):
            return Answer(AnswerKind.REFUSED_MESSAGE, said(reply, request), handed_over=False)
        return accepted(reply, request)


def _body(message: OutgoingMessage, account: WeComApp, address: str) -> dict[str, Any]:
    return {
        "touser": address,
        "msgtype": "text",
        "agentid": account.agent_id,
        "text": {"content": plain_text(message, fits=in_bytes(LONGEST_TEXT))},
        "enable_duplicate_check": 1,
    }


def _nobody(field: Any) -> set[str]:
    """The users whom the answer names as not reached."""
    return {user.casefold() for user in field.split("|") if user} if isinstance(field, str) else set()
