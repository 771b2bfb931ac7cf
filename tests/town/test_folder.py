import json
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.town.small_town import FILES, changed, write_town
from town.findings import Finding
from town.folder import load_town
from town.moment import MINUTE


def one_finding(folder: Path) -> Finding:
    town, findings = load_town(folder)
    assert len(findings) == 1, "\n".join(map(str, findings))
    assert (town is None) == (findings[0].level == "error")
    return findings[0]


def test_town_without_mistakes_is_read_whole(tmp_path: Path) -> None:
    town, findings = load_town(write_town(tmp_path))

    assert findings == []
    assert town is not None and town.country == "CN" and town.language == "zh"
    assert town.gateways["gw"].topics == ("town/tea/gw/#",)
    assert town.gateways["zb"].topics == ("radio/#",)
    assert town.sensors["T1"].place is not None and town.sensors["T1"].place.zh == "北架"
    assert town.sensors["T2"].interval == MINUTE and town.sensors["T2"].position is None
    assert town.sensor_of_device["zb", "store/door"].id == "T2"


TEN_MISTAKES = {
    "town_yaml": """\
version: 1
id: tea
name: {zh: 茶镇}
time_zone: Asia/Shanghia
position: {latitude: 30.0, longitude: 120.5}
""",
    "facilities_yaml": """\
version: 1
zones:
  - {id: hill, name: {zh: 山上, en: Hill}}
facilities:
  - id: store
    name: {zh: 茶仓, en: Tea store}
    kind: warehose
    zone: hil
    position: {latitude: 30.001, longitude: 120.501}
  - id: shed
    name: {zh: 茶棚, en: Tea shed}
    kind: warehouse
    zone: hill
    position: {latitude: 300, longitude: 120.501}
    adress: {zh: 山路, en: Hill road}
""",
    "gateways_yaml": """\
version: 1
gateways:
  - id: gw
    name: {zh: 网关, en: Gateway}
    decoder: native
    password: tea-leaf-77
""",
    "sensors_csv": """\
id,gateway,external_id,facility,kind,interval,latitude,longitude,place_zh,place_en
T1,gw,T1,store,smoke_detector,soon,,,,
T2,gv,T2,store,smoke_detecter,20s,,,,
""",
}


def test_ten_mistakes_are_ten_findings_with_their_lines(tmp_path: Path) -> None:
    town, findings = load_town(write_town(tmp_path, **TEN_MISTAKES))

    assert town is None
    assert [(f.file, f.line, f.where) for f in findings] == [
        ("facilities.yaml", 7, "facilities[0].kind"),
        ("facilities.yaml", 8, "facilities[0].zone"),
        ("facilities.yaml", 14, "facilities[1].position.latitude"),
        ("facilities.yaml", 15, "facilities[1].adress"),
        ("gateways.yaml", 6, "gateways[0].password"),
        ("sensors.csv", 2, "interval"),
        ("sensors.csv", 3, "gateway"),
        ("sensors.csv", 3, "kind"),
        ("town.yaml", 3, "name.en"),
        ("town.yaml", 4, "time_zone"),
    ]
    assert "tea-leaf-77" not in repr(findings)


def test_near_misses_are_suggested(tmp_path: Path) -> None:
    _, findings = load_town(write_town(tmp_path, **TEN_MISTAKES))
    hints = {finding.where: finding.suggestion for finding in findings}

    assert hints["facilities[0].kind"] == "did you mean `warehouse`?"
    assert hints["facilities[0].zone"] == "did you mean `hill`?"
    assert hints["facilities[1].adress"] == "did you mean `address`?"
    assert hints["gateway"] == "there are: gw"
    assert hints["kind"] == "did you mean `smoke_detector`?"


def test_mistakes_of_one_item_do_not_hide_each_other(tmp_path: Path) -> None:
    gateway = "  - id: gw\n    decoder: natif\n    secret: a b\n    topic: [x]\n    topics: ['#/x']\n"
    rows = FILES["sensors.csv"].replace("zb", "gw")
    _, findings = load_town(write_town(tmp_path, gateways_yaml=f"version: 1\ngateways:\n{gateway}", sensors_csv=rows))

    assert [(f.line, f.where.rpartition(".")[2]) for f in findings] == [
        (3, "name"), (4, "decoder"), (5, "secret"), (6, "topic"), (7, "topics[0]")
    ]  # fmt: skip


