"""Fills an InfluxDB for the boards: a whole brain takes in what the simulator plays, and somebody answers alerts."""

import asyncio
import tempfile
from contextlib import AsyncExitStack, suppress
from pathlib import Path

from alerts.own_rows import alert_row
from brain.addresses import broker_session
from brain.balance import OneProcess
from brain.bundle import Bundle
from brain.clock import wall_clock
from brain.demonstration import connected, play_for, settle
from brain.pipeline import Pipeline
from brain.play import find_scenario
from brain.receiver import local_receiver
from brain.running import start_broker
from brain.standing import OPEN_STATES
from brain.wiring import Brain, open_brain
from ingest.files import LEDGER_FILE
from simulators.events import PressEvent
from simulators.physics.world import World
from simulators.play import Sent
from simulators.scenario import Scenario
from simulators.sensors import measure
from town.alert import Category
from town.moment import DAY, MINUTE, Duration, Moment
from town.own import OwnRow
from town.ports import ActionRefused, AlertFilter
from town.reading import Reading
from town.settings import Settings

BEFORE: tuple[Duration, ...] = (7 * DAY + 50 * MINUTE, DAY + 50 * MINUTE)
"""Boards hold today against a week ago and yesterday: so long ago some readings are written, too."""
BEFORE_FOR: Duration = 20 * MINUTE
BUTTONS = ("panic_button", "call_point")
PRESSED_AT = "1m"
SOMEBODY = "boards-check"


async def fill(bundle: Bundle, settings: Settings, *, length: Duration, seed: int = 1) -> None:
    """Play for that long into the store that the settings name; then everything that is told of it is in there, too."""
    async with AsyncExitStack() as stack:
        state = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="town-boards-")))
        port = await start_broker(stack, settings)
        receiver = await stack.enter_async_context(local_receiver(wall_clock))
        session = broker_session(settings, f"{bundle.town.id}-boards", embedded_port=port)
        brain = await stack.enter_async_context(
            open_brain(bundle.hurried(), settings, state=state, session=session, receiver=receiver)
        )
        since = wall_clock()
        own = brain.alerting.own
        figures = Pipeline(brain.health.figures, own, ledger=None, name="boards", clock=wall_clock)
        # This minute is told as if it were over: nobody waits for that.
        ledger = Pipeline(list, own, ledger=state / LEDGER_FILE, name="boards", clock=lambda: wall_clock() + MINUTE)
        await figures.tell()
        await brain.store.write(_earlier(bundle, since, seed=seed))
        await brain.alerting.rollups.catch_up()  # so that what is played now is no backlog
        async with asyncio.TaskGroup() as group:
            loops = brain.start(group)
            await connected(brain)
            sent = Sent()
            await play_for(bundle, _now(bundle), settings, sent, embedded_port=port, seed=seed, length=length)
            line = OneProcess(brain, receiver)
            await settle(line, sent, since=since, now=wall_clock())
            await _answer_alerts(brain)
            await settle(line, sent, since=since, now=wall_clock())  # so that nobody is being told while the loops end
            for loop in loops:
                loop.cancel()
        await _tell(brain, figures, ledger)


def _now(bundle: Bundle) -> Scenario:
    """What is played, at whatever time of day it is, and with two buttons pressed: alerts that can be closed soon."""
    name = next((name for name in ("demo", "ordinary") if name in bundle.scenarios), "demo")
    scenario = find_scenario(bundle, name)
    buttons = [sensor.id for sensor in bundle.town.sensors.values() if sensor.kind in BUTTONS][:2]
    press = {"at": PRESSED_AT, "do": "press", "for": "30s"}
    pressed = (PressEvent.model_validate({**press, "sensor": one}) for one in buttons)
    return scenario.model_copy(update={"local_time": None, "events": (*scenario.events, *pressed)})


def _earlier(bundle: Bundle, now: Moment, *, seed: int) -> list[Reading]:
    world = World(bundle.town, seed=seed)
    return [
        Reading(sensor.id, at, at, measure(world, sensor, at, since=MINUTE))
        for before in BEFORE
        for at in range(now - before, now - before + BEFORE_FOR, MINUTE)
        for sensor in bundle.town.sensors.values()
    ]


async def _answer_alerts(brain: Brain) -> None:
    """Somebody takes every second alert and closes what can be: boards of how people answer have something to show."""
    alerts = await brain.book.alerts(AlertFilter(states=OPEN_STATES))
    for alert in alerts[::2]:
        for act in (brain.book.acknowledge, brain.book.reset):
            with suppress(ActionRefused):
                await act(alert.id, by=SOMEBODY, at=wall_clock())


async def _tell(brain: Brain, figures: Pipeline, ledger: Pipeline) -> None:
    """What is told every minute, now."""
    alerting = brain.alerting
    await alerting.standing.tell()
    for pipeline in (figures, ledger):
        await pipeline.tell()
    await alerting.own.flush()
    for teller in alerting.tellers:
        while await teller.tell():
            pass
    await brain.store.write_own([*await _other_categories(brain), _false_alarms(brain)])
    await alerting.rollups.catch_up()


async def _other_categories(brain: Brain) -> list[OwnRow]:
    """An alert of each category in which the town has none now, written as the brain writes them."""
    alerts = await brain.book.alerts(AlertFilter(states=OPEN_STATES))
    missing = set(Category) - {alert.category for alert in alerts}
    copies = [alerts[0].model_copy(update={"category": category}) for category in sorted(missing)] if alerts else []
    return [alert_row(alert, brain.bundle.town, at=wall_clock()) for alert in copies]


def _false_alarms(brain: Brain) -> OwnRow:
    """A share of false alarms, which there is only once people have looked at some."""
    tags = {"figure": "false_alarm_rate", "facility": next(iter(brain.bundle.town.facilities))}
    return OwnRow("alert_figures", tags, {"value": 0.5}, wall_clock())
