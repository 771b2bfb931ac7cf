"""Turns a notification into what a person reads: the first line says it all, the rest says what to do."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import msgspec
from pydantic import BaseModel

from alerts.claims import Claim
from alerts.content import Content
from alerts.digest import DIGEST, Digest
from alerts.digest_text import DigestWriter
from alerts.people import Recipient
from alerts.route import WANTS_SOMEBODY, Told
from alerts.sending import Brief, OutgoingMessage
from alerts.words import (
    BECAUSE,
    CATEGORIES,
    COME,
    COMMA,
    DRILL,
    DURATIONS,
    NEXT,
    SEVERITIES,
    SHORTLY,
    TOLD,
    UNITS,
    VALUES,
    WORDS,
    Word,
)
from town.alert import AlertState, Severity
from town.language import Label, Language
from town.moment import DAY, HOUR, MINUTE, SECOND, Duration, Moment, as_datetime
from town.seen import Seen, limit_of, made_of, number, worth_telling
from town.town import Town

MOST_OBSERVATIONS = 6
MOST_NAMES = 6
LONGEST_SUBJECT = 150
SHORT_VARIABLE = 20
"""Characters of a template's variable in a message that was refused for its length."""

_RAISED = Label(zh="发生", en="Raised")
"""What happened, in templates whose wording a provider has approved: messages for people leave it out."""

_COLOURS = {
    Severity.CRITICAL: "#c01c28",
    Severity.MAJOR: "#c64600",
    Severity.MINOR: "#8f6a00",
    Severity.ADVISORY: "#1a5fb4",
}
_OVER = "#1f7a3a"


def compose(
    claim: Claim, recipient: Recipient, *, town: Town, language: Language | None = None, link: str | None = None
) -> OutgoingMessage:
    """The message of a notification in the recipient's language, or the town's; the same at every attempt."""
    if claim.event == DIGEST:
        return _compose_digest(claim, recipient, town=town, language=language or town.language, link=link)
    content = Content.model_validate(claim.content)
    writer = _Writer(content, Told(claim.event), town, language or town.language, target=claim.target)
    subject, lines = writer.subject(), writer.lines(link, short=claim.shortened)
    head = _text(subject, lines, writer.colon)
    message = OutgoingMessage(
        key=claim.id,
        thread=content.alert.id,
        recipient=recipient,
        created_at=claim.created_at,
        subject=subject,
        text=head + "\n",
        html=_html(subject, lines, _OVER if writer.over else _COLOURS[content.alert.severity], link),
        body=_body(claim, content, town, subject=subject, text=head, link=link),
        severity=content.alert.severity,
        over=writer.over,
        link=link,
        brief=writer.brief(),
        variables=writer.variables(),
        language=writer.language,
    )
    return _shorter(message) if claim.shortened else message


def _shorter(message: OutgoingMessage) -> OutgoingMessage:
    """The same in fewer words still, after a provider refused it for its length."""
    alert = {name: value for name, value in message.body["alert"].items() if name != "reason"}
    return msgspec.structs.replace(
        message,
        brief=msgspec.structs.replace(message.brief, advice=""),
        variables={name: _short(value, SHORT_VARIABLE) for name, value in message.variables.items()},
        body={**message.body, "alert": {**alert, "reason": {}}},
    )


def _text(subject: str, lines: Sequence[tuple[str, str]], colon: str) -> str:
    return f"{subject}\n" + "\n".join(f"{name}{colon}{text}" if name else text for name, text in lines)


def _compose_digest(
    claim: Claim, recipient: Recipient, *, town: Town, language: Language, link: str | None
) -> OutgoingMessage:
    digest = Digest.model_validate(claim.content)
    writer = DigestWriter(digest, town, language)
    subject, lines = writer.subject(), writer.lines(link)
    text = _text(subject, lines, writer.colon)
    return OutgoingMessage(
        key=claim.id,
        thread=writer.number,
        recipient=recipient,
        created_at=claim.created_at,
        subject=subject,
        text=text + "\n",
        html=_html(subject, lines, _OVER if writer.over else _COLOURS[writer.worst], link),
        body=_body(claim, digest, town, subject=subject, text=text, link=link),
        severity=writer.worst,
        over=writer.over,
        link=link,
        brief=writer.brief(),
        variables=writer.variables(),
        language=language,
    )


