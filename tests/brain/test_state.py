"""The state folder belongs to one brain at a time."""

from pathlib import Path

import pytest

from brain.latency import Latency
from brain.state import held, ingest_folder, state_folder
from town.errors import ConfigError
from town.settings import Settings


def test_a_held_folder_refuses_a_second_brain(tmp_path: Path) -> None:
    with held(tmp_path), pytest.raises(ConfigError, match=r"running on .* already \(process \d+\)"), held(tmp_path):
        pass


def test_a_folder_can_be_held_again_afterwards(tmp_path: Path) -> None:
    with held(tmp_path):
        pass
    with held(tmp_path):
        pass


def test_the_state_folder_is_private(tmp_path: Path) -> None:
    folder = state_folder(Settings(state=tmp_path / "state"), "huangjiu")

    assert folder.stat().st_mode & 0o777 == 0o700


def test_percentiles_are_of_the_newest() -> None:
    latency = Latency()
    for took in range(1, 101):
        latency.add(took)

    assert latency.summary() == {"p50": 51, "p99": 100}
    assert Latency().summary() == {"p50": None, "p99": None}


def test_with_several_ingest_processes_the_one_that_is_meant_is_named(tmp_path: Path) -> None:
    assert ingest_folder(tmp_path, None) == tmp_path
    (tmp_path / "ingest" / "one").mkdir(parents=True)
    assert ingest_folder(tmp_path, None) == tmp_path / "ingest" / "one"

    (tmp_path / "ingest" / "two").mkdir()
    assert ingest_folder(tmp_path, "two") == tmp_path / "ingest" / "two"
    for wrong in (None, "three"):
        with pytest.raises(ConfigError, match="there are one, two"):
            ingest_folder(tmp_path, wrong)
