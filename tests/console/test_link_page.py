"""The page behind a link in a message: shown to whoever has the link, used by its button only."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from httpx import ASGITransport, AsyncClient

from alerts.book import Book, open_book
from alerts.links import LASTS, Links
from console.app import create_app
from tests.alerts.small_town import START, TOWN, Clock, active, definitions, normal
from tests.alerts.test_links import DUTY, KEY
from tests.console.world import World
from town.alert import AlertState
from town.moment import HOUR
from town.ports import AlertFilter


@pytest.fixture
async def book(tmp_path: object, clock: Clock) -> AsyncIterator[Book]:
    async with open_book(f"sqlite:///{tmp_path}/book.db", TOWN, clock=clock, people=DUTY) as opened:
        await opened.take([active(at=START)], definitions(latch=True), START)
        yield opened


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def phone(world: World, book: Book, clock: Clock) -> AsyncIterator[AsyncClient]:
    """A phone that never signed in."""
    links = Links(book, KEY, base="http://town.test")
    parts = replace(world.parts, links=links, alerts=book, actions=book, town=lambda: TOWN, clock=clock)
    transport = ASGITransport(create_app(parts), client=("10.1.1.1", 5))
    async with AsyncClient(transport=transport, base_url="http://town.test", follow_redirects=True) as client:
        yield client


def path(book: Book, person: str = "li.wei") -> str:
    links = Links(book, KEY, base="")
    return links.address("A-20260921-0001", episode=1, person=person, created_at=START)


async def state(book: Book) -> AlertState:
    [alert] = await book.alerts(AlertFilter())
    return alert.state


async def test_looking_changes_nothing_however_often(book: Book, phone: AsyncClient) -> None:
    for _ in range(3):
        answer = await phone.get(path(book))
    await phone.head(path(book))

    assert answer.status_code == 200
    assert answer.headers["referrer-policy"] == "same-origin" and answer.headers["cache-control"] == "no-store"
    for text in ("烟雾过高", "二号酒窖", "派员核警", "0.18", "li.wei", 'aria-label="紧急"', '<form method="post">'):
        assert text in answer.text
    assert await state(book) is AlertState.ACTIVE


async def test_the_button_acknowledges_once(book: Book, phone: AsyncClient) -> None:
    answer = await phone.post(path(book))

    assert "您已于" in answer.text and "<form" not in answer.text
    assert await state(book) is AlertState.ACKNOWLEDGED
    detail = await book.detail("A-20260921-0001")
    await phone.post(path(book))
    again = await book.detail("A-20260921-0001")
    assert detail and again and len(detail.timeline) == len(again.timeline)


async def test_who_comes_second_is_told_who_has_it(book: Book, phone: AsyncClient) -> None:
    await phone.post(path(book))

    answer = await phone.post(path(book, "wang"))

    assert "李伟 已于" in answer.text and "<form" not in answer.text


async def test_an_old_link_asks_to_sign_in(book: Book, phone: AsyncClient, clock: Clock) -> None:
    clock.now = START + LASTS + HOUR

    answer = await phone.post(path(book))

    assert "请登录" in answer.text and "<form" not in answer.text
    assert await state(book) is AlertState.ACTIVE


async def test_an_alert_that_is_over_says_so(book: Book, phone: AsyncClient) -> None:
    await book.take([normal(at=START + 5)], definitions(latch=True), START)
    await book.reset("A-20260921-0001", by="wang", at=START + 9)

    assert "结束" in (await phone.get(path(book))).text


@pytest.mark.parametrize("token", ["x", "A" * 38, "%00", "..%2f..", "a" * 61])
async def test_whatever_else_is_no_link(phone: AsyncClient, token: str) -> None:
    for answer in (await phone.get(f"/a/{token}"), await phone.post(f"/a/{token}")):
        assert answer.status_code in (401, 404, 405, 422)
        assert "烟雾过高" not in answer.text


async def test_nothing_else_is_open_without_signing_in(phone: AsyncClient) -> None:
    assert (await phone.get("/api/v1/alerts")).status_code == 401
    assert "name=" in (await phone.get("/alerts")).text  # the page that asks to sign in
