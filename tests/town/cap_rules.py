"""A validator of CAP 1.2, written from OASIS' schema and its text: what it finds wrong with a document, in words."""

import re
from collections.abc import Iterator
from xml.etree import ElementTree as ET

NS = "{urn:oasis:names:tc:emergency:cap:1.2}"
TIME = re.compile(r"\d\d\d\d-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d")
PAIR = r"[-+]?\d+(?:\.\d+)?,[-+]?\d+(?:\.\d+)?"

# name, least, most (None: any number)
ALERT = [("identifier", 1, 1), ("sender", 1, 1), ("sent", 1, 1), ("status", 1, 1), ("msgType", 1, 1), ("source", 0, 1),
         ("scope", 1, 1), ("restriction", 0, 1), ("addresses", 0, 1), ("code", 0, None), ("note", 0, 1),
         ("references", 0, 1), ("incidents", 0, 1), ("info", 0, None)]  # fmt: skip
INFO = [("language", 0, 1), ("category", 1, None), ("event", 1, 1), ("responseType", 0, None), ("urgency", 1, 1),
        ("severity", 1, 1), ("certainty", 1, 1), ("audience", 0, 1), ("eventCode", 0, None), ("effective", 0, 1),
        ("onset", 0, 1), ("expires", 0, 1), ("senderName", 0, 1), ("headline", 0, 1), ("description", 0, 1),
        ("instruction", 0, 1), ("web", 0, 1), ("contact", 0, 1), ("parameter", 0, None), ("resource", 0, None),
        ("area", 0, None)]  # fmt: skip
AREA = [("areaDesc", 1, 1), ("polygon", 0, None), ("circle", 0, None), ("geocode", 0, None), ("altitude", 0, 1),
        ("ceiling", 0, 1)]  # fmt: skip
PAIR_OF_VALUES = [("valueName", 1, 1), ("value", 1, 1)]
WORDS = {
    "status": "Actual Exercise System Test Draft",
    "msgType": "Alert Update Cancel Ack Error",
    "scope": "Public Restricted Private",
    "category": "Geo Met Safety Security Rescue Fire Health Env Transport Infra CBRNE Other",
    "responseType": "Shelter Evacuate Prepare Execute Avoid Monitor Assess AllClear None",
    "urgency": "Immediate Expected Future Past Unknown",
    "severity": "Extreme Severe Moderate Minor Unknown",
    "certainty": "Observed Likely Possible Unlikely Unknown",
}
TIMES = ("sent", "effective", "onset", "expires")


def problems(document: str) -> list[str]:
    """Everything that is wrong with it."""
    root = ET.fromstring(document)
    if root.tag != f"{NS}alert":
        return [f"the root is {root.tag}"]
    return [*_children(root, ALERT), *_values(root), *_head(root), *_infos(root)]


def _children(parent: ET.Element, rule: list[tuple[str, int, int | None]]) -> Iterator[str]:
    names = [child.tag.removeprefix(NS) for child in parent]
    order = [name for name, _, _ in rule]
    for name in names:
        if name not in order:
            yield f"{name} does not belong into {parent.tag}"
    known = [order.index(name) for name in names if name in order]
    if known != sorted(known):
        yield f"the order in {parent.tag} is {names}"
    for name, least, most in rule:
        if not least <= names.count(name) <= (most if most is not None else len(names)):
            yield f"{parent.tag} has {names.count(name)} of {name}"


def _values(root: ET.Element) -> Iterator[str]:
    for element in root.iter():
        name, text = element.tag.removeprefix(NS), (element.text or "").strip()
        if len(element) == 0 and not text:
            yield f"{name} is empty"
        if name in WORDS and text not in WORDS[name].split():
            yield f"{name} cannot be {text!r}"
        if name in TIMES and not TIME.fullmatch(text):
            yield f"{name} is no time: {text!r}"


def _head(root: ET.Element) -> Iterator[str]:
    for name in ("identifier", "sender"):
        if re.search(r"[\s,<&]", root.findtext(f"{NS}{name}") or " "):
            yield f"{name} has a space, a comma, < or &"
    scope = root.findtext(f"{NS}scope")
    if (scope == "Restricted") is not (root.find(f"{NS}restriction") is not None):
        yield "restriction is for scope Restricted"
    if scope == "Private" and root.find(f"{NS}addresses") is None:
        yield "scope Private needs addresses"


def _infos(root: ET.Element) -> Iterator[str]:
    for info in root.iter(f"{NS}info"):
        yield from _children(info, INFO)
        for pair in (*info.iter(f"{NS}parameter"), *info.iter(f"{NS}eventCode"), *info.iter(f"{NS}geocode")):
            yield from _children(pair, PAIR_OF_VALUES)
        if not re.fullmatch(r"[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*", info.findtext(f"{NS}language") or "en-US"):
            yield "language is none of RFC 3066"
        for area in info.iter(f"{NS}area"):
            yield from _children(area, AREA)
            yield from _shapes(area)


def _shapes(area: ET.Element) -> Iterator[str]:
    for polygon in area.iter(f"{NS}polygon"):
        pairs = (polygon.text or "").split()
        if len(pairs) < 4 or pairs[0] != pairs[-1] or not all(re.fullmatch(PAIR, pair) for pair in pairs):
            yield f"no polygon: {polygon.text}"
        if not all(_on_earth(pair) for pair in pairs if re.fullmatch(PAIR, pair)):
            yield "a corner that is not on earth: latitude comes first"
    for circle in area.iter(f"{NS}circle"):
        if not re.fullmatch(rf"{PAIR} \d+(\.\d+)?", circle.text or "") or not _on_earth((circle.text or "").split()[0]):
            yield f"no circle: {circle.text}"


def _on_earth(pair: str) -> bool:
    latitude, longitude = map(float, pair.split(","))
    return abs(latitude) <= 90 and abs(longitude) <= 180
