"""Channels to single people: what each provider is sent, and which class its answers fall in."""

import base64
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import pytest

from alerts.accounts import Account, AliyunSms, AliyunVoice, TelegramBot, Twilio, WeComApp
from alerts.people import Channel, Recipient
from alerts.senders.twilio import callback_answer, is_from_twilio
from alerts.sending import AnswerKind
from tests.alerts.receivers import Request
from tests.alerts.senders.sent import json_says, query, send

ACCEPTED, THROTTLED, UNKNOWN = AnswerKind.ACCEPTED, AnswerKind.THROTTLED, AnswerKind.UNKNOWN
CONFIG, MESSAGE = AnswerKind.REFUSED_CONFIG, AnswerKind.REFUSED_MESSAGE

SID = "AC" + "0" * 32
ALIYUN = AliyunSms(
    provider="aliyun_sms",
    secret="KEY",
    access_key_id="LTAI0001",
    sign_name="黄酒镇",
    templates={"zh": "SMS_1", "en": "SMS_2"},
)
VOICE = AliyunVoice(secret="KEY", access_key_id="LTAI0001", show_number="057112345678", templates={"zh": "TTS_1"})


def person(channel: Channel, address: str, account: Account) -> Recipient:
    return Recipient("ann", channel, None, address=address, account=account)


SMS = person("sms", "+8613800000001", ALIYUN)
CALL = person("voice", "+8613800000001", VOICE)
TWILIO = person("sms", "+15551230001", Twilio(provider="twilio", secret="KEY", account_sid=SID, number="+15550000000"))
TELEGRAM = person("telegram", "-1001", TelegramBot(secret="BOT"))
APP = person("wecom", "ann.li", WeComApp(secret="KEY", corp_id="ww01", agent_id=1000002))


async def test_aliyun_sms_is_sent_its_template_with_short_variables() -> None:
    answer, [request] = await send(SMS, json_says({"Code": "OK", "Message": "OK", "BizId": "9^0"}))

    sent = query(request)
    assert (answer.kind, answer.delivered, answer.receipt) == (ACCEPTED, False, "9^0")
    assert (sent["PhoneNumbers"], sent["SignName"], sent["TemplateCode"]) == ("13800000001", "黄酒镇", "SMS_1")
    assert sent["OutId"] == "A-20260921-0001:1:2:any:room"
    filled = json.loads(sent["TemplateParam"])
    assert filled["title"] == "烟雾过高" and filled["severity"] == "-"
    assert (request.headers["x-acs-action"], request.headers["x-acs-version"]) == ("SendSms", "2017-05-25")
    assert request.headers["x-acs-date"] == "2026-09-21T14:13:20Z"
    assert request.headers["authorization"].startswith("ACS3-HMAC-SHA256 Credential=LTAI0001,SignedHeaders=host;x-acs-")


async def test_aliyun_sms_in_english_and_traditional_chinese_take_the_nearest_template() -> None:
    _, [english] = await send(SMS, json_says({"Code": "OK"}), language="en")
    _, [traditional] = await send(SMS, json_says({"Code": "OK"}), language="zh-Hant")

    assert (query(english)["TemplateCode"], query(traditional)["TemplateCode"]) == ("SMS_2", "SMS_1")


async def test_aliyun_voice_is_sent_its_template() -> None:
    answer, [request] = await send(CALL, json_says({"Code": "OK", "CallId": "c-1"}))

    sent = query(request)
    assert (answer.kind, answer.delivered, "c-1" in answer.text) == (ACCEPTED, False, True)
    assert (sent["CalledNumber"], sent["CalledShowNumber"]) == ("13800000001", "057112345678")
    assert (sent["TtsCode"], sent["PlayTimes"]) == ("TTS_1", "2")
    assert request.headers["x-acs-action"] == "SingleCallByTts"


