"""Messages as they are sent, channel by channel: written into files that people read before anybody else does.

`python -m tests.alerts.golden` writes the files anew; look at what changed.
"""

import asyncio
import json
from pathlib import Path
from string import Template
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec

from alerts.accounts import AliyunSms, Twilio
from alerts.book import Book, open_book
from alerts.claims import Claim
from alerts.contact import Person, Target
from alerts.digest import DIGEST, digests_of, entries_of
from alerts.message import compose
from alerts.people import People, Recipient
from alerts.senders.call import HttpRequest, Reply
from alerts.senders.channels import Endpoints, build_senders
from alerts.senders.sms import parts
from alerts.tables import notification
from tests.alerts.senders.sent import SECRETS
from tests.alerts.small_town import START, TOWN, Clock, active, definitions, label, normal, people
from tests.alerts.storm_town import SENSORS, STORM_TOWN, waiting
from town.alert import AlertDefinition, Observation, Response, Transition
from town.language import Language
from town.moment import MINUTE, SECOND

FOLDER = Path(__file__).with_name("messages")
LINK = "https://town.example/a/CdsAAAAGAAEAB5y_v67-DYliIrcnzHfhIXsnGg"
"""As long as they are."""
SITUATIONS = (
    "raised", "severity_raised", "raised_again", "chattering", "steady", "back", "reminder", "escalated", "overdue",
    "still_open", "assigned", "drill", "cleared", "resolved", "was_active", "closed", "digest",
)  # fmt: skip
LANGUAGES: tuple[Language, ...] = ("zh", "en")

_TWILIO = Twilio(provider="twilio", secret="KEY", account_sid="AC" + "0" * 32, number="+15550000000")
_ALIYUN = AliyunSms(
    provider="aliyun_sms",
    secret="KEY",
    access_key_id="LTAI0001",
    sign_name="黄酒镇",
    templates={"zh": "SMS_1", "en": "SMS_2"},
)
_CHANNELS = {
    "DingTalk": Recipient("room", "dingtalk", None, secret="TOKEN"),
    "WeCom": Recipient("room", "wecom", None, secret="KEY"),
    "Feishu": Recipient("room", "feishu", None, secret="TOKEN"),
    "Slack": Recipient("room", "slack", None, secret="SERVICE"),
    "SMS by Twilio": Recipient("ann", "sms", None, address="+8613800000001", account=_TWILIO),
    "SMS by Aliyun": Recipient("ann", "sms", None, address="+8613800000001", account=_ALIYUN),
}
_TEMPLATES = {
    "SMS_1": "${severity}${category}警报${told}：${title}，地点${place}，时间${time}，编号${number}，${next}。",
    "SMS_2": "${severity} ${category} alert, ${told}: ${title} at ${place}, ${time}, no. ${number}: ${next}.",
}
"""The templates that docs/senders.md says to have approved."""
_WHO = ("fire-room", "li.wei", "duty-officer")


async def claims() -> dict[str, Claim]:
    """A notification of each situation, about one fire in a cellar."""
    with TemporaryDirectory() as folder:
        told = people(Target(id="fire-room", channel="webhook", name=label("消防控制室", "Fire control room")))
        named = {"li.wei": Person(id="li.wei", name="李伟", channels={"email": "l@x.example"})}
        told = People(people=named, targets=told.targets, routes=(told.routes[0].model_copy(update={"to": _WHO[:2]}),))
        async with open_book(f"sqlite:///{folder}/book.db", TOWN, clock=Clock(), people=told) as book:
            return await _lived(book)


async def _lived(book: Book) -> dict[str, Claim]:
    for latch, ends in ((True, "cleared"), (False, "resolved")):
        subject = {"cleared": "CE2-S02", "resolved": "CE2-S01"}[ends]
        [alert] = await book.take([_smoke(subject)], _definitions(latch=latch), START + SECOND)
        if ends == "resolved":
            await book.acknowledge(alert.id, by="li.wei", at=START + MINUTE)
        gone = normal(subject=subject, at=START + 5 * MINUTE)
        await book.take([gone], _definitions(latch=latch), START + 5 * MINUTE)
        if ends == "cleared":
            await book.reset(alert.id, by="li.wei", at=START + 9 * MINUTE)
    query = notification.select().where(notification.c.target == "fire-room").order_by(notification.c.created_at)
    rows = await book.database.read(lambda link: link.execute(query).mappings().all())
    found = {row["event"]: _claim(dict(row)) for row in rows}
    raised = found["raised"]
    found["was_active"] = msgspec.structs.replace(found["resolved"], event="was_active")
    as_raised = [name for name in SITUATIONS if name not in (*found, "drill", DIGEST)]
    found |= {name: msgspec.structs.replace(raised, event=name) for name in as_raised}
    drill = {**raised.content, "alert": {**raised.content["alert"], "drill": True}}
    return {**found, "drill": msgspec.structs.replace(raised, content=drill), DIGEST: _digest(raised)}


