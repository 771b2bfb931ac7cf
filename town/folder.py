"""A town folder: read whole, checked whole, every mistake told at once with its file and line."""

import math
import re
from collections.abc import Collection, Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict

from town.builtin import Kinds, add_kinds, builtin_kinds
from town.calendar import SpecialDay, read_special_days
from town.facility import Facility, Position, Zone
from town.findings import Finding, has_errors, suggest
from town.gateway import Gateway
from town.gateway_file import read_gateways
from town.items import Items, Row, id_mistake, label_findings, read_items, unknown
from town.kind import SensorKind
from town.language import Label, Language
from town.map_file import check_map
from town.sensor_list import SensorList, check_references, read_sensors
from town.source import FILES, Source, read_yaml
from town.town import Town
from town.unsure import Unsure

FAR = 50_000.0
"""Metres from the town's position beyond which a place is probably a slip of the pen."""
_EARTH_RADIUS = 6_371_008.8
_COUNTRY = re.compile(r"[A-Z]{2}")


class TownFile(BaseModel):
    """A `town.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1]
    id: str
    name: Label
    time_zone: str
    position: Position
    country: str = "CN"
    language: Language = "zh"


_NAMELESS = TownFile(
    version=1, id="town", name=Label(zh="?", en="?"), time_zone="UTC", position=Position(latitude=0, longitude=0)
)
"""What a folder without a town.yaml is read as, so that its other files can be checked."""


class FacilitiesFile(BaseModel):
    """A `facilities.yaml`; its items are read one by one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1]
    zones: list[Any]
    facilities: list[Any]


def load_town(folder: Path) -> tuple[Town | None, list[Finding]]:
    """The town, and what is wrong with its folder, by file and line; no town when there is an error among it."""
    town, findings = read_town(folder)
    return (None if has_errors(findings) else town), findings


def read_town(folder: Path) -> tuple[Town | None, list[Finding]]:
    """As `load_town`, but with the sound part of a town that has mistakes, so that rules and people can be checked too.

    Where `town.yaml` cannot be used, a town without a name stands in for it. None only when there is no folder.
    """
    if not folder.is_dir():
        return None, [Finding(folder.as_posix(), 0, "", "there is no such folder", "name the folder of a town")]
    head, findings = _read_head(folder)
    kinds, declared, more = _read_kinds(folder)
    findings += more
    zones, facilities, more = _read_facilities(folder, kinds=kinds, declared=declared)
    findings += more
    source, more = read_yaml(folder / "gateways.yaml", root=folder)
    findings += more
    gateways, more = read_gateways(source, town=head.id if head else "?", quantities=kinds.quantities)
    findings += more
    sensors = read_sensors(folder / "sensors.csv", root=folder)
    findings += sensors.findings
    known_kinds = None if declared is None else {*kinds.kinds, *declared["kinds"]}
    findings += _reference_findings(sensors, facilities, gateways, kinds=known_kinds)
    findings += _place_findings(facilities, sensors, head=head)
    findings += check_map(folder / "map.geojson", root=folder, zones=zones.ids if zones.is_read else None)
    findings += _stray_findings(folder)
    special_days, more = read_special_days(folder)
    findings += more
    town = _town(
        head or _NAMELESS,
        kinds,
        declared=declared,
        zones=zones,
        facilities=facilities,
        gateways=gateways,
        sensors=sensors,
        special_days=special_days,
    )
    return town, sorted(findings)


