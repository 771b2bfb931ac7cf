"""The simulator as commands use it: which scenario, against which broker."""

import ssl
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from brain.bundle import Bundle
from brain.clock import wall_clock
from simulators.play import BrokerAddress, Sent, play
from simulators.scenario import Scenario
from town.errors import ConfigError
from town.findings import suggest
from town.moment import Duration
from town.settings import Settings

DEMO_SCENARIOS = ("showcase", "ordinary")
"""What a simulated town plays when nothing is named, the first that it has."""


def default_scenario(bundle: Bundle) -> str:
    """The scenario of that town when nothing is named."""
    return next((name for name in DEMO_SCENARIOS if name in bundle.scenarios), DEMO_SCENARIOS[0])


def find_scenario(bundle: Bundle, name: str) -> Scenario:
    """The scenario of that name; raises ConfigError naming those there are."""
    if name in bundle.scenarios:
        return bundle.scenarios[name]
    known = ", ".join(f"{each.id} ({each.name.zh} {each.name.en})" for each in bundle.scenarios.values()) or "none"
    hint = suggest(name, bundle.scenarios)
    said = "" if name == "list" else f"There is no scenario {name!r}. {hint} ".replace("  ", " ")
    raise ConfigError(f"{said}Scenarios of {bundle.town.id}: {known}.")


def kept_passwords(folder: Path | None) -> dict[str, str]:
    """The passwords of gateways in a folder, one file each, as `town gateway init --keep` writes them."""
    if folder is None:
        return {}
    try:
        return {path.name: path.read_text("utf-8").strip() for path in folder.iterdir() if path.is_file()}
    except OSError as error:
        raise ConfigError(f"--credentials {folder}: {error.strerror}") from None


def broker_address(
    settings: Settings, *, embedded_port: int | None, passwords: Mapping[str, str] | None = None
) -> BrokerAddress:
    """Where devices connect: the embedded broker's port for 3.1.1, or the broker that the settings name."""
    if embedded_port is not None:
        return BrokerAddress(host="127.0.0.1", port=embedded_port)
    parts = urlsplit(settings.mqtt_url)
    tls = ssl.create_default_context(cafile=settings.mqtt_ca) if parts.scheme == "mqtts" else None
    password = settings.mqtt_password
    return BrokerAddress(
        host=parts.hostname or "127.0.0.1",
        port=parts.port or (8883 if tls else 1883),
        username=unquote(parts.username) if parts.username else None,
        password=password.get_secret_value() if password else None,
        passwords=passwords or {},
        tls=tls,
    )


async def simulate(
    bundle: Bundle,
    scenario: Scenario,
    settings: Settings,
    *,
    embedded_port: int | None,
    seed: int = 1,
    speed: float = 1.0,
    history: Duration = 0,
    sent: Sent | None = None,
    passwords: Mapping[str, str] | None = None,
) -> None:
    """Play a scenario to its end."""
    await play(
        bundle.town,
        scenario,
        broker_address(settings, embedded_port=embedded_port, passwords=passwords),
        clock=wall_clock,
        seed=seed,
        speed=speed,
        history=history,
        sent=sent,
    )
