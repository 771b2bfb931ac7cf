"""What Aliyun's short messages and calls have in common: signed requests, templates and their variables, and codes."""

import re
import secrets
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

import msgspec

from alerts.senders.acs3 import query_of, signed_headers
from alerts.senders.call import HttpRequest, Reply
from alerts.senders.layout import utf16_units
from alerts.senders.verdict import refused
from alerts.sending import Answer, AnswerKind, OutgoingMessage
from town.language import Language
from town.moment import Moment, as_datetime
from town.ports import Clock

LONGEST_VARIABLE = 35
"""Characters of a template's variable."""

_URL = re.compile(r"(?i)\b(?:[a-z][a-z0-9+.-]*://|www\.)\S*")
_LIKE_A_HOST = re.compile(r"(?<=[A-Za-z0-9])\.(?=[A-Za-z])")
_NOT_TAKEN = re.compile(r"[^\w \-+:;,.!?()/%°³²·≥≤µ，。：；、！？（）《》“”～—…]")
_EMPTY = "-"

KINDS: dict[str, AnswerKind] = {
    "isp.SYSTEM_ERROR": AnswerKind.UNKNOWN,
    "isv.BUSINESS_LIMIT_CONTROL": AnswerKind.THROTTLED,
    "isv.DAY_LIMIT_CONTROL": AnswerKind.THROTTLED,
    "isv.SMS_SIGNATURE_ILLEGAL": AnswerKind.REFUSED_CONFIG,
    "isv.SMS_TEMPLATE_ILLEGAL": AnswerKind.REFUSED_CONFIG,
    "isv.OUT_OF_SERVICE": AnswerKind.REFUSED_CONFIG,
    "isv.AMOUNT_NOT_ENOUGH": AnswerKind.REFUSED_CONFIG,
    "isp.RAM_PERMISSION_DENY": AnswerKind.REFUSED_CONFIG,
    "isv.SMS_SIGN_ILLEGAL": AnswerKind.REFUSED_CONFIG,
    "isv.ACCOUNT_NOT_EXISTS": AnswerKind.REFUSED_CONFIG,
    "isv.ACCOUNT_ABNORMAL": AnswerKind.REFUSED_CONFIG,
    "isv.PRODUCT_UN_SUBSCRIPT": AnswerKind.REFUSED_CONFIG,
    "SignatureDoesNotMatch": AnswerKind.REFUSED_CONFIG,
    "SignatureNonceUsed": AnswerKind.UNKNOWN,
    "isv.MOBILE_NUMBER_ILLEGAL": AnswerKind.REFUSED_MESSAGE,
    "isv.PARAM_LENGTH_LIMIT": AnswerKind.REFUSED_MESSAGE,
    "isv.TEMPLATE_MISSING_PARAMETERS": AnswerKind.REFUSED_MESSAGE,
    "isv.INVALID_JSON_PARAM": AnswerKind.REFUSED_MESSAGE,
    "isv.BLACK_KEY_CONTROL_LIMIT": AnswerKind.REFUSED_MESSAGE,
    "isv.PARAM_NOT_SUPPORT_URL": AnswerKind.REFUSED_MESSAGE,
}

TOO_LONG = ("isv.PARAM_LENGTH_LIMIT",)

_PREFIXES = {
    "Throttling": AnswerKind.THROTTLED,
    "InvalidAccessKeyId": AnswerKind.REFUSED_CONFIG,
    "InvalidTimeStamp": AnswerKind.REFUSED_CONFIG,
    "IllegalTimestamp": AnswerKind.REFUSED_CONFIG,
    "IncompleteSignature": AnswerKind.REFUSED_CONFIG,
    "Forbidden": AnswerKind.REFUSED_CONFIG,
}
"""What codes begin with that come in several forms: too fast, the key, our clock, the signature, our rights."""


class Api(msgspec.Struct, frozen=True):
    """One of Aliyun's interfaces, where it is, and with which key it is asked."""

    base: str
    version: str
    key_id: str
    secret: str

    def request(self, action: str, parameters: Mapping[str, str], *, now: Moment) -> HttpRequest:
        """A signed request, whose nonce makes it good for once."""
        query = query_of(parameters)
        headers = signed_headers(
            key_id=self.key_id,
            secret=self.secret,
            host=urlsplit(self.base).netloc,
            action=action,
            version=self.version,
            date=as_datetime(now).strftime("%Y-%m-%dT%H:%M:%SZ"),
            nonce=secrets.token_hex(16),
            query=query,
        )
        return HttpRequest("POST", f"{self.base}/?{query}", b"", headers, (self.secret,))


def refused_by_aliyun(reply: Reply, request: HttpRequest, *, clock: Clock) -> Answer:
    """The answer for whatever is no success: the code in the body says it."""
    code = str(reply.fields().get("Code", ""))
    of_prefix = [kind for prefix, kind in _PREFIXES.items() if code.startswith(prefix)]
    kinds = {code: of_prefix[0]} if of_prefix else KINDS
    return refused(reply, request, clock=clock, code=code, kinds=kinds, too_long=TOO_LONG)


def template_of(templates: Mapping[Language, str], language: Language) -> str:
    """The template in the recipient's language, or its script's other form, or the first there is."""
    nearest: Language = "zh" if language == "zh-Hant" else language
    return templates.get(language) or templates.get(nearest) or next(iter(templates.values()))


def template_text(message: OutgoingMessage, names: Iterable[str]) -> str:
    """The variables of a template as the JSON text that Aliyun takes."""
    return msgspec.json.encode({name: variable(message.variables.get(name, "")) for name in names}).decode()


def variable(text: str) -> str:
    """Text as a template's variable: at most 35 characters, no address, no brackets or pictures, never empty."""
    plain = _LIKE_A_HOST.sub("·", _URL.sub("", text))
    plain = " ".join(_NOT_TAKEN.sub(" ", plain).replace("_", "-").split())
    if utf16_units(plain) > LONGEST_VARIABLE:
        while utf16_units(plain) > LONGEST_VARIABLE - 1:
            plain = plain[:-1]
        plain = plain.rstrip() + "…"
    return plain or _EMPTY


def number_of(phone: str) -> str:
    """A number of E.164 as Aliyun writes it: without the country's code in China, without the plus elsewhere."""
    return phone.removeprefix("+86") if phone.startswith("+86") else phone.removeprefix("+")
