"""The pages in a real browser, with a real server."""

import importlib
import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from nicegui.server import Server
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.console.gallery import ARGUMENTS, PAGES, story
from tests.console.serving import serving
from tests.console.world import World
from tests.services import need
from town.alert import AlertState
from town.moment import MINUTE

pytestmark = pytest.mark.chromium
WITHIN = 1_000
"""Milliseconds in which a change is on the screen."""


class Console(NamedTuple):
    """A running console, the town behind it, and a browser that signed in."""

    world: World
    address: str
    browser: Browser
    signed_in: BrowserContext


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """One console for all tests of this file: a start takes a second."""
    program = need("chromium")
    world = World(tmp_path_factory.mktemp("console"), now=1_763_748_876_000, runs=True)
    story(world, days=0.3)
    with serving(world.parts) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        context = browser.new_context(viewport={"width": 1920, "height": 1080})
        sign_in(context.new_page(), address, world.password or "")
        yield Console(world, address, browser, context)
        browser.close()


@pytest.fixture
def page(console: Console) -> Iterator[Page]:
    """A page that signed in; whatever the browser asked of another machine or complained about fails the test."""
    told: list[str] = []
    page = console.signed_in.new_page()
    page.on("request", lambda request: _note_foreign(request.url, told))
    page.on("console", lambda message: told.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: told.append(str(error)))
    yield page
    page.close()
    assert told == []


def _note_foreign(url: str, told: list[str]) -> None:
    if urlsplit(url).hostname not in {"127.0.0.1", None}:
        told.append(url)


def sign_in(page: Page, address: str, password: str, *, name: str = "admin") -> None:
    """Fill the form in and send it."""
    page.goto(address)
    page.fill("[name=name]", name)
    page.fill("[name=password]", password)
    page.click("button.primary")
    page.wait_for_selector(".shell")


def prefer(page: Page, address: str, **chosen: str) -> None:
    page.request.post(f"{address}/preferences", form=chosen, headers={"Origin": address})


@pytest.mark.parametrize("path", ["/", "/alerts/A-1?show=mine", "/pipeline"])
def test_stranger_is_asked_to_sign_in(console: Console, path: str) -> None:
    context = console.browser.new_context()
    page = context.new_page()

    page.goto(console.address + path)

    assert urlsplit(page.url).path == "/sign-in"
    assert page.locator(".shell").count() == 0
    context.close()


def test_wrong_password_says_so_and_keeps_the_name(console: Console) -> None:
    context = console.browser.new_context(locale="en-GB")
    page = context.new_page()
    page.goto(console.address)

    page.fill("[name=name]", "admin")
    page.fill("[name=password]", "not this one")
    page.click("button.primary")

    expect(page.get_by_role("alert")).to_have_text("Name or password is wrong.")
    assert page.input_value("[name=name]") == "admin"
    context.close()


def test_sign_in_leads_to_where_one_wanted_to_go(console: Console) -> None:
    context = console.browser.new_context()
    page = context.new_page()
    page.goto(f"{console.address}/alerts/A-4?show=mine")
    page.fill("[name=name]", "admin")
    page.fill("[name=password]", console.world.password or "")

    page.click("button.primary")

    page.wait_for_url(f"{console.address}/alerts/A-4?show=mine")
    context.close()


@pytest.mark.parametrize("name", PAGES)
def test_every_page_opens_without_complaint_and_fits_a_phone(console: Console, page: Page, name: str) -> None:
    page.goto(console.address + PAGES[name])

    expect(page.locator(".top .name")).to_contain_text("黄酒小镇")
    expect(page.locator(".page")).not_to_be_empty()
    assert "No data" not in page.content()
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_axe_finds_nothing_in_the_way_of_people(console: Console, page: Page, theme: str) -> None:
    prefer(page, console.address, theme=theme)
    found = {}
    for name, path in PAGES.items():
        page.goto(console.address + path)
        expect(page.locator(".page > *").first).not_to_be_empty()
        found[name] = [each["id"] for each in Axe().run(page).response["violations"]]

    prefer(page, console.address, theme="dark")
    assert found == {name: [] for name in PAGES}


