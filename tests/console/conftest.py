"""What the console's tests share."""

from pathlib import Path

import pytest

from tests.console.world import World
from town.moment import Moment, parse_moment

NOW: Moment = parse_moment("2026-11-22T02:14:36+08:00")


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A town whose clock stands."""
    return World(tmp_path, now=NOW)
