"""The session with the broker: under one client id, kept by the broker while we are away, resumed after every loss."""

import asyncio
import logging
import random
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ingest.connection import Connection, Message, Rest
from town.errors import ConfigError, Unavailable
from town.ports import Clock, PartHealth

log = logging.getLogger("ingest.session")

_CONNECT_WITHIN = 10.0
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
_REST = Rest(0.01, 0.1)
"""Between two looks at a socket whose messages others share, on cores that others share."""
_AHEAD, _AHEAD_SHARED = 1_000, 8_000
"""How many messages the broker may send ahead of our acknowledgements; where looks and writes are seldom, more."""
_STEADY_AFTER = 30.0
"""Seconds a connection must hold for the next loss to be a new trouble and not the same one."""


@dataclass(frozen=True)
class SessionSettings:
    """How to reach the broker and what to ask of it. Durations are seconds."""

    host: str
    port: int
    client_id: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: bool = False
    ca: Path | None = None
    share: str | None = None
    """Name of a shared subscription, for several ingest processes."""
    receive_max: int | None = None
    """How many messages the broker may send ahead of our acknowledgements; None for as many as serve best."""
    keep_alive: int = 30
    session_expiry: int = 7 * 24 * 3600
    """How long the broker keeps our messages while we are away."""
    retires: bool = False
    """Subscriptions are given up: only what the broker kept for us is taken, until `retire` ends the session."""
    will: tuple[str, bytes] | None = None
    """Topic and payload of what the broker says when we are gone, with a word or without."""

    def __post_init__(self) -> None:
        if not 1 <= self.ahead <= 65_535:
            raise ConfigError(f"receive_max must be 1 to 65535, not {self.receive_max}")
        if self.share is not None and (not self.share or set(self.share) & set("/+#")):
            raise ConfigError(f"TOWN_MQTT_SHARE={self.share!r}: a name without /, + and #")

    @property
    def ahead(self) -> int:
        """How many messages the broker may send ahead of our acknowledgements."""
        return self.receive_max if self.receive_max is not None else _AHEAD_SHARED if self.share else _AHEAD


def session_settings(
    url: str, *, client_id: str, password: str | None = None, ca: Path | None = None, share: str | None = None
) -> SessionSettings:
    """Settings from `mqtt://user@host:1883` or `mqtts://…:8883`; raises ConfigError for anything else."""
    parts = urlsplit(url)
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if parts.scheme not in ("mqtt", "mqtts") or not host or parts.path.strip("/"):
        raise ConfigError("TOWN_MQTT_URL: write it as mqtt://user@host:1883 or mqtts://user@host:8883")
    if parts.password is not None:
        raise ConfigError("TOWN_MQTT_URL: the password belongs into TOWN_MQTT_PASSWORD, where it is not shown")
    tls = parts.scheme == "mqtts"
    return SessionSettings(
        host=host,
        port=port or (8883 if tls else 1883),
        client_id=client_id,
        user=unquote(parts.username) if parts.username else None,
        password=password,
        tls=tls,
        ca=ca,
        share=share,
    )


