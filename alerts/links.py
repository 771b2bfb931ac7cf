"""Links in messages by which a person says "I have it" without signing in."""

import secrets
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from alerts import tables
from alerts.book import Book
from alerts.claims import Claim
from alerts.contact import REACHES_A_PERSON, Person
from alerts.digest import DIGEST
from alerts.link_token import KEY_BYTES, Ticket, fingerprint, read_token, write_token
from town.alert import Alert, AlertState
from town.errors import ConfigError
from town.moment import DAY, Duration, Moment
from town.ports import ActionRefused, LinkedAlert

LASTS: Duration = DAY
"""How long a link can be used."""
PATH = "/a/"


class Links:
    """Makes links and honours them; each is of one alert, one episode, one person, and can be used once."""

    def __init__(self, book: Book, key: bytes, *, base: str) -> None:
        """`base` is how people reach the console."""
        self._book, self._key, self._base = book, key, base

    def of(self, claim: Claim) -> str:
        """Where a notification leads: its person to a link of their own, everybody else to where one signs in."""
        if claim.event == DIGEST:
            return f"{self._base}/alerts"
        alert: dict[str, Any] = claim.content["alert"]
        if claim.target not in self._book.people.people or claim.channel not in REACHES_A_PERSON:
            return f"{self._base}/alerts/{claim.alert}"
        episode = int(alert["activations"])
        return self.address(claim.alert, episode=episode, person=claim.target, created_at=claim.created_at)

    def address(self, alert: str, *, episode: int, person: str, created_at: Moment) -> str:
        """The link of a person for an episode of an alert; the same whenever it is asked for."""
        ticket = Ticket(alert, episode, fingerprint(person), created_at + LASTS)
        return f"{self._base}{PATH}{write_token(self._key, ticket)}"

    async def look(self, token: str) -> LinkedAlert:
        """What a link shows, and why it can no longer be used. Raises ActionRefused when it is none of ours."""
        ticket, person = self._read(token)
        detail = await self._book.detail(ticket.alert)
        if detail is None:
            raise _unknown()
        used = await self._book.database.read(lambda link: _is_used(link, token))
        refusal = self._refusal(ticket, detail.alert, used=used)
        return LinkedAlert(detail, person.id, person.name, person.language, refusal)

    async def acknowledge(self, token: str, *, at: Moment) -> Alert:
        """Use a link. ActionRefused: unknown_link, expired, used, over, and what acknowledging refuses."""
        seen = await self.look(token)
        if seen.refusal is not None:
            raise ActionRefused(seen.refusal, f"this link can no longer be used: {seen.refusal}")
        alert = await self._book.acknowledge(seen.detail.alert.id, by=seen.person, at=at)
        await self._book.database.write(lambda link: _use(link, token, at=at))
        return alert

    def _read(self, token: str) -> tuple[Ticket, Person]:
        ticket = read_token(self._key, token)
        people = self._book.people.people.values()
        found = [one for one in people if ticket is not None and fingerprint(one.id) == ticket.person]
        if ticket is None or not found:
            raise _unknown()
        return ticket, found[0]

    def _refusal(self, ticket: Ticket, alert: Alert, *, used: bool) -> str | None:
        if used:
            return "used"
        if self._book.clock() >= ticket.expires_at:
            return "expired"
        if alert.state is AlertState.CLOSED:
            return "over"
        # Raised again since: whoever was told of that has another link. Of chatter nobody is told each time.
        return "over" if alert.activations % 65_536 != ticket.episode and not alert.chattering else None


def load_key(path: Path) -> bytes:
    """The key that links are signed with, made when it is not there. Raises ConfigError for a file that is no key."""
    try:
        if not path.exists():
            _make(path)
        key = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None
    if len(key) != KEY_BYTES:
        raise ConfigError(f"{path}: not the {KEY_BYTES} bytes of a key: remove it, and links that were sent end")
    return key


def _make(path: Path) -> None:
    """Whole or not at all, and once: another process may be doing the same."""
    new = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    new.touch(mode=0o600)
    new.write_bytes(secrets.token_bytes(KEY_BYTES))
    with suppress(FileExistsError):
        path.hardlink_to(new)
    new.unlink()


def _unknown() -> ActionRefused:
    return ActionRefused("unknown_link", "this is no link of ours")


def _is_used(connection: Connection, token: str) -> bool:
    query = select(tables.used_link.c.link).where(tables.used_link.c.link == token)
    return connection.execute(query).first() is not None


def _use(connection: Connection, token: str, *, at: Moment) -> None:
    table = tables.used_link
    connection.execute(delete(table).where(table.c.used_at < at - 2 * LASTS))
    if not _is_used(connection, token):
        connection.execute(insert(table).values(link=token, used_at=at))
