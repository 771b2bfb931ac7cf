"""Alerts on the town's MQTT broker: how each open one stands, everything that happens, and acknowledging.

`town/<town>/alerts/<alert>` is retained while the alert is open, `town/<town>/alert-events` has every event in order,
and who publishes on `…/alerts/<alert>/acknowledge` is answered on `…/acknowledge/result`.
"""

import logging
from collections.abc import Sequence
from typing import Any

import msgspec

from alerts.book import Book
from alerts.event_words import event_text
from alerts.news import News
from alerts.sending import Publish
from alerts.telling import Teller
from town.alert import Alert, AlertState
from town.errors import ConfigError, Unavailable
from town.ports import ActionRefused, AlertFilter
from town.town import Town

log = logging.getLogger(__name__)

OPEN_STATES = frozenset(AlertState) - {AlertState.NORMAL, AlertState.PENDING, AlertState.CLOSED}
MOST_OPEN = 10_000
LARGEST_REQUEST = 4_096
ACKNOWLEDGE, RESULT = "acknowledge", "result"
_FIRST_ERROR = 0x80
_NEVER = frozenset({0x95, 0x99})
"""Packet too large, payload format invalid: this one will never be taken, and the others go on."""


class Request(msgspec.Struct, forbid_unknown_fields=True):
    """What somebody publishes to acknowledge an alert."""

    by: str
    comment: str = ""


def alert_topic(town: str, alert: str) -> str:
    """Where the state of an alert is."""
    return f"town/{town}/alerts/{alert}"


def events_topic(town: str) -> str:
    """Where everything is told that happens."""
    return f"town/{town}/alert-events"


def acknowledge_filter(town: str) -> str:
    """Where people and programs acknowledge."""
    return f"town/{town}/alerts/+/{ACKNOWLEDGE}"


def state_payload(alert: Alert) -> bytes:
    """The alert as the API shows it; nothing once it is closed, so that the broker forgets it."""
    return b"" if alert.state is AlertState.CLOSED else alert.model_dump_json().encode()


def event_payload(news: News, town: Town) -> bytes:
    """One event, with what one needs to know of its alert; `sequence` tells a repeated one from a new one."""
    alert, entry = news.alert, news.entry
    return msgspec.json.encode(
        {
            "sequence": news.number,
            "at": entry.at,
            "event": entry.event,
            "by": entry.by,
            "detail": entry.detail,
            "text": event_text(alert, entry, town).model_dump(),
            "alert": alert.id,
            "entry": entry.number,
            "rule": alert.rule,
            "subject": alert.subject,
            "facility": alert.facility,
            "zone": alert.zone,
            "category": alert.category.value,
            "severity": alert.severity.value,
            "state": alert.state.value,
            "drill": alert.drill,
            "title": alert.title.model_dump(),
        }
    )


def to_broker(book: Book, publish: Publish) -> Teller:
    """Publishes every event in order, and after them how their alerts stand."""

    async def pass_on(news: Sequence[News]) -> None:
        for one in news:
            await _say(publish, events_topic(book.town.id), event_payload(one, book.town), retain=False)
        for alert in {one.alert.id: one.alert for one in news}.values():
            await _say(publish, alert_topic(book.town.id, alert.id), state_payload(alert), retain=True)

    return Teller(book, "broker", pass_on, part="alert events to the broker")


async def say_open(book: Book, publish: Publish) -> None:
    """Publish how every open alert stands, for a broker that may have forgotten. Raises Unavailable and ConfigError."""
    for alert in await book.alerts(AlertFilter(states=OPEN_STATES, limit=MOST_OPEN)):
        await _say(publish, alert_topic(book.town.id, alert.id), state_payload(alert), retain=True)


async def _say(publish: Publish, topic: str, payload: bytes, *, retain: bool) -> None:
    code = await publish(topic, payload, qos=1, retain=retain)
    if code in _NEVER:
        log.error("the broker will never take what is told on %s: reason code 0x%02X", topic, code)
    elif code >= _FIRST_ERROR:
        raise ConfigError(f"the broker refuses {topic}: reason code 0x{code:02X}")


async def acknowledge(book: Book, topic: str, payload: bytes) -> tuple[str, bytes]:
    """Do what somebody asked for on an acknowledge topic; where to answer, and what."""
    alert = topic.split("/")[-2]
    answer: dict[str, Any]
    try:
        request = _read(payload)
        done = await book.acknowledge(alert, by=request.by.strip(), at=book.clock(), comment=request.comment)
        answer = {"accepted": True, "alert": done.model_dump(mode="json")}
    except ActionRefused as refused:
        answer = {"accepted": False, "reason": refused.reason, "message": str(refused)}
    except Unavailable as error:
        answer = {"accepted": False, "reason": "unavailable", "message": str(error)}
    return f"{topic}/{RESULT}", msgspec.json.encode(answer)


def _read(payload: bytes) -> Request:
    """Raises ActionRefused for what is no request."""
    if len(payload) > LARGEST_REQUEST:
        raise ActionRefused("too_long", f"at most {LARGEST_REQUEST} bytes")
    try:
        request = msgspec.json.decode(payload, type=Request)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ActionRefused("not_understood", f'write {{"by": "li.wei", "comment": "…"}}: {error}') from None
    name = request.by.strip()
    if not 1 <= len(name) <= 64 or not name.isprintable():
        raise ActionRefused("not_understood", "`by` says who has it, in 1 to 64 characters")
    return request
