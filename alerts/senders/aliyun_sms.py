"""Aliyun short messages: a fixed template, taken with `OK` and a `BizId`, delivered when a later question says so."""

from alerts.accounts import AliyunSms
from alerts.people import Recipient
from alerts.senders.aliyun import Api, number_of, refused_by_aliyun, template_of, template_text
from alerts.senders.call import Call, HttpRequest, Reply
from alerts.senders.verdict import GetSecret, HttpSender, accepted, need_secret, said
from alerts.sending import Answer, AnswerKind, OutgoingMessage, one_line, refused_config
from town.errors import ConfigError
from town.moment import HOUR, Moment, as_datetime
from town.ports import Clock

BASE = "https://dysmsapi.aliyuncs.com"
VERSION = "2017-05-25"
_CHINA_IS_AHEAD = 8 * HOUR
"""The day that is asked for is China's."""
_FAILED, _RECEIVED = 2, 3


class AliyunSmsSender:
    """Sends by template, and asks what became of it."""

    def __init__(self, call: Call, *, clock: Clock, secret: GetSecret, base: str = BASE) -> None:
        self._call, self._clock, self._secret, self._base = call, clock, secret, base.rstrip("/")
        self._sender = HttpSender(call, self)

    async def send(self, message: OutgoingMessage) -> Answer:
        """Try once; success is `Code` `OK`, which says that it was taken and not yet that it arrived."""
        return await self._sender.send(message)

    def ask(self, message: OutgoingMessage) -> HttpRequest:
        """The request; raises ConfigError when the account, the number or the secret is missing."""
        account, number = _account(message.recipient)
        parameters = {
            "PhoneNumbers": number_of(number),
            "SignName": account.sign_name,
            "TemplateCode": template_of(account.templates, message.language),
            "TemplateParam": template_text(message, account.variables),
            "OutId": message.key,
        }
        return self._api(account).request("SendSms", parameters, now=self._clock())

    def _api(self, account: AliyunSms) -> Api:
        secret = need_secret(self._secret, account.secret, of="the Aliyun account")
        return Api(self._base, VERSION, account.access_key_id, secret)

    def judge(self, reply: Reply, request: HttpRequest) -> Answer:
        """What the answer means: the code in the body says it."""
        fields = reply.fields()
        if reply.status == 200 and fields.get("Code") == "OK":
            receipt = fields.get("BizId")
            return accepted(reply, request, delivered=False, receipt=receipt if isinstance(receipt, str) else None)
        return refused_by_aliyun(reply, request, clock=self._clock)

    async def check(self, recipient: Recipient, receipt: str, *, sent_at: Moment) -> Answer:
        """What became of a message by its `BizId`: accepted and delivered, refused, or unknown while under way."""
        try:
            account, number = _account(recipient)
            api = self._api(account)
        except ConfigError as error:
            return refused_config(one_line(str(error)))
        parameters = {
            "PhoneNumber": number_of(number),
            "BizId": receipt,
            "SendDate": as_datetime(sent_at + _CHINA_IS_AHEAD).strftime("%Y%m%d"),
            "PageSize": "1",
            "CurrentPage": "1",
        }
        request = api.request("QuerySendDetails", parameters, now=self._clock())
        reply = await self._call(request)
        return reply if isinstance(reply, Answer) else self._became(reply, request, receipt)

    def _became(self, reply: Reply, request: HttpRequest, receipt: str) -> Answer:
        fields = reply.fields()
        if reply.status != 200 or fields.get("Code") != "OK":
            return refused_by_aliyun(reply, request, clock=self._clock)
        details = fields.get("SmsSendDetailDTOs")
        listed = details.get("SmsSendDetailDTO") if isinstance(details, dict) else None
        one = listed[0] if isinstance(listed, list) and listed and isinstance(listed[0], dict) else {}
        text = one_line(f"SendStatus {one.get('SendStatus')} {one.get('ErrCode', '')} {one.get('ReceiveDate', '')}")
        match one.get("SendStatus"):
            case status if status == _RECEIVED:
                return Answer(AnswerKind.ACCEPTED, text, delivered=True, receipt=receipt)
            case status if status == _FAILED:
                return Answer(AnswerKind.REFUSED_MESSAGE, text, handed_over=False, receipt=receipt)
        return Answer(AnswerKind.UNKNOWN, text if one else said(reply, request), receipt=receipt)


def _account(to: Recipient) -> tuple[AliyunSms, str]:
    if not isinstance(to.account, AliyunSms) or not to.address:
        raise ConfigError(f"{to.id} has no Aliyun account or no number")
    return to.account, to.address
