"""Stored readings once more through the live engine, with the pauses that were. Pure: readings in, transitions out."""

from collections.abc import Iterable
from typing import NamedTuple

from rules.arrival import in_order, judge_arrivals, resumed, silences
from rules.engine import Engine
from rules.ruleset import RuleSet
from town.alert import Transition
from town.moment import Moment
from town.reading import Reading
from town.town import Town


class Pause(NamedTuple):
    """Judging was interrupted from `since` and went on at `at`; without `since` it began there from nothing."""

    at: Moment
    since: Moment | None = None


class Replay:
    """Rules over readings in order of arrival. What is decided depends on the readings, and not on how they are cut."""

    def __init__(self, rules: RuleSet, town: Town, *, start: Moment, pauses: Iterable[Pause] = ()) -> None:
        """It begins at `start`; `pauses` are those of the live brain since then."""
        self.judged = 0
        self._rules, self._town = rules, town
        self._engine = Engine(rules, town)
        self._pauses = sorted((one for one in pauses if one.at >= start), reverse=True)
        begun = self._engine.advance(start)
        assert not begun, "an engine that begins has nothing to say"

    @property
    def engine(self) -> Engine:
        """The engine as it stands now."""
        return self._engine

    def take(self, readings: Iterable[Reading]) -> list[Transition]:
        """Judge readings that arrived after all before them."""
        transitions: list[Transition] = []
        waiting = in_order(readings)
        self.judged += len(waiting)
        while self._pauses and waiting and waiting[-1].received_at >= self._pauses[-1].at:
            pause = self._pauses.pop()
            transitions += judge_arrivals(self._engine, [one for one in waiting if one.received_at < pause.at])
            waiting = [one for one in waiting if one.received_at >= pause.at]
            transitions += self._pause(pause)
        return transitions + judge_arrivals(self._engine, waiting)

    def end(self, at: Moment) -> list[Transition]:
        """Notice what fell silent before that moment."""
        transitions: list[Transition] = []
        while self._pauses and self._pauses[-1].at < at:
            transitions += self._pause(self._pauses.pop())
        return transitions + silences(self._engine, at - 1)

    def _pause(self, pause: Pause) -> list[Transition]:
        if pause.since is None:
            self._engine = Engine(self._rules, self._town)
            return self._engine.advance(pause.at)
        self._engine, transitions = resumed(self._engine, self._rules, self._town, since=pause.since, now=pause.at)
        return transitions
