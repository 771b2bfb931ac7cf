"""Every message as people read it, situation by situation, in Chinese and English: the files in `messages/`."""

import asyncio

import pytest

from alerts.claims import Claim
from tests.alerts.golden import FOLDER, LANGUAGES, SITUATIONS, claims, written
from town.language import Language


@pytest.fixture(scope="module")
def told() -> dict[str, Claim]:
    """A notification of each situation."""
    return asyncio.run(claims())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("situation", SITUATIONS)
def test_message_is_as_it_was_read_and_found_good(told: dict[str, Claim], situation: str, language: Language) -> None:
    expected = (FOLDER / f"{situation}.{language}.txt").read_text("utf-8")

    assert asyncio.run(written(told[situation], language)) == expected
