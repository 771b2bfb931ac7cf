"""What the pages of how alerting goes say, in words."""

import pytest

from console.app import renders
from console.pulse import Key, Pulse
from console.roles import Role
from console.views.deliveries import Choice
from console.views.desk import Shown
from console.views.performance import level_of
from tests.console.world import World, told
from town.alert import AlertState, Deadline, DeliveryState, Severity
from town.moment import HOUR, SECOND
from town.performance import Figure
from town.ports import PartHealth


async def html(world: World, part: str, argument: str, language: str = "en") -> str:
    return await Pulse(world.parts, renders(world.parts)).html(Key(part, language, argument))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("figure", "level"),
    [
        (Figure("flood_share", 0.005), ""), (Figure("flood_share", 0.02), "major"),
        (Figure("per_operator_10min", 1.0), ""), (Figure("per_operator_10min", 1.5), "minor"),
        (Figure("per_operator_10min", 2.5), "major"), (Figure("in_flood", 1.0), "major"),
        (Figure("ack_seconds_p95", 99_999.0), ""),
    ],
)  # fmt: skip
def test_a_figure_has_a_colour_only_beyond_its_target(figure: Figure, level: str) -> None:
    assert level_of(figure) == level


async def test_figures_stand_beside_their_targets_in_two_languages(world: World) -> None:
    english, chinese = await html(world, "performance", "7d"), await html(world, "performance", "24h", "zh")

    for text in (
        "time in flood",
        "0.4",
        "target: at most 1 %",
        "1 min 14 s",
        "Cellar 2",
        "50 %",
        "fire.smoke.high",
        "40 %",
    ):
        assert text in english
    assert "泛滥时间占比" in chinese and "目标：不超过 1 %" in chinese


async def test_without_alerts_the_page_says_so(world: World) -> None:
    world.performing.figures, world.performing.sources = [Figure("activations", 0.0)], []

    page = await html(world, "performance", "7d")

    assert "No alert called anybody" in page and "Nobody has said" in page


async def test_the_ledger_shows_what_became_of_each_message(world: World) -> None:
    alert = world.alert("A-1", "CE2-S01")
    for number, state in enumerate((DeliveryState.DELIVERED, DeliveryState.DEAD)):
        one = told("A-1", alert.raised_at + number * SECOND, f"room-{number}", "sms", state)
        world.book.told["A-1"].append(one.model_copy(update={"attempts": 3, "answer": "<b>busy</b>"}))

    page = await html(world, "deliveries", Choice(target="room-1").text())

    assert "room-1" in page and "room-0" not in page
    assert "could not be delivered" in page and "3 tries" in page and "&lt;b&gt;busy" in page
    assert "Nobody was told anything that fits." in await html(world, "deliveries", Choice(alert="A-9").text())


def test_a_choice_is_read_back_and_what_is_strange_is_left_out() -> None:
    choice = Choice("A-1", "li.wei", "1790000000000/x:1")

    assert Choice.read(choice.text()) == choice
    assert choice.wanted().before == (1_790_000_000_000, "x:1")
    assert Choice.read("alert=A-1&other=2&before=never").wanted().before is None


async def test_an_alert_of_the_brain_about_itself_says_why_in_the_readers_language(world: World) -> None:
    alert = world.alert("A-7", "CE1-S03")
    condition = "store down: slow: no answer within 5s (12 readings wait)"
    reason = {"observations": [], "condition": condition, "version": "0123456789ab"}
    ended = {"state": AlertState.CLOSED, "closed_at": world.now, "closed_because": "mended"}
    world.book.put(alert.model_copy(update={"rule": "brain.store", "reason": reason, **ended}))

    page = await html(world, "desk.alert", Shown("A-7", Role.OPERATOR).text(), "zh")

    assert "存储：太慢：5s 内没有应答（12 条读数在等待）" in page
    assert "已恢复正常" in page and "mended" not in page


async def test_the_top_line_and_the_parts_name_what_is_down_in_the_readers_language(world: World) -> None:
    world.line.states.append(PartHealth("store", "down", world.now, "away: no answer from db:8086 (3 readings wait)"))

    assert "存储" in await html(world, "top", "", "zh")
    assert "连不上：db:8086 没有应答（3 条读数在等待）" in await html(world, "pipeline.parts", "", "zh")
    assert "away: no answer from db:8086 (3 readings wait)" in await html(world, "pipeline.parts", "", "en")


@pytest.mark.parametrize(
    ("severity", "overdue", "presses"),
    [("minor", (), False), ("critical", (), True), ("minor", ("acknowledge",), True)],
)
async def test_a_deadline_is_in_colour_when_somebody_should_come(
    world: World, severity: str, overdue: tuple[str, ...], presses: bool
) -> None:
    alert = world.alert("A-7", "CE1-S03", severity=Severity(severity))
    late = tuple(Deadline(one) for one in overdue)
    world.book.put(alert.model_copy(update={"acknowledge_due_at": world.now + 4 * HOUR, "overdue": late}))

    page = await html(world, "desk.alert", Shown("A-7", Role.OPERATOR).text())

    assert ('class="deadline due"' in page) is presses
