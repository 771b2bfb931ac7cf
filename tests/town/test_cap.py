"""Drafts of public warnings: what CAP 1.2 asks of a document, and that they are drafts."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.town.cap_rules import NS, problems
from town.alert import Alert, AlertState, Category, Response, Severity, SubjectKind, Verification
from town.cap import cap_draft, plain_name
from town.folder import load_town
from town.language import Label
from town.moment import MINUTE
from town.outlines import read_outlines

FOLDER = Path(__file__).parents[2] / "towns" / "huangjiu"
TOWN, _ = load_town(FOLDER)
OUTLINES = read_outlines(FOLDER)
NOW = 1_790_000_000_000
SEEN = {"sensor": "CE2-S01", "quantity": "smoke", "value": 0.31, "unit": "dB/m", "limit": ">= 0.15 dB/m", "holds": True}


def alert(**changes: object) -> Alert:
    """A fire in a cellar."""
    plain = Alert(
        id="A-20260921-0001", rule="fire.smoke.high", subject_kind="sensor", subject="CE2-S01", facility="cellar-2",
        zone="cellars", title=Label(zh="仓库烟雾过高", en="Smoke & <fire>"), category=Category.FIRE,
        severity=Severity.CRITICAL, state=AlertState.ACTIVE, opened_at=NOW - MINUTE, raised_at=NOW, changed_at=NOW,
        reason={"observations": [SEEN]}, response=Response(text=Label(zh="派员核警", en="Send somebody")),
    )  # fmt: skip
    return plain.model_copy(update=changes)


def draft(one: Alert, *, sender: str = "brain@town.example") -> str:
    assert TOWN is not None
    return cap_draft(one, TOWN, sender=sender, now=NOW, outlines=OUTLINES)


def values(document: str, name: str) -> list[str]:
    return [element.text or "" for element in ET.fromstring(document).iter(f"{NS}{name}")]


def test_an_alert_is_a_draft_in_two_languages() -> None:
    document = draft(alert())

    assert problems(document) == []
    assert (values(document, "status"), values(document, "scope")) == (["Draft"], ["Restricted"])
    assert values(document, "language") == ["zh-CN", "en-GB"]
    assert values(document, "event") == ["仓库烟雾过高", "Smoke & <fire>"]
    assert values(document, "sent") == ["2026-09-21T22:13:20+08:00"]
    assert values(document, "description")[1] == "Smoke obscuration 0.31 dB/m (>= 0.15 dB/m)"
    assert TOWN is not None
    position = TOWN.facilities["cellar-2"].position
    assert values(document, "circle") == [f"{position.latitude:.6f},{position.longitude:.6f} 0.3"] * 2


RATE = {"value": 6.2, "quantity": "temperature", "unit": "Cel", "expression": "rate(temperature, 1m)"}


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        ({"value": True, "quantity": "smoke_alarm"}, "Smoke alarm: yes"),
        ({**RATE, "limit": "> 5 Cel"}, "Temperature (change in 1 min) 6.2 Cel (> 5 Cel)"),
    ],
)
def test_what_was_seen_is_said_as_people_say_it(seen: dict[str, object], said: str) -> None:
    document = draft(alert(reason={"observations": [{**SEEN, **seen}]}))

    assert values(document, "description")[1] == said


def test_a_drill_is_an_exercise_and_never_a_draft() -> None:
    assert values(draft(alert(drill=True)), "status") == ["Exercise"]


@pytest.mark.parametrize(
    ("found", "certainty"),
    [(Verification.UNVERIFIED, "Likely"), (Verification.TRUE, "Observed"), (Verification.FALSE, "Unlikely"),
     (Verification.UNREACHABLE, "Possible"), (None, "Observed")],
)  # fmt: skip
def test_what_somebody_found_says_how_certain_it_is(found: Verification | None, certainty: str) -> None:
    assert values(draft(alert(verification=found)), "certainty") == [certainty] * 2


def test_what_is_over_gives_the_all_clear() -> None:
    document = draft(alert(state=AlertState.CLOSED, closed_at=NOW, cleared_at=NOW))

    assert (values(document, "urgency")[0], values(document, "responseType")[0]) == ("Past", "AllClear")


@pytest.mark.parametrize(("kind", "subject"), [("zone", "cellars"), ("town", "huangjiu"), ("zone", "elsewhere")])
def test_a_zone_and_the_town_have_their_outlines(kind: SubjectKind, subject: str) -> None:
    zone = subject if kind == "zone" else None
    document = draft(alert(subject_kind=kind, subject=subject, facility=None, zone=zone))

    assert problems(document) == []
    assert bool(values(document, "polygon")) is (subject != "elsewhere")
    assert bool(values(document, "circle")) is (subject == "elsewhere")


texts = st.text(min_size=1, max_size=40).filter(str.strip)


@given(
    zh=texts, en=texts, category=st.sampled_from(Category), severity=st.sampled_from(Severity),
    state=st.sampled_from(AlertState), sender=texts, value=st.floats(allow_nan=False) | st.booleans() | texts,
)  # fmt: skip
def test_whatever_it_is_about_the_document_is_as_cap_asks(
    zh: str, en: str, category: Category, severity: Severity, state: AlertState, sender: str, value: object
) -> None:
    label = Label.model_construct(zh=f"警{zh}", en=f"x{en}")
    changes = {"title": label, "category": category, "severity": severity, "state": state}
    document = draft(alert(**changes, reason={"observations": [{**SEEN, "value": value}]}), sender=f"a{sender}")

    assert problems(document) == []


@given(text=st.text())
def test_names_have_nothing_that_cap_forbids(text: str) -> None:
    assert not set(plain_name(text)) & set(" ,<&\n\t")


def test_the_validator_finds_what_is_wrong() -> None:
    good = draft(alert())
    wrong = {
        "+08:00": "Z", "Draft": "draft", "Restricted": "Secret", "30.": "130.", "<identifier>": "<identifier>a b",
        "Extreme": "Terrible", "zh-CN": "中文", "brain@town.example": "brain,town",
    }  # fmt: skip

    assert [text for text, other in wrong.items() if not problems(good.replace(text, other))] == []
