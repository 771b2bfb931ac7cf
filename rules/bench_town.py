"""What the bench of the rules works on: a town, its rules and readings, and the bare loops they are held against."""

import tempfile
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from rules.folder import load_rule_files
from rules.ruleset import RuleSet
from town.builtin import builtin_kinds
from town.facility import Facility, Position, Zone
from town.gateway import Gateway
from town.language import Label
from town.moment import MINUTE, SECOND, Duration, Moment
from town.reading import Reading
from town.sensor import Sensor
from town.town import Town

START: Moment = 1_767_542_400_000
INTERVAL: Duration = 10 * SECOND
WAYS: dict[str, Sequence[str]] = {
    "plain": ("co2 >= {limit} ppm",),
    "windows": ("co2 >= {limit} ppm", "rate(co2, 1m) > {limit} ppm", "mean(co2, 10m) >= {limit} ppm"),
    "facility": ("count_of(co2 >= {limit} ppm) >= 2", "mean_of(co2) > {limit}"),
}
"""Conditions by kind, taken in turn."""

BareLoop = Callable[[Sequence[Reading]], int]


def limit(number: int) -> float:
    """The limit of a rule by its number: no reading of the bench reaches it."""
    return 5_000.0 + number


def bare(kind: str, number: int, town: Town) -> BareLoop:
    """A loop that makes the same comparisons and keeps the same windows, with nothing around it."""
    ways = [WAYS[kind][one % len(WAYS[kind])].partition("(")[0] for one in range(number)]
    limits = {way: [limit(one) for one in range(number) if ways[one] == way] for way in dict.fromkeys(ways)}
    if kind == "plain":
        [own] = limits.values()
        return _bare_limits({sensor: [("co2", one) for one in own] for sensor in town.sensors})
    return _bare_windows({way.split()[0]: one for way, one in limits.items()}, town)


def _bare_limits(limits: dict[str, list[tuple[str, float]]]) -> BareLoop:
    """No time, no state, no unknown."""

    def loop(batch: Sequence[Reading]) -> int:
        above = 0
        for reading in batch:
            values = reading.values
            for quantity, most in limits[reading.sensor]:
                value = values.get(quantity)
                if value is not None and value >= most:  # type: ignore[operator]  # all of them are numbers here
                    above += 1
        return above

    return loop


def _bare_windows(limits: dict[str, list[float]], town: Town) -> BareLoop:
    """A queue for each window, and a running sum that drifts."""
    minute: dict[str, deque[tuple[Moment, float]]] = {sensor: deque() for sensor in town.sensors}
    long: dict[str, deque[tuple[Moment, float]]] = {sensor: deque() for sensor in town.sensors}
    sums = dict.fromkeys(town.sensors, 0.0)
    plain, rates, means = (limits.get(name, []) for name in ("co2", "rate", "mean"))

    def loop(batch: Sequence[Reading]) -> int:
        above = 0
        for reading in batch:
            sensor, at, value = reading.sensor, reading.measured_at, float(reading.values["co2"])
            above += sum(value >= most for most in plain)
            if rates:
                queue = minute[sensor]
                queue.append((at, value))
                while queue[0][0] <= at - MINUTE:
                    queue.popleft()
                oldest, first = queue[0]
                rate = (value - first) / (at - oldest) * MINUTE if at > oldest else 0.0
                above += sum(rate > most for most in rates)
            if means:
                queue = long[sensor]
                queue.append((at, value))
                sums[sensor] += value
                while queue[0][0] <= at - 10 * MINUTE:
                    sums[sensor] -= queue.popleft()[1]
                mean = sums[sensor] / len(queue)
                above += sum(mean >= most for most in means)
        return above

    return loop


def bench_readings(number: int, sensors: int, *, first: Moment = START) -> list[Reading]:
    """One value each, below every limit, the sensors in turn, each every ten seconds."""
    found = []
    for one in range(number):
        at = first + one // sensors * INTERVAL
        found.append(Reading(f"S{one % sensors}", at, at + 20, {"co2": 400.0 + one * 7919 % 100}))
    return found


def bench_rule_set(kind: str, number: int, town: Town) -> RuleSet:
    """So many rules of that kind, for every sensor or for every facility."""
    ways = WAYS[kind]
    chosen = "facility: any" if kind == "facility" else "sensor_kind: room_climate"
    lines = [
        "version: 1",
        "groups:",
        "- name: bench",
        "  defaults: {category: environment, severity: minor}",
        "  rules:",
    ]
    for one in range(number):
        when = ways[one % len(ways)].format(limit=limit(one))
        head = f"id: bench.{one}, title: {{zh: 试, en: Test}}, for_each: {{{chosen}}}"
        lines.append(f"  - {{{head}, when: '{when}', for: 30s}}")
    with tempfile.TemporaryDirectory(prefix="town-bench-") as folder:
        path = Path(folder) / "rules.yaml"
        path.write_text("\n".join(lines) + "\n", "utf-8")
        found, findings = load_rule_files([path], town, root=path.parent)
    if found is None:
        raise RuntimeError(f"the rules of the bench are wrong: {findings[0]}")
    return found


def bench_town(sensors: int, *, facilities: int = 100) -> Town:
    """A town of so many sensors in so many facilities."""
    kinds = builtin_kinds()
    here, name = Position(latitude=30.0, longitude=120.0), Label(zh="试", en="Bench")
    places = {
        f"F{one}": Facility(id=f"F{one}", name=name, kind="office", zone="Z", position=here)
        for one in range(facilities)
    }
    return Town(
        id="bench",
        name=name,
        time_zone="Asia/Shanghai",
        position=here,
        quantities=dict(kinds.quantities),
        kinds=dict(kinds.kinds),
        facility_kinds=dict(kinds.facility_kinds),
        zones={"Z": Zone(id="Z", name=name)},
        facilities=places,
        gateways={"G": Gateway(id="G", name=name, decoder="native", topics=("town/#",))},
        sensors={
            f"S{one}": Sensor(
                id=f"S{one}", gateway="G", external_id=f"S{one}", facility=f"F{one % facilities}", kind="room_climate",
                interval=INTERVAL,
            )
            for one in range(sensors)
        },
    )  # fmt: skip