async def test_twilio_is_sent_a_form_with_basic_authentication() -> None:
    answer, [request] = await send(TWILIO, json_says({"sid": "SM1", "status": "queued"}, "201 Created"))

    assert (answer.kind, answer.delivered, answer.receipt) == (ACCEPTED, False, "SM1")
    assert request.path == f"/2010-04-01/Accounts/{SID}/Messages.json"
    assert base64.b64decode(request.headers["authorization"].removeprefix("Basic ")) == f"{SID}:k3y-k3y-k3y".encode()
    form = parse_qs(request.body.decode(), strict_parsing=True)
    assert (form["To"], form["From"]) == (["+15551230001"], ["+15550000000"])
    assert form["Body"] == [
        "紧急 火警：烟雾过高 · 二号酒窖 开始 22:13 派员核警 A-20260921-0001 https://town.example/alerts/A-20260921-0001"
    ]


async def test_telegram_is_sent_plain_text() -> None:
    answer, [request] = await send(TELEGRAM, json_says({"ok": True, "result": {"message_id": 1}}))

    sent = json.loads(request.body)
    assert (answer.kind, answer.delivered, request.path) == (ACCEPTED, True, "/bot123:AAbot/sendMessage")
    assert sent["chat_id"] == "-1001" and "parse_mode" not in sent
    assert sent["text"].splitlines()[0] == "■ 紧急 火警：烟雾过高 · 二号酒窖"


async def test_telegram_text_is_shortened_to_what_it_takes() -> None:
    _, [request] = await send(TELEGRAM, json_says({"ok": True}), text="head\n" + "数值 💥\n" * 3_000)
    text = json.loads(request.body)["text"]

    assert 4_000 < len(text.encode("utf-16-le")) // 2 <= 4_096


@pytest.mark.parametrize("to", [SMS, CALL])
@pytest.mark.parametrize(
    ("code", "kind"),
    [
        *((f"isv.{word}_LIMIT_CONTROL", THROTTLED) for word in ("BUSINESS", "DAY")),
        ("Throttling.User", THROTTLED),
        ("Throttling", THROTTLED),
        *((f"isv.{word}_ILLEGAL", CONFIG) for word in ("SMS_SIGNATURE", "SMS_TEMPLATE")),
        *((code, CONFIG) for code in ("isv.OUT_OF_SERVICE", "isv.AMOUNT_NOT_ENOUGH", "isp.RAM_PERMISSION_DENY")),
        *((code, CONFIG) for code in ("SignatureDoesNotMatch", "InvalidAccessKeyId.NotFound")),
        *((f"isv.{word}", CONFIG) for word in ("ACCOUNT_NOT_EXISTS", "ACCOUNT_ABNORMAL", "PRODUCT_UN_SUBSCRIPT")),
        *((f"isv.{word}", MESSAGE) for word in ("MOBILE_NUMBER_ILLEGAL", "PARAM_LENGTH_LIMIT", "INVALID_JSON_PARAM")),
        *((f"isv.{word}", MESSAGE) for word in ("TEMPLATE_MISSING_PARAMETERS", "BLACK_KEY_CONTROL_LIMIT")),
        ("isv.PARAM_NOT_SUPPORT_URL", MESSAGE),
        ("isp.SYSTEM_ERROR", UNKNOWN),
        ("isv.NEVER_HEARD_OF", UNKNOWN),
        ("ok", UNKNOWN),
    ],
)
async def test_aliyun_answers_200_and_means_something_else(to: Recipient, code: str, kind: AnswerKind) -> None:
    answer, _ = await send(to, json_says({"Code": code, "Message": "said so", "BizId": "9^0"}))

    assert (answer.kind, answer.handed_over) == (kind, kind is UNKNOWN)


