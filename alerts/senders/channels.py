"""The senders that are connected, by channel, and where they send."""

from collections.abc import Callable

import msgspec

from alerts.senders.email import Email, MailServer
from alerts.senders.webhook import Webhook
from alerts.sending import Sender
from town.ports import Clock


class Endpoints(msgspec.Struct, frozen=True):
    """Where messages go besides what people.yaml says."""

    webhook_override: str | None = None
    """Every webhook goes to this address, followed by `/` and the target's id: a receiver on this machine."""
    smtp_url: str | None = None
    smtp_password: str | None = None
    smtp_from: str | None = None


def build_senders(endpoints: Endpoints, *, secret: Callable[[str], str | None], clock: Clock) -> dict[str, Sender]:
    """One sender for each connected channel; `secret` gives the value of a named secret, or None.

    Raises ConfigError when the mail server's address cannot be used. What is merely missing is answered to each
    message as refused by configuration.
    """
    server = MailServer.parse(endpoints.smtp_url) if endpoints.smtp_url else None
    return {
        "webhook": Webhook(clock=clock, secret=secret, override=endpoints.webhook_override),
        "email": Email(server, password=endpoints.smtp_password, sender=endpoints.smtp_from),
    }
