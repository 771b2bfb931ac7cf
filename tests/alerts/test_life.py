"""The life of an alert: a table of every step, and a state machine held against a small model."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from alerts.life import (
    Acknowledge,
    Clear,
    Delete,
    Event,
    Facts,
    Happening,
    Raise,
    Refusal,
    Reset,
    Wait,
    apply,
    happenings,
    refusal,
    state,
)
from town.alert import AlertState, Severity

BAD, WORSE, MILD = Raise(Severity.MAJOR), Raise(Severity.CRITICAL), Raise(Severity.MINOR)
ACK, CLEAR, RESET, WAIT, GONE = Acknowledge(), Clear(), Reset(), Wait(), Delete("rule_deleted")


def after(*events: Event, latches: bool = False) -> Facts:
    facts = Facts(Severity.MAJOR, latches=latches)
    for event in events:
        facts = apply(facts, event)
    return facts


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ((), "normal"),
        ((WAIT,), "pending"),
        ((WAIT, CLEAR), "normal"),
        ((WAIT, BAD), "active"),
        ((BAD, WAIT), "active"),
        ((BAD, ACK), "acknowledged"),
        ((BAD, CLEAR), "returned"),
        ((BAD, CLEAR, ACK), "closed"),
        ((BAD, ACK, CLEAR), "closed"),
        ((BAD, CLEAR, BAD), "active"),
        ((BAD, CLEAR, WAIT), "returned"),
        ((BAD, CLEAR, WAIT, ACK), "closed"),
        ((BAD, ACK, WORSE), "active"),
        ((BAD, ACK, MILD), "acknowledged"),
        ((BAD, RESET), "active"),
        ((BAD, CLEAR, RESET), "returned"),
        ((BAD, GONE), "closed"),
        ((BAD, CLEAR, ACK, BAD), "closed"),
    ],
)
def test_state_follows_from_events(events: tuple[Event, ...], expected: str) -> None:
    assert state(after(*events)) == expected


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ((BAD, CLEAR), "latched"),
        ((BAD, ACK), "acknowledged"),
        ((BAD, ACK, CLEAR), "latched"),
        ((BAD, CLEAR, ACK), "latched"),
        ((BAD, CLEAR, RESET), "closed"),
        ((BAD, RESET), "active"),
        ((BAD, CLEAR, BAD), "active"),
        ((BAD, ACK, CLEAR, BAD), "active"),
        ((BAD, CLEAR, GONE), "closed"),
    ],
)
def test_state_of_a_latching_alert_follows_from_events(events: tuple[Event, ...], expected: str) -> None:
    assert state(after(*events, latches=True)) == expected


@pytest.mark.parametrize(
    ("events", "last", "expected"),
    [
        ((), BAD, ["opened", "raised"]),
        ((BAD,), BAD, []),
        ((BAD,), WORSE, ["severity_changed"]),
        ((BAD, ACK), CLEAR, ["cleared", "closed"]),
        ((BAD, CLEAR), ACK, ["acknowledged", "closed"]),
        ((BAD, CLEAR), WORSE, ["raised_again"]),
        ((BAD,), GONE, ["cleared", "closed"]),
    ],
)
def test_happenings_name_each_step(events: tuple[Event, ...], last: Event, expected: list[str]) -> None:
    before = after(*events)
    assert happenings(before, apply(before, last)) == expected


def test_refusal_says_why() -> None:
    assert refusal(after(BAD, ACK), ACK) is Refusal.ALREADY_ACKNOWLEDGED
    assert refusal(after(BAD), RESET) is Refusal.NOT_LATCHED
    assert refusal(after(BAD, latches=True), RESET) is Refusal.STILL_ACTIVE
    assert refusal(after(BAD, GONE), ACK) is Refusal.CLOSED
    assert refusal(after(BAD, CLEAR, latches=True), RESET) is None


class Life(RuleBasedStateMachine):
    """Any sequence of events against what a duty officer would keep on paper: is it on, who has it, is it done."""

    def __init__(self) -> None:
        super().__init__()
        self.facts = Facts(Severity.MINOR, latches=True)
        self.seen: list[Happening] = []
        self.on = self.taken = self.over = False
        self.raised = 0

    def do(self, event: Event) -> None:
        before, self.facts = self.facts, apply(self.facts, event)
        self.seen += happenings(before, self.facts)

    @rule(severity=st.sampled_from(Severity))
    def raised_by_rule(self, severity: Severity) -> None:
        if not self.over:
            again = not self.on
            self.taken = self.taken and not again and severity.digit >= self.facts.severity.digit
            self.raised += again
            self.on = True
        self.do(Raise(severity))

    @rule()
    def cleared(self) -> None:
        self.on = False
        self.do(CLEAR)

    @rule()
    def acknowledged(self) -> None:
        if not self.over:
            self.taken = True
        self.do(ACK)

    @rule()
    def reset(self) -> None:
        self.over = self.over or (self.raised > 0 and not self.on)
        self.do(RESET)

    @invariant()
    def agrees(self) -> None:
        assert (state(self.facts) is AlertState.CLOSED) == self.over
        assert self.facts.activations == self.raised
        if not self.over and self.raised:
            expected = "latched" if not self.on else "acknowledged" if self.taken else "active"
            assert state(self.facts) == expected
        assert self.seen.count(Happening.CLOSED) == int(self.over)


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
