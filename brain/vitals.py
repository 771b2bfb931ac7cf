"""How a process without a console is asked how it is: `/healthz`, `/readyz` and `/metrics` over HTTP."""

import contextlib
from collections.abc import Iterator

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from brain.listeners import require_free
from console.metrics import metrics_text
from town.ports import Health


async def serve_vitals(health: Health, *, host: str, port: int) -> None:
    """Answer until cancelled. Raises ConfigError for a port that is taken."""
    require_free(host, port, purpose="/healthz and /metrics", instead="Choose another with --http.")
    server = _Server(
        uvicorn.Config(_app(health), host=host, port=port, log_config=None, access_log=False, lifespan="off", ws="none")
    )
    await server.serve()


def _app(health: Health) -> Starlette:
    async def alive(_: Request) -> Response:
        return JSONResponse({"alive": True})

    async def ready(_: Request) -> Response:
        down = [part.part for part in health.parts() if part.state == "down"]
        return JSONResponse({"ready": not down, "down": down}, 503 if down else 200)

    async def metrics(_: Request) -> Response:
        return PlainTextResponse(metrics_text(health), media_type="text/plain; version=0.0.4; charset=utf-8")

    return Starlette(routes=[Route("/healthz", alive), Route("/readyz", ready), Route("/metrics", metrics)])


class _Server(uvicorn.Server):
    """Leaves the signals to the program it is a part of."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
