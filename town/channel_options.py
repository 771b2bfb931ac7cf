"""What gateways.yaml may tell decoders of formats whose names are free: which quantity stands where, in which unit."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from town.json_path import parse_path
from town.units import unit_code


def _known_unit(written: str) -> str:
    unit_code(written)
    return written


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"there is no time zone {name!r}; write it as Asia/Shanghai") from None
    return name


def _path(text: str) -> str:
    parse_path(text)
    return text


Unit = Annotated[str, AfterValidator(_known_unit)]
Path = Annotated[str, AfterValidator(_path)]


class ChannelOption(BaseModel):
    """The quantity of a channel, its unit if the device does not tell, and the part of the device it belongs to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    quantity: str
    unit: Unit | None = None
    device: str | None = Field(None, min_length=1)


class ChannelsOptions(BaseModel):
    """`channels`: what channels are, by the format's own name: a quantity, or more about it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    channels: dict[str, str | ChannelOption] = {}


class SenmlOptions(ChannelsOptions):
    """`percent`: whether a sender's `%` is the ratio that RFC 8428 makes of it, or hundredths as most people mean."""

    percent: Literal["ratio", "hundredths"] = "ratio"


class EcowittOptions(BaseModel):
    """`device`: what the station is called, instead of the last part of its topic."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    device: str | None = Field(None, min_length=1)


class MappedDevice(BaseModel):
    """Where a device's name stands outside the payload: a level of the topic (1 the first, -1 the last), or here."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    topic: int | None = Field(None, ge=-64, le=64)
    name: str | None = Field(None, min_length=1)

    @model_validator(mode="after")
    def _one(self) -> "MappedDevice":
        if (self.topic is None) == (self.name is None) or self.topic == 0:
            raise ValueError("a device is `topic: 2` (or another level, not 0) or `name: boiler`")
        return self


class MappedValue(BaseModel):
    """Where a quantity stands, in which unit, and what is to be made of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Path
    unit: Unit | None = None
    factor: float = Field(1, allow_inf_nan=False)
    true_for: list[bool | float | str] | None = None
    """What means true; with `false_for` anything in neither is no value, without it everything else is false."""
    false_for: list[bool | float | str] | None = None


def _whole(written: Any) -> Any:
    return {"path": written} if isinstance(written, str) else written


class MappedOptions(BaseModel):
    """Where a gateway's own JSON keeps the device, the time and the quantities."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    device: Path | MappedDevice = MappedDevice(topic=-1)
    values: dict[str, Annotated[MappedValue, BeforeValidator(_whole)]] = {}
    at: Path | None = None
    each: Path | None = None
    """The list whose items are readings; paths that begin with `@` are within an item."""
    time_zone: Annotated[str, AfterValidator(_known_zone)] | None = None

    @model_validator(mode="after")
    def _items(self) -> "MappedOptions":
        paths = [self.at or "", *(value.path for value in self.values.values())]
        paths += [self.device] if isinstance(self.device, str) else []
        if self.each is None and any(path.startswith("@") for path in paths):
            raise ValueError("a path that begins with @ is within an item: `each` must name the list")
        return self


def named_quantities(options: BaseModel) -> Iterator[tuple[tuple[str, ...], str]]:
    """The place and name of every quantity that options name, for checking against those of the town."""
    if isinstance(options, ChannelsOptions):
        for channel, told in options.channels.items():
            yield ("channels", channel), told if isinstance(told, str) else told.quantity
    elif isinstance(options, MappedOptions):
        yield from ((("values", name), name) for name in options.values)
