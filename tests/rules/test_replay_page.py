"""The page about a replay: who it was about, when, and how often."""

import re
from collections import Counter
from pathlib import Path

import pytest

from rules.arrival import judge_arrivals
from rules.engine import Engine
from rules.replay_page import page
from rules.replay_report import Outcome
from tests.rules.places import START, reading, rules, town
from town.moment import DAY, HOUR, MINUTE, Duration


def _page(folder: Path, span: Duration, *smoke: float) -> str:
    place = town("S1:smoke_detector@W1")
    known = rules(folder, place, "id: a\nwhen: smoke > 0.1")
    told = judge_arrivals(Engine(known, place), [reading(60 * i, smoke=one) for i, one in enumerate(smoke)])
    return page(Outcome(START, START + span, len(smoke), told, Counter()), known, place, language="en")


def test_a_single_alert_says_where_when_and_how_long(tmp_path: Path) -> None:
    html = _page(tmp_path, HOUR, 0.2, 0.2, 0.01)

    assert "<small>S1 · W1</small><small>01-05 00:00:00 · 2m</small>" in html
    assert "1 alert<" in html and "1 alerts" not in html


def test_alerts_of_one_sensor_are_counted(tmp_path: Path) -> None:
    assert "<small>S1 · W1</small><small>2 alerts</small>" in _page(tmp_path, HOUR, 0.2, 0.01, 0.2, 0.01)


@pytest.mark.parametrize(
    ("span", "middle"), [(10 * MINUTE, "00:05:00"), (HOUR, "00:30"), (DAY, "12:00"), (2 * DAY, "01-06 00:00")]
)
def test_the_axis_is_as_exact_as_the_span_asks_for(tmp_path: Path, span: Duration, middle: str) -> None:
    axis = re.findall("<span>([^<]*)</span>", _page(tmp_path, span, 0.2))

    assert len(axis) == 5 and axis[2] == middle
