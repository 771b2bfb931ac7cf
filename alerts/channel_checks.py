"""What is wrong with accounts, people and targets: each channel has keys it needs, and keys that mean nothing to it."""

import re
from collections.abc import Iterator, Sequence
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

from alerts.accounts import Accounts, AliyunSms, AliyunVoice, Twilio
from alerts.contact import EVERYBODY, Channel, Person, Target
from town.findings import Finding, suggest
from town.source import Location, Source

_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)*[A-Za-z0-9-]{1,63}")
_E164 = re.compile(r"\+[1-9]\d{6,14}")
_SECRET_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
_PHONE = (_E164, "a phone number of E.164", 'write it as "+8613800000000"')
_USER = re.compile(r"[A-Za-z0-9][A-Za-z0-9@._-]{0,63}")
_USERS = re.compile(rf"{_USER.pattern}(?:\|{_USER.pattern}){{0,99}}")
_TOPIC = re.compile(r"[^#+\x00-\x1f\x7f]{1,512}")

_ADDRESSES: dict[Channel, tuple[re.Pattern[str], str, str]] = {
    "email": (_EMAIL, "a mail address", "write it as duty@example.org"),
    "sms": _PHONE,
    "voice": _PHONE,
    "wecom": (_USERS, "a WeCom user id", "write the account of the address book, several joined by |"),
    "telegram": (re.compile(r"-?[0-9]{1,20}|@[A-Za-z0-9_]{4,32}"), "a Telegram chat", 'such as "-1001234567890"'),
    "dingtalk": (_USER, "a DingTalk user id", "write the userid of the address book"),
    "feishu": (re.compile(r"ou_[A-Za-z0-9]{8,64}"), "a Feishu open id", "it begins with ou_"),
    "lark": (re.compile(r"ou_[A-Za-z0-9]{8,64}"), "a Lark open id", "it begins with ou_"),
}
"""For each channel: the form of an address, what it is called, and how it is written."""


class _Keys(NamedTuple):
    """Which keys a target of a channel needs, and which it may have."""

    needs: tuple[str, ...]
    may: tuple[str, ...] = ()


_ROBOT = _Keys(("secret",), ("mention",))
_SIGNING_ROBOT = _Keys(("secret",), ("signing_secret", "mention"))
_KEYS: dict[Channel, _Keys] = {
    "webhook": _Keys(("url", "secret")),
    "email": _Keys(("address",)),
    "sms": _Keys(("address",)),
    "voice": _Keys(("address",)),
    "telegram": _Keys(("address",)),
    "wecom": _ROBOT,
    "dingtalk": _SIGNING_ROBOT,
    "feishu": _SIGNING_ROBOT,
    "lark": _SIGNING_ROBOT,
    "slack": _Keys(("secret",)),
    "mqtt": _Keys(("topic",)),
    "apprise": _Keys(("secret",)),
}
_CHANNEL_KEYS = ("url", "secret", "signing_secret", "address", "topic", "mention")


def channel_findings(
    source: Source, accounts: Accounts, people: Sequence[Person], targets: Sequence[Target]
) -> Iterator[Finding]:
    """Everything that is wrong with how people and targets are told."""
    yield from _accounts(source, accounts)
    for number, person in enumerate(people):
        for channel, address in person.channels.items():
            where = ("people", number, "channels", channel)
            yield from _address(source, where, channel, address)
            if channel in Accounts.model_fields and accounts.of(channel) is None:
                yield source.finding(where, *_no_account(channel), "warning")
    names = [person.id for person in people]
    for number, target in enumerate(targets):
        yield from _target(source, ("targets", number), target, accounts)
        yield from _mentions(source, ("targets", number, "mention"), target, names)


def _no_account(channel: str) -> tuple[str, str]:
    return f"there is no account for {channel}: it will not be used", f"write it under `accounts: {{{channel}: …}}`"


def _accounts(source: Source, accounts: Accounts) -> Iterator[Finding]:
    if isinstance(sms := accounts.sms, Twilio) and (sms.number is None) == (sms.messaging_service is None):
        yield source.finding(("accounts", "sms"), "give either `number` or `messaging_service` as its sender")
    for channel in ("sms", "voice"):
        account = accounts.of(channel)
        if isinstance(account, AliyunSms | AliyunVoice) and "title" not in account.variables:
            message = "without `title` among the variables, nobody will know what happened"
            yield source.finding(("accounts", channel, "variables"), message, level="warning")


def _address(source: Source, where: Location, channel: Channel, address: str) -> Iterator[Finding]:
    form, called, written = _ADDRESSES[channel]
    if not form.fullmatch(address):
        yield source.finding(where, f"`{address}` is not {called}", written)


def _target(source: Source, where: tuple[str | int, ...], target: Target, accounts: Accounts) -> Iterator[Finding]:
    channel, keys = target.channel, _KEYS[target.channel]
    if channel == "wecom" and target.address:
        keys = _Keys(("address",))  # written to by the application, not by a robot
    for key in _CHANNEL_KEYS:
        given = getattr(target, key)
        if key in keys.needs and not given:
            yield source.finding(where, f"`{target.id}` needs {_what(key)}")
        elif given and key not in (*keys.needs, *keys.may):
            yield source.finding((*where, key), f"`{key}` means nothing to {channel}")
    for key in ("secret", "signing_secret"):
        if (name := getattr(target, key)) is not None and not _SECRET_NAME.fullmatch(name):
            message = f"`{key}` must be the name of a secret, in capitals, and never the secret itself"
            yield source.finding((*where, key), message, "such as WEBHOOK_FIRE")
    if channel == "webhook" and target.url:
        yield from _url(source, (*where, "url"), target.id, target.url)
    if target.topic and not _TOPIC.fullmatch(target.topic):
        yield source.finding((*where, "topic"), "this is no topic to publish on", "without + and #")
    if target.address and "address" in keys.needs:
        yield from _address(source, (*where, "address"), channel, target.address)
        if channel in Accounts.model_fields and accounts.of(channel) is None:
            message, hint = _no_account(channel)
            yield source.finding((*where, "channel"), message, hint)


def _what(key: str) -> str:
    return "the name of a `secret`" if key == "secret" else f"{'an' if key[0] in 'aeiou' else 'a'} `{key}`"


def _mentions(source: Source, where: tuple[str | int, ...], target: Target, people: list[str]) -> Iterator[Finding]:
    for place, name in enumerate(target.mention):
        if name != EVERYBODY and name not in people:
            hint = suggest(name, people) or f"name people of this file, or `{EVERYBODY}`"
            yield source.finding((*where, place), f"there is no `{name}` to mention", hint)


def _url(source: Source, where: Location, name: str, written: str) -> Iterator[Finding]:
    try:
        url = urlsplit(written)
        good = url.scheme in ("http", "https") and url.hostname and url.port != 0
    except ValueError:
        good = False
    if not good:
        yield source.finding(where, f"`{name}` has no usable address", "write it as https://host/path")
    elif url.username or url.password:
        yield source.finding(where, "there is a user in this address", "the signature proves who sends")
    elif url.scheme == "http" and not is_loopback(url.hostname or ""):
        message = f"`{name}` is told over plain http: anyone on the way can read it"
        yield source.finding(where, message, "use https", "warning")


def is_loopback(host: str) -> bool:
    """Whether a host name or address can only be this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