MISTAKES = [
    ("town.yaml", "id: tea", "id: te a", 2, "cannot be an id"),
    ("town.yaml", "en: Tea town", 'en: " "', 3, "`en` is empty"),
    ("town.yaml", "Asia/Shanghai", "../../etc/passwd", 4, "there is no time zone"),
    ("town.yaml", "version: 1", "version: 2", 1, "`2` is not known here"),
    ("town.yaml", "id: tea", "id: tea\ncountry: China", 3, "not a country"),
    ("town.yaml", "id: tea", "id: tea\nlanguage: de", 3, "`de` is not known here"),
    ("town.yaml", "id: tea", "id: [tea", 3, "YAML"),
    ("facilities.yaml", "zone: hill", "zone: hill\n    zone: hill", 9, "written twice"),
    (
        "facilities.yaml",
        "zones:\n",
        "zones:\n  - {id: hill, name: {zh: 山, en: Hill}}\n",
        4,
        "there already, in line 3",
    ),
    ("facilities.yaml", "kind: warehouse", "kind: [warehouse]", 7, "must be a text"),
    ("facilities.yaml", "zone: hill", "zone: hill\n    address: {zh: 山路}", 9, "`en` is missing"),
    ("gateways.yaml", "radio/#]", "radio/#, town/tea/+/telemetry]", 9, "can match one topic"),
    ("gateways.yaml", "radio/#]", "'radio/#/x']", 9, "# stands alone and last"),
    ("gateways.yaml", "    topics: [radio/#]\n", "", 6, "`topics` is missing"),
    ("gateways.yaml", "base: radio", "base: zigbee", 9, "nothing of base `zigbee` comes in"),
    (
        "gateways.yaml",
        "zigbee2mqtt\n    topics: [radio/#]\n    options: {base: radio}",
        "ha_discovery\n    topics: [radio/#]",
        9,
        "nothing of prefix `homeassistant` comes in",
    ),
    (
        "gateways.yaml",
        "zigbee2mqtt\n    topics: [radio/#]\n    options: {base: radio}",
        "tasmota\n    topics: [radio/#]\n    options: {time_zone: Mars/Base}",
        10,
        "there is no time zone 'Mars/Base'",
    ),
    ("gateways.yaml", "base: radio", "base: radio, channels: {action: presed}", 10, "no quantity `presed`"),
    ("gateways.yaml", "base: radio", "bass: radio", 10, "there is no key `bass`"),
    ("gateways.yaml", "decoder: native", "decoder: native\n    secret: p@ss word", 6, "not the name of a secret"),
    ("sensors.csv", "T2,zb", "T1,zb", 3, "`T1` is there already, in line 2"),
    ("sensors.csv", "T2,zb,store/door", "T2,gw,T1", 3, "is there already, in line 2"),
    ("sensors.csv", "20s", "0s", 2, "is not between 1ms and 31d"),
    ("sensors.csv", "30.001", "130.001", 2, "is not between -90 and 90 degrees"),
    ("sensors.csv", "30.001", "", 2, "`latitude` is empty"),
    ("sensors.csv", "North rack", "", 2, "one language only"),
    ("sensors.csv", "North rack", "North, rack", 2, "the row has 11 cells"),
    ("sensors.csv", "T2,zb,store/door,store", "T2,zb,store/door,", 3, "`facility` is empty"),
    ("sensors.csv", "place_en", "plce_en", 1, "there is no column `plce_en`"),
    ("sensors.csv", ",interval,", ",,", 1, "`interval`"),
    ("sensors.csv", "T2,zb", '"T2,zb', 3, "CSV"),
]


@pytest.mark.parametrize(("file", "old", "new", "line", "message"), MISTAKES)
def test_mistake_is_found_in_its_line(tmp_path: Path, file: str, old: str, new: str, line: int, message: str) -> None:
    town, findings = load_town(write_town(tmp_path, **changed(file, old, new)))

    assert town is None
    assert any(f.file == file and f.line == line and message in f.message for f in findings), findings


@pytest.mark.parametrize("name", FILES)
def test_missing_file_is_one_finding(tmp_path: Path, name: str) -> None:
    finding = one_finding(write_town(tmp_path, **{name.replace(".", "_"): None}))

    assert (finding.file, finding.line, finding.message) == (name, 0, "the file is missing")


def test_missing_file_may_be_misnamed(tmp_path: Path) -> None:
    _, findings = load_town(write_town(tmp_path, gateways_yaml=None, gateway_yaml=FILES["gateways.yaml"]))

    assert [(f.file, f.level, f.suggestion) for f in findings] == [
        ("gateway.yaml", "warning", "did you mean `gateways.yaml`?"),
        ("gateways.yaml", "error", "did you mean `gateway.yaml`?"),
    ]


def test_file_that_nothing_reads_is_a_warning(tmp_path: Path) -> None:
    finding = one_finding(write_town(tmp_path, kind_yaml="version: 1\n"))

    assert (finding.level, finding.suggestion) == ("warning", "did you mean `kinds.yaml`?")


