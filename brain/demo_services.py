"""Plays a scenario through servers and processes of their own: what `town demo --profile services` does."""

import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from alerts.book import Book, open_book
from brain.alerting import book_url
from brain.asking import figures, free_ports
from brain.balance import Balance, Seen, strike
from brain.clock import wall_clock
from brain.demonstration import DemoPlan, plan_demo, play_for, settle, show_balance
from brain.output import errors
from brain.play import kept_passwords
from brain.process import run_until_stopped
from brain.secret_files import read_secret
from brain.servers import TLS_STEP
from brain.services import Layout, start_servers, vitals_of
from brain.supervisor import supervised
from brain.up_services import start_line
from ingest import ledger
from simulators.play import Sent
from town.errors import ConfigError
from town.moment import SECOND
from town.ports import Gauge

_SUMS = {
    "received": "town_ingest_messages_received",
    "retained": "town_ingest_messages_retained",
    "redelivered": "town_ingest_messages_redelivered",
    "decoded": "town_ingest_messages_decoded",
    "rejected": "town_ingest_messages_rejected",
    "messages_waiting": "town_ingest_messages_waiting",
    "readings": "town_ingest_readings_decoded",
    "stored": "town_ingest_readings_stored",
    "quarantined": "town_ingest_readings_quarantined",
    "readings_waiting": "town_ingest_readings_waiting",
    "in_spool": "town_ingest_spool_readings",
}
"""What the ledger counts, by what it is called in /metrics."""


class Processes:
    """The line of several processes, as their /metrics and their alert book tell it."""

    def __init__(self, book: Book, addresses: Sequence[str]) -> None:
        self._book, self._addresses = book, addresses

    @property
    def book(self) -> Book:
        """Its alert book."""
        return self._book

    async def look(self) -> Seen:
        """How it is now."""
        answers = await asyncio.gather(*(figures(address) for address in self._addresses))
        gauges = [gauge for answer in answers for gauge in answer]
        counted = ledger.Balance(carried=0, **{name: _sum(gauges, metric) for name, metric in _SUMS.items()})
        waiting = _sum(gauges, "town_rules_readings_waiting") + _sum(gauges, "town_rules_readings_held")
        judged = waiting == 0 and _sum(gauges, "town_rules_readings_judged") >= counted.readings
        return Seen(counted, judged, _to_alert(gauges), _sum(gauges, "town_local_notifications"))


def _sum(gauges: Sequence[Gauge], name: str) -> int:
    return round(sum(one.value for one in gauges if one.name in (name, f"{name}_total")))


def _to_alert(gauges: Sequence[Gauge]) -> dict[str, int | None]:
    found = {one.labels["quantile"]: one.value for one in gauges if one.labels.get("of") == "receipt to the alert book"}
    return {name: round(found[share]) if share in found else None for name, share in (("p50", "0.5"), ("p99", "0.99"))}


def run_demo_on_services(
    folder: Path, given: Mapping[str, Any], *, length: str, scenario: str | None, seed: int, postgresql: bool,
    json: bool, verbose: bool,
) -> None:  # fmt: skip
    """Play for that long and print the balance. Leaves with exit code 1 when anything is missing."""
    plan = plan_demo(folder, given, length=length, scenario=scenario, seed=seed, verbose=verbose)
    balances: list[Balance] = []
    run_until_stopped(_demo(plan, balances, postgresql=postgresql))
    show_balance(balances, json=json)


async def _demo(plan: DemoPlan, balances: list[Balance], *, postgresql: bool) -> None:
    with tempfile.TemporaryDirectory(prefix="town-demo-") as place:
        layout = _layout(plan, _state(Path(place)), postgresql=postgresql)
        since, sent = wall_clock(), Sent()
        async with supervised() as supervisor:
            await start_servers(layout, supervisor)
            line = await start_line(layout, supervisor, notify="local")
            people = plan.bundle.people
            async with open_book(_book_url(layout), plan.bundle.town, clock=wall_clock, people=people) as book:
                processes = Processes(book, [vitals_of(one) for one in line])
                name = plan.scenario.name
                errors.print(f"Playing {name.zh} {name.en} for {plan.length // SECOND} s …", markup=False)
                await play_for(
                    plan.bundle, plan.scenario, layout.settings, sent, embedded_port=None, seed=plan.seed,
                    length=plan.length, passwords=kept_passwords(layout.accounts),
                )  # fmt: skip
                now = wall_clock()
                await settle(processes, sent, since=since, now=now)
                balances.append(await strike(processes, sent, since=since, now=now))


def _state(place: Path) -> Path:
    """The state folder, in one that PostgreSQL's own user may pass through: it does not run as root."""
    place.chmod(0o711)
    state = place / "state"
    state.mkdir(mode=0o700)
    return state


def _book_url(layout: Layout) -> str:
    """Where the processes keep their alerts."""
    if layout.postgresql is None:
        return book_url(layout.settings, layout.state)
    return read_secret(layout.secrets / "book_url")


def _layout(plan: DemoPlan, state: Path, *, postgresql: bool) -> Layout:
    """Servers on free ports and a state that is thrown away."""
    mqtt, store = _broker_port(), free_ports(3)
    urls = {"mqtt_url": f"mqtt://127.0.0.1:{mqtt}", "store_url": f"influxdb://127.0.0.1:{store}/town"}
    book = free_ports(1) if postgresql else None
    return Layout(plan.bundle, plan.settings.model_copy(update=urls), state, mqtt, postgresql=book)


def _broker_port() -> int:
    """A port that leaves room for those of TLS."""
    for _ in range(1_000):
        port = free_ports(1)
        if port + TLS_STEP + 1 < 65_536:
            return port
    raise ConfigError("no port is free for Mosquitto")