class Session:
    """Keeps one connection to the broker; `take(connection, messages, size)` gets every chunk of messages at once."""

    def __init__(
        self,
        settings: SessionSettings,
        filters: Sequence[str],
        *,
        take: Callable[[Connection, list[Message], int], None],
        clock: Clock,
        joined: Callable[[bool], None] = lambda _: None,
    ) -> None:
        """`joined(session_present)` is called whenever the broker has taken us in."""
        self.connections = 0
        """How often the broker took us in."""
        self._settings, self._take, self._clock = settings, take, clock
        prefix = f"$share/{settings.share}/" if settings.share else ""
        self._filters = [prefix + each for each in dict.fromkeys(filters)]
        self._tls = _tls(settings) if settings.tls else None
        self._resumed_filters: set[str] = set()
        self._connected, self._since, self._detail = False, clock(), "connecting"
        self._joined, self._retired = joined, False
        self._connection: Connection | None = None
        self._there = asyncio.Event()

    async def run(self) -> None:
        """Connect, serve, and connect again, until cancelled."""
        pause = _SHORTEST_PAUSE
        loop = asyncio.get_running_loop()
        while True:
            started = loop.time()
            try:
                await self._serve()
            except Unavailable as error:
                self._down(str(error))
            if loop.time() - started > _STEADY_AFTER:
                pause = _SHORTEST_PAUSE
            await asyncio.sleep(random.uniform(0, pause))  # noqa: S311 - spreads reconnects, guards nothing
            pause = min(2 * pause, _LONGEST_PAUSE)

    def health(self) -> PartHealth:
        """Whether the broker has us, and what it refused."""
        state = "down" if not self._connected else "degraded" if self._detail else "ok"
        return PartHealth("broker", state, self._since, self._detail)  # type: ignore[arg-type]  # three words of the Literal

    def say(self, topic: str, payload: bytes) -> None:
        """Say something at QoS 0; without a connection, nothing."""
        if self._connection is not None:
            self._connection.publish(topic, payload)

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> int:
        """Say something at QoS 1, again over the next connection when one is lost; the broker's reason code."""
        while True:
            await self._there.wait()
            connection = self._connection
            try:
                if connection is not None:
                    return await connection.publish_kept(topic, payload, retain=retain)
            except Unavailable:  # whether the broker had it is not known: it is said again
                if connection is self._connection:
                    self._there.clear()

    def retire(self) -> None:
        """Have the broker forget the session when the connection is closed: all that it kept was taken."""
        self._retired = True

    @property
    def connected(self) -> bool:
        """Whether messages can arrive."""
        return self._connected

    async def _serve(self) -> None:
        """One connection from its beginning to its end, which is always an Unavailable."""
        connection = await self._open()
        settings = self._settings
        try:
            granted = await connection.connect(
                settings.client_id,
                user=settings.user,
                password=settings.password,
                keep_alive=settings.keep_alive,
                session_expiry=settings.session_expiry,
                receive_max=settings.ahead,
                within=_CONNECT_WITHIN,
                will=settings.will,
            )
            self._joined(granted.session_present)
            await self._subscribe(connection, session_present=granted.session_present)
            self._connection = connection
            self._there.set()
            await self._keep_alive(connection, granted.keep_alive or settings.keep_alive)
        finally:
            self._connection = None
            self._there.clear()
            connection.close(for_good=self._retired)
        raise Unavailable(connection.lost.result())

    async def _open(self) -> Connection:
        loop, settings = asyncio.get_running_loop(), self._settings
        rest = _REST if settings.share else None
        try:
            async with asyncio.timeout(_CONNECT_WITHIN):
                _, connection = await loop.create_connection(
                    lambda: Connection(self._take, rest=rest), settings.host, settings.port, ssl=self._tls
                )
        except TimeoutError:
            raise Unavailable(f"no answer from {settings.host}:{settings.port}") from None
        except OSError as error:
            raise Unavailable(f"{settings.host}:{settings.port}: {error.strerror or error}") from None
        return connection

    async def _subscribe(self, connection: Connection, *, session_present: bool) -> None:
        """Subscribe to what the broker's session lacks.

        The first time in a process that is everything, so that the broker sends again what it keeps: the present status
        of gateways. After a loss it is nothing, unless the broker forgot us.
        """
        if not session_present:
            self._resumed_filters.clear()
        if self._settings.retires:
            await connection.unsubscribe(self._filters, within=_CONNECT_WITHIN)
            self._up("")
            return
        missing = [each for each in self._filters if each not in self._resumed_filters]
        refused = await connection.subscribe(missing, within=_CONNECT_WITHIN) if missing else []
        if refused:
            log.warning("the broker refuses subscriptions: %s", "; ".join(refused))
        else:
            self._resumed_filters.update(missing)
        self._up("the broker refuses " + "; ".join(refused) if refused else "")

    async def _keep_alive(self, connection: Connection, keep_alive: int) -> None:
        """Give signs of life and ask for them; a peer that says nothing for 1.5 times as long is dead."""
        loop = asyncio.get_running_loop()
        while not connection.lost.done():
            await asyncio.wait((connection.lost,), timeout=keep_alive / 2)
            if connection.lost.done():
                return
            if not connection.paused and loop.time() - connection.heard_at > 1.5 * keep_alive:
                connection.abort(f"the broker said nothing for {1.5 * keep_alive:.0f} s")
            else:
                connection.ping()

    def _up(self, detail: str) -> None:
        self.connections += 1
        log.info("connected to %s:%d as %s", self._settings.host, self._settings.port, self._settings.client_id)
        self._connected, self._since, self._detail = True, self._clock(), detail

    def _down(self, why: str) -> None:
        if self._connected or self._detail == "connecting":
            log.warning("the broker is away: %s", why)
            self._since = self._clock()
        self._connected, self._detail = False, why


def _tls(settings: SessionSettings) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=settings.ca)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"TOWN_MQTT_CA={settings.ca}: {error}") from None
