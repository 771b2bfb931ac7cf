"""Pictures of every page, for looking at: `python -m tests.console.gallery FOLDER`."""

import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, Page, sync_playwright

from console.app import QuarantineRow
from tests.console.serving import serving
from tests.console.world import World, response, seen, told
from tests.services import need
from town.alert import AlertState, Category, DeliveryState, Severity, Upcoming, Verification
from town.duty import Swap
from town.language import Label
from town.moment import DAY, HOUR, MINUTE, SECOND, Duration
from town.window import Window, WindowKind

SIZES = {"wall": (1920, 1080), "phone": (390, 844)}
PAGES = {
    "now": "/",
    "alerts": "/alerts",
    "alert": "/alerts/A-1",
    "places": "/places",
    "place": "/places/cellar-2?span=6h&compare=yesterday",
    "people": "/people",
    "alerting": "/alerting",
    "deliveries": "/deliveries",
    "pipeline": "/pipeline",
    "aside": "/alerts/A-8?show=aside",
    "drill": "/alerts/A-7",
    "windows": "/windows",
}
DIALOGS = {"verify": "v", "assign": "g", "shelve": "s", "keys": "?"}
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


class Scene(NamedTuple):
    """An alert of the story."""

    id: str
    subject: str
    title: Label
    severity: Severity
    category: Category
    state: AlertState
    ago: Duration
    seen: tuple[str, object, str | None, str]


SCENES = (
    Scene("A-2", "door_contact", Label(zh="门未刷卡开启", en="Door opened without a badge"), Severity.MAJOR,
          Category.SECURITY, AlertState.ACTIVE, 6 * MINUTE, ("open", True, None, "= true")),
    Scene("A-3", "level_gauge", Label(zh="河道水位上升", en="Water is rising"), Severity.MAJOR,
          Category.UTILITY, AlertState.ACKNOWLEDGED, 41 * MINUTE, ("level", 3.42, "m", ">= 3.30 m")),
    Scene("A-4", "room_climate", Label(zh="发酵间 CO₂ 偏高", en="CO₂ high in fermentation"), Severity.MINOR,
          Category.ENVIRONMENT, AlertState.ACTIVE, 62 * MINUTE, ("co2", 1480.0, "ppm", ">= 1200 ppm")),
    Scene("A-5", "people_counter", Label(zh="人多，注意疏导", en="Many visitors"), Severity.ADVISORY,
          Category.CROWD, AlertState.ACTIVE, 3 * HOUR, ("people", 212.0, "count", ">= 200")),
    Scene("A-6", "leak_detector", Label(zh="集水坑漏水", en="Water in the sump"), Severity.MINOR,
          Category.UTILITY, AlertState.LATCHED, 5 * HOUR, ("leak", True, None, "= true")),
)  # fmt: skip


def story(world: World, *, days: float = 2.0) -> None:
    """A cellar fire, and what else goes on in a town."""
    world.fill(days=days)
    now = world.now
    for back in range(720, -1, -10):
        share = max(0.0, (130 - back) / 130)
        smoke, heat = round(0.02 + 0.29 * share, 3), round(19 + 12 * share, 1)
        world.reads("CE2-S01", now - back * SECOND, smoke=smoke, temperature=heat)
    smoke = seen("CE2-S01", "smoke", 0.31, "dB/m", ">= 0.15 dB/m")
    heat_seen = seen("CE2-S01", "temperature", 6.2, "Cel", "> 5 Cel")["observations"][0]
    smoke["observations"].append({**heat_seen, "expression": "rate(temperature, 1m)"})
    smoke["observations"] += seen("CE2-S07", "co", 84.0, "ppm", ">= 60 ppm")["observations"]
    due = {
        "acknowledge_due_at": now + 68 * SECOND,
        "verify_due_at": now + 68 * SECOND,
        "resolve_due_at": now + 4 * HOUR,
    }
    fire = world.alert(
        "A-1", "CE2-S01", response=response(3 * MINUTE), reason=smoke, verification=Verification.UNVERIFIED, **due
    )
    world.book.note(fire.id, now - 60 * SECOND, "wang.fang", "comment", "监视器看到白烟")
    for target, channel, state in (
        ("fire-room", "wecom", DeliveryState.DELIVERED),
        ("li.wei", "sms", DeliveryState.DELIVERED),
        ("chief", "email", DeliveryState.QUEUED),
    ):
        world.book.told[fire.id].append(told(fire.id, fire.raised_at + SECOND, target, channel, state))
    coming = ("escalation", ("shen.guohua",), ("sms", "voice")), ("reminder", ("fire-room",), ())
    for minutes, (why, people, channels) in enumerate(coming, 1):
        world.book.upcoming[fire.id].append(
            Upcoming(at=now + minutes * 68 * SECOND, why=why, to=people, people=people, channels=channels)
        )
    swap = Swap(out="wang.fang", stands_in="li.wei", start=now + 10 * HOUR, end=now + 34 * HOUR, rota="duty-fire", id=1)
    world.duties.kept.append(swap)
    for scene in SCENES:
        _play(world, scene)
    ended = now - 25 * DAY
    world.alert("A-0", "CE2-S01", state=AlertState.CLOSED, since=ended, closed_at=ended + MINUTE, closed_by="li.wei")
    _put_aside(world)
    _set_aside(world)


