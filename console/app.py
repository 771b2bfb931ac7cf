"""The console as a web application, and the server that runs it beside everything else."""

import asyncio
import contextlib
import importlib
import socket
import weakref
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import uvicorn
from fastapi import FastAPI, Request
from nicegui import core, ui
from starlette.responses import JSONResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from console import (
    actions,
    alerting_api,
    api,
    duty,
    hooks,
    link_page,
    outbox,
    problem,
    prometheus_api,
    sign_in,
    windows,
)
from console.gate import Gate
from console.metrics import metrics_text
from console.pages import alerting, alerts, every_place, now, people, pipeline, places
from console.pages import windows as windows_page
from console.parts import ConsoleParts, GatewayRow, QuarantineRow
from console.pulse import Pulse, Render
from console.views import deliveries as deliveries_view
from console.views import desk, legend
from console.views import every_place as every_place_view
from console.views import now as now_view
from console.views import performance as performance_view
from console.views import pipeline as pipeline_view
from console.views import places as places_view
from console.views import top as top_view
from console.views import windows as windows_view
from console.views.duty import DutyView
from town.errors import ConfigError

__all__ = ["ConsoleParts", "GatewayRow", "QuarantineRow", "create_app", "run"]

_STATIC = Path(__file__).parent / "static"
_STOP_SECONDS = 1
_RECONNECT_SECONDS = 10.0


def create_app(parts: ConsoleParts) -> FastAPI:
    """The application; `run` also runs its pulse. NiceGUI has one set of pages a process: the newest app has them."""
    app = FastAPI(title="town brain", version="1", docs_url=None, redoc_url=None, openapi_url="/api/openapi.json")
    app.state.pulse = Pulse(parts, renders(parts))
    problem.install(app)
    for part in (api, actions, windows, outbox, alerting_api, prometheus_api, duty):
        app.include_router(part.router)
    app.include_router(sign_in.router)
    app.include_router(link_page.router)
    app.include_router(hooks.router)
    _add_health(app, parts)
    app.mount("/static", StaticFiles(directory=_STATIC))
    _mount_pages(app)
    app.add_middleware(_WithPulse, pulse=app.state.pulse)
    app.add_middleware(Gate, parts=parts)
    return app


async def run(parts: ConsoleParts, *, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Serve until cancelled; calls `ready` with the address once it listens. Raises ConfigError for a taken port."""
    app = create_app(parts)
    listening = _listen(host, port)
    config = uvicorn.Config(
        app, log_config=None, log_level="warning", access_log=False, lifespan="on", ws="websockets-sansio",
        server_header=False, timeout_graceful_shutdown=_STOP_SECONDS, ws_max_size=1 << 20,
    )  # fmt: skip
    server = _Server(config)
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(server.serve(sockets=[listening]), name="console server")
        beating = group.create_task(app.state.pulse.run(), name="console pulse")
        try:
            await server.wait_started(serving)
            address, number = listening.getsockname()[:2]
            ready(f"http://{f'[{address}]' if ':' in address else address}:{number}")
            await asyncio.shield(serving)  # cancelled outright, uvicorn would leave its connections behind
        except asyncio.CancelledError:
            server.should_exit = True
            await serving
            raise
        finally:
            beating.cancel()


def renders(parts: ConsoleParts) -> dict[str, Render]:
    """Every part that a page can follow, by name."""
    duty_view = DutyView(parts.duty)
    return {
        "top": top_view.top,
        "counts": top_view.counts,
        "legend": legend.legend,
        "map": now_view.town_map(parts.folder),
        "queue": now_view.queue(parts.alerts, duty_view),
        "tiles": now_view.tiles,
        "desk.queue": desk.queue(parts.alerts),
        "desk.alert": desk.alert(parts.alerts, parts.assignable),
        "windows": windows_view.windows,
        "window.strip": windows_view.strip,
        "desk.side": desk.side(parts.alerts),
        "places": every_place_view.order,
        "places.card": every_place_view.card(),
        "places.values": every_place_view.card_values(),
        "place.head": places_view.head,
        "place.cards": places_view.cards,
        "place.sensors": places_view.sensors,
        "duty": duty_view.page(),
        "performance": performance_view.performance(parts),
        "deliveries": deliveries_view.deliveries(parts),
        "pipeline.figures": pipeline_view.figures,
        "pipeline.parts": pipeline_view.parts,
        "pipeline.gateways": pipeline_view.gateways,
        "pipeline.quarantine": pipeline_view.quarantine(parts),
    }


_SERVERS: weakref.WeakSet[uvicorn.Server] = weakref.WeakSet()


class _Server(uvicorn.Server):
    """Leaves the signals to the program it is a part of, and is known to NiceGUI.

    NiceGUI looks for its server among all objects of the process. That takes long, and in the meantime it holds what
    other threads are building: CPython 3.11 then fails there with a SystemError. Here it looks among servers only.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        _SERVERS.add(self)
        vars(importlib.import_module("nicegui.ui_run_with"))["gc"] = SimpleNamespace(get_objects=lambda: [*_SERVERS])

    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]  # overrides a generator whose type is uvicorn's
        yield

    async def wait_started(self, serving: asyncio.Task[None]) -> None:
        while not self.started and not serving.done():  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)


class _WithPulse:
    """Hands the pulse to pages and actions."""

    def __init__(self, app: ASGIApp, *, pulse: Pulse) -> None:
        self._app, self._pulse = app, pulse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in {"http", "websocket"}:
            scope["state"]["pulse"] = self._pulse
        await self._app(scope, receive, send)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(256)
    except OSError as error:
        listening.close()
        raise ConfigError(f"TOWN_HTTP={host}:{port}: {error.strerror}; choose another with --http-port") from None
    listening.setblocking(False)
    return listening


def _add_health(app: FastAPI, parts: ConsoleParts) -> None:
    @app.get("/healthz", include_in_schema=False)
    async def alive() -> Response:
        return JSONResponse({"alive": True})

    @app.get("/readyz", include_in_schema=False)
    async def ready() -> Response:
        down = [part.part for part in parts.health.parts() if part.state == "down"]
        return JSONResponse({"ready": not down, "down": down}, 503 if down else 200)

    @app.get("/metrics", include_in_schema=False)
    async def metrics(_: Request) -> Response:
        return Response(metrics_text(parts.health), media_type="text/plain; version=0.0.4; charset=utf-8")


@cache
def _register_pages() -> None:
    """NiceGUI keeps its pages for the whole process; they find their parts in the request."""
    ui.page("/")(now.page)
    ui.page("/alerts")(alerts.page)
    ui.page("/alerts/{alert}")(alerts.page)
    ui.page("/places")(every_place.page)
    ui.page("/places/{facility}")(places.one_place)
    ui.page("/people")(people.page)
    ui.page("/alerting")(alerting.performance)
    ui.page("/deliveries")(alerting.deliveries)
    ui.page("/pipeline")(pipeline.page)
    ui.page("/windows")(windows_page.page)


def _mount_pages(app: FastAPI) -> None:
    _register_pages()
    core.app.middleware_stack = None  # another app of this process may have built it
    core.app.user_middleware.clear()
    ui.run_with(
        app, title="town brain", dark=None, tailwind=False, show_welcome_message=False, favicon=_STATIC / "mark.svg",
        reconnect_timeout=_RECONNECT_SECONDS, binding_refresh_interval=None,
    )  # fmt: skip
