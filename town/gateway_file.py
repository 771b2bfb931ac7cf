"""gateways.yaml: the gateways of a town, their topics with the defaults put in, and what is wrong with them."""

import re
from collections.abc import Collection, Iterator
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

from town.channel_options import named_quantities
from town.decoder_options import DECODER_OPTIONS, DEFAULT_BASE, DEFAULT_PREFIX, base_mistake
from town.findings import Finding
from town.gateway import Gateway
from town.items import Items, Row, read_items, unknown
from town.language import Label
from town.source import Source
from town.topics import filter_mistake, matches, overlap

_SECRET_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
OWN_TOPICS = ("alerts", "alert-events", "readings", "processes")
"""What the town publishes below `town/<town>/`: no gateway may be called so or send there."""


class Base(NamedTuple):
    """An option that is the beginning of a format's topics: its name, what it is unless told, and what comes below."""

    name: str
    usual: str
    example: str


_BASES = {
    "zigbee2mqtt": Base("base", DEFAULT_BASE, "bridge/state"),
    "ha_discovery": Base("prefix", DEFAULT_PREFIX, "sensor/device/config"),
}


class WrittenGateway(BaseModel):
    """A gateway as it stands in the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    name: Label
    decoder: str
    topics: tuple[str, ...] | None = None
    options: dict[str, Any] = {}
    secret: str | None = None


class GatewaysFile(BaseModel):
    """A `gateways.yaml`; its items are read one by one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1]
    gateways: list[Any]


def read_gateways(
    source: Source | None, *, town: str, quantities: Collection[str]
) -> tuple[Items[Gateway], list[Finding]]:
    """The gateways with their topics; those with mistakes are left out but their ids are known."""
    if source is None:
        return Items(None, "gateways"), []
    findings = source.parse(GatewaysFile)[1]
    written, mistakes = read_items(source, "gateways", WrittenGateway)
    findings += mistakes
    gateways: Items[Gateway] = Items(source, "gateways")
    for row in gateways.rows:
        findings += _decoder_findings(source, row, quantities=quantities)
        findings += _secret_findings(source, row)
        findings += _topic_findings(source, row)
    for one in written.by_id.values():
        topics = one.topics if one.topics is not None else _default_topics(one, town=town)
        gateways.add(one.id, Gateway.model_validate({**one.model_dump(), "topics": topics}), written.place(one.id))
    findings += _overlap_findings(source, gateways, town=town)
    return gateways, findings


def _default_topics(gateway: WrittenGateway, *, town: str) -> tuple[str, ...]:
    return (f"town/{town}/{gateway.id}/#",) if gateway.decoder == "native" else ()


def _decoder_findings(source: Source, row: Row, *, quantities: Collection[str]) -> Iterator[Finding]:
    decoder = row.text("decoder")
    if decoder is None:
        return
    model = DECODER_OPTIONS.get(decoder)
    if model is None:
        yield source.finding((*row.place, "decoder"), *unknown("decoder", decoder, DECODER_OPTIONS))
    elif isinstance(row.data.get("options"), dict):
        options, findings = source.parse(model, (*row.place, "options"))
        yield from findings
        if options and (mistake := base_mistake(options)):
            yield source.finding((*row.place, "options", "base"), mistake)
        for place, quantity in named_quantities(options) if options else ():
            if quantity not in quantities:
                yield source.finding((*row.place, "options", *place), *unknown("quantity", quantity, quantities))
    if decoder == "mapped" and not (isinstance(row.data.get("options"), dict) and row.data["options"].get("values")):
        message, hint = "`mapped` has to be told where the values are", "options: {values: {temperature: $.temp}}"
        yield source.finding((*row.place, "options"), message, hint)


def _secret_findings(source: Source, row: Row) -> Iterator[Finding]:
    secret, name = row.text("secret"), row.text("id")
    # The value is not repeated: it may be the secret itself.
    if secret is not None and not _SECRET_NAME.fullmatch(secret):
        message = "this is not the name of a secret"
        hint = "a name is letters, digits, _ and -, such as cellars_password"
        yield source.finding((*row.place, "secret"), message, hint)
    if name in OWN_TOPICS:
        yield source.finding((*row.place, "id"), f"`{name}` is what the town itself sends on", "take another id")


def _topic_findings(source: Source, row: Row) -> Iterator[Finding]:
    place, decoder, listed = (*row.place, "topics"), row.text("decoder"), row.data.get("topics")
    if not listed and decoder in DECODER_OPTIONS and (decoder != "native" or listed is not None):
        yield source.finding(place, f"`topics` is missing: {decoder} has no usual ones", "topics: [base/#]")
    if not isinstance(listed, list):
        return
    mistakes = {index: filter_mistake(topic) for index, topic in enumerate(listed) if isinstance(topic, str)}
    for index, mistake in mistakes.items():
        if mistake:
            yield source.finding((*place, index), f"`{listed[index]}`: {mistake}")
    sound = len(mistakes) == len(listed) > 0 and not any(mistakes.values())
    if sound and decoder in _BASES:
        yield from _base_findings(source, row, listed, option=_BASES[decoder])


def _base_findings(source: Source, row: Row, topics: list[str], *, option: Base) -> Iterator[Finding]:
    options = row.data.get("options")
    base = options.get(option.name, option.usual) if isinstance(options, dict) else option.usual
    if isinstance(base, str) and not any(matches(topic, f"{base}/{option.example}") for topic in topics):
        message = f"nothing of {option.name} `{base}` comes in on these topics"
        yield source.finding((*row.place, "topics"), message, f"topics: [{base}/#]")


def _overlap_findings(source: Source, gateways: Items[Gateway], *, town: str) -> Iterator[Finding]:
    taken: list[tuple[str, str]] = [(f"town/{town}/{part}/#", "the town itself") for part in OWN_TOPICS]
    for gateway in gateways.by_id.values():
        place = (*gateways.place(gateway.id), "topics")
        for topic in gateway.topics if gateway.id not in OWN_TOPICS else ():
            for other, owner in taken:
                if overlap(topic, other):
                    message = f"`{topic}` and `{other}` of {owner} can match one topic"
                    yield source.finding(place, message, "every topic belongs to one gateway")
        taken += [(topic, f"gateway `{gateway.id}`") for topic in gateway.topics]