def _set_aside(world: World) -> None:
    """A drill in the first cellar, maintenance in the third, an alert on the shelf and one out of service."""
    now = world.now
    for kind, scope, length, why in (
        (WindowKind.DRILL, "cellar-1", HOUR, "年度消防演练"),
        (WindowKind.MAINTENANCE, "cellar-3", 3 * HOUR, "更换烟感"),
    ):
        world.windows.held.append(
            Window(
                id=f"W-{len(world.windows.held) + 1}", kind=kind, scope_kind="facility", scope=scope, why=why,
                starts_at=now - 20 * MINUTE, ends_at=now + length, made_by="wang.fang", made_at=now - DAY,
            )
        )  # fmt: skip
    aside = {"state": AlertState.SUPPRESSED, "since": now - 9 * MINUTE}
    world.alert(
        "A-7",
        "CE1-S01",
        **aside,
        suppressed_by="drill",
        drill=True,
        window="W-1",
        assigned_to="li.wei",
        verification=Verification.UNVERIFIED,
        acknowledge_due_at=now - 6 * MINUTE,
        overdue=("acknowledge",),
    )
    world.alert(
        "A-8",
        "CE1-S02",
        state=AlertState.SHELVED,
        since=now - HOUR,
        shelved_until=now + 40 * MINUTE,
        shelved_by="wang.fang",
        shelved_why="焊接作业，有人看守",
        verification=Verification.FALSE,
    )
    world.alert("A-9", "CE3-S02", **aside, suppressed_by="maintenance", window="W-2")
    world.alert(
        "A-10",
        "CE3-S03",
        **aside,
        suppressed_by="out_of_service",
        out_of_service=True,
        out_of_service_by="admin",
        out_of_service_why="探头损坏，已订货",
        severity=Severity.MINOR,
    )


def _play(world: World, scene: Scene) -> None:
    found = [s.id for s in world.town.sensors.values() if s.kind == scene.subject]
    subject = found[-1] if scene.subject in {"leak_detector", "door_contact"} else found[len(found) // 2]
    changes = {}
    if scene.state is AlertState.ACKNOWLEDGED:
        changes = {"acknowledged_at": world.now - 30 * MINUTE, "acknowledged_by": "li.wei"}
    world.alert(
        scene.id, subject, rule=f"{scene.category}.{scene.subject}", title=scene.title, severity=scene.severity,
        category=scene.category, state=scene.state, since=world.now - scene.ago, reason=seen(subject, *scene.seen),
        **changes,
    )  # fmt: skip


def _put_aside(world: World) -> None:
    reasons = (
        ("unknown_sensor", Label(zh="未知的传感器", en="Unknown sensor"), "CE2-S99"),
        ("out_of_range", Label(zh="数值不可信", en="Beyond belief"), "temperature 999.0 Cel"),
        ("not_json", Label(zh="不是 JSON", en="Not JSON"), "line 1 column 7"),
    )
    for number, (reason, text, detail) in enumerate(reasons):
        at, topic = world.now - (200 - 60 * number) * SECOND, "town/huangjiu/gw-cellars/telemetry"
        world.aside.append(QuarantineRow(str(number), at, "gw-cellars", topic, "message", reason, text, detail, 184))


def shoot(browser: Browser, address: str, password: str, folder: Path) -> None:
    """Every page in both languages and sizes, and the light theme."""
    for size, (width, height) in SIZES.items():
        context = browser.new_context(viewport={"width": width, "height": height})
        page = context.new_page()
        page.goto(f"{address}/sign-in")
        page.screenshot(path=folder / f"{size}-sign-in.png")
        page.fill("[name=name]", "admin")
        page.fill("[name=password]", password)
        page.click("button.primary")
        page.wait_for_selector(".shell")
        for language, theme in (("zh", "dark"), ("en", "dark"), ("zh-Hant", "light")):
            form = {"language": language, "theme": theme}
            page.request.post(f"{address}/preferences", form=form, headers={"Origin": address})
            for name, path in PAGES.items():
                page.goto(address + path)
                page.wait_for_selector(".chart.drawn" if name in {"alert", "place"} else ".town-line .name")
                page.wait_for_timeout(600)
                page.screenshot(path=folder / f"{size}-{language}-{name}.png")
            if size == "wall":
                _shoot_dialogs(page, address, folder, language)
        context.close()


def _shoot_dialogs(page: Page, address: str, folder: Path, language: str) -> None:
    for name, key in DIALOGS.items():
        page.goto(f"{address}/alerts/A-1")
        page.wait_for_selector(".buttons")
        page.keyboard.press(key)
        page.wait_for_selector("dialog[open], body.keys .keys-box")
        page.screenshot(path=folder / f"wall-{language}-ask-{name}.png")


def main(folder: Path) -> None:
    """Make the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as state:
        world = World(Path(state), now=int(time.time() * 1000), runs=True)
        story(world)
        assert world.password
        with serving(world.parts) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=need("chromium"), args=ARGUMENTS)
            shoot(browser, address, world.password, folder)
            browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