@pytest.mark.parametrize(
    ("to", "status", "said", "kind"),
    [
        (SMS, "400 Bad", {"Code": "SignatureDoesNotMatch"}, CONFIG),
        (SMS, "404 Not Found", {"Code": "InvalidAccessKeyId.NotFound"}, CONFIG),
        (SMS, "503 Busy", {"Code": "Throttling.Api"}, THROTTLED),
        (SMS, "400 Bad", {"Code": "InvalidTimeStamp.Expired"}, CONFIG),
        (SMS, "400 Bad", {"Code": "IllegalTimestamp"}, CONFIG),
        (SMS, "400 Bad", {"Code": "InvalidAccessKeyId.Inactive"}, CONFIG),
        (SMS, "400 Bad", {"Code": "SignatureNonceUsed"}, UNKNOWN),
        (SMS, "403 No", {"Code": "Forbidden.RAM"}, CONFIG),
        (TWILIO, "429 Slow", {"code": 20429}, THROTTLED),
        (TWILIO, "400 Bad", {"code": 14107}, THROTTLED),
        (TWILIO, "401 No", {"code": 20003}, CONFIG),
        *((TWILIO, "400 Bad", {"code": code}, CONFIG) for code in (21606, 21608)),
        *((TWILIO, "400 Bad", {"code": code}, MESSAGE) for code in (21211, 21610, 21614, 21617)),
        (TWILIO, "500 Oh", {"code": 20500}, UNKNOWN),
        (TWILIO, "200 OK", {"sid": "SM1"}, UNKNOWN),
        (TWILIO, "201 Created", {"status": "queued"}, UNKNOWN),
        (TELEGRAM, "400 Bad", {"ok": False, "error_code": 400}, MESSAGE),
        (TELEGRAM, "401 No", {"ok": False, "error_code": 401}, CONFIG),
        (TELEGRAM, "403 No", {"ok": False, "error_code": 403, "description": "bot was blocked"}, CONFIG),
        (TELEGRAM, "200 OK", {"ok": False}, UNKNOWN),
        (TELEGRAM, "200 OK", {"ok": 1}, UNKNOWN),
        (TELEGRAM, "502 Bad", {}, UNKNOWN),
    ],
)
async def test_provider_codes_fall_into_their_class(
    to: Recipient, status: str, said: dict[str, Any], kind: AnswerKind
) -> None:
    answer, _ = await send(to, json_says(said, status))

    assert (answer.kind, answer.handed_over) == (kind, kind is UNKNOWN)


@pytest.mark.parametrize(
    ("to", "status", "said"),
    [
        (SMS, "200 OK", {"Code": "isv.PARAM_LENGTH_LIMIT"}),
        (TWILIO, "400 Bad", {"code": 21617}),
        (TELEGRAM, "400 Bad", {"ok": False, "error_code": 400, "description": "Bad Request: message is too long"}),
        (TELEGRAM, "413 Large", {}),
    ],
)
async def test_message_that_is_too_long_for_a_provider_may_be_sent_shorter(
    to: Recipient, status: str, said: dict[str, Any]
) -> None:
    answer, _ = await send(to, json_says(said, status))

    assert (answer.kind, answer.too_long) == (MESSAGE, True)


@pytest.mark.parametrize(
    ("to", "status", "said", "alone"),
    [
        (TWILIO, "400 Bad", {"code": 21608}, True),
        (TWILIO, "401 No", {"code": 20003}, False),
        (TELEGRAM, "403 No", {"ok": False, "error_code": 403}, True),
        (TELEGRAM, "401 No", {"ok": False, "error_code": 401}, False),
    ],
)
async def test_refusal_says_whether_it_is_about_others_as_well(
    to: Recipient, status: str, said: dict[str, Any], alone: bool
) -> None:
    answer, _ = await send(to, json_says(said, status))

    assert (answer.kind, answer.alone) == (CONFIG, alone)


async def test_telegram_says_for_how_long_it_wants_to_be_left_alone() -> None:
    said = {"ok": False, "error_code": 429, "parameters": {"retry_after": 17}}
    answer, _ = await send(TELEGRAM, json_says(said, "429 Too Many Requests"))

    assert (answer.kind, answer.retry_after) == (THROTTLED, 17_000)


def wecom(*sends: dict[str, Any], token: dict[str, Any] | None = None) -> Callable[[Request], bytes | None]:
    """A WeCom that hands out tokens t1, t2 … and answers messages in turn."""
    queue, tokens = list(sends), iter(range(1, 100))

    def answer(request: Request) -> bytes | None:
        if request.path.startswith("/cgi-bin/gettoken"):
            fresh = {"errcode": 0, "access_token": f"t{next(tokens)}", "expires_in": 7200}
            return json_says(token or fresh)(request)
        return json_says(queue.pop(0))(request)

    return answer


