"""What several processes say of themselves, seen as one line."""

import msgspec

from brain.reporting import MISSED, Report, Reports
from console.parts import GatewayRow
from tests.brain.judging import Hand
from tests.rules.places import START
from town.ports import Gauge, PartHealth


def told(reports: Reports, process: str, state: str, detail: str = "", **more: object) -> None:
    part = PartHealth("store", state, START, detail)  # type: ignore[arg-type]  # one of its three words
    reports.take(process, msgspec.json.encode(Report("ingest", START, [part], **more)))  # type: ignore[arg-type]


def states(reports: Reports) -> dict[str, str]:
    return {part.part: part.state for part in reports.parts()}


def test_the_worst_of_a_part_counts_and_says_where_it_is() -> None:
    reports = Reports(clock=Hand())
    told(reports, "one", "ok", "nothing waits")
    told(reports, "two", "down", "no answer")

    assert states(reports) == {"one": "ok", "two": "ok", "store": "down"}
    assert [part.detail for part in reports.parts() if part.part == "store"] == ["two: no answer"]


def test_a_process_that_is_gone_or_silent_is_down_and_its_parts_are_not_told() -> None:
    clock = Hand()
    reports = Reports(clock=clock)
    told(reports, "one", "ok")
    told(reports, "two", "down")
    reports.take("two", b"")
    assert states(reports) == {"one": "ok", "two": "down", "store": "ok"}

    clock.now += MISSED + 1
    assert states(reports) == {"one": "down", "two": "down"}
    told(reports, "two", "ok")
    assert states(reports) == {"one": "down", "two": "ok", "store": "ok"}


def test_figures_have_their_process_and_gateways_are_added_up() -> None:
    reports, clock = Reports(clock=Hand()), START
    for name, online, since in (("one", True, clock), ("two", False, clock + 5)):
        rows = [GatewayRow("gw", online, since, since, 10, 1)]
        told(reports, name, "ok", figures=[Gauge("messages", 10)], gateways=rows)

    assert [(one.value, one.labels) for one in reports.figures()] == [
        (10, {"process": "one"}),
        (10, {"process": "two"}),
    ]
    assert reports.gateways() == [GatewayRow("gw", False, clock + 5, clock + 5, 20, 2)]


def test_a_gateway_that_nobody_takes_is_told() -> None:
    reports = Reports(clock=Hand(), gateways=("native", "sparkplug"))
    assert reports.parts() == []
    told(reports, "one", "ok", takes=["native"])
    assert [part.detail.split(":")[0] for part in reports.parts() if part.part == "gateways"] == [
        "nobody takes sparkplug"
    ]

    told(reports, "alone", "ok", takes=["sparkplug"])
    assert "gateways" not in states(reports)


def test_what_is_no_report_changes_nothing() -> None:
    reports = Reports(clock=Hand())
    reports.take("one", b'{"role": 5}')

    assert reports.parts() == []
