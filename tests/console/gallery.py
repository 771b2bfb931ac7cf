"""Pictures of every page, for looking at: `python -m tests.console.gallery FOLDER`."""

import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from console.app import QuarantineRow
from tests.console.serving import serving
from tests.console.world import World, response, seen, told
from tests.services import need
from town.alert import AlertState, Category, DeliveryState, Severity
from town.language import Label
from town.moment import DAY, HOUR, MINUTE, SECOND

SIZES = {"wall": (1920, 1080), "phone": (390, 844)}
PAGES = {"now": "/", "alerts": "/alerts", "alert": "/alerts/A-1", "places": "/places", "place": "/places/cellar-2?span=6h&compare=yesterday",
         "pipeline": "/pipeline"}  # fmt: skip
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def story(world: World) -> None:
    """A cellar fire, and what else goes on in a town."""
    world.fill(days=2)
    now = world.now
    for back in range(112, -1, -2):
        share = (112 - back) / 112
        world.reads("CE2-S01", now - back * SECOND, smoke=round(0.14 + 0.17 * share, 3), temperature=19 + 12 * share)
    fire = world.alert("A-1", "CE2-S01", response=response(3 * MINUTE), reason={
        "observations": [
            *seen("CE2-S01", "smoke", 0.31, "dB/m", ">= 0.15 dB/m")["observations"],
            {**seen("CE2-S01", "temperature", 6.2, "Cel", "> 5 Cel")["observations"][0], "expression": "rate(temperature, 1m)"},
            *seen("CE2-S07", "co", 84.0, "ppm", ">= 60 ppm")["observations"],
        ], "condition": "smoke >= 0.15 dB/m", "version": "7c1e02aa"})  # fmt: skip
    world.book.note(fire.id, now - 60 * SECOND, "wang.fang", "comment", "监视器看到白烟")
    for target, channel in (("fire-room", "wecom"), ("li.wei", "sms")):
        world.book.told[fire.id].append(
            told(fire.id, fire.raised_at + SECOND, target, channel, DeliveryState.DELIVERED)
        )
    world.book.told[fire.id].append(told(fire.id, fire.raised_at + SECOND, "chief", "email", DeliveryState.QUEUED))
    names = [
        ("A-2", "WH3-", "door_contact", Severity.MAJOR, Category.SECURITY, ("门未刷卡开启", "Door opened without a badge"), 6 * MINUTE, AlertState.ACTIVE,
         ("open", True, None, "= true")),
        ("A-3", "", "level_gauge", Severity.MAJOR, Category.UTILITY, ("河道水位上升", "Water is rising"), 41 * MINUTE, AlertState.ACKNOWLEDGED,
         ("level", 3.42, "m", ">= 3.30 m")),
        ("A-4", "BR1-", "room_climate", Severity.MINOR, Category.ENVIRONMENT, ("发酵间 CO₂ 偏高", "CO₂ high in fermentation"), 62 * MINUTE,
         AlertState.ACTIVE, ("co2", 1480.0, "ppm", ">= 1200 ppm")),
        ("A-5", "", "people_counter", Severity.ADVISORY, Category.CROWD, ("人多，注意疏导", "Many visitors"), 3 * HOUR, AlertState.ACTIVE,
         ("people", 212.0, "count", ">= 200")),
        ("A-6", "CE1-", "leak_detector", Severity.MINOR, Category.UTILITY, ("集水坑漏水", "Water in the sump"), 5 * HOUR, AlertState.LATCHED,
         ("leak", True, None, "= true")),
    ]  # fmt: skip
    for number, start, kind, severity, category, (zh, en), ago, state, value in names:
        subject = next(s.id for s in world.town.sensors.values() if s.kind == kind and s.id.startswith(start[:2]))
        taken = (
            {"acknowledged_at": now - 30 * MINUTE, "acknowledged_by": "li.wei"}
            if state is AlertState.ACKNOWLEDGED
            else {}
        )
        world.alert(number, subject, rule=f"{category}.{kind}", title=Label(zh=zh, en=en), severity=severity, category=category,
                    state=state, since=now - ago, reason=seen(subject, *value), **taken)  # fmt: skip
    world.alert("A-0", "CE2-S01", state=AlertState.CLOSED, since=now - 25 * DAY, closed_at=now - 25 * DAY + 9 * MINUTE,
                closed_by="li.wei", closed_because="steam")  # fmt: skip
    reasons = [("not_json", "不是 JSON", "Not JSON", "line 1 column 7"), ("out_of_range", "数值不可信", "Beyond belief", "temperature 999.0 Cel"),
               ("unknown_sensor", "未知的传感器", "Unknown sensor", "CE2-S99")]  # fmt: skip
    for index, (reason, zh, en, detail) in enumerate(reasons):
        world.aside.append(QuarantineRow(str(index), now - index * 40 * SECOND, "gw-cellars", "town/huangjiu/gw-cellars/telemetry", "message",
                                         reason, Label(zh=zh, en=en), detail, 184))  # fmt: skip


def shoot(browser: Browser, address: str, password: str, folder: Path) -> None:
    """Every page in both languages and sizes, and the light theme once."""
    for size, (width, height) in SIZES.items():
        context = browser.new_context(viewport={"width": width, "height": height}, device_scale_factor=1)
        page = context.new_page()
        page.goto(f"{address}/sign-in")
        page.screenshot(path=folder / f"{size}-sign-in.png")
        page.fill("[name=name]", "admin")
        page.fill("[name=password]", password)
        page.click("button.primary")
        page.wait_for_selector(".shell")
        for language in ("zh", "en"):
            page.goto(f"{address}/")
            page.request.post(f"{address}/preferences", form={"language": language}, headers={"Origin": address})
            for name, path in PAGES.items():
                page.goto(address + path)
                page.wait_for_selector(".shell")
                page.wait_for_timeout(1500)
                page.screenshot(path=folder / f"{size}-{language}-{name}.png", full_page=size == "phone")
        page.request.post(f"{address}/preferences", form={"theme": "light"}, headers={"Origin": address})
        for name in ("now", "alert"):
            page.goto(address + PAGES[name])
            page.wait_for_timeout(1500)
            page.screenshot(path=folder / f"{size}-light-{name}.png")
        page.request.post(f"{address}/preferences", form={"theme": "dark"}, headers={"Origin": address})
        context.close()


def main(folder: Path) -> None:
    """Make the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as state:
        world = World(Path(state), now=int(time.time() * 1000))
        story(world)
        assert world.password
        with serving(world.parts) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=need("chromium"), args=ARGUMENTS)
            shoot(browser, address, world.password, folder)
            browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
