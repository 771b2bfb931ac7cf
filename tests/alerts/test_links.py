"""Links in messages: signed, of one alert, episode and person, used once, and not for ever."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.book import Book
from alerts.contact import Person
from alerts.link_token import Ticket, fingerprint, read_token, write_token
from alerts.links import LASTS, Links, load_key
from tests.alerts.small_town import START, TOWN, Clock, active, definitions, normal, people
from town.alert import AlertState
from town.errors import ConfigError
from town.moment import HOUR
from town.ports import ActionRefused

KEY = bytes(range(32))
TICKET = Ticket("A-20260921-0001", 1, fingerprint("li.wei"), START // HOUR * HOUR)
DUTY = people().model_copy(
    update={
        "people": {name: Person(id=name, name=name, channels={"sms": "+8613800000000"}) for name in ("li.wei", "wang")}
    }
)


@given(
    number=st.integers(1, 99_999),
    episode=st.integers(1, 60_000),
    hours=st.integers(0, 900_000),
    person=st.text(max_size=9),
)
def test_a_ticket_comes_back_from_its_token(number: int, episode: int, hours: int, person: str) -> None:
    ticket = Ticket(f"A-20260921-{number:04}", episode, fingerprint(person), hours * HOUR)

    token = write_token(KEY, ticket)

    assert read_token(KEY, token) == ticket
    assert len(token) == 38


@given(
    place=st.integers(0, 37), letter=st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
)
def test_a_token_with_another_letter_is_none_of_ours(place: int, letter: str) -> None:
    token = write_token(KEY, TICKET)
    other = token[:place] + letter + token[place + 1 :]

    assert read_token(KEY, other) == (TICKET if other == token else None)


@given(token=st.text(max_size=80))
def test_whatever_else_is_no_token(token: str) -> None:
    assert read_token(KEY, token) is None


def test_a_token_of_another_key_is_none_of_ours() -> None:
    assert read_token(KEY[::-1], write_token(KEY, TICKET)) is None


@pytest.fixture
def links(book: Book) -> Links:
    book.reload(TOWN, DUTY)
    return Links(book, KEY, base="https://town.example")


def token_of(links: Links, alert: str, *, episode: int = 1, person: str = "li.wei") -> str:
    address = links.address(alert, episode=episode, person=person, created_at=START)
    assert address.startswith("https://town.example/a/")
    return address.rpartition("/")[2]


async def test_a_link_acknowledges_for_its_person_once(book: Book, links: Links) -> None:
    [alert] = await book.take([active()], definitions(), START)
    token = token_of(links, alert.id)
    seen = await links.look(token)
    assert (seen.detail.alert, seen.person, seen.refusal) == (alert, "li.wei", None)

    taken = await links.acknowledge(token, at=START + 5)

    assert (taken.state, taken.acknowledged_by) == (AlertState.ACKNOWLEDGED, "li.wei")
    assert (await links.look(token)).refusal == "used"
    with pytest.raises(ActionRefused) as refused:
        await links.acknowledge(token, at=START + 6)
    assert refused.value.reason == "used"


async def test_the_second_person_is_told_who_has_it(book: Book, links: Links) -> None:
    [alert] = await book.take([active()], definitions(), START)
    await links.acknowledge(token_of(links, alert.id), at=START)

    with pytest.raises(ActionRefused, match=r"li\.wei has"):
        await links.acknowledge(token_of(links, alert.id, person="wang"), at=START)


async def test_a_link_expires(book: Book, links: Links, clock: Clock) -> None:
    [alert] = await book.take([active()], definitions(), START)
    clock.now = START + LASTS + HOUR

    with pytest.raises(ActionRefused) as refused:
        await links.acknowledge(token_of(links, alert.id), at=clock.now)
    assert refused.value.reason == "expired"


async def test_a_link_of_what_was_raised_again_or_closed_is_over(book: Book, links: Links) -> None:
    [alert] = await book.take([active()], definitions(), START)
    old = token_of(links, alert.id)
    await book.take([normal(), active()], definitions(), START)
    assert (await links.look(old)).refusal == "over"

    new = token_of(links, alert.id, episode=2)
    assert (await links.look(new)).refusal is None
    await book.acknowledge(alert.id, by="wang", at=START)
    await book.take([normal()], definitions(), START)
    assert (await links.look(new)).refusal == "over"


async def test_a_link_of_who_is_no_longer_in_the_town_is_none(book: Book, links: Links) -> None:
    [alert] = await book.take([active()], definitions(), START)
    token = token_of(links, alert.id)
    book.reload(TOWN, people())

    with pytest.raises(ActionRefused) as refused:
        await links.look(token)
    assert refused.value.reason == "unknown_link"


def test_the_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "links.key"

    key = load_key(path)

    assert (len(key), load_key(path), path.stat().st_mode & 0o777) == (32, key, 0o600)
    path.write_text("short")
    with pytest.raises(ConfigError, match="remove it"):
        load_key(path)
