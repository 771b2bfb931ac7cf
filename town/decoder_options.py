"""What each decoder may be told in gateways.yaml, by the decoder's name; the decoders themselves live with ingest."""

from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from town.channel_options import ChannelsOptions, EcowittOptions, MappedOptions, SenmlOptions
from town.topics import filter_mistake

DEFAULT_BASE = "zigbee2mqtt"
"""What Zigbee2MQTT's `mqtt.base_topic` is unless it is set."""
DEFAULT_PREFIX = "homeassistant"
"""What the discovery prefix of Home Assistant is unless it was changed."""


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"there is no time zone {name!r}; write it as Asia/Shanghai")
    return name


TimeZone = Annotated[str, AfterValidator(_known_zone)]


class NativeOptions(BaseModel):
    """The town's own format has no options."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Zigbee2MqttOptions(ChannelsOptions):
    """`base` is Zigbee2MQTT's `mqtt.base_topic`."""

    base: str = Field(DEFAULT_BASE, min_length=1)


class TasmotaOptions(ChannelsOptions):
    """`time_zone` is that of the devices' clocks, the town's unless told.

    The units are those of devices whose version is too old to tell them.
    """

    time_zone: TimeZone | None = None
    temp_unit: Literal["C", "F"] | None = None
    pressure_unit: Literal["hPa", "mmHg", "inHg"] | None = None
    speed_unit: Literal["km/h", "m/s", "kn", "mph"] | None = None


def _plain_topic(topic: str) -> str:
    if "+" in topic or "#" in topic or filter_mistake(topic):
        raise ValueError(f"{topic!r} must be a topic without wildcards, such as homeassistant")
    return topic


class HaDiscoveryOptions(ChannelsOptions):
    """`prefix` is the discovery prefix, `homeassistant` unless it was changed."""

    prefix: Annotated[str, AfterValidator(_plain_topic)] = DEFAULT_PREFIX


DECODER_OPTIONS: dict[str, type[BaseModel]] = {
    "native": NativeOptions,
    "zigbee2mqtt": Zigbee2MqttOptions,
    "chirpstack_v4": ChannelsOptions,
    "tts_v3": ChannelsOptions,
    "ha_discovery": HaDiscoveryOptions,
    "tasmota": TasmotaOptions,
    "shelly_gen2": ChannelsOptions,
    "senml_json": SenmlOptions,
    "senml_cbor": SenmlOptions,
    "sparkplug_b": ChannelsOptions,
    "ecowitt": EcowittOptions,
    "mapped": MappedOptions,
}


def base_mistake(options: BaseModel) -> str:
    """What is wrong with a base topic among the options, or nothing."""
    base = getattr(options, "base", None)
    if base is None:
        return ""
    return "a base topic has no wildcards" if "+" in base or "#" in base else filter_mistake(base)
