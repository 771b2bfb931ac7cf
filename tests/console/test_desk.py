"""The desk in a real browser: what people do about alerts, from the keyboard and by their role."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect, sync_playwright

from console.roles import Role
from tests.console.gallery import ARGUMENTS, story
from tests.console.serving import serving
from tests.console.test_pages import Console, sign_in
from tests.console.world import World
from tests.services import need
from town.alert import AlertState, Category, Severity, Verification
from town.moment import HOUR

pytestmark = pytest.mark.chromium


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """A console of this file's own."""
    program = need("chromium")
    world = World(tmp_path_factory.mktemp("console"), now=1_763_748_876_000, runs=True)
    story(world, days=0.1)
    with serving(world.parts) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        context = browser.new_context(viewport={"width": 1920, "height": 1080})
        sign_in(context.new_page(), address, world.password or "")
        yield Console(world, address, browser, context)
        browser.close()


@pytest.fixture
def page(console: Console) -> Iterator[Page]:
    """A page of the administrator."""
    page = console.signed_in.new_page()
    yield page
    page.close()


@pytest.fixture(autouse=True)
def forgotten(console: Console) -> Iterator[None]:
    """The alerts of one test are gone before the next."""
    yield
    for name in [name for name in console.world.book.held if name.startswith("D-")]:
        del console.world.book.held[name]


def at(console: Console, page: Page, alert: str) -> Page:
    page.goto(f"{console.address}/alerts/{alert}")
    expect(page.locator(".alert h1")).to_be_visible()
    return page


def test_verdict_and_what_was_seen_from_the_keyboard(console: Console, page: Page) -> None:
    console.world.alert("D-1", "CE2-S02", verification=Verification.UNVERIFIED)
    at(console, page, "D-1").keyboard.press("v")
    page.fill("#ask-verify textarea", "steam")
    page.keyboard.press("Escape")
    page.keyboard.press("v")
    page.click("#ask-verify textarea")
    page.locator("#ask-verify button[value=false]").focus()
    page.keyboard.press("2")

    expect(page.locator(".tags")).to_contain_text("误报")
    expect(page.locator("#ask-verify")).to_be_hidden()
    assert console.world.book.held["D-1"].acknowledged_by == "admin"
    assert console.world.book.timeline["D-1"][-1].detail == {"comment": "steam"}


def test_shelve_with_a_reason_and_take_it_back(console: Console, page: Page) -> None:
    console.world.alert("D-2", "CE2-S03")
    at(console, page, "D-2").keyboard.press("s")
    page.keyboard.type("welding")
    page.click("#ask-shelve label:has-text('2 小时')")
    page.locator("#ask-shelve textarea").press("Control+Enter")

    expect(page.locator(".tags")).to_contain_text("welding")
    expect(page.locator(".queue .row[data-id=D-2]")).to_have_count(0)
    shelved = console.world.book.held["D-2"]
    assert shelved.shelved_until is not None
    assert 2 * HOUR - 60_000 < shelved.shelved_until - console.world.now <= 2 * HOUR
    page.keyboard.press("s")
    expect(page.locator(".queue .row[data-id=D-2]")).to_be_visible()


def test_give_to_somebody_and_it_is_theirs(console: Console, page: Page) -> None:
    console.world.alert("D-3", "CE2-S04")
    at(console, page, "D-3").keyboard.press("g")
    page.select_option("#ask-assign select", "admin")
    page.click("#ask-assign button.primary")

    expect(page.locator(".tags")).to_contain_text("已指派 admin")
    page.goto(f"{console.address}/alerts?show=mine")
    expect(page.locator(".queue .row[data-id=D-3]")).to_be_visible()


def test_out_of_service_stands_with_what_is_set_aside_until_it_is_returned(console: Console, page: Page) -> None:
    console.world.alert("D-4", "CE2-S05")
    at(console, page, "D-4").keyboard.press("o")
    page.keyboard.type("broken")
    page.keyboard.press("Control+Enter")

    expect(page.locator(".tags")).to_contain_text("已停用")
    page.goto(f"{console.address}/alerts/D-4?show=aside")
    expect(page.locator(".queue .row[data-id=D-4]")).to_contain_text("已停用")
    page.keyboard.press("o")
    expect(page.locator(".queue .row[data-id=D-4]")).to_have_count(0)


