"""Texts that fit: parts of short messages, bytes, and what is left out first."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.senders.layout import in_bytes, no_markdown, plain_text, utf16_units
from alerts.senders.sms import narrowed, parts, short_message
from alerts.sending import Brief
from tests.alerts.senders.sent import LINK, message
from tests.alerts.senders.test_robots import WECOM


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("€" * 152, 2),
        ("€" * 153, 3),  # a part has room for 76 signs of two units, not for 76 and a half
        ("一" * 70, 1),
        ("一" * 71, 2),
        ("一" * 134, 2),
        ("一" * 135, 3),
        ("a" * 70 + "一", 2),
        ("💥" * 35, 1),
        ("💥" * 36, 2),
        ("💥" * 67, 3),
    ],
)
def test_parts_of_a_short_message(text: str, expected: int) -> None:
    assert parts(text) == expected


def test_short_message_leaves_out_advice_before_anything_else() -> None:
    brief = Brief("紧急 火警：烟雾过高", "开始 22:13", "派员核警" * 20, "A-20260921-0001")

    assert short_message(brief, most=1) == "紧急 火警：烟雾过高 开始 22:13 A-20260921-0001"


def test_short_message_says_as_many_clauses_of_the_advice_as_have_room() -> None:
    brief = Brief("紧急 火警：烟雾过高", "开始 22:13", "派人核实；见火即拨119，疏散，不要等。", "A-1")
    texts = [short_message(msgspec.structs.replace(brief, head="烟" * length), most=1) for length in (36, 41, 44, 52)]

    assert [text.split()[3] for text in texts] == [
        "派人核实；见火即拨119，疏散，不要等。",
        "派人核实；见火即拨119，疏散",
        "派人核实；见火即拨119",
        "派人核实",
    ]


def test_short_message_shortens_its_head_and_keeps_link_and_number() -> None:
    text = short_message(Brief("烟" * 300, "开始 22:13", "", "A-20260921-0001"), most=2, link=LINK)

    assert parts(text) == 2 and utf16_units(text) == 134
    assert text.startswith("烟烟烟") and text.endswith(f"… 开始 22:13 A-20260921-0001 {LINK}")


def test_short_message_in_english_stays_in_the_cheap_alphabet() -> None:
    brief = Brief("Critical Fire: Smoke ≥ 0.15 dB/m · Cellar 2", "Since 22:13", "Send someone", "A-20260921-0001")
    text = short_message(brief, most=1)

    assert text == "Critical Fire: Smoke >= 0.15 dB/m - Cellar 2 Since 22:13 Send someone A-20260921-0001"


def test_narrowed_leaves_chinese_as_it_is() -> None:
    assert narrowed("烟雾 ≥ 0.15 · 酒窖") == "烟雾 ≥ 0.15 · 酒窖"


@given(
    st.builds(Brief, st.text(min_size=1), st.text(), st.text(), st.text(max_size=40)),
    st.integers(1, 3),
    st.none() | st.text(max_size=400),
)
def test_short_message_always_fits(brief: Brief, most: int, link: str | None) -> None:
    assert parts(short_message(brief, most=most, link=link)) <= most


@given(st.lists(st.text(max_size=60), max_size=30), st.text(min_size=1, max_size=80), st.integers(1, 400))
def test_plain_text_always_fits(lines: list[str], subject: str, limit: int) -> None:
    told = message(WECOM, subject=subject, text="\n".join([subject, *lines]), link=None)

    assert len(plain_text(told, fits=in_bytes(limit)).encode()) <= limit


def test_plain_text_leaves_out_the_last_lines_and_keeps_the_link() -> None:
    told = message(WECOM, text="\n".join(["head", *(f"line {number}" for number in range(99)), f"查看：{LINK}"]))
    text = plain_text(told, fits=in_bytes(200)).splitlines()

    assert text[0] == told.subject and text[1] == "line 0"
    assert text[-2:] == ["…", f"查看 {LINK}"]


@given(st.text())
def test_no_markdown_keeps_every_letter_and_no_mark(text: str) -> None:
    plain = no_markdown(text)

    assert len(plain) == len(text) and not set(plain) & set("[]*_`#<>~")