class _Writer:
    """Writes about one alert in one language."""

    def __init__(self, content: Content, told: Told, town: Town, language: Language, *, target: str) -> None:
        self._content, self._alert, self._told, self._target = content, content.alert, told, target
        self._town, self.language = town, language
        self.colon = ": " if language == "en" else "："
        self._space = " " if language == "en" else ""

    @property
    def over(self) -> bool:
        """Whether there is nothing to do any more."""
        return self._told in (Told.RESOLVED, Told.CLOSED, Told.WAS_ACTIVE)

    def word(self, name: Word) -> str:
        return WORDS[name].text(self.language)

    def subject(self) -> str:
        """Mark, severity, category, title and place in one line."""
        return _short(f"{self._alert.severity.mark} {self._headline()}", LONGEST_SUBJECT)

    def _headline(self) -> str:
        alert, language = self._alert, self.language
        severity = SEVERITIES[alert.severity].text(language)
        category = CATEGORIES[alert.category].text(language)
        told = TOLD[self._told].text(language)
        drill = DRILL.text(language) if alert.drill else ""
        return f"{drill}{told}{severity} {category}{self.colon}{alert.title.text(language)} · {self._where()}"

    def _where(self) -> str:
        where = self._content.facility or self._content.zone or self._content.subject
        return where.text(self.language)

    def brief(self) -> Brief:
        """For short messages: no mark, which the alphabet of short messages does not have."""
        response = self._alert.response if self._next() is None else None
        advice = response.text.text(self.language) if response else self._next() or ""
        return Brief(
            head=_short(self._headline(), LONGEST_SUBJECT),
            since=f"{self.word('since')} {self._clock()}",
            advice=_short(advice, LONGEST_SUBJECT),
            number=self._alert.id,
        )

    def _clock(self) -> str:
        begun = as_datetime(self._alert.opened_at, self._town.zone_info).strftime("%H:%M")
        if self._told is not Told.WAS_ACTIVE or self._alert.cleared_at is None:
            return begun
        return f"{begun}–{as_datetime(self._alert.cleared_at, self._town.zone_info):%H:%M}"

    def variables(self) -> dict[str, str]:
        """For templates whose wording a provider has approved."""
        alert, language = self._alert, self.language
        drill = DRILL.text(language).strip("【】[] ") + "·" if alert.drill else ""
        return {
            "told": drill + (TOLD[self._told].text(language) or _RAISED.text(language)).strip("【】[] "),
            "severity": SEVERITIES[alert.severity].text(language),
            "category": CATEGORIES[alert.category].text(language),
            "title": alert.title.text(language),
            "place": self._where(),
            "time": as_datetime(alert.opened_at, self._town.zone_info).strftime("%m-%d %H:%M"),
            "number": alert.id,
            "next": (self._of_told(SHORTLY) or COME).text(language),
        }

    def _of_told(self, labels: Mapping[tuple[Told, bool], Label]) -> Label | None:
        """What is said of what is told, and of what is latched."""
        latched = self._alert.state is AlertState.LATCHED
        return labels.get((self._told, latched)) or labels.get((self._told, False))

    def lines(self, link: str | None, *, short: bool = False) -> list[tuple[str, str]]:
        """The body, each line with its name; `short` of what was seen and what is to be done."""
        found = [(self.word("place"), self._place()), (self.word("since"), self._moment(self._alert.opened_at))]
        if self._alert.cleared_at is not None:
            found.append((self.word("until"), self._ended(self._alert.cleared_at)))
        if not short:
            found += [(self.word("seen"), line) for line in self._observations()]
        if (then := self._next()) is not None:
            found.append(("", then))
        elif not short:
            found += self._advice()
        if self._alert.acknowledged_by:
            found.append((self.word("by"), self._name_of(self._alert.acknowledged_by)))
        if not short and self._told in WANTS_SOMEBODY and (others := self._others()):
            found.append((self.word("knows"), others))
        if link:
            found.append((self.word("look" if self.over else "open"), link))
        found.append((self.word("number"), f"{self._alert.id} · {self._town.name.text(self.language)}"))
        return found

    def _others(self) -> str:
        """Who else knows, so that nobody calls somebody who is on the way already."""
        names = [one.name.text(self.language) for one in self._content.knows if one.target != self._target]
        more = len(names) - MOST_NAMES
        listed = COMMA.text(self.language).join(names[:MOST_NAMES])
        return f"{listed} {self.word('more').format(more)}" if more > 0 else listed

    def _name_of(self, who: str) -> str:
        called = [one.name.text(self.language) for one in self._content.knows if one.target == who]
        return called[0] if called else who

    def _place(self) -> str:
        content = self._content
        labels = [content.zone, content.facility, content.place]
        names = [label.text(self.language) for label in labels if label]
        if self._alert.subject_kind == "sensor" or not names:
            names.append(content.subject.text(self.language))
        return " / ".join(dict.fromkeys(names))

    def _moment(self, at: Moment) -> str:
        return as_datetime(at, self._town.zone_info).strftime("%Y-%m-%d %H:%M:%S")

    def _ended(self, at: Moment) -> str:
        lasted = spoken(at - self._alert.opened_at, self.language)
        return self._moment(at) + self._aside(lasted)

    def _aside(self, text: str) -> str:
        return f" ({text})" if self.language == "en" else f"（{text}）"

    def _observations(self) -> list[str]:
        seen = worth_telling(self._alert.reason.get("observations", []))
        return [self._observation(one) for one in seen[:MOST_OBSERVATIONS]]

    def _observation(self, one: Seen) -> str:
        quantity = self._town.quantities.get(one["quantity"])
        name = quantity.name.text(self.language) if quantity else one["quantity"]
        if (made := made_of(one)) is not None:
            name += self._aside(made.text(self.language))
        sensor = f"{one['sensor']} " if one["sensor"] != self._alert.subject else ""
        line = f"{sensor}{name} {self._value(one.get('value'), one.get('unit'))}"
        if not (limit := limit_of(one)):
            return line
        return line + self._aside(f"{self.word('limit')} {_readable(limit)}")

    def _value(self, value: Any, unit: str | None) -> str:
        if value is None or isinstance(value, bool):
            return VALUES[value].text(self.language)
        said = number(value) if isinstance(value, int | float) else _short(str(value), 80)
        return f"{said} {UNITS.get(unit, unit)}".rstrip() if unit else said

    def _next(self) -> str | None:
        """What follows when nobody is called any more."""
        if (label := self._of_told(NEXT)) is None:
            return None
        why = BECAUSE.get(self._alert.closed_because or "") if self._told is Told.CLOSED else None
        text = label.text(self.language).replace("{}", self._clock())
        return (why.text(self.language) + self._space if why else "") + text

    def _advice(self) -> list[tuple[str, str]]:
        alert, language = self._alert, self.language
        found: list[tuple[str, str]] = []
        if alert.response:
            todo = alert.response.text.text(language)
            if alert.response.within:
                within = self.word("within").format(spoken(alert.response.within, language))
                todo += self._aside(within)
            found.append((self.word("todo"), todo))
        if alert.cause:
            found.append((self.word("cause"), alert.cause.text(language)))
        if alert.consequence:
            found.append((self.word("consequence"), alert.consequence.text(language)))
        return found


