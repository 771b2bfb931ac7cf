"""Two rules processes of one town never judge at once."""

import asyncio
from pathlib import Path

import pytest

from brain.one_judge import only_judge
from tests.services import Service, postgresql_database


async def second_waits(url: str) -> None:
    """The second one gets the right when the first one gives it back, and another town's is nobody's business."""
    order: list[str] = []

    async def second() -> None:
        async with only_judge(url, "town"):
            order.append("second")

    async with only_judge(url, "town"):
        waiting = asyncio.create_task(second())
        await asyncio.wait([waiting], timeout=0.2)
        order.append("first")
    await waiting

    assert order == ["first", "second"]


async def test_with_sqlite_a_second_one_waits(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    await second_waits(f"sqlite:///{tmp_path}/state/alerts.sqlite")

    assert "another rules process of this town judges (process " in caplog.text


async def test_with_postgresql_a_second_one_waits(postgresql: Service) -> None:
    await second_waits(postgresql_database(postgresql, "judges"))
