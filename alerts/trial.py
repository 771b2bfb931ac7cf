"""A message that only asks whether it arrives."""

from alerts.people import Recipient
from alerts.sending import Brief, OutgoingMessage
from town.alert import Severity
from town.language import Label, Language
from town.moment import Moment, as_datetime
from town.town import Town

_TITLE = Label(zh="测试消息", en="Test message")
_TEXT = Label(
    zh="这是一条测试消息，无需处理。收到即表示此通道可用。",
    en="This is a test. There is nothing to do: that you read it shows that this channel works.",
)
_TOLD = Label(zh="测试", en="Test")


def trial_message(recipient: Recipient, town: Town, *, now: Moment, link: str | None = None) -> OutgoingMessage:
    """The test message to somebody, in their language or the town's; each moment has a key of its own."""
    language: Language = recipient.language or town.language
    place, title, text = town.name.text(language), _TITLE.text(language), _TEXT.text(language)
    at = as_datetime(now, town.zone_info)
    number = f"T-{at:%Y%m%d-%H%M%S}"
    subject = f"{title} · {place}"
    lines = [subject, text, number, *([link] if link else [])]
    key = f"{number}:1:1:{recipient.channel}:{recipient.id}"
    return OutgoingMessage(
        key=key,
        thread=number,
        recipient=recipient,
        created_at=now,
        subject=subject,
        text="\n".join(lines) + "\n",
        html="".join(f"<p>{line}</p>\n" for line in (title, text, number)),
        body={"version": 1, "key": key, "event": "test", "target": recipient.id, "title": subject, "text": text},
        severity=Severity.ADVISORY,
        link=link,
        brief=Brief(subject, at.strftime("%H:%M"), "", number),
        variables={
            "told": _TOLD.text(language),
            "severity": _TOLD.text(language),
            "category": _TOLD.text(language),
            "title": title,
            "place": place,
            "time": at.strftime("%m-%d %H:%M"),
            "number": number,
        },
        language=language,
    )
