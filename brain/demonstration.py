"""Plays a scenario through the whole line and strikes the balance: what `town demo` does."""

import asyncio
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, NamedTuple

import typer

from brain.addresses import broker_session
from brain.balance import Balance, Line, OneProcess, settled, strike
from brain.bundle import Bundle, load_bundle
from brain.clock import wall_clock
from brain.log import set_up_logging
from brain.output import FOUND_PROBLEMS, errors, print_findings, print_json, print_table, screen
from brain.play import find_scenario, simulate
from brain.process import run_until_stopped
from brain.receiver import local_receiver
from brain.running import start_broker
from brain.wiring import Brain, open_brain
from simulators.play import Sent
from simulators.scenario import Scenario
from town.errors import ConfigError
from town.moment import SECOND, Duration, Moment, parse_duration
from town.settings import Settings, load_settings

_SETTLES_WITHIN: Duration = 30 * SECOND
_CONNECTS_WITHIN: Duration = 15 * SECOND
_NAMES = ("demo", "ordinary")


def run_demo(
    folder: Path, given: Mapping[str, Any], *, length: str, scenario: str | None, seed: int, json: bool, verbose: bool
) -> None:
    """Play for that long and print the balance. Leaves with exit code 1 when anything is missing."""
    plan = plan_demo(folder, given, length=length, scenario=scenario, seed=seed, verbose=verbose)
    balances: list[Balance] = []
    run_until_stopped(_demo(plan, balances))
    show_balance(balances, json=json)


class DemoPlan(NamedTuple):
    """What is played, and for how long on the wall."""

    bundle: Bundle
    settings: Settings
    scenario: Scenario
    length: Duration
    seed: int


def plan_demo(
    folder: Path, given: Mapping[str, Any], *, length: str, scenario: str | None, seed: int, verbose: bool
) -> DemoPlan:
    """Read everything. Leaves with exit code 1 when the folder is wrong; raises ConfigError."""
    settings = load_settings(given, folder).settings
    set_up_logging(settings.log, verbose=verbose)
    bundle, findings = load_bundle(folder)
    print_findings(findings)
    if bundle is None:
        raise typer.Exit(FOUND_PROBLEMS)
    try:
        wall = parse_duration(length)
    except ValueError as error:
        raise ConfigError(f"--for: {error}") from None
    chosen = find_scenario(bundle, scenario or next((name for name in _NAMES if name in bundle.scenarios), "demo"))
    return DemoPlan(bundle, settings, chosen, wall, seed)


def show_balance(balances: Sequence[Balance], *, json: bool) -> None:
    """Print the balance, if one was struck. Leaves with exit code 1 unless nothing is missing."""
    if not balances:
        raise typer.Exit(FOUND_PROBLEMS)
    _show(balances[0], json=json)
    if not balances[0].balanced:
        raise typer.Exit(FOUND_PROBLEMS)


async def _demo(plan: DemoPlan, balances: list[Balance]) -> None:
    _, settings, scenario, length, seed = plan
    bundle = plan.bundle.hurried()
    async with AsyncExitStack() as stack:
        state = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="town-demo-")))
        embedded_port = await start_broker(stack, settings)
        receiver = await stack.enter_async_context(local_receiver(wall_clock))
        session = broker_session(settings, f"{bundle.town.id}-demo", embedded_port=embedded_port)
        since = wall_clock()
        brain = await stack.enter_async_context(
            open_brain(bundle, settings, state=state, session=session, receiver=receiver)
        )
        sent = Sent()
        async with asyncio.TaskGroup() as group:
            loops = brain.start(group)
            await connected(brain)
            errors.print(f"Playing {scenario.name.zh} {scenario.name.en} for {length // SECOND} s …", markup=False)
            await play_for(bundle, scenario, settings, sent, embedded_port=embedded_port, seed=seed, length=length)
            now = wall_clock()
            line = OneProcess(brain, receiver)
            await settle(line, sent, since=since, now=now)
            balances.append(await strike(line, sent, since=since, now=now))
            for loop in loops:
                loop.cancel()


async def play_for(
    bundle: Bundle,
    scenario: Scenario,
    settings: Settings,
    sent: Sent,
    *,
    embedded_port: int | None,
    seed: int,
    length: Duration,
    passwords: Mapping[str, str] | None = None,
) -> None:
    """Play for that long on the wall: a scenario with an end is played faster or slower to fit."""
    speed = 1.0 if scenario.duration is None else scenario.duration / scenario.speed / length
    playing = simulate(
        bundle, scenario, settings, embedded_port=embedded_port, seed=seed, speed=speed, sent=sent, passwords=passwords
    )
    try:
        async with asyncio.timeout(length / 1000 if scenario.duration is None else None):
            await playing
    except TimeoutError:
        pass  # a scenario without an end was played for as long as asked


async def settle(line: Line, sent: Sent, *, since: Moment, now: Moment) -> None:
    """Wait until everything that was sent has arrived, is judged and stored, and who was due by `now` was told."""
    deadline = wall_clock() + _SETTLES_WITHIN
    while not await settled(line, sent, since=since, now=now):
        if wall_clock() > deadline:
            return
        await asyncio.sleep(0.05)


async def connected(brain: Brain) -> None:
    """Wait until messages can arrive. Raises ConfigError when the broker does not answer."""
    await _until(lambda: brain.connected, _CONNECTS_WITHIN, "the broker did not answer")


async def _until(true: Callable[[], bool], within: Duration, otherwise: str) -> None:
    try:
        async with asyncio.timeout(within / 1000):
            while not true():  # noqa: ASYNC110 - looked at twice a play, not worth an event in the hot path
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise ConfigError(f"{otherwise} within {within // SECOND} s") from None


def _show(balance: Balance, *, json: bool) -> None:
    if json:
        print_json(balance.as_json())
        return
    found = balance.as_json()
    rows = [
        (group, name, "—" if value is None else value)
        for group in ("messages", "readings", "alerts", "notifications")
        for name, value in found[group].items()
    ]
    for name, shares in balance.latency_ms.items():
        rows += [
            ("latency", f"{name} {share}", "—" if took is None else f"{took} ms") for share, took in shares.items()
        ]
    print_table("", ("", "", ""), rows)
    screen.print("Balanced: nothing is missing." if balance.balanced else "NOT balanced: something is missing.")
