"""What each decoder may be told in gateways.yaml, by the decoder's name; the decoders themselves live with ingest."""

from pydantic import BaseModel, ConfigDict, Field

from town.topics import filter_mistake

DEFAULT_BASE = "zigbee2mqtt"
"""What Zigbee2MQTT's `mqtt.base_topic` is unless it is set."""


class NativeOptions(BaseModel):
    """The town's own format has no options."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Zigbee2MqttOptions(BaseModel):
    """`base` is Zigbee2MQTT's `mqtt.base_topic`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    base: str = Field(DEFAULT_BASE, min_length=1)


DECODER_OPTIONS: dict[str, type[BaseModel]] = {
    "native": NativeOptions,
    "zigbee2mqtt": Zigbee2MqttOptions,
}


def base_mistake(options: BaseModel) -> str:
    """What is wrong with a base topic among the options, or nothing."""
    base = getattr(options, "base", None)
    if base is None:
        return ""
    return "a base topic has no wildcards" if "+" in base or "#" in base else filter_mistake(base)
