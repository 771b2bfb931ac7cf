"""Every trap is found, each made from a good board by one change."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from dashboards.catalogue import boards
from dashboards.lint import lint

Json = dict[str, Any]
GOOD: dict[str, Json] = {board.uid: board.build() for board in boards("en")}


def _panel(board: Json, kind: str) -> Json:
    return next(panel for panel in board["panels"] if panel["type"] == kind)


def _target(board: Json, kind: str) -> Json:
    target: Json = _panel(board, kind)["targets"][0]
    return target


def _custom(board: Json) -> Json:
    custom: Json = _panel(board, "timeseries")["fieldConfig"]["defaults"]["custom"]
    return custom


def _problems(uid: str, change: Callable[[Json], object]) -> list[str]:
    changed = {**GOOD, uid: copy.deepcopy(GOOD[uid])}
    change(changed[uid])
    return [str(problem) for problem in lint(changed, folder_of=dict.fromkeys(changed, "folder"))]


TRAPS: list[tuple[str, str, Callable[[Json], object]]] = [
    ("another board has the uid", "town-fire", lambda b: b.update(uid="town-ops")),
    ("another board in this folder is called", "town-fire", lambda b: b.update(title="Security")),
    ("the title must stand at the top level", "town-fire", lambda b: b.update(dashboard={})),
    ("Grafana knows no such key", "town-fire", lambda b: b.update(overwrite=True)),
    ("a uid is 1 to 40", "town-fire", lambda b: b.update(uid="Feuer & Rauch")),
    ("must be 42", "town-fire", lambda b: b.update(schemaVersion=39)),
    ("the id 2 is there 2 times", "town-fire", lambda b: b["panels"][0].update(id=2)),
    ("ids go from 1 to 255", "town-fire", lambda b: b["panels"][0].update(id=256)),
    ("must fit 24 columns", "town-fire", lambda b: b["panels"][0]["gridPos"].update(x=23)),
    ("lies over panel", "town-fire", lambda b: b["panels"][1]["gridPos"].update(x=0)),
    ("a screen has 27 rows, this board 28", "town-ops", lambda b: b["panels"][-1]["gridPos"].update(h=5)),
    ("lies over panel", "town-fire", lambda b: b["panels"][-1]["panels"][1]["gridPos"].update(x=0)),
    ("the id 1 is there 2 times", "town-fire", lambda b: b["panels"][-1]["panels"][0].update(id=1)),
    ("there is no data source", "town-fire", lambda b: _target(b, "stat").update(datasource={"type": "x", "uid": "y"})),
    ("says “No data”", "town-fire", lambda b: _panel(b, "stat")["fieldConfig"]["defaults"].pop("noValue")),
    (
        "cloud of dots",
        "town-fire",
        lambda b: _custom(b).pop("spanNulls"),
    ),
    (
        "showPoints",
        "town-fire",
        lambda b: _custom(b).pop("showPoints"),
    ),
    ("needs the interval of its sensors", "town-fire", lambda b: _panel(b, "timeseries").pop("interval")),
    ("goes by its name", "town-brain", lambda b: _panel(b, "alertlist")["options"].update(datasource="town-alerts")),
    ("tiles need the internet", "town-ops", lambda b: _panel(b, "geomap")["options"]["basemap"].update(type="osm")),
    ("put the columns in order", "town-fire", lambda b: _panel(b, "table").pop("transformations")),
    ("rows are asked for as a table", "town-fire", lambda b: _target(b, "table").update(resultFormat="time_series")),
    (
        "lines are asked for as a time series",
        "town-fire",
        lambda b: _target(b, "timeseries").update(resultFormat="table"),
    ),
    ("rawQuery must be true", "town-fire", lambda b: _target(b, "stat").update(rawQuery=False)),
    ("leads to no board", "town-ops", lambda b: b["links"][1].update(url="/d/nowhere?x=1")),
    ("stay on the same origin", "town-ops", lambda b: b["links"][1].update(url="https://elsewhere.example/")),
    ("its target lacks textColumn", "town-fire", lambda b: b["annotations"]["list"][0]["target"].pop("textColumn")),
    (
        "give A1-compare a colour",
        "town-facility",
        lambda b: _panel(b, "timeseries")["fieldConfig"]["overrides"].pop(0),
    ),
    ("hide it", "town-facility", lambda b: _panel(b, "timeseries").update(hideTimeOverride=False)),
    ("All must be .*", "town-fire", lambda b: b["templating"]["list"][1].update(allValue="")),
]


@pytest.mark.parametrize(("what", "uid", "change"), TRAPS, ids=[trap[0] for trap in TRAPS])
def test_a_trap_is_found(what: str, uid: str, change: Callable[[Json], object]) -> None:
    assert any(what in problem for problem in _problems(uid, change))


QUERIES = [
    ("SLIMIT is not in 3.x", 'SELECT last("a") FROM "b" WHERE $timeFilter SLIMIT 1'),
    ("a board writes nothing", 'SELECT "a" INTO "c" FROM "b" WHERE $timeFilter'),
    ("CARDINALITY is not in 3.x", 'SHOW SERIES CARDINALITY FROM "b" WHERE $timeFilter'),
    ("a board changes nothing", 'DROP MEASUREMENT "b"'),
    ("only the first statement", 'SELECT "a" FROM "b" WHERE $timeFilter; SELECT 1'),
    ("does not look before the range", 'SELECT last("a") FROM "b" WHERE $timeFilter GROUP BY time(1m) fill(previous)'),
    ("reads everything ever stored", 'SELECT last("a") FROM "b"'),
    ("there is no variable $village", 'SELECT last("a") FROM "b" WHERE $timeFilter AND "v" =~ /^$village$/'),
    ("hold several values", 'SELECT last("a") FROM "b" WHERE $timeFilter AND "zone" = $zone'),
    ("must be anchored", 'SELECT last("a") FROM "b" WHERE $timeFilter AND "zone" =~ /$zone/'),
    ("two selectors", 'SELECT last("a"), max("c") FROM "b" WHERE $timeFilter'),
    ("needs a fill", 'SELECT mean("a") FROM "b" WHERE $timeFilter GROUP BY time(1m)'),
    ("name them", 'SELECT last("a") FROM "b" WHERE $timeFilter GROUP BY *'),
    ("is empty", " "),
]


@pytest.mark.parametrize(("what", "query"), QUERIES, ids=[query[0] for query in QUERIES])
def test_a_question_that_not_every_influxdb_understands_is_found(what: str, query: str) -> None:
    assert any(what in problem for problem in _problems("town-fire", lambda b: _target(b, "stat").update(query=query)))


def test_an_action_that_does_not_ask_or_leaves_the_origin_is_found() -> None:
    def change(board: Json) -> None:
        for override in _panel(board, "table")["fieldConfig"]["overrides"]:
            for one in override["properties"]:
                if one["id"] == "actions":
                    one["value"][0] |= {"confirmation": "", "fetch": {"method": "POST", "url": "/api/x"}}

    found = " ".join(_problems("town-fire", change))

    assert "must ask before" in found
    assert "must go to /town/" in found


def test_good_boards_have_no_problem() -> None:
    assert lint(GOOD, folder_of=dict.fromkeys(GOOD, "folder")) == []
