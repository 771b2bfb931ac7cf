"""Writing a row into sensors.csv without touching what stands there: its columns, line ends and mark are kept."""

import csv
import io
import re
import shutil
from collections.abc import Collection, Iterable
from pathlib import Path

from town.errors import ConfigError
from town.findings import suggest
from town.items import id_mistake
from town.moment import MINUTE, SECOND, Duration, format_duration
from town.sensor_list import read_sensors
from town.town import Town

_MARK = "\ufeff"
_STRANGE = re.compile(r"[^A-Za-z0-9_.-]+")
_INTERVALS: tuple[Duration, ...] = tuple(
    seconds * SECOND for seconds in (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 86400)
)


def require(what: str, word: str, there: Collection[str]) -> str:
    """The word, when it is among those there are; else a ConfigError with what may have been meant."""
    if word in there:
        return word
    raise ConfigError(f"there is no {what} {word!r}; {suggest(word, there) or 'there are ' + ', '.join(sorted(there))}")


def new_id(device: str, taken: Collection[str]) -> str:
    """An id for a device's sensor: its own name as far as an id may have it, with a number if that is taken."""
    plain = _STRANGE.sub("-", device).strip("-_.")[:60] or "sensor"
    names = (plain, *(f"{plain}-{number}" for number in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken and not id_mistake(name))


def usual_interval(heard_every: Duration | None) -> Duration:
    """How often a sensor has to report at the least: twice as long as it took so far, rounded up; else ten minutes."""
    if not heard_every:
        return 10 * MINUTE
    return next((each for each in _INTERVALS if each >= 2 * heard_every), _INTERVALS[-1])


def appended(text: str, cells: dict[str, str]) -> str:
    """The list with one more row, its cells where the first row names their columns, which it must."""
    header = [cell.strip() for cell in next(csv.reader(io.StringIO(text.removeprefix(_MARK))), [])]
    if not set(cells) <= set(header):
        raise ConfigError(f"sensors.csv: the first row must name the columns {', '.join(cells)}")
    end = "\r\n" if "\r\n" in text else "\n"
    row = io.StringIO()
    csv.writer(row, lineterminator=end).writerow([cells.get(column, "") for column in header])
    return text + ("" if text.endswith("\n") else end) + row.getvalue()


def write_row(path: Path, cells: dict[str, str]) -> None:
    """Append a row to the list, all or nothing; raises ConfigError, and changes nothing, when it would be a mistake."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            text = appended(file.read(), cells)
        beside = path.with_suffix(".csv.new")
        with beside.open("w", encoding="utf-8", newline="") as file:
            file.write(text)
        shutil.copymode(path, beside)
        mistakes = read_sensors(beside).findings
        if mistakes:
            beside.unlink()
            raise ConfigError("; ".join(f"{path.name}:{each.line}: {each.message}" for each in mistakes))
        beside.replace(path)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from None


def row_for(
    town: Town, *, gateway: str, device: str, facility: str, kind: str | None, name: str | None, interval: Duration
) -> dict[str, str]:
    """The cells of a new sensor; raises ConfigError for what the town does not have and for what it has already."""
    known = town.sensor_of_device.get((require("gateway", gateway, town.gateways), device))
    if known is not None:
        raise ConfigError(f"{device!r} of gateway {gateway} is a sensor already: {known.id}")
    if kind is None:
        raise ConfigError("--kind: nothing was heard of it that says what it is; name its kind")
    _free(name, town.sensors)
    return {
        "id": name or new_id(device, town.sensors),
        "gateway": gateway,
        "external_id": device,
        "facility": require("facility", facility, town.facilities),
        "kind": require("sensor kind", kind, town.kinds),
        "interval": format_duration(interval),
    }


def _free(name: str | None, taken: Iterable[str]) -> None:
    if name is not None and name in taken:
        raise ConfigError(f"--id: there is a sensor {name!r} already")
    if name is not None and (mistake := id_mistake(name)):
        raise ConfigError(f"--id: {mistake}")
