"""A session of a command's own with the town's broker, only to say something."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from alerts.sending import Publish
from brain.addresses import broker_session
from brain.clock import wall_clock
from ingest.session import Session
from town.settings import Settings

EMBEDDED = "embedded"


@asynccontextmanager
async def publishing(settings: Settings, town: str) -> AsyncIterator[Publish]:
    """Publish on the broker that the settings name, a running brain's own among them, until the block ends."""
    embedded_port = settings.mqtt_port if settings.mqtt_url == EMBEDDED else None
    plain = broker_session(settings, town, embedded_port=embedded_port)
    own = replace(plain, client_id=f"{plain.client_id}-once-{os.getpid()}", share=None, will=None, session_expiry=0)
    session = Session(own, (), take=lambda *_: None, clock=wall_clock)

    async def publish(topic: str, payload: bytes, qos: int, retain: bool) -> int:
        return await session.publish(topic, payload, retain=retain)

    async with asyncio.TaskGroup() as group:
        running = group.create_task(session.run(), name="publishing")
        try:
            yield publish
        finally:
            running.cancel()
