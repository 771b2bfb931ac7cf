import re
import runpy
from pathlib import Path

from town.folder import load_town

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^## (\S+\.\w+)\n.*?^```\w+\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_generated_pages_are_current() -> None:
    pages = runpy.run_path(str(ROOT / "scripts" / "generate_docs.py"))["PAGES"]

    assert [path.name for path, page in pages.items() if path.read_text("utf-8") != page()] == []


def test_files_on_the_page_about_the_folder_make_a_folder(tmp_path: Path) -> None:
    files = dict(BLOCK.findall((ROOT / "docs" / "town-folder.md").read_text("utf-8")))
    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")
    town, findings = load_town(tmp_path)

    assert set(files) == {
        "town.yaml", "facilities.yaml", "gateways.yaml", "sensors.csv", "kinds.yaml", "map.geojson"
    }  # fmt: skip
    assert findings == [] and town is not None
    assert town.sensors["TEA-S02"].external_id == "tea store/front door" and "tea_probe" in town.kinds


def test_every_kind_and_quantity_is_on_its_page() -> None:
    page = (ROOT / "docs" / "kinds.md").read_text("utf-8")

    assert "| `smoke` | Smoke obscuration | 烟雾遮光度 | `dB/m` | 0 … 10 |" in page
    assert "| `glass_break` | Glass break | 玻璃破碎 | bool |" in page
    assert "| `cellar` | Cellar | 酒窖 |" in page and "`smoke`, `smoke_alarm`, `temperature` [-40 … 120]" in page
