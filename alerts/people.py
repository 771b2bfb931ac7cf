"""Who is told: people, targets and routes of a town, and every address at which somebody can be told."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import NamedTuple
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict

from alerts.accounts import USUAL_LIMITS, Account, Accounts, Limits
from alerts.allowance import Allowance
from alerts.contact import EVERYBODY, REACHES_A_PERSON, Channel, Person, Target
from alerts.deadlines import Deadlines
from alerts.plan import Escalation, Route
from alerts.rota import Rota
from town.duty import Swap
from town.language import Label, Language


class Way(NamedTuple):
    """One person or target over one channel."""

    target: str
    channel: str


class Recipient(NamedTuple):
    """One address that can be told: `id` of a target or person, the channel, and what the channel needs."""

    id: str
    channel: Channel
    language: Language | None
    url: str | None = None
    secret: str | None = None
    address: str | None = None
    signing_secret: str | None = None
    topic: str | None = None
    account: Account | None = None
    mention: tuple[Person, ...] = ()
    mentions_everybody: bool = False
    limits: Limits | None = None

    @property
    def way(self) -> Way:
        """Whom it reaches, over which channel."""
        return Way(self.id, self.channel)

    @property
    def sender(self) -> str:
        """Which sender it needs: its account's provider, or the channel itself."""
        return self.account.provider if self.account else self.channel

    @property
    def provider(self) -> str:
        """Whose servers it goes through: what is slow there is slow for everybody who is told by it."""
        host = urlsplit(self.url).netloc if self.url else ""
        return f"{self.sender} {host}" if host else self.sender

    @property
    def secret_name(self) -> str | None:
        """The name of the secret it is told with, its own or its account's."""
        return self.account.secret if self.account else self.secret

    @property
    def credential(self) -> str | None:
        """What fails for everybody who uses it; None for those who stand each for themselves."""
        alone = self.channel in ("webhook", "email", "mqtt")
        return None if alone else f"{self.sender}:{self.secret_name}"

    @property
    def known_as(self) -> tuple[str, ...]:
        """What is refused when this recipient is: the credential, if it has one with others, and this way alone."""
        alone = f"{self.id}/{self.channel}"
        return (alone,) if self.credential is None else (self.credential, alone)

    @property
    def allowance(self) -> Allowance | None:
        """How much it may be sent, shared with whoever has the same credential; an account's counts per address."""
        limits = self.limits or (self.account.limits if self.account else None) or USUAL_LIMITS.get(self.sender)
        if not limits:
            return None
        credential = self.secret_name or self.url or self.topic or self.id
        address = self.address if self.account else None
        return Allowance(":".join(filter(None, (self.sender, credential, address))), limits)


class People(BaseModel):
    """Everybody a town can tell, by id, and the routes to them."""

    model_config = ConfigDict(frozen=True, extra="forbid", ignored_types=(cached_property,))

    accounts: Accounts = Accounts()
    people: Mapping[str, Person] = {}
    targets: Mapping[str, Target] = {}
    rotas: Mapping[str, Rota] = {}
    swaps: tuple[Swap, ...] = ()
    """Those that people.yaml arranges; the book has others."""
    routes: tuple[Route, ...] = ()
    escalations: tuple[Escalation, ...] = ()
    deadlines: Deadlines = Deadlines()

    @property
    def groups(self) -> bool:
        """Whether any route tells of several alerts in one message."""
        return any(route.group_by for route in self.routes)

    @cached_property
    def recipients(self) -> dict[str, Recipient]:
        """By id, everybody who can be reached, over the channel that comes first."""
        return {name: channels[0] for name, channels in self._channels.items() if channels}

    @cached_property
    def _channels(self) -> dict[str, list[Recipient]]:
        found = {one.id: [self._to_target(one)] for one in self.targets.values()}
        return found | {one.id: self._to_person(one) for one in self.people.values()}

    def names(self) -> dict[str, Label]:
        """What the people are called, by id."""
        return {one.id: Label(zh=one.name, en=one.name) for one in self.people.values()}

    def called(self, name: str) -> Label | None:
        """What people call a person, target or rota; None when there is none of that id, or it has no name."""
        if (person := self.people.get(name)) is not None:
            return Label(zh=person.name, en=person.name)
        found = self.targets.get(name) or self.rotas.get(name)
        return found.name if found else None

    def channels_of(self, name: str) -> list[Recipient]:
        """Every way in which a person or target can be reached, in the order in which they are to be tried."""
        return self._channels.get(name, [])

    def recipient(self, name: str, channel: str) -> Recipient | None:
        """A person or target over one channel; None when they cannot be reached that way, or are not there."""
        return next((one for one in self.channels_of(name) if one.channel == channel), None)

    @cached_property
    def allowances(self) -> dict[Way, Allowance]:
        """What may be sent each way that has a limit."""
        return {one.way: found for one in self._everyone() if (found := one.allowance)}

    def _everyone(self) -> Iterator[Recipient]:
        return (one for channels in self._channels.values() for one in channels)

    @cached_property
    def provider_of(self) -> dict[Way, str]:
        """By whose servers each way goes."""
        return {one.way: one.provider for one in self._everyone()}

    def with_allowance_of(self, way: Way) -> list[Way]:
        """Every way that shares an allowance."""
        mine = self.allowances.get(way)
        return [other for other, one in self.allowances.items() if mine and one.key == mine.key]

    def with_credential_of(self, way: Way) -> list[Way]:
        """Every way that uses the same credential."""
        recipient = self.recipient(*way)
        mine = recipient.credential if recipient else None
        return [one.way for one in self._everyone() if mine and one.credential == mine]

    @cached_property
    def has_other_channels(self) -> bool:
        """Whether there is anybody who can be told over more than one."""
        return any(len(channels) > 1 for channels in self._channels.values())

    def next_channel(self, way: Way) -> Channel | None:
        """The channel that a person or target is to be told over when this one fails; None when there is no other."""
        names = [one.channel for one in self.channels_of(way.target)]
        place = next((number for number, name in enumerate(names) if name == way.channel), len(names))
        return next(iter((*names[place + 1 :], *names[:place])), None)

    def _to_target(self, target: Target) -> Recipient:
        return Recipient(
            target.id,
            target.channel,
            target.language,
            url=target.url,
            secret=target.secret,
            address=target.address,
            signing_secret=target.signing_secret,
            topic=target.topic,
            account=self.accounts.of(target.channel) if target.address else None,
            mention=tuple(self.people[name] for name in target.mention if name in self.people),
            mentions_everybody=EVERYBODY in target.mention,
            limits=target.limits,
        )

    def _to_person(self, person: Person) -> list[Recipient]:
        return [
            Recipient(person.id, channel, person.language, address=address, account=self.accounts.of(channel))
            for channel, address in person.channels.items()
            if self.reaches(channel)
        ]

    def reaches(self, channel: Channel) -> bool:
        """Whether a single person can be told over this channel: not a robot's, and its account is there."""
        needs_account = channel in Accounts.model_fields
        return channel in REACHES_A_PERSON and (not needs_account or self.accounts.of(channel) is not None)


NOBODY = People()
"""A town that tells nobody."""
