"""Short messages: how many parts a text becomes, and texts that fit into a number of them (3GPP TS 23.038)."""

import re
from collections.abc import Iterator

from alerts.senders.layout import utf16_units
from alerts.sending import Brief

SINGLE_GSM, PART_GSM = 160, 153
SINGLE_UCS2, PART_UCS2 = 70, 67

LEAST_HEAD = 20
"""What comes behind the head is left out before so few of its characters are left."""

_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_TWICE = frozenset("^{}\\[~]|€\f")
_ALIKE = str.maketrans(
    {"·": "-", "…": "...", "≥": ">=", "≤": "<=", "≠": "!=", "°": "", "µ": "u", "²": "2", "³": "3", "’": "'", "–": "-"}
)
_ELLIPSIS = "…"


def parts(text: str) -> int:
    """How many parts a text becomes: 160 signs of the GSM alphabet, or 70 of any other; 153 and 67 when several."""
    gsm = is_gsm(text)
    single, part = (SINGLE_GSM, PART_GSM) if gsm else (SINGLE_UCS2, PART_UCS2)
    widths = [2 if sign in _GSM_TWICE else 1 for sign in text] if gsm else [utf16_units(sign) for sign in text]
    if sum(widths) <= single:
        return 1
    count, room = 1, part
    for width in widths:  # a sign of two units is never cut in half
        if width > room:
            count, room = count + 1, part
        room -= width
    return count


def is_gsm(text: str) -> bool:
    """Whether every sign of a text is in the GSM alphabet."""
    return all(sign in _GSM or sign in _GSM_TWICE for sign in text)


def short_message(brief: Brief, *, most: int, link: str | None = None) -> str:
    """The text of a short message in at most so many parts; number and link stay; the head goes last."""
    for text in _shorter_and_shorter(brief, link):
        plain = narrowed(text)
        if parts(plain) <= most:
            return plain
    return ""


def narrowed(text: str) -> str:
    """The text with look-alikes of the GSM alphabet, when that is all it needs to fit into it."""
    alike = text.translate(_ALIKE)
    return alike if is_gsm(alike) else text


def _shorter_and_shorter(brief: Brief, link: str | None) -> Iterator[str]:
    for advice in _fewer_clauses(brief.advice):
        yield _joined(brief.head, brief.since, advice, brief.number, link)
    yield _joined(brief.head, brief.since, brief.number, link)
    for tail in ((brief.since, brief.number, link), (brief.number, link), (brief.number,)):
        for length in range(len(brief.head) - 1, LEAST_HEAD, -1):
            yield _joined(brief.head[:length] + _ELLIPSIS, *tail)
    for length in range(len(brief.head) - 1, 0, -1):
        yield _joined(brief.head[:length] + _ELLIPSIS)


def _fewer_clauses(advice: str) -> Iterator[str]:
    """The advice, and as many of its first clauses as may be: what is to be done first is said first."""
    ends = [found.end() for found in re.finditer(r"[。；！，;]|[.!,](?=\s)", advice)]
    yield advice
    for end in reversed([end for end in ends if end < len(advice)]):
        yield advice[:end].rstrip("，；,; ")


def _joined(*pieces: str | None) -> str:
    return " ".join(re.sub(r"\s+", " ", piece) for piece in pieces if piece)
