"""A hamlet's brain on a real broker and a real store."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import services
from tests.end_to_end.brain import Brain, hamlet, hook
from tests.end_to_end.roles import Roles

Make = Callable[..., Brain]
Received = list[tuple[dict[str, str], bytes]]
SECRET = "a secret of the tests"


@pytest.fixture
def duty() -> Iterator[tuple[str, Received]]:
    """The duty room's webhook: where it listens, and what it was sent."""
    with hook() as listening:
        yield listening


@pytest.fixture
def make_brain(tmp_path: Path, mosquitto: services.Service, duty: tuple[str, Received]) -> Iterator[Make]:
    """Makes brains of the hamlet on one Mosquitto; `store` is a URL, DuckDB in the state folder if left out."""
    brains: list[Brain] = []

    def make(*, store: str = "duckdb:", **env: str) -> Brain:
        folder = tmp_path / "hamlet"
        brain = Brain(
            folder if folder.exists() else hamlet(folder, hook=duty[0]),
            tmp_path / "state",
            arguments=["--mqtt", f"mqtt://127.0.0.1:{mosquitto.port}", "--store", store],
            env={"TOWN_SECRET_DUTY": SECRET, **env},
        )
        brains.append(brain)
        return brain

    yield make
    for brain in brains:
        brain.kill()


@pytest.fixture
def roles(
    tmp_path: Path, mosquitto: services.Service, influxd: services.Service, duty: tuple[str, Received]
) -> Iterator[Roles]:
    """A hamlet for several processes, on one Mosquitto and a database of its own."""
    database = f"roles_{mosquitto.port}"
    services.influx_query(influxd.port, f"CREATE DATABASE {database}")
    store = f"influxdb://127.0.0.1:{influxd.port}/{database}"
    folder = hamlet(tmp_path / "hamlet", hook=duty[0])
    made = Roles(folder, tmp_path / "state", broker=mosquitto.port, store=store, env={"TOWN_SECRET_DUTY": SECRET})
    yield made
    for role in made.all:
        role.kill()
