"""The messages that benches send: every one another reading, all of them known beforehand."""

import json
from collections.abc import Iterator
from typing import NamedTuple

import mqtt5

from brain.bench.folder import QUANTITIES, sensor_id, topic
from town.moment import SECOND, Moment


class Traffic(NamedTuple):
    """So many messages of one reading each, in turn from all sensors, a second apart for each sensor."""

    messages: int
    sensors: int
    values: int
    qos: int
    start: Moment
    """When the first reading was measured."""

    @property
    def end(self) -> Moment:
        """When the last one was."""
        return self.start + (self.messages - 1) // self.sensors * SECOND


def starting(now: Moment, *, messages: int, sensors: int, values: int, qos: int) -> Traffic:
    """Traffic whose last reading was measured now."""
    return Traffic(messages, sensors, values, qos, now - (messages - 1) // sensors * SECOND)


def payloads(traffic: Traffic) -> Iterator[tuple[str, bytes]]:
    """Topic and payload of every message."""
    for number in range(traffic.messages):
        turn, sensor = divmod(number, traffic.sensors)
        values = {QUANTITIES[each]: round(20 + each * 10 + (number % 97) * 0.1, 1) for each in range(traffic.values)}
        reading = {"sensor": sensor_id(sensor), "at": traffic.start + turn * SECOND, "values": values}
        yield topic(sensor), json.dumps(reading, separators=(",", ":")).encode()


def packets(traffic: Traffic) -> list[bytes]:
    """Every message as a PUBLISH packet of MQTT 5; at QoS 1 with packet identifiers from 1 on, over and over."""
    qos = mqtt5.QoS(traffic.qos)
    return [
        mqtt5.PublishPacket(topic, payload, qos=qos, packet_id=number % 65_535 + 1 if traffic.qos else None).write()
        for number, (topic, payload) in enumerate(payloads(traffic))
    ]
