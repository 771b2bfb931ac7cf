"""The figures of the line as Prometheus reads them (text format 0.0.4)."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from town.ports import Gauge, Health, PartHealth


def metrics_text(health: Health) -> bytes:
    """Everything `health` knows, one family a name."""
    registry = CollectorRegistry()
    registry.register(_Figures(health))
    return generate_latest(registry)


class _Figures(Collector):
    def __init__(self, health: Health) -> None:
        self._health = health

    def collect(self) -> Iterable[Metric]:
        families: dict[str, dict[tuple[tuple[str, str], ...], Gauge]] = {}
        for gauge in [*self._health.figures(), *(_part_up(part) for part in self._health.parts())]:
            labels = tuple(sorted(gauge.labels.items()))
            families.setdefault(gauge.name, {}).setdefault(labels, gauge)  # Prometheus refuses a figure told twice
        for name, gauges in families.items():
            yield _family(name, list(gauges.values()))


def _family(name: str, gauges: list[Gauge]) -> Metric:
    labels = sorted({label for gauge in gauges for label in gauge.labels})
    counts = bool(gauges) and gauges[0].kind == "counter"
    explained = (gauges[0].help if gauges else "") or name
    family = (CounterMetricFamily if counts else GaugeMetricFamily)(name, explained, labels=labels)
    for gauge in gauges:
        family.add_metric([gauge.labels.get(label, "") for label in labels], gauge.value)
    return family


def _part_up(part: PartHealth) -> Gauge:
    return Gauge("town_part_up", float(part.state != "down"), {"part": part.part}, help="Whether a part works.")