def test_list_saved_by_a_spreadsheet_with_a_mark_and_blank_rows_is_read(tmp_path: Path) -> None:
    write_town(tmp_path)
    rows = FILES["sensors.csv"].replace("\n", "\r\n") + ",,,,,,,,,\r\n"
    (tmp_path / "sensors.csv").write_bytes(b"\xef\xbb\xbf" + rows.encode())

    town, findings = load_town(tmp_path)

    assert findings == [] and town is not None and list(town.sensors) == ["T1", "T2"]


def test_list_in_another_encoding_is_refused_with_the_line(tmp_path: Path) -> None:
    write_town(tmp_path)
    (tmp_path / "sensors.csv").write_bytes(FILES["sensors.csv"].encode("gb18030"))

    finding = one_finding(tmp_path)
    assert (finding.line, finding.message) == (2, "the file is not UTF-8")


def test_rows_after_a_cell_of_two_lines_keep_their_line(tmp_path: Path) -> None:
    text = changed("sensors.csv", "North rack", '"North\nrack"')["sensors_csv"] or ""
    finding = one_finding(write_town(tmp_path, sensors_csv=text.replace("1m", "later")))

    assert (finding.line, finding.where) == (4, "interval")


def test_facility_far_away_is_a_warning_that_sees_changed_over_degrees(tmp_path: Path) -> None:
    # cos(51°)² is the cosine of 66.67°, and a degree of a great circle is 111.19 km.
    home = changed("town.yaml", "latitude: 30.0, longitude: 120.5", "latitude: 0.0, longitude: 51.0")
    there = changed("facilities.yaml", "latitude: 30.001, longitude: 120.501", "latitude: 51.0, longitude: 0.0")
    rows = changed("sensors.csv", "30.001,120.501", ",")
    finding = one_finding(write_town(tmp_path, **home, **there, **rows))

    assert (finding.level, finding.line) == ("warning", 9)
    assert finding.message == "this is 7,413 km from the town"
    assert finding.suggestion == "latitude and longitude may be changed over"


def test_facility_without_sensors_is_a_warning(tmp_path: Path) -> None:
    more = FILES["facilities.yaml"] + FILES["facilities.yaml"].partition("facilities:\n")[2].replace("store", "shed")
    finding = one_finding(write_town(tmp_path, facilities_yaml=more))

    assert (finding.level, finding.line, finding.message) == ("warning", 10, "`shed` has no sensors")


OWN_KINDS = """\
version: 1
quantities:
  - {id: tannin, name: {zh: 单宁, en: Tannin}, type: float, unit: mg/L, low: 0, high: 500}
kinds:
  - id: tea_probe
    name: {zh: 茶探头, en: Tea probe}
    family: tea
    quantities: [tannin, temperature]
    ranges: {temperature: [0, 110]}
    limits: {temperature: {above: {minor: 100}, source: the tea house}}
facility_kinds:
  - {id: tea_house, name: {zh: 茶馆, en: Tea house}}
"""


def test_town_adds_kinds_of_its_own(tmp_path: Path) -> None:
    write_town(tmp_path, kinds_yaml=OWN_KINDS, **changed("sensors.csv", "smoke_detector", "tea_probe"))
    town, findings = load_town(tmp_path)

    assert findings == [] and town is not None
    assert town.quantities["tannin"].unit == "mg/l"
    assert town.kinds["tea_probe"].quantities == ("tannin", "temperature", "battery", "rssi", "snr", "tamper")
    assert town.plausible_range("tea_probe", "temperature") == (0, 110)
    assert town.plausible_range("smoke_detector", "temperature") == (-40, 120)
    assert town.reached("tea_probe", "temperature", 100) == "minor"
    assert "tea_house" in town.facility_kinds and "warehouse" in town.facility_kinds


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("unit: mg/L", "unit: furlong", 3, "the unit `furlong` is not known"),
        ("unit: mg/L, ", "", 3, "a number needs a unit"),
        ("low: 0", "low: 900", 3, "`low` must be less than `high`"),
        ("[tannin, temperature]", "[tannin, temprature]", 8, "there is no quantity `temprature`"),
        ("id: tannin", "id: temperature", 3, "`temperature` is there already: built in"),
        ("family: tea", "family: alert", 7, "`alert` cannot be a family"),
        ("{temperature: [0, 110]}", "{humidity: [0, 50]}", 9, "`humidity` is not among this kind's quantities"),
        ("{temperature: {above", "{humidity: {above", 10, "`humidity` is not among this kind's quantities"),
        ("{minor: 100}", "{minor: 120}", 10, "120 is outside what is plausible: 0 … 110"),
        ("id: tea_house", "id: Tea-House", 12, "`Tea-House` cannot be a name here"),
    ],
)
def test_mistake_in_own_kinds_is_found_alone(tmp_path: Path, old: str, new: str, line: int, message: str) -> None:
    write_town(
        tmp_path, kinds_yaml=OWN_KINDS.replace(old, new, 1), **changed("sensors.csv", "smoke_detector", "tea_probe")
    )
    _, findings = load_town(tmp_path)

    assert (findings[0].file, findings[0].line, findings[0].message) == ("kinds.yaml", line, message)
    assert {f.file for f in findings} == {"kinds.yaml"}


