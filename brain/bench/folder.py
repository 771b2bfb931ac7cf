"""A town folder for measuring: as many sensors as asked for, behind a few gateways that speak the native format."""

from collections.abc import Sequence
from pathlib import Path

GATEWAYS = 10
QUANTITIES = ("temperature", "humidity", "co2")
DUTY = "bench-duty"
"""The one target: a webhook, whose secret is named BENCH."""

_TOWN = """\
version: 1
id: bench
name: {zh: 量镇, en: Benchtown}
time_zone: Asia/Shanghai
position: {latitude: 30.0, longitude: 120.58}
"""
_ZONES = """\
version: 1
zones:
  - {id: centre, name: {zh: 中心, en: Centre}}
facilities:
"""
_FACILITY = """\
  - id: {id}
    name: {{zh: 量厅{number}, en: Hall {number}}}
    kind: warehouse
    zone: centre
    position: {{latitude: {latitude:.4f}, longitude: {longitude:.4f}}}
"""
_ROW = 25
"""Facilities stand in rows of so many."""
_PEOPLE = """\
version: 1
targets:
  - {{id: {duty}, channel: webhook, url: "{url}", secret: BENCH}}
routes:
  - {{category: environment, to: [{duty}], wait: 0s}}
"""
_RULE = """\
      - id: {id}
        title: {{zh: 规则, en: Rule}}
        for_each: {{sensor_kind: room_climate}}
        when: {when}
        severity: minor
"""
_RULES = "version: 1\ngroups:\n  - name: bench\n    defaults: {category: environment}\n    rules:\n"


def sensor_id(number: int) -> str:
    """The id of a sensor, which is also what its gateway calls it."""
    return f"B{number:06d}"


def topic(sensor: int) -> str:
    """What a sensor's gateway publishes on."""
    return f"town/bench/g{sensor % GATEWAYS}/telemetry"


def facility_id(number: int) -> str:
    """The id of a facility."""
    return f"hall{number:04d}"


def write_folder(
    folder: Path,
    *,
    sensors: int,
    rules: int = 0,
    webhook: str = "http://127.0.0.1:9/",
    facilities: int = 1,
    kinds: Sequence[str] = ("room_climate",),
) -> Path:
    """Write a whole town folder; with rules, each applies to every room climate and holds only above 79 degrees.

    Sensors are dealt out to facilities one by one, so neighbours in the list are in different places, and every
    facility has all kinds.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "town.yaml").write_text(_TOWN, "utf-8")
    places = (
        _FACILITY.format(
            id=facility_id(one),
            number=one + 1,
            latitude=30.0 - one // _ROW * 0.002,
            longitude=120.58 + one % _ROW * 0.003,
        )
        for one in range(facilities)
    )
    (folder / "facilities.yaml").write_text(_ZONES + "".join(places), "utf-8")
    gateways = "".join(
        f"  - {{id: g{one}, name: {{zh: 网关, en: Gateway}}, decoder: native, topics: [town/bench/g{one}/#]}}\n"
        for one in range(GATEWAYS)
    )
    (folder / "gateways.yaml").write_text(f"version: 1\ngateways:\n{gateways}", "utf-8")
    rows = (
        f"{sensor_id(one)},g{one % GATEWAYS},{sensor_id(one)},{facility_id(one % facilities)},"
        f"{kinds[one // facilities % len(kinds)]},60s,,,,\n"
        for one in range(sensors)
    )
    head = "id,gateway,external_id,facility,kind,interval,latitude,longitude,place_zh,place_en\n"
    (folder / "sensors.csv").write_text(head + "".join(rows), "utf-8")
    (folder / "people.yaml").write_text(_PEOPLE.format(duty=DUTY, url=webhook), "utf-8")
    if rules:
        (folder / "rules").mkdir(exist_ok=True)
        written = "".join(_RULE.format(id=f"bench.rule{one}", when=_condition(one)) for one in range(rules))
        (folder / "rules" / "bench.yaml").write_text(_RULES + written, "utf-8")
    return folder


def _condition(number: int) -> str:
    """Conditions of different shapes, none of which holds for ordinary readings."""
    shapes = (
        f"temperature > {79 + number * 0.1:.1f} Cel",
        f"temperature > {79 + number * 0.1:.1f} Cel and temperature < 85 Cel",
        f"temperature > {79 + number * 0.1:.1f} Cel or temperature < -39 Cel",
    )
    return shapes[number % len(shapes)]
