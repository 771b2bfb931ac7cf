"""Mosquitto's access list: a gateway may use its own topics and no others."""

from collections.abc import Iterable, Iterator
from enum import StrEnum

from town.gateway import Gateway
from town.gateway_file import OWN_TOPICS
from town.town import Town


class Role(StrEnum):
    """What an account of the broker is for."""

    GATEWAY = "gateway"
    """A gateway of the town: its name is the gateway's id."""
    BRAIN = "brain"
    """The brain: hears every gateway, answers them, and publishes alerts."""
    LISTENER = "listener"
    """Something that acts on alerts, such as a siren or a sign: hears them and says nothing."""


HEADER = "# Written by `town gateway`; gateways.yaml says which topics are whose. Changes here are lost.\n"


def access_list(town: Town, accounts: Iterable[tuple[str, Role]]) -> str:
    """The whole file for these accounts (name and role); a gateway that is not in the town may do nothing."""
    return HEADER + "".join(_account(town, name, role) for name, role in sorted(accounts))


def _account(town: Town, name: str, role: Role) -> str:
    lines = [f"\nuser {name}", *(f"topic {right} {topic}" for right, topic in _rights(town, name, role))]
    return "\n".join(lines) + "\n"


def _rights(town: Town, name: str, role: Role) -> Iterator[tuple[str, str]]:
    alerts = [f"town/{town.id}/alerts/#", f"town/{town.id}/alert-events/#"]
    match role:
        case Role.GATEWAY if name in town.gateways:
            gateway = town.gateways[name]
            yield from (("readwrite", topic) for topic in gateway.topics)
            yield from (("read", topic) for topic in commands(gateway))
        case Role.BRAIN:
            for gateway in town.gateways.values():
                yield from (("read", topic) for topic in gateway.topics)
                yield from (("write", topic) for topic in commands(gateway))
            yield from (("readwrite", f"town/{town.id}/{part}/#") for part in OWN_TOPICS)
        case Role.LISTENER:
            yield from (("read", topic) for topic in alerts)


def commands(gateway: Gateway) -> list[str]:
    """The topics on which the brain asks a gateway for something: a birth certificate, in Sparkplug B (section 6.4)."""
    if gateway.decoder != "sparkplug_b":
        return []
    edges = {tuple(topic.split("/")[:4]) for topic in gateway.topics if topic.count("/") >= 3}
    return sorted(f"{namespace}/{group}/NCMD/{edge}" for namespace, group, _, edge in edges)
