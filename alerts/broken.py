"""An alert about a channel itself: whoever looks after the brain is told that a provider refuses our configuration."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, select

from alerts import tables
from alerts.book import Book
from alerts.claims import Claim
from alerts.people import People
from alerts.sending import Answer, AnswerKind
from town.alert import AlertDefinition, Category, Cause, Condition, Reason, Response, Severity, Subject, Transition
from town.language import Label
from town.moment import Moment

PREFIX = "channel."
"""What the rules of these alerts are called: after their channel, and after their credential or target."""
REFUSED_AGAIN = 2
"""It is raised when the same message is refused again: after a minute, in which a slip may have been mended."""


class BrokenChannels:
    """Raises an alert of category `device` for a credential that is refused, and clears it when it is accepted."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._open: set[str] | None = None

    async def follow(self, answered: Iterable[tuple[Claim, Answer]]) -> None:
        """Look at what providers answered. Raises Unavailable when the book is away: the next answer says it again."""
        changes: dict[str, tuple[Claim, Answer]] = {}
        for claim, answer in answered:
            of_credential, of_target = rules_of(claim, self._book.people)
            if answer.kind is AnswerKind.REFUSED_CONFIG and claim.attempts >= REFUSED_AGAIN:
                changes[of_target if answer.alone else of_credential] = (claim, answer)
            elif answer.kind is AnswerKind.ACCEPTED and (self._open is None or self._open & {of_credential, of_target}):
                changes |= dict.fromkeys((of_credential, of_target), (claim, answer))
        if not changes:
            return
        if self._open is None:
            self._open = set(await self._book.database.read(_open_rules))
        await self._take(changes)

    async def _take(self, changes: dict[str, tuple[Claim, Answer]]) -> None:
        assert self._open is not None, "follow() has looked"
        now, transitions, definitions = self._book.clock(), list[Transition](), dict[str, AlertDefinition]()
        for rule, (claim, answer) in changes.items():
            broken = answer.kind is AnswerKind.REFUSED_CONFIG
            if broken is not (rule in self._open):
                transitions.append(_transition(rule, self._book.town.id, broken=broken, now=now))
                definitions[rule] = _definition(rule, claim, answer)
        if transitions:
            await self._book.take(transitions, definitions, now)
            self._open ^= {one.rule for one in transitions}


def rules_of(claim: Claim, people: People) -> tuple[str, str]:
    """What is broken when a notification is refused: a credential that several use, or what is this target's alone."""
    recipient = people.recipient(*claim.way)
    shared = recipient.secret_name if recipient and recipient.credential else None
    alone = f"{PREFIX}{claim.channel}.{claim.target}"
    return f"{PREFIX}{claim.channel}.{shared}" if shared else alone, alone


def _open_rules(connection: Connection) -> Sequence[str]:
    table = tables.alert.c
    query = select(table.rule).where(table.closed.is_(None), table.rule.startswith(PREFIX))
    return connection.execute(query.where(table.condition == Condition.ACTIVE.value)).scalars().all()


def _transition(rule: str, town: str, *, broken: bool, now: Moment) -> Transition:
    return Transition(
        rule=rule,
        subject=Subject("town", town),
        condition=Condition.ACTIVE if broken else Condition.NORMAL,
        previous=Condition.NORMAL if broken else Condition.ACTIVE,
        severity=Severity.MAJOR,
        at=now,
        since=now,
        decided_at=now,
        cause=Cause.CONDITION,
        reason=Reason((), "the provider accepts our configuration", "1"),
    )


def _definition(rule: str, claim: Claim, answer: Answer) -> AlertDefinition:
    channel, _, name = rule.removeprefix(PREFIX).partition(".")
    return AlertDefinition(
        rule=rule,
        title=Label(zh=f"通知渠道不可用：{channel} {name}", en=f"Cannot notify over {channel}: {name}"),
        category=Category.DEVICE,
        severity=Severity.MAJOR,
        response=Response(
            text=Label(
                zh=f"检查密钥与服务商后台配置，再运行 town notify test {claim.target}",
                en=f"Check the secret and the provider's settings, then run: town notify test {claim.target}",
            )
        ),
        cause=Label(zh=answer.text, en=answer.text),
        consequence=Label(zh="经此渠道的通知发不出去", en="Nobody is told over this channel"),
        version="1",
    )
