"""The alert side of a case without a book: the states that follow from what the rules decided, and nothing else."""

from town.alert import AlertDefinition, AlertState, Cause, Condition, Severity, Transition
from town.moment import Moment
from town.town import Town


class PlainAlerts:
    """The states that follow from the rules alone, when nobody does anything about the alerts."""

    def __init__(self, _: Town) -> None:
        self._states: dict[tuple[str, str], AlertState] = {}
        self._severities: dict[tuple[str, str], Severity] = {}
        self._heard: set[tuple[str, str]] = set()
        """Alerts that people were asked to come to, in their episode."""

    def take(self, transitions: list[Transition], definitions: dict[str, AlertDefinition], now: Moment) -> None:
        """Apply what the rules decided."""
        for one in transitions:
            key = (one.rule, str(one.subject))
            before = self._states.get(key, AlertState.NORMAL)
            latch = one.rule in definitions and definitions[one.rule].latch
            worse = one.severity.digit < self._severities.get(key, one.severity).digit
            self._states[key] = _next_state(one, before, latch=latch, worse=worse, heard=key in self._heard)
            if self._states[key] in (AlertState.NORMAL, AlertState.PENDING):
                self._heard.discard(key)
            elif one.condition is Condition.ACTIVE and one.suppressed_by is None:
                self._heard.add(key)
            self._severities[key] = one.severity

    def acknowledge(self, rule: str, subject: str, now: Moment) -> None:
        """A person has it."""
        after = {AlertState.ACTIVE: AlertState.ACKNOWLEDGED, AlertState.RETURNED: AlertState.NORMAL}
        state = self.state(rule, subject)
        self._states[rule, subject] = after.get(state, state)

    def state(self, rule: str, subject: str) -> AlertState:
        """Where it stands."""
        return self._states.get((rule, subject), AlertState.NORMAL)

    def notifications(self, target: str) -> int | None:
        """Nobody is told."""
        return None


_OPEN = frozenset(
    {
        AlertState.ACTIVE,
        AlertState.ACKNOWLEDGED,
        AlertState.SUPPRESSED,
        AlertState.RETURNED,
        AlertState.LATCHED,
    }
)


def _next_state(transition: Transition, before: AlertState, *, latch: bool, worse: bool, heard: bool) -> AlertState:
    if transition.condition is Condition.ACTIVE:
        if transition.suppressed_by is not None:
            return AlertState.SUPPRESSED
        taken = before is AlertState.ACKNOWLEDGED and transition.previous is Condition.ACTIVE and not worse
        return before if taken else AlertState.ACTIVE
    if before in _OPEN:
        return before if transition.chattering else _ended(transition, before, latch=latch, heard=heard)
    return AlertState.PENDING if transition.condition is Condition.PENDING else AlertState.NORMAL


def _ended(transition: Transition, before: AlertState, *, latch: bool, heard: bool) -> AlertState:
    nobody_wanted = before is AlertState.ACKNOWLEDGED or not heard
    if transition.cause in (Cause.RULE_DELETED, Cause.SUBJECT_DELETED):
        return AlertState.NORMAL
    if latch and heard:
        return AlertState.LATCHED
    return AlertState.NORMAL if nobody_wanted else AlertState.RETURNED