def _definitions(*, latch: bool) -> dict[str, AlertDefinition]:
    """The rule of the smoke detectors with what the pack says is to be done: advice as long as advice is."""
    todo = label(
        "立即看监控、派最近的人到场核实；见烟见火即拨119并疏散，不要等第二个探测器。",
        "Look at the cameras and send the nearest person now. Smoke or flame seen, call 119 and clear the building; "
        "do not wait for a second detector.",
    )
    rule = definitions(latch=latch)["fire.smoke.high"]
    return {rule.rule: rule.model_copy(update={"response": Response(text=todo, within=180 * SECOND)})}


def _smoke(subject: str) -> Transition:
    """As a rule of several limits sees it: two on one value, one on what is made of another, and a yes."""
    raised = active(subject=subject, at=START)
    seen = [msgspec.structs.replace(one, sensor=subject) for one in raised.reason.observations]
    second = msgspec.structs.replace(seen[0], limit=">= 0.08 dB/m")
    heat = Observation(
        subject, "temperature", 6.25, START, "Cel", expression="rate(temperature, 1m)", limit="> 5 Cel", holds=True
    )
    alarm = Observation(subject, "smoke_alarm", True, START, limit="true", holds=True)
    known = raised.reason
    return msgspec.structs.replace(
        raised, reason=msgspec.structs.replace(known, observations=(*seen, second, heat, alarm))
    )


def _digest(raised: Claim) -> Claim:
    """Of a gateway that fell silent, and of which one sensor is back."""
    waits = [*waiting(*SENSORS[:12]), *waiting(SENSORS[12], event="resolved", first=13)]
    [digest] = digests_of(entries_of(waits), STORM_TOWN, fits=lambda _: True, most=9)
    return msgspec.structs.replace(raised, event=DIGEST, content=digest.model_dump(mode="json"))


def _claim(row: dict[str, Any]) -> Claim:
    names = ("id", "alert", "target", "channel", "event", "content", "created_at")
    return Claim(**{name: row[name] for name in names}, attempts=1, lease_by="test", claimed_at=START)


async def written(claim: Claim, language: Language) -> str:
    """What a person reads on every channel."""
    town = STORM_TOWN if claim.event == DIGEST else TOWN
    mail = compose(claim, Recipient("room", "email", None), town=town, language=language, link=LINK)
    found = [f"=== mail: {mail.subject}", mail.text]
    for name, to in _CHANNELS.items():
        sent: list[HttpRequest] = []

        async def call(request: HttpRequest, sent: list[HttpRequest] = sent) -> Reply:
            sent.append(request)
            return Reply(200, "{}")

        sender = build_senders(Endpoints(), secret=SECRETS.get, clock=Clock(), call=call)[to.sender]
        await sender.send(compose(claim, to, town=town, language=language, link=LINK))
        found += _read(name, sent[0])
    return "\n".join(line.rstrip() for line in "\n".join(found).splitlines()) + "\n"


def _read(name: str, request: HttpRequest) -> list[str]:
    """The words of a request, and what they cost."""
    match name:
        case "SMS by Twilio":
            text = parse_qs(request.content.decode())["Body"][0]
            return [f"=== {name}, {parts(text)} of 2 parts", text, ""]
        case "SMS by Aliyun":
            asked = {key: value for key, [value] in parse_qs(urlsplit(request.url).query).items()}
            variables = json.loads(asked["TemplateParam"])
            text = f"【{asked['SignName']}】" + Template(_TEMPLATES[asked["TemplateCode"]]).substitute(variables)
            longest = max(map(len, variables.values()))
            return [f"=== {name}, {parts(text)} parts, variables of {longest} of 35 characters", text, ""]
    body = msgspec.json.decode(request.content)
    shown = body.get("markdown", {}).get("text") or body.get("markdown", {}).get("content")
    if shown is None and "card" in body:
        elements = [one.get("text", {}).get("content") or one["actions"][0] for one in body["card"]["elements"]]
        button = [f"[{one['text']['content']}]" if isinstance(one, dict) else one for one in elements]
        shown = "\n".join(
            [f"({body['card']['header']['template']}) {body['card']['header']['title']['content']}", *button]
        )
    if shown is None:
        shown = "\n".join(block["text"]["text"] for block in body["blocks"] if "text" in block)
    return [f"=== {name}, {len(request.content)} bytes", shown, ""]


async def main() -> None:
    """Write every file."""
    for name, claim in (await claims()).items():
        for language in LANGUAGES:
            (FOLDER / f"{name}.{language}.txt").write_text(await written(claim, language), "utf-8")


if __name__ == "__main__":
    asyncio.run(main())
