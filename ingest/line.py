"""One gateway as the hot path needs it, and how the gateway of a topic is found."""

import logging
from collections.abc import Callable
from typing import Any

from ingest.decoded import Decoded, Rejected
from ingest.decoders.registry import start_decoder
from ingest.ledger import NO_GATEWAY, Account, Ledger
from ingest.reason import Reason
from ingest.resolve import Resolver
from ingest.status import GatewayWatch
from town.gateway import Gateway
from town.moment import Moment
from town.topics import matches
from town.town import Town

log = logging.getLogger("ingest")

_MOST_TOPICS = 50_000
"""Topics whose gateway is remembered; beyond them all are found anew."""


class Line:
    """A gateway: its decoder with its state, its sensors, its counters, and what it says of itself."""

    __slots__ = ("_decode", "_failed", "_state", "account", "gateway", "large", "quick", "resolver", "watch")

    def __init__(
        self,
        gateway: str,
        *,
        decode: Callable[[str, bytes, Moment, Any], Decoded | Rejected],
        state: Any,
        account: Account,
        resolver: Resolver,
        large: tuple[str, ...] = (),
        quick: Callable[[str], bool] | None = None,
    ) -> None:
        self.gateway, self.account, self.resolver, self.large = gateway, account, resolver, large
        self.quick = quick
        self.watch = GatewayWatch(gateway)
        self._decode, self._state, self._failed = decode, state, False

    def decode(self, topic: str, payload: bytes, received_at: Moment) -> Decoded | Rejected:
        """What its decoder makes of a message."""
        try:
            return self._decode(topic, payload, received_at, self._state)
        except Exception:  # no message may end the intake:
            # a decoder that fails on one message is a bug, but the broker would send the message again after every
            # restart: it is kept for whoever mends the decoder, and the town goes on.
            if not self._failed:
                log.exception("the decoder of gateway %s failed", self.gateway)
            self._failed = True
            return Rejected(Reason.DECODER_FAILED, "see the log")


class Lines:
    """All gateways of a town, found by topic."""

    def __init__(self, town: Town, ledger: Ledger) -> None:
        self._town = town
        self.lines = {gateway.id: _line(town, gateway, ledger) for gateway in town.gateways.values()}
        self._patterns = [(pattern, gateway.id) for gateway in town.gateways.values() for pattern in gateway.topics]
        self._nobody = _nobody(town, ledger)
        self._by_topic: dict[str, Line] = {}
        self._quick: dict[str, Line] = {}
        self.known = self._by_topic.get
        """The line of a topic that was seen before, else None."""
        self.quick = self._quick.get
        """The same for topics on which plain readings come."""

    def filters(self, takes: Callable[[Gateway], bool]) -> list[str]:
        """The topics of those gateways."""
        return [pattern for gateway in self._town.gateways.values() if takes(gateway) for pattern in gateway.topics]

    def find(self, topic: str) -> Line:
        """The line of the gateway that sends on a topic; a line that refuses everything when there is none."""
        if len(self._by_topic) >= _MOST_TOPICS:
            self._by_topic.clear()
            self._quick.clear()
        gateway = next((gateway for pattern, gateway in self._patterns if matches(pattern, topic)), None)
        line = self._nobody if gateway is None else self.lines[gateway]
        self._by_topic[topic] = line
        if line.quick is not None and line.quick(topic):
            self._quick[topic] = line
        return line


def _line(town: Town, gateway: Gateway, ledger: Ledger) -> Line:
    decoder, state = start_decoder(gateway, time_zone=town.time_zone, quantities=town.quantities)
    account = ledger.accounts[gateway.id]
    resolver = Resolver(town, gateway.id, extras=decoder.extras, account=account)
    return Line(
        gateway.id,
        decode=decoder.decode,
        state=state,
        account=account,
        resolver=resolver,
        large=decoder.large,
        quick=decoder.quick,
    )


def _nobody(town: Town, ledger: Ledger) -> Line:
    account = ledger.accounts[NO_GATEWAY]
    resolver = Resolver(town, NO_GATEWAY, extras="refuse", account=account)
    return Line(NO_GATEWAY, decode=_unknown, state=None, account=account, resolver=resolver)


def _unknown(topic: str, payload: bytes, received_at: Moment, state: None) -> Rejected:
    return Rejected(Reason.UNKNOWN_TOPIC, "no gateway in gateways.yaml sends on it")
