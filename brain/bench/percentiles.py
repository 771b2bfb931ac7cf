"""How long most took, nearly all, and the longest."""

from collections.abc import Iterable


def percentiles(milliseconds: Iterable[float]) -> dict[str, float]:
    """p50, p95, p99 and the longest; nothing of nothing."""
    ordered = sorted(milliseconds)
    if not ordered:
        return {}
    share = {"p50_ms": 0.5, "p95_ms": 0.95, "p99_ms": 0.99}
    picked = {name: ordered[int(part * len(ordered))] for name, part in share.items()}
    return {name: round(value, 1) for name, value in (picked | {"max_ms": ordered[-1]}).items()}
