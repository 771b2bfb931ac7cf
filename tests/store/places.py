"""A small town to store readings of, and readings of it."""

from town.builtin import builtin_kinds
from town.facility import Facility, Position, Zone
from town.gateway import Gateway
from town.language import Label
from town.moment import Moment
from town.quantity import Quantity, Value, ValueType
from town.reading import Flag, Reading
from town.sensor import Sensor
from town.town import Town

HERE = Position(latitude=30.27, longitude=119.73)
NOON: Moment = 1_789_963_200_000
"""2026-09-21T04:00:00Z: noon at the town, and a whole multiple of an hour since 1970."""
KINDS = {"air-1": "room_climate", "air-2": "room_climate", "door 1": "door_contact", "卡,一=": "badge_reader"}


def town(
    *, sensors: dict[str, str] = KINDS, town_id: str = "huangjiu", types: dict[str, ValueType] | None = None
) -> Town:
    """A town with these sensors by kind, and with other types for some quantities than the built-in ones."""
    built_in = builtin_kinds()
    name = Label(zh="名", en="name")
    quantities = dict(built_in.quantities)
    for quantity, kind in (types or {}).items():
        quantities[quantity] = Quantity(id=quantity, name=name, type=kind)
    return Town(
        id=town_id,
        name=name,
        time_zone="Asia/Shanghai",
        position=HERE,
        quantities=quantities,
        kinds=dict(built_in.kinds),
        facility_kinds=dict(built_in.facility_kinds),
        zones={"old town": Zone(id="old town", name=name)},
        facilities={"WH3": Facility(id="WH3", name=name, kind="warehouse", zone="old town", position=HERE)},
        gateways={"g": Gateway(id="g", name=name, decoder="native", topics=("t/#",))},
        sensors={
            sensor: Sensor(id=sensor, gateway="g", external_id=sensor, facility="WH3", kind=kind, interval=30_000)
            for sensor, kind in sensors.items()
        },
    )


def reading(
    sensor: str,
    at: Moment,
    *,
    delay: int = 250,
    flags: tuple[Flag, ...] = (),
    refused: dict[str, Flag] | None = None,
    **values: Value,
) -> Reading:
    """One reading, received `delay` ms later."""
    return Reading(sensor, at, at + delay, values, flags, refused or {})
