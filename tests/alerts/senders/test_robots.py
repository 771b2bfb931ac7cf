"""Robots of group chats: what they are sent, and which class each of their answers falls in."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from alerts.people import Recipient
from alerts.senders import dingtalk, feishu
from alerts.sending import AnswerKind
from tests.alerts.receivers import Request
from tests.alerts.senders.sent import ANN, BOB, LINK, SECRETS, json_says, query, send
from tests.alerts.small_town import START

ACCEPTED, THROTTLED, UNKNOWN = AnswerKind.ACCEPTED, AnswerKind.THROTTLED, AnswerKind.UNKNOWN
CONFIG, MESSAGE = AnswerKind.REFUSED_CONFIG, AnswerKind.REFUSED_MESSAGE

DINGTALK = Recipient("room", "dingtalk", None, secret="TOKEN", signing_secret="SIGN", mention=(ANN, BOB))
WECOM = Recipient("room", "wecom", None, secret="TOKEN")
FEISHU = Recipient("room", "feishu", None, secret="TOKEN", signing_secret="SIGN", mention=(BOB,))
ROBOTS = (DINGTALK, WECOM, FEISHU, Recipient("room", "lark", None, secret="TOKEN"))


def body(request: Request) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(request.body)
    return found


def test_dingtalk_signature_is_the_documented_one() -> None:
    assert dingtalk.sign("SECabc", 1577262236757) == "I5TKCOTTj6fad4sJ4q9RsIffw0PAChVQZQGTdtRbNEQ%3D"


def test_feishu_signature_is_the_documented_one() -> None:
    assert feishu.sign("demo", 1599360473) == "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8="


async def test_dingtalk_is_sent_signed_markdown_that_names_who_is_mentioned() -> None:
    answer, [request] = await send(DINGTALK, json_says({"errcode": 0, "errmsg": "ok"}))
    signed = base64.b64encode(hmac.digest(b"SECabc", f"{START}\nSECabc".encode(), hashlib.sha256)).decode()

    assert (answer.kind, answer.delivered) == (ACCEPTED, True)
    assert query(request) == {"access_token": "t0k3n-t0k3n", "timestamp": str(START), "sign": signed}
    sent = body(request)
    assert sent["at"] == {"atMobiles": ["13800000001"], "atUserIds": ["bob"], "isAtAll": False}
    assert sent["markdown"]["title"] == "■ 紧急 火警：烟雾过高 · 二号酒窖"
    assert sent["markdown"]["text"].endswith(f"[查看与确认]({LINK})\n\n@13800000001 @bob")


async def test_wecom_is_sent_markdown_and_mentions_by_user_id() -> None:
    answer, [request] = await send(WECOM._replace(mention=(BOB,)), json_says({"errcode": 0, "errmsg": "ok"}))

    assert (answer.kind, request.path) == (ACCEPTED, "/cgi-bin/webhook/send?key=t0k3n-t0k3n")
    content = body(request)["markdown"]["content"]
    assert content.startswith("**■ 紧急 火警：烟雾过高 · 二号酒窖**\n> 地点：二号酒窖 / CE2-S01\n")
    assert content.endswith(f"[查看与确认]({LINK})\n<@bob.wu>")


async def test_wecom_is_sent_text_when_somebody_has_only_a_number() -> None:
    to = WECOM._replace(mention=(ANN, BOB), mentions_everybody=True)
    _, [request] = await send(to, json_says({"errcode": 0}))

    text = body(request)["text"]
    assert (text["mentioned_list"], text["mentioned_mobile_list"]) == (["bob.wu", "@all"], ["13800000001"])
    assert LINK in text["content"]


async def test_feishu_is_sent_a_signed_card_in_the_colour_of_the_severity() -> None:
    answer, [request] = await send(FEISHU, json_says({"StatusCode": 0, "StatusMessage": "success"}))
    key = f"{START // 1000}\nSECabc".encode()

    sent = body(request)
    assert (answer.kind, request.path) == (ACCEPTED, "/open-apis/bot/v2/hook/t0k3n-t0k3n")
    assert sent["timestamp"] == str(START // 1000)
    assert sent["sign"] == base64.b64encode(hmac.digest(key, b"", hashlib.sha256)).decode()
    card = sent["card"]
    assert card["header"]["template"] == "red"
    assert [one["tag"] for one in card["elements"]] == ["div", "div", "action"]
    assert card["elements"][1]["text"]["content"] == "<at id=ou_bob12345></at>"
    assert card["elements"][2]["actions"][0]["url"] == LINK


@pytest.mark.parametrize(
    ("to", "said", "kind"),
    [
        *((DINGTALK, {"errcode": code}, THROTTLED) for code in (130101, 90018)),
        *((DINGTALK, {"errcode": code}, CONFIG) for code in (310000, 300001, 300005)),
        *((DINGTALK, {"errcode": code}, MESSAGE) for code in (40035, 400105, 460101)),
        *((WECOM, {"errcode": code}, THROTTLED) for code in (45009, 45033)),
        *((WECOM, {"errcode": code}, CONFIG) for code in (93000, 40001, 40013, 60020)),
        *((WECOM, {"errcode": code}, MESSAGE) for code in (40008, 40058, 45002, 81013)),
        *((FEISHU, {"code": code}, CONFIG) for code in (19001, 19021, 19022, 19024)),
        (FEISHU, {"code": 11232}, THROTTLED),
        (FEISHU, {"code": 9499, "msg": "Bad Request: too frequent, frequency limit"}, THROTTLED),
        (FEISHU, {"code": 9499, "msg": "Bad Request"}, MESSAGE),
        (FEISHU, {"code": 11246}, MESSAGE),
        (FEISHU, {"code": 0, "StatusCode": 19021}, CONFIG),
        *((to, {"errcode": -1, "code": -1}, UNKNOWN) for to in ROBOTS),
        *((to, {"errcode": 987654, "code": 987654}, UNKNOWN) for to in ROBOTS),
        *((to, {"errcode": False, "code": False}, UNKNOWN) for to in ROBOTS),
        *((to, {"errcode": None, "code": None}, UNKNOWN) for to in ROBOTS),
        *((to, {"errmsg": "ok", "msg": "success"}, UNKNOWN) for to in ROBOTS),
        *((to, [0], UNKNOWN) for to in ROBOTS),
    ],
)
async def test_robot_answers_200_and_means_something_else(to: Recipient, said: object, kind: AnswerKind) -> None:
    answer, _ = await send(to, json_says(said))

    assert (answer.kind, answer.handed_over) == (kind, kind is UNKNOWN)


@pytest.mark.parametrize("to", ROBOTS)
@pytest.mark.parametrize(
    ("status", "kind"),
    [("429 Slow", THROTTLED), ("502 Bad", UNKNOWN), ("302 Found", CONFIG), ("403 No", CONFIG), ("400 Bad", MESSAGE)],
)
async def test_robot_whose_body_says_nothing_is_judged_by_its_status(
    to: Recipient, status: str, kind: AnswerKind
) -> None:
    answer, _ = await send(to, json_says({"errcode": 0, "code": 0}, status))

    assert answer.kind is kind


@pytest.mark.parametrize(
    ("to", "code"), [(FEISHU, 9499), (FEISHU, 11246), (DINGTALK, 40035), (WECOM, 81013), (WECOM, -1)]
)
async def test_too_many_requests_is_too_fast_whatever_the_body_says(to: Recipient, code: int) -> None:
    answer, _ = await send(to, json_says({"errcode": code, "code": code}, "429 Too Many Requests"))

    assert (answer.kind, answer.handed_over) == (THROTTLED, False)


@pytest.mark.parametrize(("to", "code"), [(DINGTALK, 460101), (WECOM, 45002), (WECOM, 40058)])
async def test_robot_that_was_sent_too_much_may_be_sent_less(to: Recipient, code: int) -> None:
    answer, _ = await send(to, json_says({"errcode": code}))

    assert (answer.kind, answer.too_long) == (MESSAGE, True)


async def test_dingtalk_that_was_too_fast_is_left_alone_for_ten_minutes() -> None:
    answer, _ = await send(DINGTALK, json_says({"errcode": 130101, "errmsg": "send too fast"}))

    assert answer.retry_after == 600_000


@pytest.mark.parametrize("to", ROBOTS)
async def test_robot_without_its_secret_is_refused_by_configuration(to: Recipient) -> None:
    answer, requests = await send(to._replace(secret="NOWHERE"), json_says({"errcode": 0}))

    assert (answer.kind, answer.text, requests) == (CONFIG, "the secret NOWHERE of room is not set", [])


@pytest.mark.parametrize("to", [DINGTALK, FEISHU])
async def test_robot_without_its_signing_secret_is_refused_by_configuration(to: Recipient) -> None:
    answer, requests = await send(to._replace(signing_secret="NOWHERE"), json_says({"errcode": 0}))

    assert (answer.kind, answer.text, requests) == (CONFIG, "the secret NOWHERE of room is not set", [])


@pytest.mark.parametrize(("to", "limit"), [(DINGTALK, 20_000), (WECOM, None), (FEISHU, 20_000)])
async def test_robot_is_sent_no_more_than_it_takes(to: Recipient, limit: int | None) -> None:
    many = "\n".join(["head", *(f'数值：烟雾 "{number}" 💥' for number in range(2_000)), f"查看与确认：{LINK}"])
    _, [request] = await send(to, json_says({"errcode": 0, "code": 0}), text=many)

    if limit:
        assert len(request.body) <= limit and LINK.encode() in request.body
    else:
        content = body(request)["markdown"]["content"]
        assert 3_000 < len(content.encode()) <= 4_096 and LINK in content


@pytest.mark.parametrize("to", [DINGTALK, WECOM])
async def test_robot_finds_no_markup_in_what_a_sensor_is_called(to: Recipient) -> None:
    evil = "x\n地点：[click](http://evil.example) ![](http://evil.example/p.png) <@all> **"
    _, [request] = await send(to, json_says({"errcode": 0}), text=evil, subject="# [a](b)", link=None)

    markdown = body(request)["markdown"]
    text = markdown.get("content") or markdown["text"]
    assert not any(mark in text.removeprefix("#### ").strip("*") for mark in ("](", "<@all", "# [", "!["))


@pytest.mark.parametrize(
    ("to", "pasted"),
    [
        (DINGTALK, "https://oapi.dingtalk.com/robot/send?access_token=abc-1"),
        (WECOM, "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=abc-1"),
        (FEISHU, "https://open.feishu.cn/open-apis/bot/v2/hook/abc-1"),
    ],
)
async def test_robot_secret_may_be_the_address_as_the_provider_shows_it(to: Recipient, pasted: str) -> None:
    _, [request] = await send(to, json_says({"errcode": 0}), secrets={**SECRETS, "TOKEN": pasted})

    assert "abc-1" in request.path and "http" not in request.path
