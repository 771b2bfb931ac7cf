"""Apprise, if it is installed: a hundred other services, of which nothing is learnt but yes or no."""

import asyncio
import importlib
import importlib.util
import logging
from typing import Any

from alerts.senders.call import WHOLE_SECONDS
from alerts.senders.layout import plain_text
from alerts.senders.verdict import GetSecret, need_secret
from alerts.sending import Answer, AnswerKind, OutgoingMessage, one_line, refused_config
from town.errors import ConfigError

LONGEST = 4_000
"""Characters; services that take less are given less by Apprise itself."""


class AppriseSender:
    """Sends to the Apprise address that the target's secret holds. What is accepted has no receipt to check."""

    def __init__(self, *, secret: GetSecret, whole_seconds: float = WHOLE_SECONDS, library: str = "apprise") -> None:
        self._secret, self._whole_seconds, self._library = secret, whole_seconds, library

    async def send(self, message: OutgoingMessage) -> Answer:
        """Try once."""
        to = message.recipient
        if importlib.util.find_spec(self._library) is None:
            return refused_config("Apprise is not installed: pip install 'town-brain[apprise]'")
        try:
            address = need_secret(self._secret, to.secret, of=to.id)
            # Its first import takes seconds: others are not to wait for it.
            service = await asyncio.to_thread(_service, address, to.secret, self._library)
        except ConfigError as error:
            return refused_config(one_line(str(error)))
        try:
            async with asyncio.timeout(self._whole_seconds):
                text = plain_text(message, fits=lambda text: len(text) <= LONGEST)
                taken = await service.async_notify(body=text, title="")
        except TimeoutError:
            return Answer(AnswerKind.UNKNOWN, f"no answer within {self._whole_seconds:g} s")
        if taken:
            return Answer(AnswerKind.ACCEPTED, "sent by Apprise, receipt not verified")
        return Answer(AnswerKind.UNKNOWN, "Apprise could not send it, and does not say why")


def _service(address: str, name: str | None, library: str) -> Any:
    """Apprise with that one address; raises ConfigError when it cannot read it."""
    apprise = importlib.import_module(library)

    # Its log lines hold addresses, and in them tokens.
    logging.getLogger(library).setLevel(logging.CRITICAL)
    service = apprise.Apprise()
    if not service.add(address):
        raise ConfigError(f"the secret {name} is no address that Apprise knows")
    return service
