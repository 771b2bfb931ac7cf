"""Figures of minutes from values as InfluxDB answers them."""

import tempfile
from pathlib import Path

import pytest
from msgspec import Raw

from town.errors import ConfigError, Unavailable
from town.moment import MINUTE
from town.quantity import ValueType
from town.store.influx_minutes import Minutes
from town.store.influx_server import UnreadTable

QUANTITIES = {"t": ValueType.FLOAT, "open": ValueType.BOOL}


def test_each_minute_of_each_place_has_figures_of_what_is_there() -> None:
    with Minutes(QUANTITIES) as minutes:
        minutes.add([b'60000,1,null,"WH3","air-1","old"\n60001,3.0,true,"WH3","air-1","old"'])
        minutes.add(
            [
                b'119999,2,false,"WH3","air-1","old"',
                b'119999,-5.5e0,null,"WH4","air-1",null\n120000,null,true,"","x",null',
            ]
        )
        assert minutes.count == 5
        found = minutes.take()

        t = {"t_count": 3.0, "t_sum": 6.0, "t_min": 1.0, "t_max": 3.0, "t_mean": 2.0, "t_last": 2.0}
        doors = {
            "open_count": 2.0,
            "open_sum": 1.0,
            "open_min": 0.0,
            "open_max": 1.0,
            "open_mean": 0.5,
            "open_last": 0.0,
        }
        assert found[("WH3", "air-1", "old"), MINUTE] == t | doors
        assert found[("WH4", "air-1", None), MINUTE]["t_last"] == -5.5
        assert found[("", "x", None), 2 * MINUTE].keys() == doors.keys()
        assert len(found) == 3
        assert (minutes.count, minutes.take()) == (0, {})


def test_rows_become_lines_however_a_server_spaces_them() -> None:
    rows = b'[[60000, 1.5, null, "WH 3"],\n [60001, -2e-7, true, null]]'

    assert UnreadTable(Raw(rows)).lines == b'60000,1.5,null,"WH 3"\n60001,-2e-7,true,null'
    assert UnreadTable(Raw(b"[ ]")).lines == b""


def test_values_of_another_type_are_named() -> None:
    with Minutes(QUANTITIES) as minutes:
        minutes.add([b'60000,"warm",null,"WH3","air-1","old"'])
        with pytest.raises(ConfigError, match="warm"):
            minutes.take()


def test_without_room_for_the_values_minutes_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(Unavailable, match="gone"), Minutes(QUANTITIES):
        pass
