"""The console's heartbeat: looks at the town, renders each part once, and sends it to those whose part changed."""

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple

from console.census import CensusTaker
from console.figures import RateMeter, read_figures
from console.parts import ConsoleParts
from console.scene import ASIDE_STATES, OPEN_STATES, Scene, in_order, is_open, measuring
from console.traces import Traces
from console.words import Words, words
from town.errors import Unavailable
from town.language import Language
from town.moment import SECOND, Duration
from town.ports import AlertFilter
from town.sensor import Sensor
from town.town import Town

EVERY: Duration = 500
"""Half a second, so that what changed is on every screen within one."""
_ALERTS_SHOWN = 2_000
_TRACES_EVERY: Duration = 60 * SECOND
_TRACES_AWAITED_EVERY: Duration = 15 * SECOND

Show = Callable[[str], None]


class Key(NamedTuple):
    """Which part, in which language, of what: an alert, a facility, a filter."""

    part: str
    language: Language
    argument: str = ""


Render = Callable[[Scene, Words, str], Awaitable[str]]
"""Makes the HTML of one part."""


class Pulse:
    """Renders each part once for all its readers. `run` it beside the server."""

    def __init__(self, parts: ConsoleParts, renders: Mapping[str, Render]) -> None:
        self._parts, self._renders = parts, renders
        self._readers: dict[Key, set[Show]] = defaultdict(set)
        self._shown: dict[Key, str] = {}
        self._checks: set[Callable[[], object]] = set()
        self._scene: Scene | None = None
        self._measuring: tuple[Town, Mapping[str, Sequence[Sensor]]] | None = None
        self._meter = RateMeter()
        self._traces = Traces(parts)
        self._census = CensusTaker()
        self._wake = asyncio.Event()
        self._log = logging.getLogger("town.console")

    async def run(self) -> None:
        """Beat until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._refresh_traces(), name="console traces")
            while True:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(EVERY / 1000):
                        await self._wake.wait()
                self._wake.clear()
                if self._readers:
                    await self.beat()

    def hurry(self) -> None:
        """Somebody did something: show it now."""
        self._wake.set()

    async def beat(self) -> None:
        """Look once, and send what changed."""
        for check in list(self._checks):
            check()
        try:
            scene = await self.look()
        except Unavailable as error:
            self._log.warning("the alert book does not answer: %s", error)
            return
        for key in list(self._readers):
            html = await self._render(key, scene)
            if html != self._shown.get(key):
                self._shown[key] = html
                for show in list(self._readers.get(key, ())):
                    show(html)

    async def html(self, key: Key) -> str:
        """A part as it is now, for a page that is being made."""
        return await self._render(key, self._scene or await self.look())

    def each_beat(self, check: Callable[[], object]) -> Callable[[], None]:
        """Call `check` at every beat; returns what ends that."""
        self._checks.add(check)
        return lambda: self._checks.discard(check)

    def follow(self, key: Key, show: Show) -> Callable[[], None]:
        """Call `show` whenever the part changes; returns what ends that."""
        self._readers[key].add(show)

        def leave() -> None:
            readers = self._readers.get(key, set())
            readers.discard(show)
            if not readers:
                self._readers.pop(key, None)
                self._shown.pop(key, None)

        return leave

    async def look(self) -> Scene:
        """The town as it is now. Raises Unavailable when the alert book is away."""
        parts, now, town = self._parts, self._parts.clock(), self._parts.town()
        if self._measuring is None or self._measuring[0] is not town:
            self._measuring = town, measuring(town)
        found = await parts.alerts.alerts(AlertFilter(states=OPEN_STATES | ASIDE_STATES, limit=_ALERTS_SHOWN))
        self._scene = Scene(
            now=now,
            town=town,
            measuring=self._measuring[1],
            live=parts.live,
            alerts=in_order([alert for alert in found if is_open(alert)]),
            aside=[alert for alert in found if not is_open(alert)],
            windows=await parts.windows.windows(),
            line=read_figures(parts.health.figures(), self._meter, now=now),
            parts=parts.health.parts(),
            gateways=parts.gateways(),
            census=self._census.census(town, parts.live, now=now),
            traces=self._traces.points,
            called=parts.called,
        )
        self._traces.note_online(now, len(self._scene.town.sensors) - len(self._scene.silent))
        return self._scene

    async def _render(self, key: Key, scene: Scene) -> str:
        return await self._renders[key.part](scene, words(key.language), key.argument)

    async def _refresh_traces(self) -> None:
        while True:
            with contextlib.suppress(Unavailable):  # the tiles keep the trace they have
                await self._traces.refresh()
            every = _TRACES_EVERY if self._traces.complete else _TRACES_AWAITED_EVERY
            await asyncio.sleep(every / 1000)
