"""Fixtures that more than one room's tests use."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from tests import services

# How long an example takes says how busy the machine is, not whether it is right.
hypothesis.settings.register_profile(
    "town", deadline=None, print_blob=True, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.register_profile("nightly", parent=hypothesis.settings.get_profile("town"), max_examples=5_000)
hypothesis.settings.load_profile("town")


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[services.Service]:
    """A running Mosquitto of this test's own, on `mosquitto.port`; `stop`, `kill` and `start` keep its sessions."""
    folder = tmp_path / "mosquitto"
    folder.mkdir()
    with services.running(services.mosquitto(folder)) as service:
        yield service


@pytest.fixture(scope="session")
def influxd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[services.Service]:
    """A running InfluxDB for the whole session, on `influxd.port`: use a database of your own name in it."""
    with services.running(services.influxd(tmp_path_factory.mktemp("influxd"))) as service:
        yield service


@pytest.fixture(scope="session")
def postgresql() -> Iterator[services.Service]:
    """A running PostgreSQL for the whole session: `services.postgresql_database` makes a database of your own in it."""
    # Not below the folder of the tests: pytest closes that to other users whenever another run begins.
    with (
        tempfile.TemporaryDirectory(prefix="town-postgresql-", ignore_cleanup_errors=True) as folder,
        services.running(services.postgresql(Path(folder))) as service,
    ):
        yield service
