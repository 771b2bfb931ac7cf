"""`town notify test`: a test message goes out over the real sender, and the answer is shown."""

import asyncio
import json
import os
import shutil
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from brain.broker import embedded_broker
from brain.cli import app
from brain.endpoints import endpoints_of, heartbeat_address
from tests.alerts.receivers import http_receiver, says
from tests.ports import free_ports
from town.errors import ConfigError
from town.settings import Settings

HUANGJIU = Path(__file__).parents[2] / "towns" / "huangjiu"
PEOPLE = """version: 1
accounts: {wecom: {corp_id: ww0001, agent_id: 7, secret: APP}}
people:
  - {id: ann, name: Ann, channels: {wecom: ann.li, email: ann@x.example}}
targets:
  - {id: room, channel: dingtalk, secret: ROBOT, signing_secret: SIGN, mention: all}
  - {id: siren, channel: mqtt, topic: town/little/siren}
rota:
  - {id: duty, shifts: [{from: "00:00", to: "24:00", people: [ann, room]}]}
routes: [{to: [room, ann]}]
"""
ENV = {"TOWN_SECRET_ROBOT": "t0k3n", "TOWN_SECRET_SIGN": "SECabc", "TOWN_SECRET_APP": "4pp"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Huangjiu with one robot and one person."""
    shutil.copytree(HUANGJIU, tmp_path / "town")
    (tmp_path / "town" / "people.yaml").write_text(PEOPLE, "utf-8")
    return tmp_path / "town"


async def notify(folder: Path, *arguments: str, **env: str) -> tuple[int | None, str]:
    command = ("-m", "brain", "notify", "test", *arguments, "--town", str(folder), "--json")
    ran = await asyncio.create_subprocess_exec(
        sys.executable, *command, stdout=asyncio.subprocess.PIPE, env={**os.environ, **ENV, **env}
    )
    async with asyncio.timeout(60):
        printed, _ = await ran.communicate()
    return ran.returncode, printed.decode()


@pytest.mark.parametrize(
    ("said", "code", "answer"), [(b'{"errcode":0}', 0, "accepted"), (b'{"errcode":310000}', 1, "refused_config")]
)
async def test_notify_shows_what_the_provider_answers(folder: Path, said: bytes, code: int, answer: str) -> None:
    async with http_receiver(says("200 OK", said)) as receiver:
        ended, printed = await notify(folder, "room", TOWN_DINGTALK_URL=f"http://127.0.0.1:{receiver.port}")

    [shown] = json.loads(printed)["results"]
    assert (ended, shown["answer"], shown["sender"]) == (code, answer, "dingtalk")
    assert shown["said"] == f"HTTP 200 {said.decode()}"
    assert "测试消息" in json.loads(receiver.requests[0].body)["markdown"]["title"]


async def test_notify_dry_run_sends_nothing_and_masks_what_is_secret(folder: Path) -> None:
    ended, printed = await notify(folder, "ann", "--dry-run", TOWN_WECOM_URL="http://127.0.0.1:9")
    fetched, sent = json.loads(printed)["results"][0]["requests"]

    assert ended == 0 and "4pp" not in printed
    assert fetched["url"] == "http://127.0.0.1:9/cgi-bin/gettoken?corpid=ww0001&corpsecret=***"
    assert sent["url"] == "http://127.0.0.1:9/cgi-bin/message/send?access_token=***"
    assert json.loads(sent["body"])["touser"] == "ann.li"


@pytest.mark.parametrize(
    ("arguments", "ways"),
    [
        (("ann",), [("ann", "wecom")]),
        (("ann", "--channel", "email"), [("ann", "email")]),
        (("ann", "--channel", "all"), [("ann", "wecom"), ("ann", "email")]),
        (("duty",), [("ann", "wecom"), ("room", "dingtalk")]),
        (("duty", "--channel", "all"), [("ann", "wecom"), ("ann", "email"), ("room", "dingtalk")]),
    ],
)
def test_notify_tells_whoever_is_on_duty_over_the_channels_that_are_meant(
    folder: Path, tmp_path: Path, arguments: tuple[str, ...], ways: list[tuple[str, str]]
) -> None:
    env = {**ENV, "TOWN_STATE": str(tmp_path / "state")}
    ran = CliRunner(env=env).invoke(app, ["notify", "test", *arguments, "--town", str(folder), "--dry-run", "--json"])

    assert ran.exit_code == 0
    assert [(one["target"], one["channel"]) for one in json.loads(ran.stdout)["results"]] == ways


async def test_notify_publishes_on_the_towns_broker(folder: Path) -> None:
    port = free_ports(2)
    async with embedded_broker(port):
        ended, printed = await notify(folder, "siren", TOWN_MQTT_PORT=str(port))

    [shown] = json.loads(printed)["results"]
    assert (ended, shown["answer"]) == (0, "accepted") and shown["said"].startswith("PUBACK")


def test_notify_says_which_channels_there_are(folder: Path) -> None:
    ran = CliRunner().invoke(app, ["notify", "test", "ann", "--channel", "voice", "--town", str(folder)])

    assert str(ran.exception) == "ann cannot be told by voice; there is: wecom, email"


async def test_notify_names_who_is_meant_when_a_name_is_not_known(folder: Path) -> None:
    assert await notify(folder, "rooom") == (2, "")


@pytest.mark.parametrize("url", ["http://proxy.example", "ftp://127.0.0.1", "https://", "https://h/?key=hunter2", "x"])
def test_endpoint_that_cannot_be_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ConfigError, match="TOWN_SLACK_URL") as refused:
        endpoints_of(Settings(slack_url=url))

    assert "hunter2" not in str(refused.value)


def test_endpoints_are_the_providers_own_unless_told() -> None:
    bases = endpoints_of(Settings(lark_url="https://proxy.example/lark")).bases

    assert (bases.lark, bases.feishu) == ("https://proxy.example/lark", "https://open.feishu.cn")


@pytest.mark.parametrize("url", ["ftp://t0k3n", "https:///t0k3n", "http://[t0k3n", "http://host:0/t0k3n"])
def test_heartbeat_address_that_is_none_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ConfigError, match="TOWN_HEARTBEAT_URL") as refused:
        heartbeat_address(Settings(heartbeat_url=SecretStr(url)))

    assert "t0k3n" not in str(refused.value)
