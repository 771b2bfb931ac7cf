"""Runs every question of every board against a real InfluxDB: what `town boards check` does after the lint."""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dashboards.questions import (
    RANGES,
    Question,
    fixed_variables,
    questions,
    several,
    variable_questions,
)
from town.errors import ConfigError, Unavailable
from town.moment import Moment
from town.store.influx_server import InfluxServer, Table
from town.town import Town

AT_ONCE = 4

ANSWERED, EMPTY, FAILED, NOT_HERE = "answered", "empty", "failed", "not in this town"
NOTHING_BEFORE = "nothing so long ago"
"""Of a comparison: the store is younger, and the chart only lacks its grey line."""


@dataclass(frozen=True)
class Answer:
    """What became of a question: how many rows, how long it took, and what is wrong with it."""

    question: Question
    state: str
    rows: int = 0
    took_ms: float = 0.0
    problem: str = ""

    @property
    def good(self) -> bool:
        """Whether the panel shows something, or is about what this town does not have."""
        return self.state in (ANSWERED, NOT_HERE, NOTHING_BEFORE)

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        one = self.question
        told = {"board": one.board, "panel": one.where, "ref": one.ref, "state": self.state, "rows": self.rows}
        return {**told, "ms": round(self.took_ms, 2), "problem": self.problem, "query": one.query}


async def ask_all(
    boards: Sequence[Mapping[str, Any]], server: InfluxServer, *, now: Moment, town: Town | None = None
) -> list[Answer]:
    """Every question of these boards, in order. With a `town`, what none of its sensors measures is not asked."""
    found: list[Answer] = []
    asking = _Asking(server, now, town)
    for board in boards:
        variables, problems = await variables_of(dict(board), server)
        found += problems
        if problems:
            continue
        found += await asyncio.gather(*(asking.ask(one, variables) for one in questions(dict(board))))
    return found


async def variables_of(board: dict[str, Any], server: InfluxServer) -> tuple[dict[str, str], list[Answer]]:
    """What each variable may be: `.*` where All is offered, else every value there is."""
    variables, problems = fixed_variables(board), list[Answer]()
    for name, query, every in variable_questions(board):
        question = Question(str(board["title"]), f"variable {name}", name, query, "variable")
        text = question.asked(start=0, end=0, variables=variables)
        try:
            values = [str(row[1]) for table in await server.query(text) for row in table.values]
        except (RuntimeError, Unavailable, ConfigError) as error:
            problems.append(Answer(question, FAILED, problem=str(error)))
            continue
        if not values:
            problems.append(Answer(question, EMPTY))
        variables[name] = ".*" if every else several(sorted(set(values)) or ["-"])
    return variables, problems


class _Asking:
    """A few questions at once, and what is asked in the same words only once: boards differ by language in few."""

    def __init__(self, server: InfluxServer, now: Moment, town: Town | None) -> None:
        self._server, self._now, self._town = server, now, town
        self._limit = asyncio.Semaphore(AT_ONCE)
        self._known: dict[tuple[str, ...], Answer] = {}

    async def ask(self, question: Question, variables: Mapping[str, str]) -> Answer:
        """The first range in which it has an answer counts."""
        if self._town is not None and not _measures(self._town, question):
            return Answer(question, NOT_HERE)
        asked = (
            question.query,
            question.form,
            str(question.before),
            *sorted(question.columns),
            *map(str, sorted(variables.items())),
        )
        async with self._limit:
            if asked not in self._known:
                self._known[asked] = await self._look(question, variables)
        return replace(self._known[asked], question=question)

    async def _look(self, question: Question, variables: Mapping[str, str]) -> Answer:
        answer = Answer(question, EMPTY)
        for width in RANGES:
            text = question.asked(start=self._now - width, end=self._now, variables=variables)
            answer = await _try(question, self._server, text)
            if answer.state != EMPTY:
                break
        return replace(answer, state=NOTHING_BEFORE) if answer.state == EMPTY and question.before else answer


async def _try(question: Question, server: InfluxServer, text: str) -> Answer:
    began = time.perf_counter()
    try:
        tables = await server.query(text)
    except (RuntimeError, Unavailable, ConfigError) as error:
        return Answer(question, FAILED, problem=str(error))
    took = (time.perf_counter() - began) * 1000
    rows = sum(1 for table in tables for row in table.values if any(cell is not None for cell in row[1:]))
    missing = sorted(question.columns - set(_names(tables))) if rows else []
    if missing:
        return Answer(question, FAILED, rows, took, f"the answer has no {', '.join(missing)}")
    return Answer(question, ANSWERED if rows else EMPTY, rows, took)


def _names(tables: Sequence[Table]) -> Iterator[str]:
    for table in tables:
        yield from table.columns
        yield from table.tags


def _measures(town: Town, question: Question) -> bool:
    """Whether a sensor of the town measures what is asked; what the brain tells of itself is in every town."""
    family, quantities = question.measured()
    kinds = [town.kinds[sensor.kind] for sensor in town.sensors.values()]
    if family not in {kind.family for kind in town.kinds.values()}:
        return True
    measured = {quantity for kind in kinds if kind.family == family for quantity in kind.quantities}
    return quantities <= measured
