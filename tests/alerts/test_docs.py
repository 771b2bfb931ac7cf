"""What docs/alerts.md shows works as it stands there."""

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from alerts.deadlines import Deadlines
from alerts.people_file import load_people
from alerts.rota_import import read_sheet, read_shifts
from alerts.senders.webhook import sign
from tests.alerts.small_town import TOWN

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "alerts.md").read_text(encoding="utf-8")


def block(language: str, start: str = "") -> str:
    found = re.search(rf"```{language}\n({start}.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


def test_documented_signature_check_accepts_ours_and_nothing_else() -> None:
    names: dict[str, Any] = {}
    exec(block("python"), names)
    is_ours: Callable[[bytes, str, str], bool] = names["is_ours"]
    now = int(time.time() * 1000)

    assert is_ours(b"{}", sign(b"{}", "s3cret", now), "s3cret")
    assert not is_ours(b"{ }", sign(b"{}", "s3cret", now), "s3cret")
    assert not is_ours(b"{}", sign(b"{}", "other", now), "s3cret")
    assert not is_ours(b"{}", sign(b"{}", "s3cret", now - 600_000), "s3cret")


def test_documented_accounts_and_robots_can_be_told(tmp_path: Path) -> None:
    found = re.search(r"```yaml\n(.*?)```", (DOCS / "senders.md").read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    (tmp_path / "people.yaml").write_text(found[1], encoding="utf-8")
    people, findings = load_people(tmp_path, TOWN)

    assert findings == [] and people is not None
    senders = {name: one.sender for name, one in people.recipients.items()}
    assert senders == {
        "fire-room": "dingtalk", "office": "feishu", "duty-phone": "aliyun_voice", "siren": "mqtt",
        "li.wei": "wecom_app", "emma": "telegram",
    }  # fmt: skip


def test_documented_people_can_be_told(tmp_path: Path) -> None:
    (tmp_path / "people.yaml").write_text(block("yaml", "version"), encoding="utf-8")
    people, found = load_people(tmp_path, TOWN)

    assert people is not None and set(people.recipients) == {"fire-room", "duty-mail", "li.wei"}
    assert not [one for one in found if one.level == "error"]


def test_documented_rota_has_no_gap_and_its_tables_are_read(tmp_path: Path) -> None:
    page = (DOCS / "people.md").read_text(encoding="utf-8")
    blocks = {kind: re.findall(rf"```{kind}\n(.*?)```", page, re.DOTALL) for kind in ("yaml", "csv")}
    (tmp_path / "people.yaml").write_text(blocks["yaml"][0], encoding="utf-8")
    (tmp_path / "rota.csv").write_text(blocks["csv"][0], encoding="utf-8")
    people, findings = load_people(tmp_path, TOWN, now=1_795_000_000_000)

    assert findings == [] and people is not None and len(people.rotas["duty-fire"].dated) == 2
    sheet = read_sheet(blocks["csv"][1].encode(), "sheet.csv")
    shifts, wrong = read_shifts(sheet, people, TOWN, rota="duty-fire")
    assert wrong == [] and [len(one.people) for one in shifts["duty-fire"]] == [1, 1, 2, 1]


def test_documented_deadlines_are_those_that_count(tmp_path: Path) -> None:
    (tmp_path / "people.yaml").write_text("version: 1\n" + block("yaml", "deadlines"), encoding="utf-8")
    people, _ = load_people(tmp_path, TOWN)

    assert people is not None and people.deadlines == Deadlines()
