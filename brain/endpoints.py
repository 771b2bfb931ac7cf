"""Where messages go, as the settings say it."""

from urllib.parse import urlsplit

from alerts.channel_checks import is_loopback
from alerts.senders.channels import Bases, Endpoints
from brain.callbacks import twilio_callback
from town.errors import ConfigError
from town.settings import PREFIX, Settings


def endpoints_of(settings: Settings) -> Endpoints:
    """The mail server and the providers' addresses; raises ConfigError when one of them cannot be used."""
    password = settings.smtp_password
    named = {name: getattr(settings, f"{name}_url") for name in Bases.__struct_fields__}
    given = {name: _checked(name, url) for name, url in named.items() if url is not None}
    return Endpoints(
        smtp_url=settings.smtp_url,
        smtp_password=password.get_secret_value() if password else None,
        smtp_from=settings.smtp_from,
        bases=Bases(**given),
        twilio_callback=twilio_callback(settings),
    )


def heartbeat_address(settings: Settings) -> str | None:
    """Where the sign of life goes; ConfigError, without repeating it, when that is no address."""
    if settings.heartbeat_url is None:
        return None
    url = settings.heartbeat_url.get_secret_value()
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        good = False
    if not good:
        raise ConfigError(f"{PREFIX}HEARTBEAT_URL is no address: write it as https://host/path")
    return url


def _checked(name: str, url: str) -> str:
    """The address of a stand-in for a provider: https, or plain http on this machine."""
    try:
        parts = urlsplit(url)
        secure = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
        good = secure and parts.hostname and parts.port != 0 and not (parts.query or parts.fragment or parts.username)
    except ValueError:
        good = False
    if not good:
        raise ConfigError(f"{PREFIX}{name.upper()}_URL: write it as https://host, or http://127.0.0.1:PORT")
    return url
