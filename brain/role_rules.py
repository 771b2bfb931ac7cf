"""`town rules`: judges what every ingest process tells, keeps the alert book, tells people."""

from contextlib import AsyncExitStack

from brain import banner
from brain.alerting import book_url, open_alerting
from brain.clock import wall_clock
from brain.following import BATCHES_AT_ONCE, Following
from brain.health import WholeHealth
from brain.listening import Listening
from brain.one_judge import only_judge
from brain.own_alerts import OwnAlerts
from brain.pipeline import Pipeline
from brain.process import Loops
from brain.receiver import LocalReceiver, local_receiver
from brain.reporting import Reporter, Reports, process_topic
from brain.roles import Place, opened_store, outwards_of, prime, run_loops, session_of
from brain.state import held
from town.ports import PartHealth
from town.settings import Settings

RULES = "rules"


async def rules(place: Place) -> None:
    """Judge what all ingest processes tell, keep the alert book, and tell people."""
    bundle, settings, state = place.bundle, place.settings, place.state
    town = bundle.town
    async with AsyncExitStack() as stack:
        watch = await stack.enter_async_context(only_judge(book_url(settings, state), town.id))
        stack.enter_context(held(state))
        receiver = await _receiver(stack, settings)
        store = await stack.enter_async_context(opened_store(place))
        alerting = await stack.enter_async_context(
            open_alerting(bundle, settings, session_of(place, RULES), state=state, store=store, receiver=receiver)
        )
        judge = alerting.judge
        await judge.recover()
        session = session_of(place, RULES, receive_max=BATCHES_AT_ONCE)
        following = Following(town, session, judge=judge, live=alerting.live, store=store, clock=wall_clock)
        judge.heard_until, judge.unsure_from = lambda: following.heard_until, following.unsure_from
        local = () if receiver is None else (receiver,)
        health = WholeHealth((following, *alerting.health(), *local), clock=wall_clock)
        outwards = outwards_of(place, RULES)
        reporter = Reporter(RULES, process_topic(town.id, RULES), outwards, health=health, clock=wall_clock)

        reports = Reports(clock=wall_clock)
        others = Listening(
            town, session_of(place, f"{RULES}-reports", session_expiry=0), live=None, reports=reports, clock=wall_clock
        )
        own_alerts = OwnAlerts(lambda: parts_of_all(reports), alerting.book, clock=wall_clock)
        pipeline = Pipeline(health.figures, alerting.own, ledger=None, name="", clock=wall_clock)

        async def judging() -> None:
            await following.ready()
            await judge.run()

        loops: Loops = {
            "following": following.run,
            "rules": judging,
            "right to judge": watch,
            "outwards": outwards.run,
            "report": reporter.run,
            "pipeline": pipeline.run,
            "reports of all processes": others.run,
            "own alerts": own_alerts.run,
            "newest values": lambda: prime(store, alerting.live),
            **alerting.loops(),
        }
        await run_loops(place, loops, health)


def parts_of_all(reports: Reports) -> list[PartHealth]:
    """The parts of all processes, and the processes themselves under a name that tells them from parts."""
    processes = reports.processes()
    named = [PartHealth(f"process {one.part}", one.state, one.since, one.detail) for one in processes]
    return [*named, *(part for part in reports.parts() if part not in processes)]


async def _receiver(stack: AsyncExitStack, settings: Settings) -> LocalReceiver | None:
    if settings.notify != "local":
        return None
    return await stack.enter_async_context(local_receiver(wall_clock, banner.received))
