"""A whole brain as its users run it: `town up` in a process of its own."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

from console.access import Access
from tests import ports, services

HAMLET = Path(__file__).parents[1] / "towns" / "hamlet"
T = TypeVar("T")


class Brain:
    """One `town up`. The state folder stays over `kill` and `start`."""

    def __init__(self, folder: Path, state: Path, *, arguments: list[str], env: dict[str, str]) -> None:
        self.town, self.state, self.port = folder, state, ports.free_port()
        self._arguments, self._env = arguments, env
        self.log = state.parent / f"{state.name}.log"
        state.mkdir(exist_ok=True)
        access, _ = Access.open(state, clock=lambda: time.time_ns() // 1_000_000)
        self._token = access.create_token("tests")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.launch()
        services.wait_until(self._answers, seconds=120, process=self.process)

    def launch(self) -> None:
        """Start it, and wait for nothing."""
        command = [sys.executable, "-m", "brain", "up", str(self.town), "--state", str(self.state)]
        command += ["--http-port", str(self.port), "--no-simulate", *self._arguments]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **self._env})

    def kill(self) -> None:
        """End it as a power cut would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(60)
            self.process = None

    def stop(self) -> int:
        """End it as an operator would; its exit code."""
        assert self.process is not None
        self.process.terminate()
        code = self.process.wait(60)
        self.process = None
        return code

    def get(self, path: str) -> Any:
        """What the API answers."""
        request = urllib.request.Request(self._url(path), headers={"Authorization": f"Bearer {self._token}"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """What the API answers to an action."""
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        request = urllib.request.Request(self._url(path), json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())

    def metric(self, name: str, **labels: str) -> float:
        """The sum of a metric over all series with these labels."""
        with urllib.request.urlopen(self._url("/metrics"), timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        wanted = [f'{key}="{value}"' for key, value in labels.items()]
        names = (f"{name}{{", f"{name} ", f"{name}_total{{", f"{name}_total ")
        found = [line for line in lines if line.startswith(names) and all(each in line for each in wanted)]
        return sum(float(line.rsplit(" ", 1)[1]) for line in found)

    def town_command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run another `town` command beside it."""
        command = [sys.executable, "-m", "brain", *arguments]
        return subprocess.run(
            command, check=False, capture_output=True, text=True, env={**os.environ, **self._env}, timeout=60
        )

    def _url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def _answers(self) -> bool:
        """Whether it is up and the broker has it: what is published before its first subscription is nobody's."""
        with contextlib.suppress(OSError):
            try:
                urllib.request.urlopen(self._url("/readyz"), timeout=1).close()
            except urllib.error.HTTPError as error:
                with error:
                    return "broker" not in json.loads(error.read())["down"]
            return True
        return False


def hamlet(folder: Path, *, hook: str | None = None) -> Path:
    """A copy of the hamlet that a test may change; `hook` is where its duty room listens."""
    shutil.copytree(HAMLET, folder)
    if hook:
        people = folder / "people.yaml"
        people.write_text(people.read_text().replace("http://127.0.0.1:9/duty", hook))
    return folder


@contextlib.contextmanager
def hook() -> Iterator[tuple[str, list[tuple[dict[str, str], bytes]]]]:
    """An HTTP server that keeps what it is sent, headers and body, and answers 200."""
    received: list[tuple[dict[str, str], bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append((dict(self.headers), body))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/duty", received
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def publish(port: int, topic: str, payload: str | bytes) -> None:
    """Publish with Mosquitto's own client, QoS 1: on return the broker has it."""
    command = [services.need("mosquitto_pub"), "-p", str(port), "-q", "1", "-t", topic, "-s"]
    subprocess.run(command, input=payload.encode() if isinstance(payload, str) else payload, check=True, timeout=20)


def eventually(look: Callable[[], T], *, seconds: float = 15) -> T:
    """What `look` finds as soon as it finds anything; fails when the time is over."""
    found: list[T] = []

    def answers() -> bool:
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            result = look()
            if result:
                found.append(result)
        return bool(found)

    services.wait_until(answers, seconds=seconds)
    return found[0]
