"""Reads payloads from standard input and says what they become: what `town decode` does."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import typer
from pydantic import ValidationError

from brain.clock import wall_clock
from brain.output import FOUND_PROBLEMS, print_findings, print_table, screen
from ingest.decoders.registry import DECODERS, start_decoder
from ingest.description import Describer, Description
from town.builtin import builtin_kinds
from town.decoder_options import DECODER_OPTIONS
from town.errors import ConfigError
from town.folder import load_town
from town.gateway import Gateway
from town.language import Label
from town.moment import parse_moment
from town.problems import Problem, describe
from town.topics import matches
from town.town import Town

_LARGEST_INPUT = 16 << 20
"""Bytes of a payload, or of one line of a conversation, that are read."""


class Source(NamedTuple):
    """Where a message comes from, as far as the command line says."""

    folder: Path | None
    decoder: str | None
    gateway: str | None
    topic: str | None
    options: tuple[str, ...]


class Message(NamedTuple):
    """One message of the input."""

    topic: str
    payload: bytes


def run_decode(source: Source, *, received_at: str | None, hexadecimal: bool, messages: bool, json: bool) -> None:
    """Describe every message of the input. Leaves with exit code 1 when one cannot be used."""
    try:
        fixed = None if received_at is None else parse_moment(received_at)
    except ValueError as error:
        raise ConfigError(f"--received-at: {error}") from None
    describer, topic = _open(source)
    stream = sys.stdin.buffer
    well = True
    for message in _conversation(stream, topic) if messages else [Message(topic, _payload(stream, hexadecimal))]:
        described = describer.describe(message.topic, message.payload, now=wall_clock() if fixed is None else fixed)
        well = well and described["ok"]
        if json or messages:
            _print_line(described)
        else:
            _show(described)
    if not well:
        raise typer.Exit(FOUND_PROBLEMS)


def _open(source: Source) -> tuple[Describer, str]:
    """What describes the messages, and the topic of those that name none."""
    town = None if source.folder is None else _load(source.folder)
    gateway = _without_town(source) if town is None else _of_town(town, source)
    decoder, state = start_decoder(
        gateway,
        time_zone=None if town is None else town.time_zone,
        quantities=None if town is None else town.quantities,
    )
    describer = Describer(decoder, state, quantities=(builtin_kinds() if town is None else town).quantities)
    if town is not None:
        describer.resolve_to(town, gateway.id)
    base = gateway.options.get("base")
    usual = f"{base}/{decoder.topic.partition('/')[2]}" if base else decoder.topic
    return describer, usual if source.topic is None else source.topic


def _load(folder: Path) -> Town:
    town, findings = load_town(folder)
    if town is None:
        print_findings(findings)
        raise typer.Exit(FOUND_PROBLEMS)
    return town


def _without_town(source: Source) -> Gateway:
    if source.gateway is not None:
        raise ConfigError("--gateway needs a town folder: town decode DIR --gateway G")
    if source.decoder not in DECODERS:
        known = ", ".join(sorted(DECODERS))
        raise ConfigError(f"--decoder: {source.decoder or 'none given'}; there are {known}")
    written = [each.partition("=") for each in source.options]
    options = {name: _option(value) for name, _, value in written}
    _check(source.decoder, options)
    name = Label(zh=source.decoder, en=source.decoder)
    return Gateway(id="decode", name=name, decoder=source.decoder, topics=(), options=options)


def _option(value: str) -> Any:
    """As gateways.yaml would read it: a number, a truth, a list or an object as such, anything else as text."""
    try:
        return json.loads(value)
    except ValueError:
        return value


def _check(decoder: str, options: dict[str, Any]) -> None:
    model = DECODER_OPTIONS[decoder]
    try:
        model.model_validate(options)
    except ValidationError as error:
        problems = [describe(each, model=model, data=options) for each in error.errors(include_url=False)]
        raise ConfigError("\n".join(map(_sentence, problems))) from None


def _sentence(problem: Problem) -> str:
    where = f" {'.'.join(map(str, problem.location))}" if problem.location else ""
    message = problem.message or "a secret does not belong here"
    return f"--option{where}: {message}" + (f" ({problem.suggestion})" if problem.suggestion else "")


def _of_town(town: Town, source: Source) -> Gateway:
    if source.decoder is not None or source.options:
        raise ConfigError("--decoder and --option are for use without a town folder: there the gateway says them")
    if source.gateway is not None:
        if source.gateway not in town.gateways:
            raise ConfigError(f"--gateway: no gateway {source.gateway!r}; there are {', '.join(sorted(town.gateways))}")
        return town.gateways[source.gateway]
    topic = source.topic or ""
    found = [one for one in town.gateways.values() if any(matches(pattern, topic) for pattern in one.topics)]
    if not found:
        raise ConfigError("--gateway: say which gateway sent it, or a --topic that one of them sends on")
    return found[0]


def _payload(stream: BinaryIO, hexadecimal: bool) -> bytes:
    payload = stream.read(_LARGEST_INPUT + 1)
    if len(payload) > _LARGEST_INPUT:
        raise ConfigError(f"the input is larger than {_LARGEST_INPUT >> 20} MiB")
    return _from_hex(payload.decode("ascii", "replace"), "the input") if hexadecimal else payload


def _from_hex(text: str, where: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise ConfigError(f"{where} is not hexadecimal digits") from None


def _conversation(stream: BinaryIO, topic: str) -> Iterator[Message]:
    """A message a line; empty lines are passed over."""
    number = 0
    while line := stream.readline(_LARGEST_INPUT + 1):
        number += 1
        if len(line) > _LARGEST_INPUT:
            raise ConfigError(f"line {number} is larger than {_LARGEST_INPUT >> 20} MiB")
        if line.strip():
            yield _message(line, f"line {number}", topic)


def _message(line: bytes, where: str, topic: str) -> Message:
    try:
        written = json.loads(line)
    except (ValueError, RecursionError):
        raise ConfigError(
            f'{where} is not JSON: write {{"topic": …, "payload": …}} or {{"topic": …, "hex": …}}'
        ) from None
    if not isinstance(written, dict) or ("payload" in written) == ("hex" in written):
        raise ConfigError(f"{where}: an object with either `payload` or `hex` is expected")
    named = written.get("topic", topic)
    if not isinstance(named, str):
        raise ConfigError(f"{where}: `topic` is a text")
    if "hex" in written:
        return Message(named, _from_hex(str(written["hex"]), where))
    payload = written["payload"]
    text = payload if isinstance(payload, str) else json.dumps(payload, ensure_ascii=False)
    return Message(named, text.encode("utf-8", "surrogatepass"))


def _print_line(described: Description) -> None:
    print(json.dumps(described, ensure_ascii=False, allow_nan=False), flush=True)


def _show(described: Description) -> None:
    """A table for people."""
    if described["kind"]:
        screen.print(described["kind"], markup=False, style="bold")
    for fault in described["faults"] or ([described] if described["reason"] else []):
        screen.print(f"{fault['reason']}: {fault['detail']}", markup=False, style="red")
    rows = [_row(reading, value) for reading in described["readings"] for value in reading["values"]]
    columns = ("device", "sensor", "at", "channel", "quantity", "value", "unit", "flags")
    shown = [number for number, column in enumerate(columns) if column != "sensor" or any(row[number] for row in rows)]
    if rows:
        print_table("", [columns[at] for at in shown], [[row[at] for at in shown] for row in rows])
    announced = [tuple(each.values()) for each in described["announced"]]
    if announced:
        print_table("", ("device", "channel", "quantity", "unit", "topic"), announced)
    for reply in described["replies"]:
        screen.print(f"reply on {reply['topic']}: {reply['hex']}", markup=False)


def _row(reading: Description, value: Description) -> tuple[object, ...]:
    sensor = (reading["sensor"] or "—") if "sensor" in reading else ""
    taken = "" if value.get("taken", True) else "not taken"
    flags = ", ".join([*reading["flags"], *([taken] if taken else [])])
    at = reading["at"] or "—"
    return reading["device"], sensor, at, value["channel"], value["quantity"], value["value"], value["unit"], flags
