"""A town's backup: taken while it runs, everything destroyed, restored, and compared."""

import json
import shutil
import sqlite3
import tarfile
from pathlib import Path
from typing import Any

import pytest

from brain.archive import unpack
from tests import services
from tests.end_to_end.brain import Brain, eventually, publish
from tests.end_to_end.conftest import Make
from town.errors import ConfigError

NATIVE = "town/hamlet/gw-1/telemetry"


def lived(make_brain: Make, **store: str) -> Brain:
    """A brain that stored readings, refused one, and raised an alert that somebody has."""
    brain = make_brain(**store)
    brain.start()
    for smoke in (0.01, 0.02, 0.4):
        publish(services_port(brain), NATIVE, json.dumps({"sensor": "BA-N1", "values": {"smoke": smoke}}))
    publish(services_port(brain), NATIVE, "{not json")
    [alert, *_] = eventually(lambda: brain.get("/api/v1/alerts"))
    brain.post(f"/api/v1/alerts/{alert['id']}/acknowledge", {"comment": "去看"})
    eventually(lambda: brain.get("/api/v1/latest").get("BA-N1", {}).get("smoke", {}).get("value") == 0.4)
    return brain


def services_port(brain: Brain) -> int:
    return int(brain._arguments[1].rsplit(":", 1)[1])


def known(brain: Brain) -> dict[str, Any]:
    """What a town knows, as its API tells."""
    alerts = [brain.get(f"/api/v1/alerts/{one['id']}") for one in brain.get("/api/v1/alerts?limit=100")]
    points = brain.get("/api/v1/history?sensor=BA-N1&quantity=smoke&start=0&end=9000000000000")
    return {"alerts": alerts, "points": [one["points"] for one in points]}


def quarantined(state: Path) -> list[Any]:
    with sqlite3.connect(next(state.rglob("quarantine.sqlite"))) as database:
        return database.execute("SELECT reason, count(*) FROM entry GROUP BY reason").fetchall()


@pytest.mark.mosquitto
def test_what_is_destroyed_is_there_again(make_brain: Make, tmp_path: Path) -> None:
    brain = lived(make_brain)
    file = tmp_path / "backup.tar.gz"
    done = brain.town_command("backup", str(brain.town), str(file), "--state", str(brain.state))
    before, kept = known(brain), quarantined(brain.state)
    brain.kill()
    shutil.copytree(brain.town, tmp_path / "as-it-was")
    shutil.rmtree(brain.state)
    shutil.rmtree(brain.town)

    again = brain.town_command("restore", str(file), str(brain.town), "--state", str(brain.state))
    assert (done.returncode, again.returncode) == (0, 0), done.stderr + again.stderr
    assert same_files(brain.town, tmp_path / "as-it-was") and quarantined(brain.state) == kept != []
    brain.start()
    assert known(brain) == before
    assert file.stat().st_mode & 0o077 == 0


def same_files(one: Path, other: Path) -> bool:
    names = {path.relative_to(one) for path in one.rglob("*") if path.is_file()}
    assert names == {path.relative_to(other) for path in other.rglob("*") if path.is_file()}
    return all((one / name).read_bytes() == (other / name).read_bytes() for name in names)


@pytest.mark.mosquitto
@pytest.mark.influxdb
@pytest.mark.postgresql
@pytest.mark.xdist_group("postgresql")
def test_a_town_moves_to_servers(
    make_brain: Make, influxd: services.Service, postgresql: services.Service, tmp_path: Path
) -> None:
    brain, file = lived(make_brain), tmp_path / "backup.tar.gz"
    before = known(brain)
    brain.town_command("backup", str(brain.town), str(file), "--state", str(brain.state))
    brain.kill()
    database = f"moved_{brain.port}"
    services.influx_query(influxd.port, f"CREATE DATABASE {database}")
    store, book = f"influxdb://127.0.0.1:{influxd.port}/{database}", services.postgresql_database(postgresql, database)
    shutil.rmtree(brain.state)
    shutil.rmtree(brain.town)
    told = ["--state", str(brain.state), "--store", store, "--book", book]
    again = brain.town_command("restore", str(file), str(brain.town), *told)

    assert again.returncode == 0, again.stderr
    moved = make_brain(store=store, TOWN_BOOK_URL=book)
    moved.start()
    assert known(moved) == before
    assert b"acknowledged" in services.influx_query(influxd.port, f'SELECT "event" FROM "{database}".."alert_event"')


def archive(folder: Path, **files: bytes) -> Path:
    for name, content in files.items():
        (folder / name).write_bytes(content)
    path = folder / "backup.tar.gz"
    with tarfile.open(path, "w:gz") as made:
        for name in files:
            made.add(folder / name, name.replace("_", "."))
    return path


EMPTY = {"form": 1, "town": "x", "made_at": 1, "version": "7.1", "readings": 0, "book": {}, "files": {}}


@pytest.mark.parametrize(
    ("manifest", "says"),
    [
        (None, "no whole backup"),
        ({}, "no whole backup"),
        (EMPTY | {"files": {"a": [1, "b"]}}, "is damaged: a is not"),
        (EMPTY | {"form": 9}, "made by version 7.1"),
    ],
)
def test_what_is_no_whole_backup_is_refused(manifest: dict[str, Any] | None, says: str, tmp_path: Path) -> None:
    files = {} if manifest is None else {"manifest_json": json.dumps(manifest).encode()}
    (tmp_path / "into").mkdir()

    with pytest.raises(ConfigError, match=says):
        unpack(archive(tmp_path, **files), tmp_path / "into")
