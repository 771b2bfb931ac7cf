"""Turns a digest into what a person reads: how many, where, the worst of them, and then every single one."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import msgspec

from alerts.digest import OVER, Common, Digest, Entry
from alerts.people import Recipient
from alerts.route import Told
from alerts.senders.layout import no_markdown, utf16_units
from alerts.sending import Brief
from alerts.words import CATEGORIES, COMMA, DRILL, SEVERITIES, TOLD, WORDS, Word
from town.alert import Severity
from town.language import Label, Language
from town.moment import Moment, as_datetime
from town.town import Town

WORST = 5
"""So many are told in a line of their own."""
_A_LINE = 12
"""Bytes that a sender may put around a line."""

_Row = tuple[str, str]
Lines = list[_Row]


class DigestWriter:
    """Writes about one digest in one language."""

    def __init__(self, digest: Digest, town: Town, language: Language) -> None:
        self._digest, self._town, self.language = digest, town, language
        self._entries = digest.entries
        self._over = [one for one in digest.entries if one.told in OVER]
        self._open = [one for one in digest.entries if one.told not in OVER]
        self.colon = ": " if language == "en" else "："

    @property
    def worst(self) -> Severity:
        """The worst severity of those that are not over, or of all when they are."""
        return min((one.severity for one in self._open or self._entries), key=lambda one: one.digit)

    @property
    def over(self) -> bool:
        """Whether all of them are over."""
        return all(one.told in (Told.RESOLVED, Told.CLOSED, Told.WAS_ACTIVE) for one in self._entries)

    @property
    def number(self) -> str:
        """By which a digest is found again: its first alert's."""
        return digest_number(self._entries[0].alert)

    def _word(self, name: Word) -> str:
        return WORDS[name].text(self.language)

    def headline(self) -> str:
        """How many and where, and which part of how many."""
        count = self._count()
        if not self._open:
            count = self._told(Told(self._over[0].told)) + self._space() + count
        drill = DRILL.text(self.language) if all(one.drill for one in self._entries) else ""
        head = f"{drill}{count} · {self.place()}"
        if self._digest.parts > 1:
            part = self._word("part").format(self._digest.part, self._digest.parts)
            head += f" ({part})" if self.language == "en" else f"（{part}）"
        return head

    def _count(self) -> str:
        return self._word("alert" if self._digest.total == 1 else "alerts").format(self._digest.total)

    def subject(self) -> str:
        """The first line, with the mark of the worst."""
        return f"{self.worst.mark} {self.headline()}"

    def place(self) -> str:
        """What the alerts have in common."""
        places = {(one.where or one.subject).text(self.language) for one in self._entries}
        only = f" · {places.pop()}" if self._digest.common == "gateway" and len(places) == 1 else ""
        return self._place(self._digest.common, self._digest.name) + only

    def _place(self, common: Common, name: Label) -> str:
        match common:
            case "gateway":
                return self._word("gateway").format(name.text(self.language))
            case "town":
                return self._word("all").format(name.text(self.language))
        return name.text(self.language)

    def _told(self, told: Told) -> str:
        return TOLD[told].text(self.language).strip("【】[] ")

    def _space(self) -> str:
        return " " if self.language == "en" else ""

    def lines(self, link: str | None) -> Lines:
        """The body, each line with its name: the worst first, then all the others, each with its number."""
        worst = self._open[:WORST] if self._digest.part == 1 and len(self._open) > WORST + 1 else []
        rest = self._open[len(worst) :]
        found: Lines = [(self._word("of_these"), self._counts()), (self._word("since"), self._times())]
        if len(self._digest.groups) > 1:
            groups = [f"{self._place(one.common, one.name)} {one.count}" for one in self._digest.groups]
            found.append((self._word("place"), COMMA.text(self.language).join(groups)))
        found += _named(self._word("worst"), [self._one(entry) for entry in worst])
        found += _named(self._word("others" if worst else "list"), self._gathered(rest))
        for told in OVER:
            found += _named(self._told(told), self._gathered([one for one in self._over if one.told == told]))
        if link:
            found.append((self._word("open"), link))
        found.append((self._word("number"), self._footing()))
        return found

    def _counts(self) -> str:
        """How many of each severity, and how many are over."""
        severities = Counter(one.severity for one in self._open)
        found = [f"{one.mark} {SEVERITIES[one].text(self.language)} {severities[one]}" for one in Severity]
        counts = [text for one, text in zip(Severity, found, strict=True) if severities[one]]
        over = Counter(one.told for one in self._over)
        counts += [f"{self._told(told)} {over[told]}" for told in OVER if over[told]]
        return COMMA.text(self.language).join(counts)

    def _times(self) -> str:
        first, last = (edge(one.opened_at for one in self._entries) for edge in (min, max))
        same = self._clock(first) == self._clock(last)
        return self._day(first) + self._clock(first) + ("" if same else f"–{self._clock(last)}")

    def _clock(self, at: Moment) -> str:
        return as_datetime(at, self._town.zone_info).strftime("%H:%M")

    def _day(self, at: Moment) -> str:
        return as_datetime(at, self._town.zone_info).strftime("%Y-%m-%d ")

    def _one(self, entry: Entry) -> str:
        """One of the worst, in a line of its own."""
        name = "" if _is_its_place(entry) else f" / {entry.subject.text(self.language)}"
        return f"{self._what(entry)}{name} · {self._clock(entry.opened_at)} · {self._tag(entry)}"

    def _what(self, entry: Entry) -> str:
        told = TOLD[Told(entry.told)].text(self.language) if entry.told not in OVER else ""
        drill = DRILL.text(self.language) if entry.drill else ""
        where = entry.where or entry.subject
        return f"{entry.severity.mark} {drill}{told}{entry.title.text(self.language)} · {where.text(self.language)}"

    def _gathered(self, entries: Iterable[Entry]) -> list[str]:
        """A line for each kind of trouble at each place, and in it everything that has it."""
        lines: dict[str, list[str]] = {}
        for entry in entries:
            name = "" if _is_its_place(entry) else f"{entry.subject.text(self.language)} "
            lines.setdefault(self._what(entry), []).append(name + self._tag(entry))
        return [what + self.colon + COMMA.text(self.language).join(names) for what, names in lines.items()]

    def _tag(self, entry: Entry) -> str:
        """The alert's number, of which its day is left out where that is the first one's."""
        day, _, number = entry.alert.rpartition("-")
        return f"#{number}" if day == self._entries[0].alert.rpartition("-")[0] else f"#{entry.alert}"

    def _footing(self) -> str:
        first = self._entries[0].alert
        same = self._word("same").format(first.rpartition("-")[2], first)
        return f"{self.number} · {self._town.name.text(self.language)} · {same}"

    def brief(self) -> Brief:
        """For short messages, which cannot hold the list: how many, where, the worst, and the number to look it up."""
        entry = (self._open or self._entries)[0]
        where = (entry.where or entry.subject).text(self.language)
        worst = f"{self._word('worst')}{self.colon}{entry.title.text(self.language)} · {where}"
        since = min(one.opened_at for one in self._entries)
        return Brief(self.headline(), f"{self._word('since')} {self._clock(since)}", worst, self.number)

    def variables(self) -> dict[str, str]:
        """For templates whose wording a provider has approved."""
        categories = {one.category for one in self._entries}
        category = CATEGORIES[categories.pop()].text(self.language) if len(categories) == 1 else ""
        first = min(one.opened_at for one in self._entries)
        return {
            "told": self._word("digest"),
            "severity": SEVERITIES[self.worst].text(self.language),
            "category": category,
            "title": self._count(),
            "place": self.place(),
            "time": as_datetime(first, self._town.zone_info).strftime("%m-%d %H:%M"),
            "number": self.number,
            "next": self._word("nothing" if self.over else "look_up"),
        }


