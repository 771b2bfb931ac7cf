"""Aliyun's signature, the variables of its templates, and what became of a message."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.people import Recipient
from alerts.senders.acs3 import query_of, signed_headers
from alerts.senders.aliyun import number_of, variable
from alerts.senders.aliyun_sms import AliyunSmsSender
from alerts.senders.call import HttpCall
from alerts.sending import AnswerKind
from tests.alerts.receivers import http_receiver
from tests.alerts.senders.sent import SECRETS, json_says, query
from tests.alerts.senders.test_people_channels import SMS
from tests.alerts.small_town import START, Clock


def test_aliyun_signature_is_the_documented_one() -> None:
    query_text = query_of({"RegionId": "cn-shanghai", "ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"})
    headers = signed_headers(
        key_id="YourAccessKeyId",
        secret="YourAccessKeySecret",
        host="ecs.cn-shanghai.aliyuncs.com",
        action="RunInstances",
        version="2014-05-26",
        date="2023-10-26T10:22:32Z",
        nonce="3156853299f313e23d1673dc12e1703d",
        query=query_text,
    )

    assert headers["Authorization"].endswith(
        "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )


def test_aliyun_query_is_encoded_as_rfc_3986_says() -> None:
    assert query_of({"b": "a b+~*/黄", "a": "1"}) == "a=1&b=a%20b%2B~%2A%2F%E9%BB%84"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("烟雾过高", "烟雾过高"),
        ("", "-"),
        ("【见】 https://evil.example/x 处", "见 处"),
        ("www.evil.example", "-"),
        ("see evil.example now", "see evil·example now"),
        ("18.5 °C", "18.5 °C"),
        ("门\n${code}💥", "门 code"),
        ("一" * 40, "一" * 34 + "…"),
    ],
)
def test_aliyun_variable_is_short_and_holds_no_address(text: str, expected: str) -> None:
    assert variable(text) == expected


@given(st.text())
def test_aliyun_variable_is_never_empty_nor_too_long(text: str) -> None:
    filled = variable(text)

    assert 1 <= len(filled.encode("utf-16-le")) // 2 <= 35
    assert not any(part in filled for part in ("://", "【", "】", "${", "\n", "<"))


@pytest.mark.parametrize(("phone", "expected"), [("+8613800000001", "13800000001"), ("+85212345678", "85212345678")])
def test_aliyun_number_is_written_as_it_wants_it(phone: str, expected: str) -> None:
    assert number_of(phone) == expected


def details(**one: Any) -> dict[str, Any]:
    return {"Code": "OK", "SmsSendDetailDTOs": {"SmsSendDetailDTO": [one]}, "TotalCount": "1"}


@pytest.mark.parametrize(
    ("said", "kind", "delivered"),
    [
        (details(SendStatus=3, ReceiveDate="2026-09-21 22:13:25"), AnswerKind.ACCEPTED, True),
        (details(SendStatus=2, ErrCode="MOBILE_NOT_ON_SERVICE"), AnswerKind.REFUSED_MESSAGE, False),
        (details(SendStatus=1), AnswerKind.UNKNOWN, False),
        ({"Code": "OK", "SmsSendDetailDTOs": {"SmsSendDetailDTO": []}}, AnswerKind.UNKNOWN, False),
        ({"Code": "OK"}, AnswerKind.UNKNOWN, False),
        ({"Code": "isv.DAY_LIMIT_CONTROL"}, AnswerKind.THROTTLED, False),
    ],
)
async def test_aliyun_is_asked_what_became_of_a_message(said: object, kind: AnswerKind, delivered: bool) -> None:
    async with http_receiver(json_says(said)) as receiver:
        base = f"http://127.0.0.1:{receiver.port}"
        sender = AliyunSmsSender(HttpCall(), clock=Clock(), secret=SECRETS.get, base=base)
        answer = await sender.check(SMS, "9^0", sent_at=START)

    [request] = receiver.requests
    asked = query(request)
    assert (answer.kind, answer.delivered) == (kind, delivered)
    assert (asked["BizId"], asked["PhoneNumber"], asked["SendDate"]) == ("9^0", "13800000001", "20260921")
    assert request.headers["x-acs-action"] == "QuerySendDetails"


async def test_aliyun_without_its_account_cannot_be_asked() -> None:
    sender = AliyunSmsSender(HttpCall(), clock=Clock(), secret=SECRETS.get)
    answer = await sender.check(Recipient("ann", "sms", None), "9^0", sent_at=START)

    assert answer.kind is AnswerKind.REFUSED_CONFIG