def _town(
    head: TownFile,
    kinds: Kinds,
    *,
    declared: dict[str, frozenset[str]] | None,
    zones: Items[Zone],
    facilities: Items[Facility],
    gateways: Items[Gateway],
    sensors: SensorList,
    special_days: dict[date, SpecialDay],
) -> Town:
    """Everything whose references hold; in a folder without mistakes that is everything."""
    sound_facilities = {
        facility.id: facility
        for facility in facilities.by_id.values()
        if facility.zone in zones.by_id and facility.kind in kinds.facility_kinds
    }
    sound_sensors = {
        sensor.id: sensor
        for sensor in sensors.sensors.values()
        if sensor.facility in sound_facilities and sensor.gateway in gateways.by_id and sensor.kind in kinds.kinds
    }
    unread: dict[str, bool] = {
        "zone": not zones.is_read,
        "facility": not facilities.is_read,
        "gateway": not gateways.is_read,
        "sensor": not sensors.is_read,
        "sensor_kind": declared is None,
        "facility_kind": declared is None,
    }
    written: dict[str, frozenset[str]] = {
        "zone": zones.ids - zones.by_id.keys(),
        "facility": facilities.ids - sound_facilities.keys(),
        "gateway": gateways.ids - gateways.by_id.keys(),
        "sensor": frozenset(sensors.lines.keys() - sound_sensors.keys()),
        "sensor_kind": (declared or {}).get("kinds", frozenset()) - kinds.kinds.keys(),
        "facility_kind": (declared or {}).get("facility_kinds", frozenset()) - kinds.facility_kinds.keys(),
    }
    return Town(
        **head.model_dump(exclude={"version", "name", "position", "time_zone"}),
        time_zone=head.time_zone if _is_time_zone(head.time_zone) else "UTC",
        name=head.name,
        position=head.position,
        quantities=dict(kinds.quantities),
        kinds=dict(kinds.kinds),
        facility_kinds=dict(kinds.facility_kinds),
        zones=zones.by_id,
        facilities=sound_facilities,
        gateways=gateways.by_id,
        sensors=sound_sensors,
        special_days=special_days,
        unsure=Unsure(ids=written, unread=frozenset(what for what, is_unread in unread.items() if is_unread)),
    )


def _stray_findings(folder: Path) -> Iterator[Finding]:
    """A warning for each file that looks as if it were meant to be read, and is not: `kind.yaml`, `rules/fire.yml`."""
    missing = [name for name in FILES if not (folder / name).exists()]
    for path in sorted(folder.iterdir()):
        if path.suffix in (".yaml", ".yml", ".csv", ".geojson") and path.name not in FILES:
            hint = suggest(path.name, missing) or f"files are {', '.join(FILES)}"
            yield Finding(path.name, 0, "", "nothing reads this file", hint, "warning")
    for path in sorted(path for folders in ("rules", "scenarios") for path in (folder / folders).glob("*")):
        if path.is_file() and path.suffix in (".yml", ".YAML", ".YML"):
            name = path.relative_to(folder).as_posix()
            yield Finding(name, 0, "", "nothing reads this file", f"call it {path.stem}.yaml", "warning")


def _read_head(folder: Path) -> tuple[TownFile | None, list[Finding]]:
    source, findings = read_yaml(folder / "town.yaml", root=folder)
    if source is None:
        return None, findings
    head, mistakes = source.parse(TownFile)
    findings += mistakes
    if head is not None:
        findings += label_findings(source, ("name",), head.name)
    return head, findings + [source.finding((key,), text, hint) for key, text, hint in _head_problems(source)]


def _head_problems(source: Source) -> Iterator[tuple[str, str, str]]:
    """Key, what is wrong and a suggestion, for what is a text, whatever the rest of the file is like."""
    row = Row((), source.data if isinstance(source.data, dict) else {})
    name, zone, country = row.text("id"), row.text("time_zone"), row.text("country")
    if name is not None and (mistake := id_mistake(name)):
        yield "id", mistake, ""
    if zone is not None and not _is_time_zone(zone):
        hint = suggest(zone, available_timezones()) or "a name of the IANA list, such as Asia/Shanghai"
        yield "time_zone", f"there is no time zone `{zone}`", hint
    if country is not None and not _COUNTRY.fullmatch(country):
        yield "country", f"`{country}` is not a country", "two letters, such as CN"


def _is_time_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _read_kinds(folder: Path) -> tuple[Kinds, dict[str, frozenset[str]] | None, list[Finding]]:
    """The kinds, and by list the ids of those in the file, malformed ones too; None for a file that cannot be read."""
    path = folder / "kinds.yaml"
    source, findings = read_yaml(path, root=folder) if path.exists() else (None, [])
    declared = {key: Items[SensorKind](source, key).ids for key in ("kinds", "facility_kinds")}
    if source is None:
        return builtin_kinds(), None if path.exists() else declared, findings
    kinds, mistakes = add_kinds(source, builtin_kinds())
    return kinds, declared, findings + mistakes