def test_mistakes_in_own_kinds_do_not_hide_each_other(tmp_path: Path) -> None:
    text = OWN_KINDS.replace("type: float", "typ: float").replace("[tannin,", "[tanin,").replace("facility_", "place_")
    _, findings = load_town(write_town(tmp_path, kinds_yaml=text))

    assert [(f.line, f.where.rpartition(".")[2], f.suggestion) for f in findings] == [
        (3, "typ", "did you mean `type`?"),
        (3, "type", ""),
        (8, "quantities[0]", "did you mean `tannin`?"),
        (11, "place_kinds", "did you mean `facility_kinds`?"),
    ]


def drawn(properties: dict[str, str], kind: str = "LineString", latitude: float = 30.1) -> str:
    geometry = {"type": kind, "coordinates": [[120.5, 30.0], [120.6, latitude]]}
    return json.dumps({"type": "FeatureCollection", "features": [{"properties": properties, "geometry": geometry}]})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[" * 5, "JSON"),
        ("[]", "not a FeatureCollection"),
        (drawn({"role": "raod"}), "there is no role `raod`"),
        (drawn({"role": "zone", "zone": "hil"}), "there is no zone `hil`"),
        (drawn({"role": "road"}, latitude=300), "not [longitude, latitude]"),
        (drawn({"role": "road"}, kind="Point"), "cannot be drawn"),
    ],
)
def test_mistake_in_the_map_is_found(tmp_path: Path, text: str, message: str) -> None:
    finding = one_finding(write_town(tmp_path, map_geojson=text))

    assert finding.file == "map.geojson" and message in finding.message


def test_mistake_in_the_map_has_the_line_of_its_feature(tmp_path: Path) -> None:
    good, bad = (json.loads(drawn({"role": role}))["features"][0] for role in ("road", "raod"))
    text = json.dumps({"type": "FeatureCollection", "name": "features", "features": [good, bad]}, indent=1)

    found = one_finding(write_town(tmp_path, map_geojson=text))
    assert text.splitlines()[found.line - 1] == "  {" and '"raod"' in text.splitlines()[found.line + 1]


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("facilities.yaml", b"version: 1\n\tzones: []\n", 2),
        ("facilities.yaml", "version: 1\n# 茶镇\n".encode("gbk"), 2),
        ("gateways.yaml", b"- gw\n- zb\n", 1),
        ("sensors.csv", FILES["sensors.csv"].replace("gateway,", "gateway,gateway,").encode(), 1),
        ("sensors.csv", FILES["sensors.csv"].encode("utf-16"), 1),
        ("kinds.yaml", b"kinds: [", 1),
        ("holidays.csv", b"date,kind\n2026-10-10,workday\n", 1),
    ],
)
def test_file_that_cannot_be_read_is_one_mistake(tmp_path: Path, name: str, content: bytes, line: int) -> None:
    zone = drawn({"role": "zone", "zone": "hill"})
    (write_town(tmp_path, map_geojson=zone) / name).write_bytes(content)

    assert (one_finding(tmp_path).file, one_finding(tmp_path).line) == (name, line)


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    (write_town(tmp_path) / "town.yaml").unlink()
    os.mkfifo(tmp_path / "town.yaml")

    assert one_finding(tmp_path).message == "this is no file"


def test_rules_that_nothing_reads_are_told(tmp_path: Path) -> None:
    (write_town(tmp_path) / "rules").mkdir()
    (tmp_path / "rules" / "fire.yml").write_text("groups: []")

    assert (one_finding(tmp_path).file, one_finding(tmp_path).suggestion) == ("rules/fire.yml", "call it fire.yaml")


def test_folder_that_is_not_there(tmp_path: Path) -> None:
    assert one_finding(tmp_path / "nowhere").message == "there is no such folder"


@given(st.sampled_from(sorted(FILES)), st.integers(0, 400), st.integers(0, 40), st.text(max_size=12))
def test_no_change_to_a_file_makes_reading_raise(name: str, start: int, length: int, text: str) -> None:
    good = FILES[name]
    broken = good[:start] + text + good[start + length :]
    with tempfile.TemporaryDirectory() as folder:
        write_town(Path(folder))
        (Path(folder) / name).write_bytes(broken.encode("utf-8", "replace"))
        town, findings = load_town(Path(folder))

    assert (town is None) == any(finding.level == "error" for finding in findings)
