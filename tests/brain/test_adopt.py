"""`town ledger`, `town discovered` and `town adopt` as a shell sees them."""

import asyncio
import json
import shutil
from pathlib import Path

import pytest

from brain.adoption import appended, new_id, usual_interval
from ingest.decoded import DeviceReading
from ingest.discovered import Discovered
from ingest.files import DISCOVERED_FILE, LEDGER_FILE
from ingest.ledger import Ledger
from ingest.ledger_file import LedgerFile
from ingest.ledger_keeping import Keeping
from tests.brain.test_commands import town
from town.folder import load_town

HAMLET = Path(__file__).parents[1] / "towns" / "hamlet"
NOON = 1_790_000_000_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A hamlet whose gateway heard a device that nobody listed, three times in a minute."""
    folder = tmp_path / "hamlet"
    shutil.copytree(HAMLET, folder)
    loaded, _ = load_town(folder)
    assert loaded is not None

    async def hear() -> None:
        (tmp_path / "state").mkdir()
        async with Discovered(tmp_path / "state" / DISCOVERED_FILE, loaded) as discovered:
            for seconds in (0, 30, 60):
                said = DeviceReading("new door/7", None, {"open": True})
                discovered.note("gw-1", [said], b'{"contact": false}', NOON + seconds * 1_000)

    asyncio.run(hear())
    return folder


def test_a_discovered_device_becomes_a_sensor(folder: Path, tmp_path: Path) -> None:
    state = ("--state", tmp_path / "state")
    before = (folder / "sensors.csv").read_bytes()
    (found,) = json.loads(town("discovered", folder, *state, "--json").stdout)
    facility = next(iter(load_town(folder)[0].facilities))  # type: ignore[union-attr]  # it loads, or the test fails
    asked = ("adopt", folder, "--gateway", "gw-1", "--device", "new door/7", "--facility", facility, *state)
    shown = town(*asked, "--dry-run", "--json")
    assert (folder / "sensors.csv").read_bytes() == before
    ran = town(*asked)

    assert (found["device"], found["kind"], found["count"]) == ("new door/7", "door_contact", 3)
    assert json.loads(shown.stdout)["row"]["id"] == "new-door-7"
    assert ran.returncode == 0, ran.stderr
    assert (folder / "sensors.csv").read_bytes().startswith(before)
    sensor = load_town(folder)[0].sensors["new-door-7"]  # type: ignore[union-attr]  # as above
    assert (sensor.kind, sensor.external_id, sensor.interval) == ("door_contact", "new door/7", 60_000)
    assert json.loads(town("discovered", folder, *state, "--json").stdout) == []
    assert "is a sensor already" in town(*asked).stderr


def test_what_the_town_does_not_have_is_named(folder: Path, tmp_path: Path) -> None:
    asked = ("adopt", folder, "--gateway", "gw-1", "--device", "new door/7", "--state", tmp_path / "state")
    ran = town(*asked, "--facility", "nowhere")

    assert ran.returncode == 2 and "there is no facility 'nowhere'" in ran.stderr


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_list_keeps_its_form(end: str) -> None:
    text = f"\ufeffkind,id,external_id{end}a,b,c"

    assert appended(text, {"id": "n", "external_id": "x, y"}) == f'{text}{end},n,"x, y"{end}'


def test_names_and_intervals_are_made_of_what_is_known() -> None:
    assert new_id("前门 door/7", {"door-7"}) == "door-7-2"
    assert new_id("门", set()) == "sensor"
    assert [usual_interval(every) for every in (None, 20_000, 29_000)] == [600_000, 60_000, 60_000]


@pytest.mark.parametrize(("stored", "code"), [(2, 0), (1, 1)])
def test_the_ledger_says_whether_anything_is_missing(folder: Path, tmp_path: Path, stored: int, code: int) -> None:
    async def count() -> None:
        ledger = Ledger(["gw-1"])
        account = ledger.accounts["gw-1"]
        account.received = account.decoded = 1
        account.readings, account.stored = 2, stored
        async with LedgerFile(tmp_path / "state" / LEDGER_FILE) as file:
            await Keeping(ledger, waiting=dict, file=file, clock=lambda: NOON).look(ended=True)

    asyncio.run(count())
    ran = town("ledger", folder, "--state", tmp_path / "state", "--json")
    later = town("ledger", folder, "--state", tmp_path / "state", "--from", "2030-01-01T00:00:00Z")
    found = json.loads(ran.stdout)

    assert (ran.returncode, found["balanced"]) == (code, code == 0)
    assert found["gateways"][0]["missing"] == {"messages": 0, "readings": code}
    assert later.returncode == 0 and "Balanced" in later.stdout