def test_dialog_and_what_is_typed_stay_while_the_page_changes(console: Console, page: Page) -> None:
    console.world.alert("D-5", "CE2-S06")
    at(console, page, "D-5").keyboard.press("s")
    page.keyboard.type("half a reason")

    changes = {"assigned_to": "wang.fang", "severity": Severity.MAJOR}
    console.world.book.put(console.world.book.held["D-5"].model_copy(update=changes))

    expect(page.locator(".tags")).to_contain_text("王芳")
    expect(page.locator("#ask-shelve textarea")).to_have_value("half a reason")
    expect(page.locator("#ask-shelve textarea")).to_be_focused()


@pytest.mark.parametrize(
    ("role", "category", "keys"),
    [
        (Role.VIEWER, Category.FIRE, set()),
        (Role.OPERATOR, Category.FIRE, set("agcv")),
        (Role.OPERATOR, Category.SECURITY, set("agscv")),
        (Role.ADMINISTRATOR, Category.FIRE, set("agsocv")),
    ],
)
def test_role_sees_what_it_may_do(console: Console, role: Role, category: Category, keys: set[str]) -> None:
    name = f"{role}-{category}"
    console.world.access.add_account(name, "a long enough one", role=role)
    console.world.alert("D-6", "CE2-S01", category=category, verification=Verification.UNVERIFIED)
    context = console.browser.new_context()
    page = context.new_page()
    sign_in(page, console.address, "a long enough one", name=name)
    at(console, page, "D-6")

    shown = page.eval_on_selector_all(".buttons [data-key]", "all => all.map(each => each.dataset.key)")
    assert set(shown) == keys
    page.goto(f"{console.address}/windows")
    expect(page.locator(".page.windows table")).to_be_visible()
    assert page.locator(".new-window").count() == int(role is Role.ADMINISTRATOR)
    context.close()


def test_role_taken_away_counts_at_once(console: Console) -> None:
    console.world.access.add_account("wu", "a long enough one", role=Role.OPERATOR)
    console.world.alert("D-7", "CE2-S01", category=Category.SECURITY)
    context = console.browser.new_context()
    page = context.new_page()
    sign_in(page, console.address, "a long enough one", name="wu")
    at(console, page, "D-7")

    console.world.access.set_role("wu", Role.VIEWER)
    page.keyboard.press("a")

    expect(page.locator("#notice")).to_contain_text("角色")
    assert console.world.book.held["D-7"].state is AlertState.ACTIVE
    context.close()


def test_drill_is_marked_wherever_it_is_shown(console: Console, page: Page) -> None:
    for path, place in (
        ("/", ".now-queue [data-id=A-7]"), ("/", ".map a[data-id=cellar-1]"), ("/alerts/A-7", ".queue [data-id=A-7]"),
        ("/alerts/A-7", ".alert-head h1"), ("/alerts/A-7", ".tags"), ("/places", "[data-id=cellar-1]"),
        ("/places/cellar-1", ".open-alerts"), ("/pipeline", ".strip"),
    ):  # fmt: skip
        page.goto(console.address + path)
        expect(page.locator(place).filter(has_text="演练").first).to_be_attached()


def test_window_is_made_and_ended_on_its_page(console: Console, page: Page) -> None:
    page.goto(f"{console.address}/windows")
    page.click(".new-window label:has-text('演练：')")
    page.select_option(".new-window select", "zone:old_street")
    page.fill(".new-window textarea", "evacuation")
    page.click(".new-window button.primary")

    row = page.locator("tbody tr", has_text="evacuation")
    expect(row).to_contain_text("老街片区")
    expect(page.locator(".strip")).to_contain_text("1")
    [made] = [one for one in console.world.windows.held if one.why == "evacuation"]
    assert (made.kind, made.scope, made.ends_at - made.starts_at, made.made_by) == (
        "drill", "old_street", 2 * HOUR, "admin",
    )  # fmt: skip
    row.locator("button").click()
    expect(row).to_have_count(0)


def test_phone_has_two_buttons_within_reach_of_a_thumb(console: Console, page: Page) -> None:
    console.world.alert("D-8", "CE2-S01", verification=Verification.UNVERIFIED)
    page.set_viewport_size({"width": 390, "height": 844})
    at(console, page, "D-8")

    buttons = page.locator(".first button:visible")
    expect(buttons).to_have_count(2)
    for box in (each.bounding_box() for each in buttons.all()):
        assert box is not None and box["height"] >= 48 and box["y"] > 600
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("key", ["v", "g", "s", "o"])
def test_axe_finds_nothing_in_the_way_of_people_in_dialogs(console: Console, page: Page, key: str) -> None:
    at(console, page, "A-1").keyboard.press(key)
    expect(page.locator("dialog[open]")).to_be_visible()

    assert [each["id"] for each in Axe().run(page).response["violations"]] == []