def test_value_is_on_the_screen_within_a_second(console: Console, page: Page) -> None:
    page.goto(f"{console.address}/places/cellar-3")
    card = page.locator(".card", has_text="一氧化碳").first
    expect(card).to_be_visible()

    console.world.reads("CE3-S07", co=47.0)

    expect(card).to_contain_text("47", timeout=WITHIN)


def test_value_beyond_the_limit_of_its_kind_is_coloured_and_says_so(console: Console, page: Page) -> None:
    page.goto(f"{console.address}/places/cellar-1")
    card = page.locator(".card", has_text="一氧化碳").first
    expect(card).to_have_class("card")

    console.world.reads("CE1-S07", co=52.0)

    expect(card).to_have_class("card major", timeout=WITHIN)
    expect(card).to_contain_text("门槛 ≥ 50 ppm")


def test_new_alert_is_on_the_map_and_in_the_queue_within_a_second(console: Console, page: Page) -> None:
    page.goto(console.address)
    expect(page.locator(".map a[data-id=cellar-3]")).to_be_visible()

    console.world.alert("A-17", "CE3-S01")

    expect(page.locator(".map a[data-id=cellar-3].critical")).to_be_visible(timeout=WITHIN)
    expect(page.locator(".now-queue [data-id=A-17]")).to_contain_text("三号酒窖")
    del console.world.book.held["A-17"]
    expect(page.locator(".now-queue [data-id=A-17]")).to_have_count(0)


def test_alert_is_acknowledged_from_the_keyboard(console: Console, page: Page) -> None:
    console.world.alert("A-18", "CE1-S02")
    page.goto(f"{console.address}/alerts/A-18")
    expect(page.locator("button[data-key=a]")).to_be_visible()

    page.keyboard.press("a")

    expect(page.locator(".how-long")).to_contain_text("admin 已接手")
    expect(page.locator(".timeline")).to_contain_text("已接手")
    expect(page.locator(".queue [data-id=A-18] .mark.hollow")).to_be_visible()
    assert console.world.book.held["A-18"].acknowledged_by == "admin"


def test_second_to_acknowledge_is_told_who_was_first(console: Console, page: Page) -> None:
    alert = console.world.alert("A-19", "CE1-S03")
    page.goto(f"{console.address}/alerts/A-19")
    changes = {"state": AlertState.ACKNOWLEDGED, "acknowledged_by": "wang.fang", "acknowledged_at": alert.raised_at}

    console.world.book.meanwhile = lambda: console.world.book.put(alert.model_copy(update=changes))
    page.locator("button[data-key=a]").click()

    expect(page.locator("#notice")).to_contain_text("王芳 已于")
    console.world.book.meanwhile = lambda: None


def test_keys_walk_through_the_queue_without_reloading(console: Console, page: Page) -> None:
    page.goto(f"{console.address}/alerts/A-1")
    expect(page.locator(".queue .row.chosen")).to_have_attribute("data-id", "A-1")
    page.evaluate("window.stays = true")

    page.keyboard.press("j")

    expect(page.locator(".queue .row.chosen")).not_to_have_attribute("data-id", "A-1")
    chosen = page.locator(".queue .row.chosen").get_attribute("data-id")
    page.wait_for_url(f"{console.address}/alerts/{chosen}")
    expect(page.locator(".alert h1")).to_have_text(console.world.book.held[str(chosen)].title.zh)
    assert page.evaluate("window.stays") is True


def test_comment_stands_in_the_timeline_escaped(console: Console, page: Page) -> None:
    page.goto(f"{console.address}/alerts/A-1")
    expect(page.locator(".alert h1")).to_be_visible()

    page.keyboard.press("c")
    page.keyboard.type("<img src=x onerror=alert(1)> & smoke")
    page.keyboard.press("Control+Enter")

    expect(page.locator(".timeline li").last).to_contain_text("<img src=x onerror=alert(1)> & smoke")
    expect(page.locator(".comment textarea")).to_have_value("")


def test_what_is_typed_stays_while_the_page_changes(console: Console, page: Page) -> None:
    page.goto(f"{console.address}/alerts/A-1")
    page.fill(".comment textarea", "half a sentence")

    console.world.book.note("A-1", console.world.now, "li.wei", "comment", "and something new")

    expect(page.locator(".timeline")).to_contain_text("and something new")
    expect(page.locator(".comment textarea")).to_have_value("half a sentence")
    expect(page.locator(".comment textarea")).to_be_focused()


