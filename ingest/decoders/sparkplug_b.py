"""Sparkplug B, version 3.0 of the Eclipse specification; 2.2 differs in nothing that is read here.

Devices are called `<group>/<edge node>` and `<group>/<edge node>/<device>`. A birth names every metric, its datatype,
alias and unit; data may then come with nothing but aliases. Where something is missing the edge node is asked to be
born again; what can be read meanwhile is read.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from ingest.decoded import IGNORED, Channel, Decoded, DeviceStatus, Fault, Kind, Rejected, Reply
from ingest.decoders.free_names import Named, Names
from ingest.decoders.gathered import Gathered
from ingest.decoders.sparkplug_b_node import MOST_NODES, Known, Node, Owner
from ingest.decoders.sparkplug_b_values import Problem, value_of
from ingest.decoders.sparkplug_b_wire import (
    MalformedError,
    Metric,
    Payload,
    read_payload,
    rebirth_command,
    unit_and_quality,
)
from ingest.reason import Reason
from town.moment import Moment
from town.quantity import Value

NAMESPACE = "spBv1.0"
BD_SEQ = "bdSeq"
_OF_NODE = ("NBIRTH", "NDATA", "NDEATH", "NCMD")
_OF_DEVICE = ("DBIRTH", "DDATA", "DDEATH", "DCMD")
_LAST_MOMENT: Moment = 253_402_300_799_999
"""The end of the year 9999."""
_NOT_GOOD = (0, 500)
"""Quality codes: bad, stale (3.0, chapter 6.4.15)."""


class Host:
    """What one gateway's decoder remembers: edge nodes by `<group>/<edge node>`, and what names mean."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.nodes: dict[str, Node] = {}


class _Message(NamedTuple):
    """A message of an edge node; `device` is None when it speaks of the node itself."""

    kind: str
    group: str
    edge: str
    device: str | None
    payload: Payload
    received_at: Moment

    @property
    def node(self) -> str:
        return f"{self.group}/{self.edge}"

    @property
    def name(self) -> str:
        return self.node if self.device is None else f"{self.node}/{self.device}"


def start(options: Mapping[str, Any]) -> Host:
    """State for one gateway, of any number of edge nodes; the option `channels` says what names mean."""
    for option in options:
        if option not in ("channels", "quantities"):
            raise ValueError(f"sparkplug_b has no option {option!r}; there is `channels`")
    return Host(Names(options))


def decode(topic: str, payload: bytes, received_at: Moment, state: Host) -> Decoded | Rejected:
    """Read one message; births, deaths and sequence numbers are remembered."""
    parts = topic.split("/")
    if parts[:2] == [NAMESPACE, "STATE"] or parts[0] == "STATE":
        return IGNORED  # of a host application, not of the field
    if parts[0] != NAMESPACE or not _is_well_formed(parts):
        return Rejected(Reason.UNKNOWN_TOPIC, "not spBv1.0/group/type/node or spBv1.0/group/type/node/device")
    kind = parts[2]
    if kind.endswith("CMD"):
        return IGNORED
    try:
        device = parts[4] if len(parts) == 5 else None
        message = _Message(kind, parts[1], parts[3], device, read_payload(payload), received_at)
        return _take(message, state)
    except MalformedError as error:
        return Rejected(error.reason, str(error))


def _is_well_formed(parts: list[str]) -> bool:
    kinds = {4: _OF_NODE, 5: _OF_DEVICE}.get(len(parts), ())
    return len(parts) > 3 and parts[2] in kinds and all(parts)


def _take(message: _Message, state: Host) -> Decoded | Rejected:
    node = state.nodes.get(message.node)
    if node is None:
        if len(state.nodes) >= MOST_NODES:
            return Rejected(Reason.TOO_LARGE, f"more than {MOST_NODES} edge nodes on one gateway")
        node = state.nodes[message.node] = Node()
    owner = node.owner if message.device is None else node.device(message.device)
    if owner is None:
        return Rejected(Reason.TOO_LARGE, "too many devices on one edge node")
    if message.kind == "NDEATH":
        return _node_death(message, node, state)
    if message.kind == "DDEATH":
        return _device_death(message, node, owner)
    if message.payload.timestamp is None and message.payload.seq is None and not message.payload.metrics:
        return Rejected(Reason.WRONG_SHAPE, "nothing in it, not even a time or a number")
    return _birth(message, node, owner, state) if message.kind.endswith("BIRTH") else _data(message, node, owner, state)


# Births and deaths.


def _birth(message: _Message, node: Node, owner: Owner, state: Host) -> Decoded | Rejected:
    metrics = message.payload.metrics
    missing = 0
    if message.device is None:
        node.begin(message.payload.seq, _bd_seq(metrics))
    else:
        missing = node.missing(message.payload.seq)
    alias = node.taken(owner, metrics)
    if alias is not None:
        owner.learn(())
        owner.born = False
        return Rejected(Reason.WRONG_SHAPE, f"alias {alias} is used twice on this edge node")
    if not node.has_room(owner, len(metrics)):
        return Rejected(Reason.TOO_LARGE, "more metrics than are remembered of one edge node")
    if message.device is None:
        node.answered()
    owner.learn((metric, unit_and_quality(metric.properties)[0]) for metric in metrics)
    statuses = (DeviceStatus(None, True), DeviceStatus(message.name, True))
    why = ["a message is missing"] if missing else [] if node.owner.born else ["a birth before the node's"]
    return _read(message, node, owner, state, why=why, missing=missing, statuses=statuses)


