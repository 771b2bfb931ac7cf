from pathlib import Path

from tests.town.small_town import write_town
from town.alert import Subject
from town.folder import load_town
from town.town import Town


def small(folder: Path) -> Town:
    town, _ = load_town(write_town(folder))
    assert town is not None
    return town


def test_subjects_have_names_and_facilities(tmp_path: Path) -> None:
    town = small(tmp_path)

    assert town.subject_name(Subject("town", "tea")).zh == "茶镇"
    assert town.subject_name(Subject("zone", "hill")).en == "Hill"
    assert town.subject_name(Subject("facility", "store")).en == "Tea store"
    assert town.subject_name(Subject("facility", "gone")).en == "gone"
    assert town.facility_of(Subject("sensor", "T1")) is town.facilities["store"]
    assert town.facility_of(Subject("sensor", "gone")) is None and town.facility_of(Subject("zone", "hill")) is None


def test_sensors_are_found_by_facility_and_by_device(tmp_path: Path) -> None:
    town = small(tmp_path)

    assert [sensor.id for sensor in town.sensors_of_facility["store"]] == ["T1", "T2"]
    assert town.sensor_of_device["gw", "T1"].id == "T1"
    assert town.zone_info.key == "Asia/Shanghai"


def test_traditional_chinese_is_derived(tmp_path: Path) -> None:
    label = small(tmp_path).facilities["store"].name

    assert (label.text("zh"), label.text("zh-Hant"), label.text("en")) == ("茶仓", "茶倉", "Tea store")
