"""Where things are, as the settings say it: the broker, and what we listen on."""

from ingest.session import SessionSettings, session_settings
from town.errors import ConfigError
from town.settings import Settings


def broker_session(settings: Settings, town: str, *, embedded_port: int | None) -> SessionSettings:
    """How ingest reaches the broker that the settings name."""
    url = settings.mqtt_url if embedded_port is None else f"mqtt://127.0.0.1:{embedded_port + 1}"
    password = settings.mqtt_password
    return session_settings(
        url,
        client_id=f"town-{town}",
        password=password.get_secret_value() if password else None,
        ca=settings.mqtt_ca,
        share=settings.mqtt_share or None,
    )


def split_address(address: str) -> tuple[str, int]:
    """Host and port of `127.0.0.1:8080` or `[::1]:8080`; raises ConfigError for anything else."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65_536:
        raise ConfigError(f"{address}: write address and port as 127.0.0.1:8080")
    return host.strip("[]"), int(port)
