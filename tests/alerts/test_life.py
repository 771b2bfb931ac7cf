"""The life of an alert: a table of every step, and a state machine held against a small model."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from alerts.events import (
    Acknowledge,
    Clear,
    Delete,
    Drill,
    Event,
    Maintain,
    Raise,
    Reset,
    ReturnToService,
    Shelve,
    TakeOutOfService,
    Unshelve,
    Verify,
    Wait,
)
from alerts.facts import Facts, state
from alerts.happening import Happening, happenings
from alerts.life import Refusal, apply, refusal
from town.alert import Severity, Verification

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


class Paper:
    """What a duty officer would keep on paper about one alert, and where that says that it stands."""

    def __init__(self, severity: Severity, *, latches: bool) -> None:
        self.severity, self.latches, self.raised = severity, latches, 0
        self.on = self.taken = self.asked = self.reset_due = self.over = False
        self.shelf = self.out = self.works = self.silenced = self.drill = False

    def mark(self, **changes: bool) -> None:
        """Note what changed, and what follows from it; nothing is noted about what is over."""
        if self.over:
            return
        for name, value in changes.items():
            setattr(self, name, value)
        if self.on and not (self.silenced or self.works or self.out):
            self.asked, self.reset_due = True, self.reset_due or self.latches
        waits = (self.asked and not self.taken) or self.reset_due or self.shelf or self.out
        self.over = self.over or (self.raised > 0 and not self.on and not waits)

    def stands(self) -> str:
        """The first line of the paper that is so."""
        lines = [
            (self.over, "closed"), (not self.raised, "normal"), (self.out, "suppressed"), (self.shelf, "shelved"),
            (self.on and (self.silenced or self.works or self.drill), "suppressed"),
            (self.on and self.taken, "acknowledged"), (self.on, "active"), (self.reset_due, "latched"),
        ]  # fmt: skip
        return next((name for so, name in lines if so), "returned")


class Life(RuleBasedStateMachine):
    """Any sequence of events against the paper."""

    @initialize(latches=st.booleans())
    def begin(self, latches: bool) -> None:
        self.facts = Facts(Severity.MINOR, latches=latches, verification=Verification.UNVERIFIED)
        self.paper = Paper(Severity.MINOR, latches=latches)
        self.seen: list[Happening] = []

    def do(self, event: Event) -> None:
        before, self.facts = self.facts, apply(self.facts, event)
        self.seen += happenings(before, self.facts)

    @rule(severity=st.sampled_from(Severity), silenced=st.booleans(), works=st.booleans(), drill=st.booleans())
    def raised_by_rule(self, severity: Severity, silenced: bool, works: bool, drill: bool) -> None:
        paper = self.paper
        if not paper.over:
            worse = severity.digit < paper.severity.digit
            began, opens = not paper.on, not paper.raised
            paper.severity, paper.raised = severity, paper.raised + began
            paper.mark(
                on=True, silenced=silenced, works=works, drill=drill if opens else paper.drill,
                taken=paper.taken and not began and not worse, shelf=paper.shelf and not worse,
            )  # fmt: skip
        windows = ("W-1" if works else None, "W-2" if drill else None)
        self.do(Raise(severity, "fire" if silenced else None, False, False, *windows))

    @rule()
    def cleared(self) -> None:
        self.paper.mark(on=False, silenced=False)
        self.do(CLEAR)

    @precondition(lambda self: self.paper.raised)
    @rule()
    def acknowledged(self) -> None:
        self.paper.mark(taken=True)
        self.do(ACK)

    @rule()
    def reset(self) -> None:
        paper = self.paper
        paper.mark(over=paper.reset_due and not paper.on)
        self.do(RESET)

    @precondition(lambda self: self.paper.raised)
    @rule(verdict=st.sampled_from([Verification.TRUE, Verification.FALSE, Verification.UNREACHABLE]))
    def verified(self, verdict: Verification) -> None:
        new = verdict is not self.facts.verification
        self.paper.mark(taken=self.paper.taken or (new and verdict is not Verification.UNREACHABLE))
        self.do(Verify(verdict))
        assert self.facts.verification is verdict

    @precondition(lambda self: self.paper.raised)
    @rule()
    def shelved(self) -> None:
        self.paper.mark(shelf=self.paper.shelf or not self.paper.out)
        self.do(Shelve(1))

    @rule(expired=st.booleans())
    def unshelved(self, expired: bool) -> None:
        paper = self.paper
        again = expired and paper.shelf and paper.on
        paper.mark(shelf=False, taken=paper.taken and not again)
        self.do(Unshelve(expired))

    @precondition(lambda self: self.paper.raised)
    @rule(out=st.booleans())
    def service(self, out: bool) -> None:
        self.paper.mark(out=out)
        self.do(TakeOutOfService() if out else ReturnToService())

    @rule(works=st.booleans())
    def maintenance(self, works: bool) -> None:
        self.paper.mark(works=works)
        self.do(Maintain("W-1" if works else None))

    @rule()
    def drill_is_over(self) -> None:
        paper = self.paper
        if paper.drill:
            paper.mark(over=not paper.on, taken=False, drill=False)
        self.do(Drill(None))

    @invariant()
    def agrees(self) -> None:
        if hasattr(self, "paper"):
            assert (state(self.facts), self.facts.activations) == (self.paper.stands(), self.paper.raised)
            assert self.seen.count(Happening.CLOSED) == int(self.paper.over)
            assert self.seen.count(Happening.OPENED) == int(self.paper.raised > 0)


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
