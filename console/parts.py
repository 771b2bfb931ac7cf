"""What the console is given to show and to act with."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec

from console.access import Access
from console.live import LiveReadings
from town.duty import Duty
from town.language import Label, Language
from town.moment import Moment
from town.outbox import OutboxKeeper
from town.ports import (
    AlertActions,
    AlertLinks,
    AlertPerformance,
    AlertReader,
    Clock,
    DeliveryLedger,
    Health,
    LatestReadings,
    ProviderReceipts,
    ReadingHistory,
    WindowKeeper,
)
from town.rule_shown import RuleShown
from town.town import Town


class QuarantineRow(msgspec.Struct, frozen=True):
    """One thing that could not be taken in. `reason` is its stable word, `text` what people are told."""

    id: str
    at: Moment
    gateway: str
    topic: str
    scope: str
    reason: str
    text: Label
    detail: str = ""
    size: int = 0
    """Of the payload, in bytes."""


class GatewayRow(msgspec.Struct, frozen=True):
    """How a gateway is. `online` is None when it never said; `since` is when that began."""

    id: str
    online: bool | None = None
    since: Moment | None = None
    last_message_at: Moment | None = None
    messages: int = 0
    rejected: int = 0


class Quarantine(Protocol):
    """Answers what was put aside."""

    def __call__(self, *, limit: int = 50) -> Awaitable[list[QuarantineRow]]:
        """The newest entries, newest first."""


@dataclass(frozen=True, kw_only=True)
class ConsoleParts:
    """Everything the console needs. `folder` is the town's, for its map; `language` is for who chose none."""

    town: Callable[[], Town]
    folder: Path
    alerts: AlertReader
    actions: AlertActions
    windows: WindowKeeper
    performance: AlertPerformance
    ledger: DeliveryLedger
    rules: Callable[[], Sequence[RuleShown]]
    """The rules in force."""
    history: ReadingHistory
    latest: LatestReadings
    live: LiveReadings
    health: Health
    quarantine: Quarantine
    gateways: Callable[[], list[GatewayRow]]
    clock: Clock
    access: Access
    language: Language
    public_url: str | None = None
    duty: Duty | None = None
    """Who is on duty; None when the town has no rota to ask."""
    receipts: ProviderReceipts | None = None
    """Takes what providers tell by themselves."""
    links: AlertLinks | None = None
    """Links by which people acknowledge from a message."""
    called: Callable[[str], Label | None] = lambda _: None
    """What people call whom the town tells, by the id in people.yaml; None for who is not in it."""
    people: Callable[[], Mapping[str, Label]] = lambda: {}
    """The people of the town's people.yaml, by id."""

    def assignable(self) -> dict[str, Label]:
        """Whom an alert may be given to: accounts and people, the same name once."""
        accounts = {name: Label(zh=name, en=name) for name in self.access.accounts()}
        return {**accounts, **self.people()}

    outbox: OutboxKeeper | None = None
    """What waits to be sent and what was given up."""
