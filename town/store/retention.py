"""How long each resolution is kept."""

from collections.abc import Mapping
from typing import NamedTuple

from town.errors import ConfigError
from town.moment import HOUR, Duration, Moment, format_duration, parse_duration
from town.settings import Settings
from town.store.resolution import HOURS, MINUTES, Resolution

FOREVER = "forever"


class Keep(NamedTuple):
    """How long stored values, minutes and hours are kept; None is for ever. What is coarser is never kept shorter."""

    raw: Duration | None = None
    minutes: Duration | None = None
    hours: Duration | None = None

    def of(self, resolution: Resolution | None) -> Duration | None:
        """How long that resolution is kept; None stands for the values as they were stored."""
        return {None: self.raw, MINUTES: self.minutes, HOURS: self.hours}[resolution]

    def horizons(self, now: Moment) -> Mapping[Resolution | None, Moment]:
        """What is older than this may go, for every resolution that is not kept for ever; whole hours."""
        kept = {one: self.of(one) for one in (None, MINUTES, HOURS)}
        return {one: (now - keep) // HOUR * HOUR for one, keep in kept.items() if keep is not None and now > keep}


def keep_of(settings: Settings) -> Keep:
    """What the settings say. Raises ConfigError where a finer resolution would outlive a coarser one."""
    keep = Keep(
        *(read_keep(text) for text in (settings.store_keep_raw, settings.store_keep_1m, settings.store_keep_1h))
    )
    ages = [float("inf") if one is None else one for one in keep]
    if ages != sorted(ages):
        raise ConfigError(
            f"TOWN_STORE_KEEP_RAW={settings.store_keep_raw}, TOWN_STORE_KEEP_1M={settings.store_keep_1m}, "
            f"TOWN_STORE_KEEP_1H={settings.store_keep_1h}: hours are made from minutes and these from what was stored, "
            "so none may be kept shorter than the one before it"
        )
    return keep


def read_keep(text: str) -> Duration | None:
    """`400d` or `forever`. Raises ConfigError."""
    if text == FOREVER:
        return None
    try:
        duration = parse_duration(text)
    except ValueError as error:
        raise ConfigError(f"TOWN_STORE_KEEP_…: {error}; or `{FOREVER}`") from None
    if duration < 2 * HOUR:
        raise ConfigError(f"TOWN_STORE_KEEP_…: {text} is less than two hours")
    return duration


def write_keep(keep: Duration | None) -> str:
    """`400d` or `forever`."""
    return FOREVER if keep is None else format_duration(keep)
