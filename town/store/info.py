"""What a store holds, for people and programs that look after it."""

import msgspec

from town.moment import Moment


class FamilyInfo(msgspec.Struct, frozen=True):
    """What is stored of one family of sensor kinds. DuckDB counts values, InfluxDB readings."""

    family: str
    rows: int


class RollupInfo(msgspec.Struct, frozen=True):
    """One resolution: whether it was ever computed, its buckets, and how many changes wait; None is not known."""

    resolution: str
    computed: bool
    buckets: int | None = None
    waiting: int | None = None


class StoreInfo(msgspec.Struct, frozen=True):
    """What a store is and holds; `size` in bytes and `series` are None where the server does not tell."""

    kind: str
    version: str
    place: str
    size: int | None
    oldest: Moment | None
    newest: Moment | None
    series: int | None
    families: list[FamilyInfo]
    rollups: list[RollupInfo]