async def test_wecom_app_fetches_a_token_and_sends_text() -> None:
    answer, [fetched, sent] = await send(APP, wecom({"errcode": 0, "errmsg": "ok"}))

    assert (answer.kind, answer.delivered) == (ACCEPTED, True)
    assert query(fetched) == {"corpid": "ww01", "corpsecret": "k3y-k3y-k3y"}
    assert sent.path == "/cgi-bin/message/send?access_token=t1"
    body = json.loads(sent.body)
    assert (body["touser"], body["agentid"], body["enable_duplicate_check"]) == ("ann.li", 1000002, 1)
    assert body["text"]["content"].startswith("■ 紧急 火警：烟雾过高")


@pytest.mark.parametrize("code", [40014, 42001])
async def test_wecom_app_fetches_another_token_once(code: int) -> None:
    mended, requests = await send(APP, wecom({"errcode": code}, {"errcode": 0}))
    again, twice = await send(APP, wecom({"errcode": code}, {"errcode": code}))

    assert (mended.kind, again.kind) == (ACCEPTED, CONFIG)
    assert [one.path.rpartition("=")[2] for one in requests[1::2]] == ["t1", "t2"]
    assert len(twice) == 4


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ({"errcode": 0, "invaliduser": "Ann.Li"}, MESSAGE),
        ({"errcode": 0, "invaliduser": "", "unlicenseduser": "ann.li"}, MESSAGE),
        ({"errcode": 0, "invaliduser": "somebody.else"}, ACCEPTED),
        ({"errcode": 81013, "invaliduser": "ann.li"}, MESSAGE),
        ({"errcode": 45009}, THROTTLED),
        ({"errcode": 60020}, CONFIG),
        ({"errcode": -1}, UNKNOWN),
        ({"errmsg": "ok"}, UNKNOWN),
    ],
)
async def test_wecom_app_answers_fall_into_their_class(said: dict[str, Any], kind: AnswerKind) -> None:
    answer, _ = await send(APP, wecom(said))

    assert answer.kind is kind


@pytest.mark.parametrize(
    ("token", "kind"),
    [({"errcode": 40013}, CONFIG), ({"errcode": 45009}, THROTTLED), ({"errcode": 0}, UNKNOWN), ({}, UNKNOWN)],
)
async def test_wecom_app_without_a_token_has_surely_sent_nothing(token: dict[str, Any], kind: AnswerKind) -> None:
    answer, [request] = await send(APP, wecom(token=token or {"errmsg": "?"}))

    assert (answer.kind, answer.handed_over) == (kind, False)
    assert "k3y" in request.path and "k3y" not in answer.text


def test_twilio_callback_signature_is_the_documented_one() -> None:
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    form = {
        "CallSid": "CA1234567890ABCDE", "Caller": "+14158675309", "Digits": "1234", "From": "+14158675309",
        "To": "+18005551212",
    }  # fmt: skip

    assert is_from_twilio(url, form, signature="RSOYDt4T1cUTdK1PDd93/VVr8B8=", token="12345")
    assert not is_from_twilio(url, {**form, "Digits": "12345"}, signature="RSOYDt4T1cUTdK1PDd93/VVr8B8=", token="12345")
    assert not is_from_twilio(url, form, signature="RSOYDt4T1cUTdK1PDd93/VVr8B8=", token="12346")
    assert not is_from_twilio(url, form, signature="ümlaut", token="12345")


@pytest.mark.parametrize(
    ("status", "kind"), [("delivered", ACCEPTED), ("undelivered", MESSAGE), ("failed", MESSAGE), ("sent", None)]
)
def test_twilio_callback_says_what_became_of_it(status: str, kind: AnswerKind | None) -> None:
    told = callback_answer({"MessageSid": "SM1", "MessageStatus": status, "ErrorCode": "30003"})

    assert (told and (told[0], told[1].kind)) == (kind and ("SM1", kind))


@pytest.mark.parametrize("to", [SMS, CALL, TWILIO, TELEGRAM, APP])
async def test_account_without_its_secret_is_refused_by_configuration(to: Recipient) -> None:
    answer, requests = await send(to, json_says({}), secrets={})

    assert (answer.kind, requests) == (CONFIG, []) and "is not set" in answer.text
