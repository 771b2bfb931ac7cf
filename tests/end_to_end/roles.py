"""A hamlet in several processes: `town ingest`, `town rules` and `town console`, each as its users run it."""

import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from console.access import Access
from tests import ports, services


class Role:
    """One process of a role; its state folder stays over `kill` and `start`."""

    def __init__(self, command: list[str], *, port: int, log: Path, env: dict[str, str]) -> None:
        self.port, self.log = port, log
        self._command, self._env = command, env
        self.process: subprocess.Popen[bytes] | None = None

    def launch(self) -> None:
        """Start it, and wait for nothing."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self._command, stdout=log, stderr=log, env={**os.environ, **self._env})

    def start(self) -> None:
        """Start it and wait until it works."""
        self.launch()
        services.wait_until(self.ready, seconds=120, process=self.process)

    def kill(self) -> None:
        """End it as a power cut would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(15)
            self.process = None

    def stop(self) -> int:
        """End it as an operator would; its exit code."""
        assert self.process is not None
        self.process.terminate()
        code = self.process.wait(15)
        self.process = None
        return code

    def ready(self) -> bool:
        """Whether everything in it works."""
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=1).close()
            return True
        return False

    def metric(self, name: str, **labels: str) -> float:
        """The sum of a metric over all series with these labels."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        wanted = [f'{key}="{value}"' for key, value in labels.items()]
        names = (f"{name}{{", f"{name} ", f"{name}_total{{", f"{name}_total ")
        found = [line for line in lines if line.startswith(names) and all(each in line for each in wanted)]
        return sum(float(line.rsplit(" ", 1)[1]) for line in found)


class Roles:
    """The processes of one hamlet on one broker and one store."""

    def __init__(self, town: Path, state: Path, *, broker: int, store: str, env: dict[str, str]) -> None:
        self.town, self.state, self._broker, self._store, self._env = town, state, broker, store, env
        self.all: list[Role] = []
        state.mkdir(exist_ok=True)
        access, _ = Access.open(state, clock=lambda: time.time_ns() // 1_000_000)
        self._token = access.create_token("tests")

    def ingest(self, name: str, **env: str) -> Role:
        """An ingest process that shares the load with the others."""
        return self._role("ingest", "--id", name, "--share", "hamlet", **env)

    def rules(self, **env: str) -> Role:
        """A rules process."""
        return self._role("rules", "run", **env)

    def console(self, **env: str) -> Role:
        """A console process."""
        return self._role("console", **env)

    def stored(self) -> int:
        """How many values of smoke the store has."""
        place = urlsplit(self._store)
        query = f'SELECT count(smoke) FROM "{place.path.strip("/")}"."autogen"."fire"'
        answer = json.loads(services.influx_query(place.port or 0, query))["results"][0]
        return sum(row[1] for series in answer.get("series", []) for row in series["values"])

    def get(self, console: Role, path: str) -> Any:
        """What a console's API answers."""
        url = f"http://127.0.0.1:{console.port}{path}"
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {self._token}"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())

    def _role(self, *what: str, **env: str) -> Role:
        port = ports.free_port()
        command = [sys.executable, "-m", "brain", *what, str(self.town), "--state", str(self.state)]
        command += ["--mqtt", f"mqtt://127.0.0.1:{self._broker}", "--store", self._store]
        command += ["--http" if what[0] == "console" else "--vitals", f"127.0.0.1:{port}"]
        log = self.state.parent / f"{what[0]}-{len(self.all)}.log"
        role = Role(command, port=port, log=log, env={**self._env, **env})
        self.all.append(role)
        return role
