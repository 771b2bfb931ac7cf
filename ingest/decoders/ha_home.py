"""What devices have announced by Home Assistant discovery, and which of them are there."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from ingest.decoded import DeviceStatus
from ingest.decoders.ha_config import Availability, Entity, word
from ingest.decoders.ha_template import follow
from town.moment import Moment
from town.topics import matches

MOST_ENTITIES = 20_000
"""Entities that are remembered of one gateway."""
_NEVER: Moment = 1 << 62


class Home:
    """The devices of one gateway. `topics` are what the gateway subscribes to; None: not known."""

    def __init__(self, prefix: str, topics: Sequence[str] | None) -> None:
        self.prefix = f"{prefix}/"
        self.by_topic: dict[str, list[Entity]] = {}
        self.availability: dict[str, Counter[tuple[str, str, Availability]]] = {}
        """By topic, who named it, in which mode, and how often."""
        self._topics = topics
        self._configs: dict[str, tuple[Entity, ...]] = {}
        self._count = 0
        self._sharing: Counter[tuple[str, str]] = Counter()
        self._there: dict[str, dict[str, bool]] = {}
        self._expires: dict[str, Moment] = {}
        self._expired: set[str] = set()
        self._next_expiry = _NEVER

    def learn(self, config: str, entities: tuple[Entity, ...]) -> bool:
        """Put an announcement in the place of what its topic announced before; False when there are too many."""
        before = self._configs.pop(config, ())
        self._count -= len(before)
        for entity in before:
            self._forget(entity)
        if self._count + len(entities) > MOST_ENTITIES:
            return False
        if entities:
            self._configs[config] = entities
        self._count += len(entities)
        for entity in entities:
            self._remember(entity)
        return True

    def _remember(self, entity: Entity) -> None:
        self.by_topic.setdefault(entity.state_topic, []).append(entity)
        if entity.quantity is not None:
            self._sharing[entity.device, entity.quantity] += 1
        for each in entity.availability:
            self.availability.setdefault(each.topic, Counter())[entity.device, entity.mode, each] += 1

    def _forget(self, entity: Entity) -> None:
        left = [each for each in self.by_topic.pop(entity.state_topic, []) if each is not entity]
        if left:
            self.by_topic[entity.state_topic] = left
        if entity.quantity is not None:
            self._sharing[entity.device, entity.quantity] -= 1
            if not self._sharing[entity.device, entity.quantity]:
                del self._sharing[entity.device, entity.quantity]
        for each in entity.availability:
            left_over = self.availability.pop(each.topic, Counter()) - Counter([(entity.device, entity.mode, each)])
            if left_over:
                self.availability[each.topic] = left_over
        self._there.pop(entity.device, None)
        for device in (entity.device, f"{entity.device}/{entity.channel}"):
            self._expires.pop(device, None)
            self._expired.discard(device)

    def name(self, entity: Entity) -> str:
        """The device an entity's values are of."""
        shared = entity.quantity is not None and self._sharing[entity.device, entity.quantity] > 1
        return f"{entity.device}/{entity.channel}" if shared else entity.device

    def is_subscribed(self, topic: str) -> bool:
        """Whether what is sent on a topic comes to this gateway's decoder."""
        return self._topics is None or any(matches(pattern, topic) for pattern in self._topics)

    def heard(self, device: str, entity: Entity, now: Moment) -> bool:
        """Note a value of an entity that expires; True when the device had expired and is back."""
        if entity.expire_after is None:
            return False
        self._expires[device] = now + entity.expire_after
        self._next_expiry = min(self._next_expiry, now + entity.expire_after)
        back = device in self._expired
        self._expired.discard(device)
        return back

    def expired(self, now: Moment) -> tuple[DeviceStatus, ...]:
        """The devices that have been silent for longer than they announced, each once."""
        if now < self._next_expiry:
            return ()
        gone = [device for device, at in self._expires.items() if at <= now]
        for device in gone:
            del self._expires[device]
        self._expired.update(gone)
        self._next_expiry = min(self._expires.values(), default=_NEVER)
        return tuple(DeviceStatus(device, False) for device in gone)

    def told(self, topic: str, text: str, document: Any) -> tuple[DeviceStatus, ...]:
        """What a message on an availability topic says of the devices that named it."""
        found: dict[str, DeviceStatus] = {}
        for device, mode, each in self.availability.get(topic, ()):
            said = word(follow(each.path, document)) if each.path else text
            if said not in (each.online, each.offline):
                continue
            known = self._there.setdefault(device, {})
            known[topic] = said == each.online
            there = {"all": all(known.values()), "any": any(known.values())}.get(mode, known[topic])
            found[device] = DeviceStatus(device, there)
        return tuple(found.values())
