"""The example town, and parts of it that are quick to play."""

from pathlib import Path

import pytest

from simulators.physics.world import World
from simulators.scenario import Scenario, load_scenarios
from town.folder import load_town
from town.town import Town

HUANGJIU = Path(__file__).parents[2] / "towns" / "huangjiu"


@pytest.fixture(scope="session")
def town() -> Town:
    """Huangjiu."""
    loaded, findings = load_town(HUANGJIU)
    assert loaded is not None, findings
    return loaded


@pytest.fixture(scope="session")
def cellars(town: Town) -> Town:
    """Huangjiu with only its two cellar gateways, one of each make, and their sensors."""
    fields = {name: getattr(town, name) for name in Town.model_fields}
    fields["gateways"] = {name: town.gateways[name] for name in ("gw-cellars", "z2m-cellars")}
    fields["sensors"] = {name: s for name, s in town.sensors.items() if s.gateway in fields["gateways"]}
    return Town.model_validate(fields)


@pytest.fixture(scope="session")
def scenarios(town: Town) -> dict[str, Scenario]:
    """Huangjiu's scenarios."""
    loaded, findings = load_scenarios(HUANGJIU, town)
    assert not findings
    return loaded


@pytest.fixture(scope="session")
def world(town: Town) -> World:
    """Ordinary days in Huangjiu."""
    return World(town, seed=7)
