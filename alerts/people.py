"""Who is told: people, targets and routes of a town, as `people.yaml` says, and everything wrong in it."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from town.alert import Category, Severity
from town.findings import Finding, has_errors, suggest
from town.language import Label, Language
from town.moment import Duration, parse_duration
from town.source import Source, read_yaml
from town.town import Town

FILE = "people.yaml"

Channel = Literal["webhook", "email", "sms", "voice", "dingtalk", "wecom", "feishu", "telegram", "slack", "mqtt"]
"""Every way of telling somebody that a town may write down."""
PersonalChannel = Literal["email", "sms", "voice", "dingtalk", "wecom", "feishu", "telegram"]
CONNECTED: tuple[Channel, ...] = ("webhook", "email")
"""The ways that have a sender."""

_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)*[A-Za-z0-9-]{1,63}")
_E164 = re.compile(r"\+[1-9]\d{6,14}")
_SECRET_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,63}")


def _many(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _duration(value: Any) -> Any:
    return parse_duration(value) if isinstance(value, str) else value


class Person(BaseModel):
    """Somebody who can be told; `channels` holds the address for each channel, the preferred one first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")
    name: str = Field(min_length=1, max_length=80)
    channels: dict[PersonalChannel, str]
    language: Language | None = None


class Target(BaseModel):
    """A room, group, robot or hook. A webhook has `url` and the name of a `secret`; an email target an `address`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")
    channel: Channel
    name: Label | None = None
    url: str | None = None
    secret: str | None = None
    address: str | None = None
    language: Language | None = None


class Route(BaseModel):
    """Which alerts go to whom, and how long they may wait for somebody to answer first. No category means every one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    category: Annotated[tuple[Category, ...], BeforeValidator(_many)] = ()
    severity: Annotated[tuple[Severity, ...], BeforeValidator(_many)] = ()
    to: Annotated[tuple[str, ...], BeforeValidator(_many)]
    wait: Annotated[Duration, BeforeValidator(_duration)] = Field(0, ge=0, le=86_400_000)

    def takes(self, category: Category, severity: Severity) -> bool:
        """Whether it speaks of such an alert."""
        return (not self.category or category in self.category) and (not self.severity or severity in self.severity)