def _bd_seq(metrics: list[Metric]) -> int | None:
    value = next((metric.value for metric in metrics if metric.name == BD_SEQ), None)
    return value if isinstance(value, int) else None


def _node_death(message: _Message, node: Node, state: Host) -> Decoded:
    """The will of an edge node. One of an earlier connection may come late: then the node is there all the same."""
    ended = _bd_seq(message.payload.metrics)
    if node.owner.born and None not in (ended, node.bd_seq) and ended != node.bd_seq:
        return IGNORED
    node.end()
    gone = (message.node, *(f"{message.node}/{device}" for device in node.devices))
    statuses = [DeviceStatus(name, False) for name in gone]
    if not any(each.owner.born for each in state.nodes.values()):
        statuses.append(DeviceStatus(None, False))
    return Decoded(Kind.STATUS, statuses=tuple(statuses))


def _device_death(message: _Message, node: Node, owner: Owner) -> Decoded:
    owner.born = False
    missing = node.missing(message.payload.seq)
    replies = _ask(message, node, ["a message is missing"] if missing else [])
    return Decoded(Kind.STATUS, statuses=(DeviceStatus(message.name, False),), replies=replies, gaps=missing)


# Values.


def _data(message: _Message, node: Node, owner: Owner, state: Host) -> Decoded | Rejected:
    missing = node.missing(message.payload.seq)
    if not node.owner.born:
        why = ["data before the node's birth"]
    elif missing:
        why = ["a message is missing"]
    else:
        why = [] if owner.born else [f"data before the birth of {message.name}"]
    return _read(message, node, owner, state, why=why, missing=missing)


def _read(
    message: _Message,
    node: Node,
    owner: Owner,
    state: Host,
    *,
    why: list[str],
    missing: int,
    statuses: tuple[DeviceStatus, ...] = (),
) -> Decoded | Rejected:
    """The readings of a birth or of data, and a request for a rebirth where there is a reason `why`."""
    gathered, faults = Gathered(), list[Fault]()
    for metric in message.payload.metrics:
        known = owner.find(metric)
        if known is None and metric.alias is not None and not metric.name:
            faults.append(Fault(Reason.UNKNOWN_ALIAS, f"alias {metric.alias} of {message.name}"))
            why += [f"an unknown alias of {message.name}"] if owner.born else []
        elif known is None and metric.name and owner.born:
            why.append(f"an unknown metric of {message.name}")
        fault = _gather(message, metric, known, gathered, state.names)
        faults += [] if fault is None else [fault]
    replies = _ask(message, node, why)
    readings = gathered.readings()
    if faults and not readings and not statuses:
        return Rejected(faults[0].reason, faults[0].detail, replies)
    return Decoded(Kind.TELEMETRY, readings, statuses, tuple(faults), replies, gaps=missing)


def _gather(message: _Message, metric: Metric, known: Known | None, gathered: Gathered, names: Names) -> Fault | None:
    """Take the value of a metric; a Fault where there is none to take."""
    name = metric.name or (known.name if known else "") or _nameless(metric)
    if metric.is_null:
        return None  # not zero and not missing: the edge node does not know
    if metric.is_historical and metric.timestamp is None:
        return Fault(Reason.WRONG_SHAPE, f"{name[:80]!r} is of the past but does not say when")
    datatype = metric.datatype or (known.datatype if known else None)
    value = value_of(metric, datatype)
    if isinstance(value, Problem):
        return Fault(value.reason, f"{name[:80]!r}: {value.detail}")
    unit, quality = unit_and_quality(metric.properties)
    unit = unit or (known.unit if known else None)
    at = metric.timestamp if metric.timestamp is not None else message.payload.timestamp
    at = None if at is None else min(at, _LAST_MOMENT)
    each = [(f"{name}[{i}]", one) for i, one in enumerate(value)] if isinstance(value, list) else [(name, value)]
    for channel, one in each:
        found = Channel(channel, one, unit) if quality in _NOT_GOOD else _meaning(channel, one, unit, names)
        gathered.add(message.name, at, channel, found)
    return Fault(Reason.WRONG_SHAPE, "a metric has neither name nor alias") if not name else None


def _nameless(metric: Metric) -> str:
    return "" if metric.alias is None else f"alias {metric.alias}"


def _meaning(channel: str, value: Value, unit: str | None, names: Names) -> Named | Channel:
    """A metric's quantity; the folders of its name are a part of the device unless options name another."""
    folder, _, word = channel.rpartition("/")
    found = names.read(channel, value, unit, word=word)
    if isinstance(found, Named) and folder and not names.is_told(channel):
        return found._replace(part=found.part or folder)
    return found


def _ask(message: _Message, node: Node, why: list[str]) -> tuple[Reply, ...]:
    """A request for a rebirth of the edge node, also on behalf of its devices; nothing when there is no need to ask."""
    for reason in dict.fromkeys(why):
        if node.may_ask(reason, message.received_at):
            topic = f"{NAMESPACE}/{message.group}/NCMD/{message.edge}"
            return (Reply(topic, rebirth_command(message.received_at)),)
    return ()
