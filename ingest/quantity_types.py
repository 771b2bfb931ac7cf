"""The types of quantities, for ever: what a store was first given is kept in the state folder, and a change is refused.

InfluxDB checks types for one shard only: a new shard takes another type, and then answers with values of the old one.
"""

import os
from pathlib import Path

import msgspec

from town.errors import ConfigError
from town.findings import Finding
from town.quantity import ValueType
from town.town import Town

_Held = dict[str, dict[str, ValueType]]
"""By store, the type of each quantity that it was ever given."""


def type_findings(path: Path, town: Town, *, store: str) -> list[Finding]:
    """The quantities of a town whose type is not the one that the store was first given."""
    held = _read(path).get(store, {})
    return [
        Finding(
            "kinds.yaml",
            0,
            f"quantities.{quantity.id}.type",
            f"`{quantity.id}` is {held[quantity.id]} in this store for ever, and cannot become {quantity.type}",
            f"give the new quantity another name; only when the store is a new one, remove {path}",
        )
        for quantity in town.quantities.values()
        if held.get(quantity.id, quantity.type) is not quantity.type
    ]


def hold_types(path: Path, town: Town, *, store: str) -> None:
    """Remember the types of a town's quantities; raises ConfigError when one was another before."""
    findings = type_findings(path, town, store=store)
    if findings:
        raise ConfigError(
            "\n".join(f"{each.file}: {each.where}: {each.message}; {each.suggestion}" for each in findings)
        )
    held = _read(path)
    types = held.get(store, {}) | {quantity.id: quantity.type for quantity in town.quantities.values()}
    if types != held.get(store):
        _write(path, held | {store: types})


def _read(path: Path) -> _Held:
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Held)
    except FileNotFoundError:
        return {}
    except (OSError, msgspec.MsgspecError) as error:
        raise ConfigError(f"{path}: the types of this store's quantities cannot be read: {error}") from None


def _write(path: Path, held: _Held) -> None:
    """Replace the file whole, so that a power cut leaves the old or the new one."""
    beside = path.with_suffix(".new")
    try:
        with beside.open("wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(held)))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        raise ConfigError(f"{path}: the types of quantities cannot be written down: {error.strerror}") from None
