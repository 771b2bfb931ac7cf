"""The entrance with its own Caddyfile: real Caddy, and two servers behind it that say what they were asked for."""

import http.client
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.ports import free_ports
from tests.services import Service, listens, need, running

ROOT = Path(__file__).parents[2]


def echo(name: str) -> ThreadingHTTPServer:
    """A server on a free port that answers with its name and the path it saw."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = f"{name} {self.path}".encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = answer  # noqa: N815 - the names that http.server calls

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.fixture(scope="module")
def entrance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder, first = tmp_path_factory.mktemp("caddy"), free_ports(2)
    console, grafana = echo("console"), echo("grafana")
    env = {"HTTPS_PORT": str(first), "HTTP_PORT": str(first + 1), "XDG_DATA_HOME": str(folder), "HOME": str(folder)}
    env |= {"XDG_CONFIG_HOME": str(folder), "CONSOLE": f"127.0.0.1:{console.server_port}"}
    env |= {"GRAFANA": f"127.0.0.1:{grafana.server_port}"}
    env["TOWN_TLS"] = "tls internal"
    command = [need("caddy"), "run", "--config", str(ROOT / "deploy/caddy/Caddyfile"), "--adapter", "caddyfile"]
    with running(Service(command, port=first, folder=folder, ready=lambda: listens(first), env=env)):
        yield first
    for server in (console, grafana):
        server.shutdown()
        server.server_close()


def ask(port: int, path: str, method: str = "GET") -> tuple[int, str]:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    link = http.client.HTTPSConnection("localhost", port, context=context, timeout=10)
    try:
        link.request(method, path, headers={"Host": "localhost"})
        answer = link.getresponse()
        return answer.status, answer.headers.get("Location") or answer.read().decode()
    finally:
        link.close()


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/", "console /"),
        ("/alerts/A-1", "console /alerts/A-1"),
        ("/town/api/v1/alerts", "console /api/v1/alerts"),
        ("/grafana/town/api/v1/alerts/A-1/acknowledge", "console /api/v1/alerts/A-1/acknowledge"),
        ("/grafana/d/town-ops", "grafana /grafana/d/town-ops"),
        ("/grafana/api/live/ws", "grafana /grafana/api/live/ws"),
    ],
)
def test_each_path_goes_to_its_server(entrance: int, path: str, answer: str) -> None:
    assert ask(entrance, path) == (200, answer)


@pytest.mark.parametrize(
    "path",
    [
        "/grafana/api/live/push/town",
        "/grafana/api/live/%70ush/town",
        "/grafana//api/live/push/town",
        "//grafana/api//live/push/town",
        "/grafana/api/live/../live/push/town",
        "/grafana/API/Live/Push/town",
        "/api/live/push/town",
    ],
)
def test_nobody_writes_into_live_streams(entrance: int, path: str) -> None:
    assert ask(entrance, path, "POST")[0] == 403


def test_short_addresses_lead_on(entrance: int) -> None:
    assert ask(entrance, "/grafana") == (308, "/grafana/")
    assert ask(entrance, "/town") == (308, "/")