def _named(name: str, lines: Sequence[str]) -> Lines:
    """Lines of which only the first has the name."""
    return [(name if number == 0 else "", line) for number, line in enumerate(lines)]


def _is_its_place(entry: Entry) -> bool:
    """Whether the subject is the place itself, which is told already."""
    return entry.where is None or entry.subject == entry.where


def digest_number(alert: str) -> str:
    """The number of a digest whose first alert is this one."""
    return "D" + alert.removeprefix("A")


def _bytes(text: str) -> int:
    return len(msgspec.json.encode(no_markdown(text))) + _A_LINE * (text.count("\n") + 1)


_ROOM: dict[str, tuple[Callable[[str], int], int]] = {
    "dingtalk": (_bytes, 17_500),
    "feishu": (_bytes, 17_500),
    "lark": (_bytes, 17_500),
    "wecom": (_bytes, 1_650),
    "telegram": (utf16_units, 3_900),
    "slack": (len, 2_900),
    "apprise": (len, 3_900),
}
"""How the text of a digest is measured for a channel, and how much it may be. Others take any length."""
_WECOM_MARKDOWN = 3_600
NO_LIST = ("sms", "voice")
"""Their messages have no room for a list: one says how many there are and where to look them up."""


def has_room(digest: Digest, recipient: Recipient, town: Town) -> bool:
    """Whether every line of a digest arrives in one message."""
    if recipient.channel in NO_LIST or recipient.channel not in _ROOM:
        return True
    writer = DigestWriter(digest, town, recipient.language or town.language)
    measure, most = _ROOM[recipient.channel]
    if (
        recipient.channel == "wecom"
        and not recipient.address
        and not recipient.mention
        and not recipient.mentions_everybody
    ):
        most = _WECOM_MARKDOWN
    text = "\n".join((writer.subject(), *(name + writer.colon + line for name, line in writer.lines("x" * 120))))
    return measure(text) <= most
