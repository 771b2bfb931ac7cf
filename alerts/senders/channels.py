"""The senders by what they are for, and where they send."""

from collections.abc import Mapping

import msgspec

from alerts.senders import aliyun_sms, aliyun_voice, dingtalk, slack, telegram, twilio, wecom_robot
from alerts.senders.aliyun_sms import AliyunSmsSender
from alerts.senders.aliyun_voice import AliyunVoiceCall
from alerts.senders.apprise import AppriseSender
from alerts.senders.call import Call, HttpCall
from alerts.senders.dingtalk import DingTalk
from alerts.senders.email import Email, MailServer
from alerts.senders.feishu import FEISHU_BASE, LARK_BASE, Feishu
from alerts.senders.mqtt import Mqtt
from alerts.senders.slack import Slack
from alerts.senders.telegram import Telegram
from alerts.senders.twilio import TwilioSms
from alerts.senders.verdict import GetSecret, HttpProvider, HttpSender
from alerts.senders.webhook import Webhook
from alerts.senders.wecom_app import WeComAppSender
from alerts.senders.wecom_robot import WeComRobot
from alerts.sending import Publish, Sender
from town.ports import Clock


class Bases(msgspec.Struct, frozen=True):
    """Where each provider is: a proxy or a receiver of one's own may stand in."""

    dingtalk: str = dingtalk.BASE
    wecom: str = wecom_robot.BASE
    feishu: str = FEISHU_BASE
    lark: str = LARK_BASE
    aliyun_sms: str = aliyun_sms.BASE
    aliyun_voice: str = aliyun_voice.BASE
    twilio: str = twilio.BASE
    telegram: str = telegram.BASE
    slack: str = slack.BASE


class Endpoints(msgspec.Struct, frozen=True):
    """Where messages go besides what people.yaml says."""

    webhook_override: str | None = None
    """Everything but mail goes there as a webhook, with `/` and the target's id behind it: a receiver of our own."""
    smtp_url: str | None = None
    smtp_password: str | None = None
    smtp_from: str | None = None
    bases: Bases = Bases()
    twilio_callback: str | None = None
    """Where Twilio tells what became of a message."""


def build_senders(
    endpoints: Endpoints,
    *,
    secret: GetSecret,
    clock: Clock,
    publish: Publish | None = None,
    call: Call | None = None,
) -> dict[str, Sender]:
    """The senders, by the `sender` of a recipient; `secret` gives the value of a named secret, or None.

    Raises ConfigError when the mail server's address cannot be used. What is merely missing is answered to each
    message as refused by configuration. `publish` is the town's broker; `call`, when given, sends every HTTP request.
    """
    server = MailServer.parse(endpoints.smtp_url) if endpoints.smtp_url else None
    hook = Webhook(clock=clock, secret=secret, override=endpoints.webhook_override, call=call)
    senders: dict[str, Sender] = {
        "webhook": hook,
        "mqtt": Mqtt(publish),
        "apprise": AppriseSender(secret=secret),
        **_providers(endpoints, secret=secret, clock=clock, call=call or HttpCall()),
    }
    if endpoints.webhook_override:
        senders = dict.fromkeys(senders, hook)
    senders["email"] = Email(server, password=endpoints.smtp_password, sender=endpoints.smtp_from)
    return senders


async def close_senders(senders: Mapping[str, Sender]) -> None:
    """Close the connections that are kept; nothing may be under way."""
    for sender in {id(one): one for one in senders.values()}.values():
        if isinstance(sender, Webhook):
            await sender.aclose()


def _providers(endpoints: Endpoints, *, secret: GetSecret, clock: Clock, call: Call) -> dict[str, Sender]:
    bases = endpoints.bases
    robots: dict[str, HttpProvider] = {
        "dingtalk": DingTalk(clock=clock, secret=secret, base=bases.dingtalk),
        "wecom": WeComRobot(clock=clock, secret=secret, base=bases.wecom),
        "feishu": Feishu(clock=clock, secret=secret, base=bases.feishu),
        "lark": Feishu(clock=clock, secret=secret, base=bases.lark),
        "slack": Slack(clock=clock, secret=secret, base=bases.slack),
        "telegram": Telegram(clock=clock, secret=secret, base=bases.telegram),
        "aliyun_voice": AliyunVoiceCall(clock=clock, secret=secret, base=bases.aliyun_voice),
        "twilio": TwilioSms(clock=clock, secret=secret, base=bases.twilio, callback=endpoints.twilio_callback),
    }
    return {
        **{name: HttpSender(call, robot) for name, robot in robots.items()},
        "wecom_app": WeComAppSender(call, clock=clock, secret=secret, base=bases.wecom),
        "aliyun_sms": AliyunSmsSender(call, clock=clock, secret=secret, base=bases.aliyun_sms),
    }
