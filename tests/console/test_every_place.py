"""The page of all facilities where there are more of them than fit on a screen."""

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect, sync_playwright

from brain.bench.folder import facility_id, sensor_id, write_folder
from console.app import renders
from console.pulse import Key, Pulse
from console.views import every_place
from console.words import words
from tests.console.gallery import ARGUMENTS
from tests.console.serving import serving
from tests.console.test_pages import WITHIN, prefer, sign_in
from tests.console.world import World, huangjiu
from tests.services import need
from town.alert import AlertState
from town.folder import load_town

PLACES = 60


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Sixty halls with two climates each, in one zone."""
    folder = tmp_path_factory.mktemp("big")
    town, findings = load_town(write_folder(folder / "town", sensors=2 * PLACES, facilities=PLACES))
    assert town is not None, findings
    world = World(folder, now=1_763_748_876_000, runs=True)
    world.town = town
    for number in range(2 * PLACES):
        world.reads(sensor_id(number), temperature=20.0)
    return world


@pytest.fixture(scope="module")
def page(big: World) -> Iterator[Page]:
    program = need("chromium")
    with serving(big.parts) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1920, "height": 1080}, base_url=address)
        sign_in(page, address, big.password or "")
        prefer(page, address, language="en")
        yield page
        browser.close()


async def test_worst_first_then_those_nobody_has_then_zone_by_zone(world: World) -> None:
    taken = {"acknowledged_at": world.now, "acknowledged_by": "li.wei"}
    world.alert("A-1", "CE2-S01", state=AlertState.ACKNOWLEDGED, **taken)
    world.alert("A-2", "CE3-S01")

    order = (await Pulse(world.parts, renders(world.parts)).html(Key("places", "en"))).split()

    assert order[:3] == ["cellar-3", "cellar-2", "cellar-1"]
    zones = [world.town.facilities[place].zone for place in order[2:]]
    assert zones == sorted(zones, key=list(world.town.zones).index)


async def test_card_that_looks_the_same_is_not_drawn_again(world: World) -> None:
    world.reads("CE1-S01", smoke=0.02)
    pulse, key = Pulse(world.parts, renders(world.parts)), Key("places.values", "en", "cellar-1")
    first = await pulse.html(key)
    world.reads("CE1-S01", smoke=0.021)
    assert await pulse.html(key) is first

    world.reads("CE1-S01", smoke=0.09)

    assert "<b>0.09</b> dB/m" in await pulse.html(key)


def test_finder_is_for_towns_that_do_not_fit_on_a_screen(big: World) -> None:
    zones = list(huangjiu().zones.values())[:3]
    halls = {key: hall.model_copy(update={"zone": zones[0].id}) for key, hall in big.town.facilities.items()}
    halls[facility_id(0)] = halls[facility_id(0)].model_copy(update={"zone": zones[1].id})
    town = big.town.model_copy(update={"zones": {zone.id: zone for zone in zones}, "facilities": halls})

    html = every_place.finder(town, words("en"))

    found = re.findall(r">([^<>]+) <i>(\d+)", html)
    assert found == [("All", "60"), (zones[0].name.en, "59"), (zones[1].name.en, "1")]
    assert every_place.finder(huangjiu(), words("en")) == ""


def card(page: Page, number: int) -> Locator:
    return page.locator(f".place-card[data-id={facility_id(number)}]")


@pytest.mark.chromium
def test_value_of_a_card_is_on_the_screen_within_a_second(big: World, page: Page) -> None:
    page.goto("/places")
    expect(card(page, 3)).to_contain_text("20.0")

    big.reads(sensor_id(3), temperature=31.0)

    expect(card(page, 3)).to_contain_text("31.0", timeout=WITHIN)
    expect(card(page, 4)).to_contain_text("20.0")


@pytest.mark.chromium
def test_card_far_below_has_its_values_when_somebody_comes_to_it(big: World, page: Page) -> None:
    page.goto("/places")
    expect(card(page, 0)).to_contain_text("20.0")
    assert card(page, PLACES - 1).locator(".values").inner_text() == ""

    card(page, PLACES - 1).scroll_into_view_if_needed()
    expect(card(page, PLACES - 1)).to_contain_text("20.0", timeout=WITHIN)
    big.reads(sensor_id(PLACES - 1), temperature=32.0)

    expect(card(page, PLACES - 1)).to_contain_text("32.0", timeout=WITHIN)


@pytest.mark.chromium
def test_place_with_an_alert_comes_first_and_keeps_its_values(big: World, page: Page) -> None:
    page.goto("/places")
    expect(card(page, 7)).to_contain_text("20.0")

    big.alert("A-1", sensor_id(7))

    expect(page.locator(".place-card").first).to_have_attribute("data-id", facility_id(7), timeout=WITHIN)
    expect(card(page, 7)).to_contain_text("1 open alert")
    expect(card(page, 7)).to_contain_text("20.0")
    del big.book.held["A-1"]
    expect(page.locator(".place-card").first).to_have_attribute("data-id", facility_id(0))


@pytest.mark.chromium
def test_place_is_found_by_its_name(page: Page) -> None:
    page.goto("/places")
    expect(card(page, 0)).to_contain_text("20.0")

    page.fill(".finder input", "hall 58")
    expect(page.locator(".place-card:visible")).to_have_count(1)
    expect(card(page, 57)).to_contain_text("20.0", timeout=WITHIN)
    page.fill(".finder input", "atlantis")

    expect(page.locator(".finder .empty")).to_have_text("No place fits.")
    assert [each["id"] for each in Axe().run(page).response["violations"]] == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.set_viewport_size({"width": 1920, "height": 1080})
