"""Every state and every event: where that leads, or why it is refused. A reading of ISA-18.2, not of our code."""

import pytest

from alerts.events import (
    Acknowledge,
    Clear,
    Delete,
    Drill,
    Event,
    Maintain,
    PersonEvent,
    Raise,
    Reset,
    ReturnToService,
    Shelve,
    TakeOutOfService,
    Unshelve,
    Verify,
)
from alerts.facts import Facts, state
from alerts.life import apply, refusal
from town.alert import Severity, Verification

EVENTS: dict[str, Event] = {
    "raise": Raise(Severity.MAJOR),
    "worse": Raise(Severity.CRITICAL),
    "clear": Clear(),
    "delete": Delete("rule_deleted"),
    "ack": Acknowledge(),
    "reset": Reset(),
    "shelve": Shelve(1),
    "unshelve": Unshelve(),
    "expire": Unshelve(expired=True),
    "out": TakeOutOfService(),
    "in": ReturnToService(),
    "true": Verify(Verification.TRUE),
    "nobody": Verify(Verification.UNREACHABLE),
    "works": Maintain("W-1"),
    "worked": Maintain(None),
    "drilled": Drill(None),
}
OPENED = (EVENTS["raise"],)
WAYS: dict[str, tuple[Event, ...]] = {
    "active": OPENED,
    "acknowledged": (*OPENED, Acknowledge()),
    "returned": (*OPENED, Clear()),
    "latched": (*OPENED, Clear()),
    "shelved": (*OPENED, Shelve(1)),
    "maintenance": (Raise(Severity.MAJOR, maintenance="W-1"),),
    "drill": (Raise(Severity.MAJOR, drill="W-2"),),
    "out of service": (*OPENED, TakeOutOfService()),
    "closed": (*OPENED, Acknowledge(), Clear()),
}
TABLE = """
                raise        worse      clear      delete ack            reset         shelve
active          active       active     returned   closed acknowledged   not_latched!  shelved
acknowledged    acknowledged active     closed     closed already_acknowledged! not_latched! shelved
returned        active       active     returned   closed closed         not_latched!  shelved
latched         active       active     latched    closed latched        closed        shelved
shelved         shelved      active     shelved    closed shelved        not_latched!  shelved
maintenance     active       active     closed     closed suppressed     not_latched!  shelved
drill           suppressed   suppressed returned   closed suppressed     not_latched!  shelved
out_of_service  suppressed   suppressed suppressed closed suppressed     not_latched!  out_of_service!
closed          closed       closed     closed     closed closed!        closed!       closed!

                unshelve     expire       out             in          true         nobody       works
active          not_shelved! not_shelved! suppressed      in_service! acknowledged active       suppressed
acknowledged    not_shelved! not_shelved! suppressed      in_service! acknowledged acknowledged suppressed
returned        not_shelved! not_shelved! suppressed      in_service! closed       returned     returned
latched         not_shelved! not_shelved! suppressed      in_service! latched      latched      latched
shelved         active       active       suppressed      in_service! shelved      shelved      shelved
maintenance     not_shelved! not_shelved! suppressed      in_service! suppressed   suppressed   suppressed
drill           not_shelved! not_shelved! suppressed      in_service! suppressed   suppressed   suppressed
out_of_service  not_shelved! not_shelved! out_of_service! active      suppressed   suppressed   suppressed
closed          closed!      closed!      closed!         closed!     closed       closed       closed

                worked       drilled
active          active       active
acknowledged    acknowledged acknowledged
returned        returned     returned
latched         latched      latched
shelved         shelved      shelved
maintenance     active       suppressed
drill           suppressed   active
out_of_service  suppressed   suppressed
closed          closed       closed
"""
"""A word with `!` is a refusal. Maintenance that raising finds over goes; a drill goes only when it is over."""


def cells() -> list[tuple[str, str, str]]:
    """The table as start, event and what comes of it."""
    found = []
    for block in TABLE.strip("\n").split("\n\n"):
        head, *rows = block.splitlines()
        for row in rows:
            start, *ends = row.split()
            found += [(start.replace("_", " "), event, end) for event, end in zip(head.split(), ends, strict=True)]
    return found


def start_of(name: str) -> Facts:
    facts = Facts(Severity.MAJOR, latches=name == "latched", verification=Verification.UNVERIFIED)
    for event in WAYS[name]:
        facts = apply(facts, event)
    return facts


def test_table_has_every_state_and_event() -> None:
    assert {(start, event) for start, event, _ in cells()} == {(start, event) for start in WAYS for event in EVENTS}


@pytest.mark.parametrize(("start", "event", "expected"), cells())
def test_transition(start: str, event: str, expected: str) -> None:
    before, what = start_of(start), EVENTS[event]
    refused = refusal(before, what) if isinstance(what, PersonEvent) else None

    after = apply(before, what)

    if refused is not None:
        assert (f"{refused}!", after) == (expected, before)
    else:
        assert state(after) == expected


@pytest.mark.parametrize("verdict", [Verification.TRUE, Verification.FALSE, Verification.DRILL])
def test_verdict_is_taken_once_and_corrected(verdict: Verification) -> None:
    found = apply(start_of("active"), Verify(verdict))

    assert (found.verification, found.acknowledged) == (verdict, True)
    assert refusal(found, Verify(verdict)) == "already_verified"
    assert refusal(found, Verify(Verification.UNREACHABLE)) is None
    assert refusal(Facts(Severity.MAJOR), Verify(verdict)) == "not_to_verify"