def test_charts_are_drawn_and_the_range_changes_in_place(console: Console, page: Page) -> None:
    page.goto(f"{console.address}/places/cellar-2")
    expect(page.locator(".chart.drawn canvas").first).to_be_visible()
    page.evaluate("window.stays = true")

    page.click(".choices >> text=24 小时")

    expect(page.locator(".choices .chosen").first).to_have_text("24 小时")
    assert page.url.endswith("/places/cellar-2?span=24h&compare=yesterday")
    expect(page.locator(".chart-panel .unit", has_text="虚线：门槛").first).to_be_visible()
    assert page.evaluate("window.stays") is True


def test_language_changes_and_stays(console: Console, page: Page) -> None:
    page.goto(f"{console.address}/alerts/A-1")

    page.click(".languages button[lang=en]")

    expect(page.locator(".alert h1")).to_have_text("Smoke in the warehouse")
    assert urlsplit(page.url).path == "/alerts/A-1"
    page.goto(console.address)
    expect(page.locator(".rail")).to_contain_text("Places")
    page.click(".languages button[lang=zh-Hant]")
    expect(page.locator(".rail")).to_contain_text("設施")
    prefer(page, console.address, language="zh")


def test_time_counts(console: Console, page: Page) -> None:
    page.goto(f"{console.address}/alerts/A-2")
    shown = page.locator(".how-long time[data-since]").first
    expect(shown).to_have_text(re.compile(r"\d:\d\d"))
    before = shown.inner_text()

    expect(shown).not_to_have_text(before, timeout=2_500)


def test_light_theme_is_light(console: Console, page: Page) -> None:
    prefer(page, console.address, theme="light")
    page.goto(console.address)

    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(241, 243, 246)"
    prefer(page, console.address, theme="dark")


def test_motion_is_left_out_for_who_asks(console: Console, page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.goto(console.address)
    expect(page.locator(".map .pulse").first).to_be_attached()

    assert page.evaluate("getComputedStyle(document.querySelector('.map .pulse')).animationName") == "none"


def test_sensor_that_fell_silent_says_since_when(console: Console, page: Page) -> None:
    sensor = console.world.town.sensors_of_facility["museum"][0]
    seen = console.world.live.seen(sensor.id)
    assert seen is not None
    seen.measured_at = console.world.now - 40 * MINUTE - 5_000

    page.goto(f"{console.address}/places/museum")

    row = page.locator(f".sensors tr[data-id='{sensor.id}']")
    expect(row).to_contain_text("无信号")
    expect(row).to_contain_text("40 分")


def test_unknown_facility_is_not_found(console: Console) -> None:
    page = console.signed_in.new_page()

    answer = page.goto(f"{console.address}/places/atlantis")

    assert answer is not None
    assert answer.status == 404
    page.close()


def test_signing_out_ends_other_pages_too(console: Console) -> None:
    context = console.browser.new_context()
    first, second = context.new_page(), context.new_page()
    sign_in(first, console.address, console.world.password or "")
    second.goto(f"{console.address}/pipeline")

    first.click(".leave button")

    first.wait_for_url(f"{console.address}/sign-in")
    second.wait_for_url(f"{console.address}/sign-in", timeout=5_000)
    context.close()


def test_losing_the_connection_greys_the_page_and_says_since_when(console: Console) -> None:
    context = console.browser.new_context()
    page = context.new_page()
    sign_in(page, console.address, console.world.password or "")
    expect(page.locator(".top .name")).to_be_visible()

    page.evaluate("window.socket.io.reconnection(false); window.socket.io.engine.close()")

    expect(page.locator("#lost")).to_have_text(re.compile(r"^\d\d:\d\d:\d\d 起与系统断开.* 0:0\d$"))
    assert "grayscale" in page.evaluate("getComputedStyle(document.querySelector('.shell')).filter")
    context.close()


def test_nicegui_looks_for_its_server_among_servers_alone(console: Console) -> None:
    looked_through = vars(importlib.import_module("nicegui.ui_run_with"))["gc"].get_objects()

    assert console.address and Server.instance in looked_through
    assert all(isinstance(one, uvicorn.Server) for one in looked_through)
