"""The figures of the line as Prometheus reads them (text format 0.0.4)."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from town.ports import Gauge, Health


def metrics_text(health: Health) -> bytes:
    """Everything `health` knows, one family a name."""
    registry = CollectorRegistry()
    registry.register(_Figures(health))
    return generate_latest(registry)


class _Figures(Collector):
    def __init__(self, health: Health) -> None:
        self._health = health

    def collect(self) -> Iterable[Metric]:
        families: dict[str, list[Gauge]] = {}
        for gauge in self._health.figures():
            families.setdefault(gauge.name, []).append(gauge)
        for name, gauges in families.items():
            yield _family(name, gauges)
        yield _family("town_part_up", [_part_up(part.part, part.state) for part in self._health.parts()])


def _family(name: str, gauges: list[Gauge]) -> Metric:
    labels = sorted({label for gauge in gauges for label in gauge.labels})
    counts = bool(gauges) and gauges[0].kind == "counter"
    explained = (gauges[0].help if gauges else "") or name
    family = (CounterMetricFamily if counts else GaugeMetricFamily)(name, explained, labels=labels)
    for gauge in gauges:
        family.add_metric([gauge.labels.get(label, "") for label in labels], gauge.value)
    return family


def _part_up(part: str, state: str) -> Gauge:
    value = {"ok": 1.0, "degraded": 0.5}.get(state, 0.0)
    return Gauge("town_part_up", value, {"part": part}, help="1 works, 0.5 impaired, 0 down.")
