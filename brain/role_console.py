"""`town console`: shows what the others tell, what the store knows, and what stands in the alert book."""

import asyncio
import os
import socket
from contextlib import AsyncExitStack

from alerts.book import open_book
from alerts.duty import DutyDesk
from alerts.outbox_desk import OutboxDesk
from alerts.performance import Performing
from brain.addresses import split_address
from brain.alerting import book_url, called, links_of
from brain.callbacks import Callbacks, twilio_callback
from brain.clock import wall_clock
from brain.health import WholeHealth
from brain.listening import Listening
from brain.output import screen
from brain.people_files import people_files
from brain.reporting import Reports
from brain.roles import Place, opened_store, prime, session_of
from brain.rules_shown import rules_shown
from brain.secrets import secret
from console.access import FIRST_ACCOUNT, Access
from console.app import run as run_console
from console.live import LiveReadings
from console.parts import ConsoleParts

CONSOLE = "console"


async def console(place: Place) -> None:
    """Show what the others tell, what the store knows, and what stands in the alert book."""
    bundle, settings, state = place.bundle, place.settings, place.state
    town, live, reports = bundle.town, LiveReadings(), Reports(clock=wall_clock, gateways=bundle.town.gateways)
    host, port = split_address(settings.http)
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(opened_store(place))
        url = book_url(settings, state)
        book = await stack.enter_async_context(open_book(url, town, clock=wall_clock, people=bundle.people))
        access, password = Access.open(state, clock=wall_clock)
        name = f"{CONSOLE}-{socket.gethostname()}-{os.getpid()}"
        session = session_of(place, name, session_expiry=0)
        listening = Listening(town, session, live=live, reports=reports, clock=wall_clock)
        health = WholeHealth((listening, book, reports), clock=wall_clock)
        performance = Performing(book, operators=settings.operators)
        parts = ConsoleParts(
            town=lambda: town,
            folder=bundle.folder,
            alerts=book,
            actions=book,
            windows=book.windows,
            outbox=OutboxDesk(book),
            performance=performance,
            ledger=book,
            rules=lambda: rules_shown(bundle.rules),
            history=store,
            latest=store,
            live=live,
            health=health,
            quarantine=reports.quarantine,
            gateways=reports.gateways,
            clock=wall_clock,
            access=access,
            language=settings.language or town.language,
            public_url=settings.public_url,
            links=await links_of(book, settings, state),
            called=lambda who: called(book.people, who),
            duty=DutyDesk(book),
            receipts=Callbacks(book, url=twilio_callback(settings), secret=secret),
            people=book.names,
        )
        async with asyncio.TaskGroup() as group:
            group.create_task(listening.run(), name="listening")
            group.create_task(prime(store, live), name="newest values")
            # What it says about mistakes, the process of the rules says: this one only follows.
            group.create_task(people_files(bundle.folder, book, clock=wall_clock).run(), name="people file")
            group.create_task(
                run_console(parts, host=host, port=port, ready=lambda url: _show(url, password)), name="console"
            )


def _show(url: str, password: str | None) -> None:
    """Where the console is; a generated password is shown here and nowhere else."""
    screen.print(f"Console: {url}", markup=False)
    if password:
        screen.print(f"Sign in: {FIRST_ACCOUNT} / {password}  (shown only now: write it down)", markup=False)
