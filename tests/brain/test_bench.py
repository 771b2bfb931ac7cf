"""Benches run, lose nothing, and say what they measured; how fast is for a quiet machine to tell."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from brain.bench.scale import _middle
from tests import services


def bench(*arguments: str) -> dict[str, Any]:
    """What `town bench` prints."""
    command = [sys.executable, "-m", "brain", "bench", *arguments, "--quick", "--json"]
    ended = subprocess.run(command, capture_output=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stderr.decode()
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


@pytest.mark.parametrize("qos", ["0", "1"])
def test_ingest_loses_nothing_and_names_its_servers(qos: str) -> None:
    services.need("mosquitto")
    services.need("influxd")

    found = bench("ingest", "--qos", qos, "--values", "3")

    (case,) = found["ingest"]
    assert (found["broker"], found["store"]) == ("mosquitto", "influxdb")
    assert (case["qos"], case["values"], case["messages"], case["lost"]) == (int(qos), 3, 2_000, 0)
    assert case["ratio"] == pytest.approx(case["us_per_message"] / case["floor_us"], rel=0.02)
    assert 20 < case["peak_mb"] < 200


def test_ingest_needs_no_server_that_is_not_ours() -> None:
    found = bench("ingest", "--embedded", "--qos", "1", "--values", "1", "--rules")

    (case,) = found["ingest"]
    assert (found["broker"], found["store"], case["lost"], case["rules"]) == ("embedded", "duckdb", 0, 10)
    # Of so few messages the ratio may fall below 1: that it is what was measured is all that can be asked.
    assert case["ratio_to_no_rules"] == pytest.approx(case["us_per_message"] / case["without_rules_us"], rel=0.02)


def test_latency_brings_every_alert_to_the_webhook() -> None:
    found = bench("latency", "--embedded")

    figures = found["latency"]
    assert (found["broker"], found["store"]) == ("embedded", "duckdb in the brain")
    assert (figures["alerts"], figures["missing"]) == (10, 0)
    assert 0 <= figures["to_transition_ms"]["p50"] <= figures["to_webhook_ms"]["p50"] <= figures["to_webhook_ms"]["max"]


def test_outage_loses_and_doubles_nothing() -> None:
    services.need("mosquitto")
    services.need("influxd")

    figures = bench("outage")["outage"]

    assert (figures["lost"], figures["doubled"]) == (0, 0)
    assert figures["gone_s"] >= 3
    assert figures["backlog"] > 300


def test_flood_is_stored_in_the_end_and_fits_into_memory() -> None:
    services.need("mosquitto")
    services.need("influxd")

    figures = bench("flood")["flood"]

    assert (figures["lost"], figures["refused"]) == (0, 0)
    assert figures["sent_per_s"] > 2 * figures["sustained_per_s"]
    assert 20 < figures["peak_mb"] < 200


def test_scale_shares_all_messages() -> None:
    services.need("mosquitto")
    services.need("influxd")

    found = bench("scale")["scale"]

    cases = found["processes"]
    assert [(case["processes"], len(case["shares"]), case["lost"]) for case in cases] == [(1, 1, 0), (2, 2, 0)]
    assert all(sum(case["shares"]) >= 2_000 for case in cases)
    assert [case["lost"] for case in found["sensors"]] == [0, 0]
    assert found["sensors"][0]["to_first"] == 1


def test_of_rounds_the_middle_one_counts_and_all_losses() -> None:
    runs = [{"ratio": ratio, "lost": lost, "peak_mb": peak} for ratio, lost, peak in ((3, 0, 9), (1, 2, 7), (2, 0, 8))]

    assert _middle(runs) == {"ratio": 2, "ratios": [3, 1, 2], "lost": 2, "peak_mb": 9}


def test_store_is_asked_young_and_old() -> None:
    cases = bench("store", "--embedded")["store"]["cases"]

    assert [(case["minutes_d"], case["hours_d"]) for case in cases] == [(1, 2), (4, 8)]
    # One value a minute of every series; an hour that has not ended is in no rollup of hours.
    assert [case["rollup_1m"] / case["series"] for case in cases] == [1_440, 4 * 1_440]
    young, old = ({(q["span"], q["compare"]): q["points"] for q in case["questions"]} for case in cases)
    assert young["24h", "yesterday"] < 1.1 * young["24h", "none"]
    assert old["24h", "yesterday"] == pytest.approx(2 * old["24h", "none"], abs=2)
    assert all(case["boards"]["asked"] >= 15 and case["boards"]["p95_ms"] > 0 for case in cases)


def test_a_store_that_is_kept_is_asked_as_the_town_it_was_filled_for(tmp_path: Path) -> None:
    first = bench("store", "--embedded", "--sensors", "80", "--one-quantity", "--folder", str(tmp_path))["store"]
    again = bench("store", "--embedded", "--sensors", "40", "--folder", str(tmp_path))["store"]

    assert (first["sensors"], first["cases"][-1]["series"]) == (again["sensors"], again["sensors"]) == (80, 80)
    points = [sum(q["points"] for q in found["cases"][-1]["questions"]) for found in (first, again)]
    assert points[1] == pytest.approx(points[0], rel=0.01)


def test_store_is_asked_every_question_of_grafana() -> None:
    services.need("influxd")

    found = bench("store", "--days", "1", "--minutes", "1", "--sensors", "40", "--board-sensors", "40")["grafana"]

    assert (found["kind"], found["sensors"], found["hours"]) == ("influxdb", 40, 1)
    assert {"Fire", "Facility", "Brain"} <= {board["board"] for board in found["by_board"]}
    # Over an hour, a day and thirty days each.
    assert found["boards"]["asked"] == sum(board["asked"] for board in found["by_board"])
    assert all(board["asked"] % 3 == 0 for board in found["by_board"])


def test_console_shows_every_level_in_every_browser() -> None:
    found = bench("console", "--embedded", "--page", "/places")

    figures = found["console"]
    assert (found["broker"], figures["browsers"], figures["ended"]) == ("embedded", 3, 0)
    assert figures["delay_ms"]["missing"] == 0
    assert figures["delay_ms"]["shown"] >= 3
    assert [case["browsers"] for case in figures["cpu"]] == ["without", "with"]
    assert figures["each_browser"]["messages_per_s"] > 0