def _read_facilities(
    folder: Path, *, kinds: Kinds, declared: dict[str, frozenset[str]] | None
) -> tuple[Items[Zone], Items[Facility], list[Finding]]:
    source, findings = read_yaml(folder / "facilities.yaml", root=folder)
    if source is not None:
        findings += source.parse(FacilitiesFile)[1]
    zones, mistakes = read_items(source, "zones", Zone)
    findings += mistakes
    facilities, mistakes = read_items(source, "facilities", Facility)
    findings += mistakes
    known: dict[str, tuple[str, Collection[str]]] = {}
    if declared is not None:
        known["kind"] = ("facility kind", {*kinds.facility_kinds, *declared["facility_kinds"]})
    if zones.is_read:
        known["zone"] = ("zone", zones.ids)
    if source is not None:
        findings += _facility_findings(source, facilities, known=known)
    return zones, facilities, findings


def _facility_findings(
    source: Source, facilities: Items[Facility], *, known: dict[str, tuple[str, Collection[str]]]
) -> Iterator[Finding]:
    for row in facilities.rows:
        for key, (what, ids) in known.items():
            word = row.text(key)
            if word is not None and word not in ids:
                yield source.finding((*row.place, key), *unknown(what, word, ids))
    for facility in facilities.by_id.values():
        yield from label_findings(source, (*facilities.place(facility.id), "address"), facility.address)


def _reference_findings(
    sensors: SensorList, facilities: Items[Facility], gateways: Items[Gateway], *, kinds: Collection[str] | None
) -> Iterator[Finding]:
    """What sensors refer to and nothing has; a file that could not be read is not asked."""
    known: dict[str, tuple[Iterable[str], str]] = {}
    if kinds is not None:
        known["kind"] = (frozenset(kinds), "sensor kind")
    if facilities.is_read:
        known["facility"] = (facilities.ids, "facility")
    if gateways.is_read:
        known["gateway"] = (gateways.ids, "gateway")
    yield from check_references(sensors, known)
    if sensors.rows and sensors.is_read and facilities.source is not None:
        used = {row.cells.get("facility") for row in sensors.rows}
        for facility in facilities.by_id.keys() - used:
            place = facilities.place(facility)
            yield facilities.source.finding(place, f"`{facility}` has no sensors", level="warning")


def _place_findings(facilities: Items[Facility], sensors: SensorList, *, head: TownFile | None) -> Iterator[Finding]:
    if head is None:
        return
    for facility in facilities.by_id.values():
        source: Source | None = facilities.source
        if source and (problem := _far(facility.position, head.position)):
            yield source.finding((*facilities.place(facility.id), "position"), *problem, level="warning")
    for sensor in sensors.sensors.values():
        if sensor.position and (problem := _far(sensor.position, head.position)):
            yield Finding(sensors.name, sensors.lines[sensor.id], "latitude", *problem, level="warning")


def _far(position: Position, centre: Position) -> tuple[str, str] | None:
    away = _metres(position.latitude, position.longitude, centre)
    if away <= FAR:
        return None
    swapped = _metres(position.longitude, position.latitude, centre) <= FAR
    hint = "latitude and longitude may be changed over" if swapped else "look at the position again"
    return f"this is {away / 1000:,.0f} km from the town", hint


def _metres(latitude: float, longitude: float, other: Position) -> float:
    """Great-circle distance (haversine) on a sphere of the mean radius of WGS 84."""
    one, two = math.radians(latitude), math.radians(other.latitude)
    across = math.radians(other.longitude - longitude)
    chord = math.sin((two - one) / 2) ** 2 + math.cos(one) * math.cos(two) * math.sin(across / 2) ** 2
    return 2 * _EARTH_RADIUS * math.asin(min(1.0, math.sqrt(abs(chord))))
