"""`town ingest`: takes in, tells the others, stores."""

import logging
from collections.abc import Callable
from contextlib import AsyncExitStack

from brain.clock import wall_clock
from brain.health import WholeHealth
from brain.pipeline import Pipeline
from brain.process import Loops
from brain.reporting import Reporter, process_topic
from brain.roles import Place, opened_store, outwards_of, run_loops, session_of
from brain.state import INGEST_FOLDER, held
from brain.taking_in import open_taking_in
from brain.telling import Telling
from ingest.decoders.registry import DECODERS
from ingest.files import LEDGER_FILE
from ingest.intake import Intake
from town.errors import ConfigError
from town.gateway import Gateway
from town.settings import Settings
from town.store.own_rows import OwnRows

log = logging.getLogger("brain")

_TAKEN = ("rules", "console")
"""Names of other processes."""


class _Retired(Exception):  # noqa: N818 - it is an end, not a failure
    """All that waited is taken in."""


async def ingest(place: Place, *, retire: bool = False) -> None:
    """Take in, tell the others, store. One that retires gives its share up, takes in what waits for it, and ends."""
    bundle, settings, name = place.bundle, place.settings, place.settings.ingest_id
    town, state = bundle.town, place.state / INGEST_FOLDER / name
    if name in _TAKEN:
        raise ConfigError(f"TOWN_INGEST_ID={name}: that is the name of another role; take another")
    async with AsyncExitStack() as stack:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        stack.enter_context(held(state))
        store = await stack.enter_async_context(opened_store(place))
        outwards = outwards_of(place, name)
        telling = Telling(town.id, name, outwards, clock=wall_clock)
        session = session_of(place, name, share=settings.mqtt_share, retires=retire)
        taking_in = await stack.enter_async_context(
            open_taking_in(
                town, settings, session, state=state, store=store, judge=telling.deliver, takes=_takes(settings)
            )
        )
        intake = taking_in.intake
        telling.heard_until, telling.stored_until = lambda: intake.heard_until, lambda: intake.stored_until
        health = WholeHealth((intake, telling), clock=wall_clock)
        reporter = Reporter(
            "ingest", process_topic(town.id, name), outwards, health=health, clock=wall_clock,
            gateways=taking_in.gateways, quarantine=taking_in.quarantine,
            takes=[gateway.id for gateway in town.gateways.values() if _takes(settings)(gateway)],
        )  # fmt: skip
        own = OwnRows(store, wall_clock)
        pipeline = Pipeline(health.figures, own, ledger=state / LEDGER_FILE, name=name, clock=wall_clock)
        _say_who_listens(place)
        loops: Loops = {
            "outwards": outwards.run,
            "ingest": intake.run,
            "telling": telling.run,
            "report": reporter.run,
            "pipeline": pipeline.run,
            "own measurements": own.run,
        }
        if retire:
            loops["retire"] = lambda: _retire(intake)
        try:
            await run_loops(place, loops, health)
        except* _Retired:
            log.info("%s has retired: start it no more", name)


async def _retire(intake: Intake) -> None:
    count = await intake.retire()
    log.info("%d messages waited for this process and are taken in", count)
    raise _Retired


def _takes(settings: Settings) -> Callable[[Gateway], bool]:
    """Which gateways this process listens to."""
    whose = settings.ingest_gateways or ("shared" if settings.mqtt_share else "all")

    def takes(gateway: Gateway) -> bool:
        return whose == "all" or DECODERS[gateway.decoder].learns == (whose == "alone")

    return takes


def _say_who_listens(place: Place) -> None:
    """Say which gateways need a process of their own when this one shares the others."""
    takes, gateways = _takes(place.settings), place.bundle.town.gateways.values()
    others = [gateway.id for gateway in gateways if not takes(gateway)]
    if others and place.settings.mqtt_share:
        log.info(
            "not taken here: %s. Their formats have to be heard as a whole, by one process: "
            "start one more with TOWN_INGEST_GATEWAYS=alone and without TOWN_MQTT_SHARE",
            ", ".join(others),
        )
