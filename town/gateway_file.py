"""gateways.yaml: the gateways of a town, their topics with the defaults put in, and what is wrong with them."""

import re
from collections.abc import Iterator
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from town.decoder_options import DECODER_OPTIONS, base_mistake
from town.findings import Finding
from town.gateway import Gateway
from town.items import Items, read_items, unknown
from town.language import Label
from town.source import Location, Source
from town.topics import filter_mistake, matches, overlap

_SECRET_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
OWN_TOPICS = ("alerts", "alert-events", "readings")
"""What the town publishes below `town/<town>/`: no gateway may be called so or send there."""


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


def read_gateways(source: Source | None, *, town: str) -> tuple[Items[Gateway], list[Finding]]:
    """The gateways with their topics; those with mistakes are left out but their ids are known."""
    if source is None:
        return Items(None, "gateways"), []
    findings = source.parse(GatewaysFile)[1]
    written, mistakes = read_items(source, "gateways", WrittenGateway)
    findings += mistakes
    gateways: Items[Gateway] = Items(source, "gateways")
    for one in written.by_id.values():
        place = written.place(one.id)
        found = [*_decoder_findings(source, place, one), *_secret_findings(source, place, one)]
        topics = one.topics if one.topics is not None else _default_topics(one, town=town)
        found += _topic_findings(source, place, topics, written=one)
        findings += found
        if not found:
            gateways.add(one.id, Gateway.model_validate({**one.model_dump(), "topics": topics}), place)
    findings += _overlap_findings(gateways, town=town)
    return gateways, findings


def _default_topics(gateway: WrittenGateway, *, town: str) -> tuple[str, ...]:
    return (f"town/{town}/{gateway.id}/#",) if gateway.decoder == "native" else ()


def _decoder_findings(source: Source, place: Location, gateway: WrittenGateway) -> Iterator[Finding]:
    model = DECODER_OPTIONS.get(gateway.decoder)
    if model is None:
        yield source.finding((*place, "decoder"), *unknown("decoder", gateway.decoder, DECODER_OPTIONS))
        return
    if gateway.options:
        options, findings = source.parse(model, (*place, "options"))
        yield from findings
        if options and (mistake := base_mistake(options)):
            yield source.finding((*place, "options", "base"), mistake)


def _secret_findings(source: Source, place: Location, gateway: WrittenGateway) -> Iterator[Finding]:
    # The value is not repeated: it may be the secret itself.
    if gateway.secret is not None and not _SECRET_NAME.fullmatch(gateway.secret):
        message = "this is not the name of a secret"
        yield source.finding((*place, "secret"), message, "a name is letters, digits and _, such as CELLARS_PASSWORD")
    if gateway.id in OWN_TOPICS:
        yield source.finding((*place, "id"), f"`{gateway.id}` is what the town itself sends on", "take another id")


def _topic_findings(
    source: Source, place: Location, topics: tuple[str, ...], *, written: WrittenGateway
) -> Iterator[Finding]:
    place = (*place, "topics")
    if not topics and written.decoder in DECODER_OPTIONS:
        yield source.finding(place, f"`topics` is missing: {written.decoder} has no usual ones", "topics: [base/#]")
    mistakes = [filter_mistake(topic) for topic in topics]
    for index, mistake in enumerate(mistakes):
        if mistake:
            yield source.finding((*place, index), f"`{topics[index]}`: {mistake}")
    base = written.options.get("base", "zigbee2mqtt")
    checked = written.decoder == "zigbee2mqtt" and topics and not any(mistakes)
    if checked and not any(matches(topic, f"{base}/bridge/state") for topic in topics):
        yield source.finding(place, f"nothing of base `{base}` comes in on these topics", f"topics: [{base}/#]")


def _overlap_findings(gateways: Items[Gateway], *, town: str) -> Iterator[Finding]:
    own = [f"town/{town}/{part}/#" for part in OWN_TOPICS]
    taken: list[tuple[str, str]] = [(topic, "the town itself") for topic in own]
    for gateway in gateways.by_id.values():
        for topic in gateway.topics:
            for other, owner in taken:
                if overlap(topic, other):
                    message = f"`{topic}` and `{other}` of {owner} can match one topic"
                    hint = "every topic belongs to one gateway"
                    yield gateways.finding(gateway.id, "topics", message, hint)
        taken += [(topic, f"gateway `{gateway.id}`") for topic in gateway.topics]
