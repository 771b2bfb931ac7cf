"""What stands in a link by which one person acknowledges one alert: signed, short enough for an SMS. Pure."""

import hmac
import re
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from datetime import date, timedelta
from hashlib import blake2b, sha256
from typing import NamedTuple

from town.moment import HOUR, Moment

KEY_BYTES = 32
_SIGNATURE_BYTES = 12
_FIRST_DAY = date(2020, 1, 1)
_PLAIN = struct.Struct(">HIHI4s")
_ALERT = re.compile(r"A-(\d{4})(\d{2})(\d{2})-(\d{4,9})")
_LONGEST = 60


class Ticket(NamedTuple):
    """What a link is good for. `person` is a fingerprint: a link says nobody's name."""

    alert: str
    episode: int
    person: bytes
    expires_at: Moment


def fingerprint(person: str) -> bytes:
    """What stands for a person in a link."""
    return blake2b(person.encode(), digest_size=4).digest()


def write_token(key: bytes, ticket: Ticket) -> str:
    """The ticket, signed, in letters that an address may have; it expires at a whole hour, rounded up."""
    found = _ALERT.fullmatch(ticket.alert)
    if found is None:
        raise ValueError(f"{ticket.alert[:40]!r} is no number of an alert")
    year, month, day, number = map(int, found.groups())
    days, hours = (date(year, month, day) - _FIRST_DAY).days, -(-ticket.expires_at // HOUR)
    plain = _PLAIN.pack(days, number, ticket.episode % 65_536, hours, ticket.person)
    return urlsafe_b64encode(plain + _signature(key, plain)).decode().rstrip("=")


def read_token(key: bytes, token: str) -> Ticket | None:
    """The ticket, if we signed it; it may have expired."""
    if len(token) > _LONGEST or not token.isascii():
        return None
    try:
        whole = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (Error, ValueError):
        return None
    plain, signature = whole[: _PLAIN.size], whole[_PLAIN.size :]
    # Base64 has several ways to write the same bytes: only ours counts, or a used link could be written anew.
    ours = urlsafe_b64encode(whole).decode().rstrip("=") == token
    if not ours or len(plain) != _PLAIN.size or not hmac.compare_digest(signature, _signature(key, plain)):
        return None
    days, number, episode, hours, person = _PLAIN.unpack(plain)
    day = _FIRST_DAY + timedelta(days=days)
    return Ticket(f"A-{day:%Y%m%d}-{number:04}", episode, person, hours * HOUR)


def _signature(key: bytes, plain: bytes) -> bytes:
    return hmac.new(key, b"acknowledge\0" + plain, sha256).digest()[:_SIGNATURE_BYTES]
