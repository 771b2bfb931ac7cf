"""Chance that can be repeated: numbers that look random and depend on nothing but a key and a moment."""

from functools import lru_cache
from hashlib import blake2b

from town.moment import Duration, Moment

_MASK = (1 << 64) - 1


@lru_cache(maxsize=65_536)
def key(seed: int, *names: str) -> int:
    """A number for a thing, the same for the same seed and names on every machine."""
    return int.from_bytes(blake2b("\0".join((str(seed), *names)).encode(), digest_size=8).digest(), "big")


def fraction(of: int, index: int) -> float:
    """A number from 0 to below 1 for one index of a key, evenly spread (SplitMix64, Steele et al. 2014)."""
    mixed = (of + (index + 1) * 0x9E3779B97F4A7C15) & _MASK
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
    return (mixed ^ (mixed >> 31)) / 2.0**64


def wave(of: int, at: Moment, period: Duration) -> float:
    """A smooth line from -1 to 1 that takes a new direction every `period`."""
    index, rest = divmod(at, period)
    x = rest / period
    before, after = fraction(of, index), fraction(of, index + 1)
    return 2 * (before + (after - before) * x * x * (3 - 2 * x)) - 1


def between(low: float, value: float, high: float) -> float:
    """The value, kept inside its bounds."""
    return float(low if value < low else min(value, high))
