"""What other rooms say in English is said in the reader's language."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.said import CHINESE, said
from console.words import words

ROOT = Path(__file__).parents[2]
ROOMS = ("ingest", "alerts", "town/store", "brain", "console")
UNSEEN = ("brain/bench", "brain/one_judge.py", "town/store/influx_setup", "alerts/topics.py", "alerts/links.py")
UNSEEN += ("alerts/swaps.py", "alerts/outbox_desk.py", "console/link_page.py")
"""What stands on no page of the console: benches, commands, and answers to programs."""
RAW = {"7:7: 7", "7: 7"}
"""Names and foreign words only."""
BY_WORD = {"there is no 7 7", "a 7 window lasts 7 at most", "7 (7 readings wait)", "7; 7"}
"""One of our own words stands in a place: the table has a sentence for each of them."""
HAN = re.compile(r"[一-鿿]")


def sentences() -> Iterator[tuple[str, str]]:
    """Every text that is written where a part tells how it is, a wait is given up, or an action refused."""
    for file in sorted(one for room in ROOMS for one in (ROOT / room).rglob("*.py")):
        place = str(file.relative_to(ROOT))
        if not place.startswith(UNSEEN):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                    at = {"PartHealth": 3, "Unavailable": 0, "ActionRefused": 1}.get(node.func.id)
                    if at is not None and len(node.args) > at:
                        yield from ((place, text) for text in written(node.args[at]))


def written(node: ast.expr) -> Iterator[str]:
    """The text of a literal, with 7 in each of its places."""
    match node:
        case ast.Constant(value=str(text)) if text:
            yield text
        case ast.JoinedStr(values=values):
            yield "".join(str(one.value) if isinstance(one, ast.Constant) else "7" for one in values)
        case ast.IfExp(body=body, orelse=orelse):
            yield from (*written(body), *written(orelse))


def test_whatever_a_part_or_a_refusal_says_is_said_in_chinese() -> None:
    english = [(place, text) for place, text in sentences() if not HAN.search(said(words("zh"), text))]

    assert [one for one in english if one[1] not in RAW | BY_WORD] == []


@pytest.mark.parametrize(
    ("text", "chinese"),
    [
        ("3 messages and 12 readings wait", "3 条消息、12 条读数在等待"),
        ("slow: no answer within 5s (12 readings wait)", "太慢：5s 内没有应答（12 条读数在等待）"),
        (
            "away: http://db:8086 cannot be reached: ConnectError (0 readings wait)",
            "连不上：连不上 http://db:8086：ConnectError（0 条读数在等待）",
        ),
        (
            "12 readings wait on disk, 81% full; 2 batches cannot be read",
            "磁盘上有 12 条读数在等待，已满 81%；2 批读不出来",
        ),
        (
            "does not balance, missing of gw-1: 3 messages; gw-2: 1 readings",
            "收支不平，缺少 gw-1 的 3 条消息；gw-2 的 1 条读数",
        ),
        (
            "rules/fire.yaml:15: unknown name `smok`; old rules go on",
            "rules/fire.yaml:15: unknown name `smok`；旧规则继续生效",
        ),
        (
            "people.yaml:5: there is no `li.way` (and 2 more); who was told before goes on being told",
            "people.yaml:5: there is no `li.way`（另有 2 处）；仍按旧名单通知",
        ),
        ("the oldest is due for 75 s; fire-room: HTTP 500", "最早的一条已迟 75 秒；fire-room: HTTP 500"),
        ("[Errno 28] No space left on device", "[Errno 28] No space left on device"),
    ],
)
def test_what_is_said_keeps_its_numbers_and_foreign_words(text: str, chinese: str) -> None:
    assert said(words("zh"), text) == chinese
    assert said(words("en"), text) == text


def test_translations_keep_the_places_and_read_in_traditional_characters() -> None:
    for english, chinese in CHINESE.items():
        assert set(re.findall(r"\{\w+\}", english)) == set(re.findall(r"\{\w+\}", chinese))
    assert said(words("zh-Hant"), "A-1 is not shelved") == "A-1 沒有被擱置"
