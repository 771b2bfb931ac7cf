"""What is kept up of many sensors is what looking at all of them again would give."""

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules.binding import Evaluate, bind
from rules.judge import view_of
from rules.memory import Memory, Track
from rules.ruleset import RuleSet
from rules.subject import judged_by
from tests.rules.places import START, rules, town
from town.moment import SECOND
from town.town import Town

SENSORS = tuple(f"S{number}" for number in range(5))
CONDITIONS = {
    "count": "count_of(smoke >= 0.15) >= 1",
    "any": "any_of(smoke >= 0.15)",
    "all": "all_of(smoke >= 0.15)",
    "mean": "mean_of(smoke) > 0.5",
    "often": "count_of(count(smoke, 20s) >= 2) >= 1",
    "old": "count_of(age(smoke) > 25s) >= 1",
}
_STEPS = st.lists(
    st.tuples(st.integers(1, 40), st.sampled_from(SENSORS), st.sampled_from([None, 0.01, 0.1, 0.2, 0.3, 7.7])),
    min_size=1,
    max_size=40,
)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> tuple[RuleSet, Town]:
    place = town(*(f"{name}:smoke_detector@W1" for name in SENSORS))
    written = [f"id: {name}\nfor_each: {{facility: any}}\nwhen: {text}" for name, text in CONDITIONS.items()]
    return rules(Path(tmp_path_factory.mktemp("gathered")), place, *written), place


class Rig:
    """A facility of five sensors, whose values are set by hand."""

    def __init__(self, rule_set: RuleSet, place: Town) -> None:
        self.memory = Memory(place)
        self.at = START
        self.seen: dict[str, list[tuple[int, float | None]]] = {name: [] for name in SENSORS}
        self.asked = {name: self._bind(rule_set, name, place) for name in CONDITIONS}

    def _bind(self, rule_set: RuleSet, name: str, place: Town) -> Evaluate:
        rule = rule_set.rules[name]
        [judged] = judged_by(rule, place)
        watch = self.memory.watch(judged.subject, judged.members)
        assert rule.when is not None
        left = getattr(rule.when.term, "left", rule.when.term)
        return bind(left, view_of(rule, judged, self.memory, watch))

    def track(self, sensor: str) -> Track:
        return self.memory.sensor(sensor).tracks["smoke"]

    def step(self, seconds: int, sensor: str, value: float | None) -> None:
        self.at += seconds * SECOND
        self.seen[sensor].append((self.at, value))
        if value is None:
            self.track(sensor).doubt(self.at, self.at)
        else:
            self.track(sensor).accept(self.at, self.at, value)

    def known(self) -> list[float]:
        """The newest value of each sensor, when it is believed and no older than three intervals."""
        newest = [seen[-1] for seen in self.seen.values() if seen]
        return [value for at, value in newest if value is not None and self.at - at <= 30 * SECOND]


@given(steps=_STEPS)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_kept_up_is_what_all_sensors_say(
    many: tuple[RuleSet, Town], steps: list[tuple[int, str, float | None]]
) -> None:
    rig = Rig(*many)
    for step in steps:
        rig.step(*step)
        known = rig.known()
        above = [value >= 0.15 for value in known]
        recent = [
            sum(value is not None and at > rig.at - 20 * SECOND for at, value in seen) >= 2
            for seen in rig.seen.values()
        ]

        assert rig.asked["count"](rig.at) == sum(above)
        assert rig.asked["any"](rig.at) is any(above)
        assert rig.asked["all"](rig.at) is (False if False in above else None if len(known) < len(SENSORS) else True)
        mean = float(sum(map(Fraction, known)) / len(known)) if known else None
        assert rig.asked["mean"](rig.at) == mean
        assert rig.asked["often"](rig.at) == sum(recent)


def test_what_changes_with_time_itself_is_looked_at_every_time(many: tuple[RuleSet, Town]) -> None:
    rig = Rig(*many)
    rig.step(0, "S0", 0.1)
    rig.step(10, "S1", 0.1)

    assert [rig.asked["old"](START + seconds * SECOND) for seconds in (10, 25, 26, 36)] == [0, 0, 1, 2]


def test_a_sensor_that_cannot_be_judged_fails_until_it_can(many: tuple[RuleSet, Town]) -> None:
    rig = Rig(*many)
    rig.step(0, "S0", 0.2)
    rig.track("S1").accept(START, START, "high")

    for _ in range(2):
        with pytest.raises(TypeError):
            rig.asked["count"](START)
    rig.step(1, "S1", 0.2)
    assert rig.asked["count"](rig.at) == 2
