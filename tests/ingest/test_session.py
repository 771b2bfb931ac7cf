"""How the broker is named, and the ways in: TLS, user and password, a shared subscription."""

import asyncio
import contextlib
import json
import subprocess
from pathlib import Path
from typing import Any

import aiomqtt
import pytest

from ingest.session import Session, SessionSettings, session_settings
from tests.ingest.test_intake import TELEMETRY, publish, reading
from tests.ingest.town import NOON, GatedStore, intake, until
from tests.ports import free_port
from tests.services import Service, need, running
from tests.services import mosquitto as mosquitto_service
from town.errors import ConfigError


def test_a_url_names_host_port_user_and_tls() -> None:
    plain = session_settings("mqtt://town@broker.local", client_id="c", password="sesame")
    secure = session_settings("mqtts://broker.local:9883", client_id="c", share="county")

    assert (plain.host, plain.port, plain.user, plain.tls) == ("broker.local", 1883, "town", False)
    assert (secure.port, secure.user, secure.tls, secure.share) == (9883, None, True, "county")
    assert "sesame" not in repr(plain)


@pytest.mark.parametrize("url", ["http://h", "mqtt://", "h:1883", "mqtt://h:99999", "mqtt://u:sesame@h", "mqtt://h/x"])
def test_another_url_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ConfigError, match="TOWN_MQTT_URL") as refused:
        session_settings(url, client_id="c")

    assert "sesame" not in str(refused.value)


def test_settings_that_cannot_work_are_refused() -> None:
    for wrong in ({"share": "a/b"}, {"receive_max": 0}):
        with pytest.raises(ConfigError):
            SessionSettings("h", 1883, "c", **wrong)  # type: ignore[arg-type]  # either of two fields
    missing = SessionSettings("h", 1883, "c", tls=True, ca=Path("/nowhere/ca.pem"))
    with pytest.raises(ConfigError, match="TOWN_MQTT_CA"):
        Session(missing, [], take=lambda *_: None, clock=lambda: 0)


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that is its own authority, and its key."""
    pem, key = folder / "ca.pem", folder / "key.pem"
    command = [need("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"]
    subprocess.run([*command, *names, "-out", str(pem), "-keyout", str(key)], check=True, capture_output=True)
    return pem, key


@pytest.mark.mosquitto
async def test_a_broker_behind_tls_that_asks_who_we_are(tmp_path: Path) -> None:
    (folder := tmp_path / "broker").mkdir()
    pem, key = certificate(folder)
    subprocess.run([need("mosquitto_passwd"), "-b", "-c", str(folder / "users"), "town", "sesame"], check=True)
    extra = f"allow_anonymous false\npassword_file {folder}/users\ncertfile {pem}\nkeyfile {key}\n"
    store, who = GatedStore(), {"user": "town", "password": "sesame"}
    with running(mosquitto_service(folder, extra=extra)) as broker:
        async with intake(broker.port, store, tmp_path, tls=True, ca=pem, **who) as line:
            tls = aiomqtt.TLSParameters(ca_certs=str(pem))
            async with aiomqtt.Client(
                "127.0.0.1", broker.port, username="town", password="sesame", tls_params=tls
            ) as client:
                await client.publish(TELEMETRY, json.dumps(reading(20.0)), qos=1)
            await until(lambda: line.ledger.balance().stored == 1)


async def health_of(settings: SessionSettings, word: str) -> str:
    """What a session says of itself once it says that word."""
    session = Session(settings, ["a"], take=lambda *_: None, clock=lambda: NOON)
    running = asyncio.create_task(session.run())
    await until(lambda: word in session.health().detail)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    return f"{session.health().state}: {session.health().detail}"


@pytest.mark.mosquitto
async def test_a_wrong_password_is_said_and_not_shown(tmp_path: Path) -> None:
    (tmp_path / "users").write_text("")
    with running(
        mosquitto_service(tmp_path, extra=f"allow_anonymous false\npassword_file {tmp_path}/users\n")
    ) as broker:
        settings = SessionSettings("127.0.0.1", broker.port, "c", user="town", password="sesame")

        assert await health_of(settings, "not authorized") == "down: the broker refuses us: not authorized"


async def test_a_port_where_nothing_listens_is_said() -> None:
    port = free_port()

    assert (await health_of(SessionSettings("127.0.0.1", port, "c"), "127.0.0.1")).startswith("down: 127.0.0.1")


@pytest.mark.mosquitto
async def test_two_on_one_shared_subscription_share_the_messages(mosquitto: Service, tmp_path: Path) -> None:
    first, second = GatedStore(), GatedStore()
    (one := tmp_path / "1").mkdir()
    (two := tmp_path / "2").mkdir()
    shared: dict[str, Any] = {"share": "county"}
    async with (
        intake(mosquitto.port, first, one, **shared) as a,
        intake(mosquitto.port, second, two, client_id="another", **shared) as b,
    ):
        messages = [(TELEMETRY, reading(20.0, at=NOON + number)) for number in range(100)]
        await publish(mosquitto.port, *messages)
        await until(lambda: a.ledger.balance().stored + b.ledger.balance().stored == 100)

        assert first.readings and second.readings
        both = sorted(each.measured_at for each in first.readings + second.readings)
        assert both == [NOON + number for number in range(100)]


@pytest.mark.mosquitto
async def test_who_retires_takes_what_waits_and_has_no_share_any_more(mosquitto: Service, tmp_path: Path) -> None:
    first, second = GatedStore(), GatedStore()
    (one := tmp_path / "1").mkdir()
    (two := tmp_path / "2").mkdir()
    shared: dict[str, Any] = {"share": "county"}
    async with intake(mosquitto.port, second, two, client_id="another", **shared) as b:
        async with intake(mosquitto.port, first, one, **shared):
            pass
        await publish(mosquitto.port, *[(TELEMETRY, reading(20.0, at=NOON + number)) for number in range(20)])
        async with intake(mosquitto.port, first, one, **shared, retires=True) as a:
            assert await a.retire() == 10
        await publish(mosquitto.port, *[(TELEMETRY, reading(20.0, at=NOON - number)) for number in range(1, 21)])
        await until(lambda: b.ledger.balance().stored == 30)

    assert len(first.readings) == 10
