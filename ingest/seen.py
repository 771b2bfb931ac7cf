"""Which messages were taken off the wire lately, to tell when the broker sends one again."""


class Seen:
    """Remembers at least twice the receive window of messages, by what identifies a redelivery.

    A broker sends an unacknowledged message again under its first packet identifier (MQTT 5 section 4.4). Only messages
    that it marks as sent before are looked up, so two equal messages of a device are never taken for one.
    """

    def __init__(self, receive_max: int) -> None:
        self._generation = max(2 * receive_max, 2_000)
        self._young: set[int] = set()
        self._old: set[int] = set()

    def before(self, packet_id: int, topic: str, payload: bytes, *, again: bool) -> bool:
        """Whether this message was taken before, if the broker says it sent it `again`; it is remembered."""
        key = hash((packet_id, topic, payload))
        if again and (key in self._young or key in self._old):
            return True
        self._young.add(key)
        if len(self._young) >= self._generation:
            self._old, self._young = self._young, set()
        return False