class PeopleFile(BaseModel):
    """A `people.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1]
    people: tuple[Person, ...] = ()
    targets: tuple[Target, ...] = ()
    routes: tuple[Route, ...] = ()


class Recipient(NamedTuple):
    """One address that can be told: `id` of a target or person, the channel, and what the channel needs."""

    id: str
    channel: Channel
    language: Language | None
    url: str | None = None
    secret: str | None = None
    address: str | None = None


class People(BaseModel):
    """Everybody a town can tell, by id, and the routes to them."""

    model_config = ConfigDict(frozen=True, extra="forbid", ignored_types=(cached_property,))

    people: Mapping[str, Person] = {}
    targets: Mapping[str, Target] = {}
    routes: tuple[Route, ...] = ()

    @cached_property
    def recipients(self) -> dict[str, Recipient]:
        """By id, everybody who can be reached over a connected channel."""
        found = {one.id: _to_target(one) for one in self.targets.values() if one.channel in CONNECTED}
        found |= {one.id: to for one in self.people.values() if (to := _to_person(one))}
        return found


NOBODY = People()
"""A town that tells nobody."""


def _to_target(target: Target) -> Recipient:
    return Recipient(target.id, target.channel, target.language, target.url, target.secret, target.address)


def _to_person(person: Person) -> Recipient | None:
    for channel, address in person.channels.items():
        if channel in CONNECTED:
            return Recipient(person.id, channel, person.language, address=address)
    return None


def load_people(folder: Path, town: Town) -> tuple[People | None, list[Finding]]:
    """Read `people.yaml` of a town folder; None and the findings when it has mistakes.

    Without the file nobody is told, which is a warning. `town` is the town the folder describes.
    """
    if not (folder / FILE).exists():
        message = f"{town.name.en} has no {FILE}: nobody will be told of alerts"
        return NOBODY, [Finding(FILE, 0, "", message, "write people, targets and routes", "warning")]
    source, findings = read_yaml(folder / FILE, root=folder)
    if source is None:
        return None, findings
    file, problems = source.parse(PeopleFile)
    findings += problems
    if file is None:
        return None, sorted(findings)
    people = People(
        people={one.id: one for one in file.people},
        targets={one.id: one for one in file.targets},
        routes=file.routes,
    )
    findings += [*_doubled(source, file), *_people(source, file), *_targets(source, file)]
    findings += _routes(source, file, people)
    return (None if has_errors(findings) else people), sorted(findings)


def _doubled(source: Source, file: PeopleFile) -> Iterator[Finding]:
    seen: Counter[str] = Counter()
    for key, ids in (("people", [one.id for one in file.people]), ("targets", [one.id for one in file.targets])):
        for number, name in enumerate(ids):
            seen[name] += 1
            if seen[name] > 1:
                yield source.finding((key, number, "id"), f"`{name}` is the id of another person or target already")


def _people(source: Source, file: PeopleFile) -> Iterator[Finding]:
    for number, person in enumerate(file.people):
        where = ("people", number, "channels")
        for channel, address in person.channels.items():
            yield from _address(source, (*where, channel), channel, address)
        if _to_person(person) is None:
            message = f"no channel of {person.id} is connected: this person will not be told"
            yield source.finding(where, message, f"connected channels: {_listed(CONNECTED)}", "warning")


def _address(source: Source, where: tuple[str | int, ...], channel: str, address: str) -> Iterator[Finding]:
    if channel == "email" and not _EMAIL.fullmatch(address):
        yield source.finding(where, f"`{address}` is not a mail address", "write it as duty@example.org")
    if channel in ("sms", "voice") and not _E164.fullmatch(address):
        yield source.finding(where, f"`{address}` is not a phone number of E.164", 'write it as "+8613800000000"')
    if channel not in CONNECTED:
        yield source.finding(where, f"{channel} is not connected: it will not be used", level="warning")


def _targets(source: Source, file: PeopleFile) -> Iterator[Finding]:
    for number, target in enumerate(file.targets):
        where = ("targets", number)
        if target.secret is not None and not _SECRET_NAME.fullmatch(target.secret):
            message = "`secret` must be the name of a secret, in capitals, and never the secret itself"
            yield source.finding((*where, "secret"), message, "such as WEBHOOK_FIRE")
        match target.channel:
            case "webhook":
                yield from _webhook(source, where, target)
            case "email" if target.address is None:
                yield source.finding(where, f"`{target.id}` needs an `address`")
            case "email":
                yield from _address(source, (*where, "address"), "email", str(target.address))
            case _:
                message = f"{target.channel} is not connected: `{target.id}` will not be told"
                yield source.finding((*where, "channel"), message, f"connected: {_listed(CONNECTED)}", "warning")


def _webhook(source: Source, where: tuple[str | int, ...], target: Target) -> Iterator[Finding]:
    if target.secret is None:
        yield source.finding(where, f"`{target.id}` needs the name of a `secret` that its messages are signed with")
    if target.url is None:
        yield source.finding(where, f"`{target.id}` needs a `url`")
        return
    try:
        url = urlsplit(target.url)
        good = url.scheme in ("http", "https") and url.hostname and url.port != 0
    except ValueError:
        good = False
    if not good:
        yield source.finding((*where, "url"), f"`{target.id}` has no usable address", "write it as https://host/path")
    elif url.username or url.password:
        yield source.finding((*where, "url"), "there is a user in this address", "the signature proves who sends")
    elif url.scheme == "http" and not is_loopback(url.hostname or ""):
        message = f"`{target.id}` is told over plain http: anyone on the way can read it"
        yield source.finding((*where, "url"), message, "use https", "warning")


def is_loopback(host: str) -> bool:
    """Whether a host name or address can only be this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _routes(source: Source, file: PeopleFile, people: People) -> Iterator[Finding]:
    known = [*people.people, *people.targets]
    for number, route in enumerate(file.routes):
        if not route.to:
            yield source.finding(("routes", number, "to"), "this route leads to nobody", "name people or targets")
        for place, name in enumerate(route.to):
            if name not in known:
                yield source.finding(("routes", number, "to", place), f"there is no `{name}`", suggest(name, known))
        if route.to and not any(name in people.recipients for name in route.to if name in known):
            yield source.finding(("routes", number, "to"), "nobody of this route can be reached", level="warning")
    for category in Category:
        if not any(route.takes(category, Severity.CRITICAL) for route in file.routes):
            message = f"no route takes critical alerts of category {category}: nobody will be told of them"
            yield source.finding(("routes",), message, level="warning")


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words)
