"""Mail by SMTP: encrypted unless the server is this machine, plain text and HTML, one recipient a message."""

import asyncio
import re
import ssl
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime
from typing import Any
from urllib.parse import unquote, urlsplit

import aiosmtplib
import msgspec

from alerts.channel_checks import is_loopback
from alerts.senders.call import CONNECT_SECONDS, WHOLE_SECONDS, tls
from alerts.sending import Answer, AnswerKind, OutgoingMessage, one_line, refused_config
from town.errors import ConfigError
from town.moment import as_datetime

_PORTS = {"smtp": 587, "smtps": 465}
_FORM = "write it as smtp://user@host:587 (STARTTLS) or smtps://user@host:465 (TLS)"


class MailServer(msgspec.Struct, frozen=True):
    """A mail server. `encryption` is STARTTLS, TLS from the start, or none, which only this machine may have."""

    host: str
    port: int
    user: str | None
    encryption: str

    @staticmethod
    def parse(url: str) -> "MailServer":
        """Read `smtp://user@host:587` or `smtps://user@host:465`; raises ConfigError, without repeating a password."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            raise ConfigError(f"the mail server's address cannot be read: {_FORM}") from None
        if parts.scheme not in _PORTS or not host:
            raise ConfigError(f"the mail server's address cannot be read: {_FORM}")
        if parts.password is not None:
            raise ConfigError("the mail server's address holds a password: give it as TOWN_SMTP_PASSWORD")
        encryption = "tls" if parts.scheme == "smtps" else "none" if is_loopback(host) else "starttls"
        user = unquote(parts.username) if parts.username else None
        return MailServer(host, port or _PORTS[parts.scheme], user, encryption)


class Email:
    """Sends mail from one sender address through one server."""

    def __init__(self, server: MailServer | None, *, password: str | None, sender: str | None) -> None:
        self._server, self._password, self._sender = server, password, sender
        self._tls = tls()

    async def send(self, message: OutgoingMessage) -> Answer:
        """Try once; accepted is what the server says 250 to after the data."""
        server, sender, to = self._server, self._sender, message.recipient.address
        if server is None or not sender or not to or (server.user and not self._password):
            return refused_config(self._missing(message))
        attempt = _Attempt(_client(server, sender, self._tls), server, self._password)
        try:
            async with asyncio.timeout(WHOLE_SECONDS):
                return await attempt.deliver(sender, to, write_mail(message, sender=sender).as_bytes())
        except TimeoutError:
            return attempt.unanswered(f"no answer within {WHOLE_SECONDS:.0f} s")
        except aiosmtplib.SMTPResponseException as error:
            return attempt.refused(error.code, one_line(f"{error.code} {error.message}", self._password))
        except (aiosmtplib.SMTPException, OSError) as error:
            return attempt.unanswered(one_line(f"{type(error).__name__}: {error}", self._password))
        finally:
            attempt.client.close()

    def _missing(self, message: OutgoingMessage) -> str:
        if self._server is None:
            return "no mail server: set TOWN_SMTP_URL"
        if not self._sender:
            return "no sender address: set TOWN_SMTP_FROM"
        if not message.recipient.address:
            return f"{message.recipient.id} has no mail address"
        return "no password for the mail server: set TOWN_SMTP_PASSWORD"


def _client(server: MailServer, sender: str, tls: ssl.SSLContext) -> aiosmtplib.SMTP:
    return aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        timeout=CONNECT_SECONDS,
        use_tls=server.encryption == "tls",
        start_tls=server.encryption == "starttls",
        tls_context=None if server.encryption == "none" else tls,
        local_hostname=domain_of(sender),
    )


class _Attempt:
    """One conversation with the server, which knows how far it came."""

    def __init__(self, client: aiosmtplib.SMTP, server: MailServer, password: str | None) -> None:
        self.client, self._server, self._password = client, server, password
        self._stage = "connect"

    async def deliver(self, sender: str, to: str, mail: bytes) -> Answer:
        await self.client.connect()
        if self._server.user and self._password:
            self._stage = "login"
            await self.client.login(self._server.user, self._password)
        self._stage = "sender"
        options = [f"SIZE={len(mail)}"] if self.client.supports_extension("size") else []
        await self.client.mail(sender, options=options)
        self._stage = "recipient"
        await self.client.rcpt(to)
        self._stage = "data"
        said = await self.client.data(mail, timeout=WHOLE_SECONDS)
        return Answer(AnswerKind.ACCEPTED, one_line(f"{said.code} {said.message}"), delivered=True)

    def refused(self, code: int, text: str) -> Answer:
        """4xx is later, 5xx never (RFC 5321 section 4.2.1): for everybody before a recipient is named, then for one."""
        if 400 <= code < 500:
            return Answer(AnswerKind.THROTTLED, text, handed_over=False)
        if code < 500:
            return self.unanswered(text)
        ours = self._stage in ("connect", "login", "sender")
        kind = AnswerKind.REFUSED_CONFIG if ours else AnswerKind.REFUSED_MESSAGE
        return Answer(kind, text, handed_over=False)

    def unanswered(self, text: str) -> Answer:
        """Only what was cut or timed out while the data went over may have arrived."""
        return Answer(AnswerKind.UNKNOWN, text, handed_over=self._stage == "data")


def write_mail(message: OutgoingMessage, *, sender: str) -> EmailMessage:
    """The mail, with the same `Message-ID` and `Date` at every attempt, so that a double can be seen as one."""
    mail = EmailMessage(policy=SMTP_POLICY)
    domain = domain_of(sender)
    headers: dict[str, Any] = {
        "From": sender,
        "To": message.recipient.address,
        "Subject": message.subject,
        "Date": format_datetime(as_datetime(message.created_at)),
        "Message-ID": f"<{_atom(message.key)}@{domain}>",
        "References": f"<{_atom(message.thread)}@{domain}>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "X-Town-Key": message.key,
    }
    for name, value in headers.items():
        mail[name] = value
    mail.set_content(message.text, cte="base64")
    mail.add_alternative(message.html, subtype="html", cte="base64")
    return mail


def domain_of(address: str) -> str:
    """The domain of a mail address, as a name for ourselves."""
    domain = address.rpartition("@")[2].strip("<> ")
    return domain if re.fullmatch(r"[A-Za-z0-9.-]+", domain) else "localhost"


def _atom(text: str) -> str:
    """Text as the left side of a Message-ID (RFC 5322 section 3.6.4)."""
    return re.sub(r"[^A-Za-z0-9.-]", ".", text).strip(".")