def spoken(duration: Duration, language: Language) -> str:
    """A duration as people say it, in its two largest units: `1 h 5 min`, `1小时5分钟`."""
    left, parts = max(0, duration), []
    for size, unit in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min"), (SECOND, "s")):
        number, left = divmod(left, size)
        if number:
            parts.append(f"{number} {unit}" if language == "en" else f"{number}{DURATIONS[unit].text(language)}")
    space = " " if language == "en" else ""
    return space.join(parts[:2]) or ("0 s" if language == "en" else f"0{DURATIONS['s'].text(language)}")


def _readable(limit: str) -> str:
    limit = limit.replace(">=", "≥").replace("<=", "≤").replace("!=", "≠")
    return " ".join(filter(None, (UNITS.get(part, part) for part in limit.split())))


def _short(text: str, longest: int) -> str:
    """One line without control characters: it becomes a mail header."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def _html(subject: str, lines: list[tuple[str, str]], colour: str, link: str | None) -> str:
    """The same as the plain text, for mail programs; everything from outside is escaped."""
    rows = "".join(
        f'<tr><td style="color:#5e5c64;padding:2px 12px 2px 0;vertical-align:top">{escape(name)}</td>'
        f"<td>{_anchor(text) if text == link else escape(text)}</td></tr>"
        for name, text in lines
    )
    return (
        '<!DOCTYPE html><html><head><meta charset="utf-8"></head><body style="font:16px/1.5 sans-serif;color:#241f31">'
        f'<p style="font-size:20px;font-weight:bold;color:{colour}">{escape(subject)}</p>'
        f"<table>{rows}</table></body></html>\n"
    )


def _anchor(link: str) -> str:
    return f'<a href="{escape(link, quote=True)}">{escape(link)}</a>'


def _body(claim: Claim, content: BaseModel, town: Town, *, subject: str, text: str, link: str | None) -> dict[str, Any]:
    """The message for programs."""
    return {
        "version": 1,
        "key": claim.id,
        "event": claim.event,
        "target": claim.target,
        "created_at": claim.created_at,
        "town": {"id": town.id, "name": town.name.model_dump()},
        **content.model_dump(mode="json"),
        "title": subject,
        "text": text,
        "link": link,
    }
