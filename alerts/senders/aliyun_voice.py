"""Aliyun calls: a voice reads a fixed template; success is `Code` `OK` and says that the call was taken."""

from alerts.accounts import AliyunVoice
from alerts.senders.aliyun import Api, number_of, refused_by_aliyun, template_of, template_text
from alerts.senders.call import HttpRequest, Reply
from alerts.senders.verdict import GetSecret, accepted, need_secret
from alerts.sending import Answer, OutgoingMessage
from town.errors import ConfigError
from town.ports import Clock

BASE = "https://dyvmsapi.aliyuncs.com"
VERSION = "2017-05-25"


class AliyunVoiceCall:
    """Makes requests and reads answers."""

    def __init__(self, *, clock: Clock, secret: GetSecret, base: str = BASE) -> None:
        self._clock, self._secret, self._base = clock, secret, base.rstrip("/")

    def ask(self, message: OutgoingMessage) -> HttpRequest:
        """The request; raises ConfigError when the account, the number or the secret is missing."""
        to, account = message.recipient, message.recipient.account
        if not isinstance(account, AliyunVoice) or not to.address:
            raise ConfigError(f"{to.id} has no Aliyun account or no number")
        secret = need_secret(self._secret, account.secret, of="the Aliyun account")
        parameters = {
            "CalledNumber": number_of(to.address),
            "TtsCode": template_of(account.templates, message.language),
            "TtsParam": template_text(message, account.variables),
            "PlayTimes": str(account.times),
            "OutId": message.key[:15],
        }
        if account.show_number:
            parameters["CalledShowNumber"] = account.show_number
        api = Api(self._base, VERSION, account.access_key_id, secret)
        return api.request("SingleCallByTts", parameters, now=self._clock())

    def judge(self, reply: Reply, request: HttpRequest) -> Answer:
        """What the answer means: the code in the body says it. Nobody says whether somebody listened."""
        if reply.status == 200 and reply.fields().get("Code") == "OK":
            return accepted(reply, request, delivered=False)
        return refused_by_aliyun(reply, request, clock=self._clock)
