"""A small town folder that is well, for tests to break."""

from pathlib import Path

FILES = {
    "town.yaml": """\
version: 1
id: tea
name: {zh: 茶镇, en: Tea town}
time_zone: Asia/Shanghai
position: {latitude: 30.0, longitude: 120.5}
""",
    "facilities.yaml": """\
version: 1
zones:
  - {id: hill, name: {zh: 山上, en: Hill}}
facilities:
  - id: store
    name: {zh: 茶仓, en: Tea store}
    kind: warehouse
    zone: hill
    position: {latitude: 30.001, longitude: 120.501}
""",
    "gateways.yaml": """\
version: 1
gateways:
  - id: gw
    name: {zh: 网关, en: Gateway}
    decoder: native
  - id: zb
    name: {zh: 无线网关, en: Radio gateway}
    decoder: zigbee2mqtt
    topics: [radio/#]
    options: {base: radio}
""",
    "sensors.csv": """\
id,gateway,external_id,facility,kind,interval,latitude,longitude,place_zh,place_en
T1,gw,T1,store,smoke_detector,20s,30.001,120.501,北架,North rack
T2,zb,store/door,store,door_contact,1m,,,,
""",
}


def write_town(folder: Path, **changes: str | None) -> Path:
    """The folder, each named file (`town_yaml` for town.yaml) replaced by a text, or left out when None."""
    for name, text in FILES.items():
        changed = changes.get(name.replace(".", "_"), text)
        if changed is not None:
            (folder / name).write_text(changed, "utf-8")
    for key in changes.keys() - {name.replace(".", "_") for name in FILES}:
        (folder / key.replace("_", ".")).write_text(changes[key] or "", "utf-8")
    return folder


def changed(name: str, old: str, new: str) -> dict[str, str | None]:
    """One file of the small town with a text replaced, as `write_town` takes it."""
    assert old in FILES[name], f"{old!r} is not in {name}"
    return {name.replace(".", "_"): FILES[name].replace(old, new, 1)}
