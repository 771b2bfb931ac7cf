"""Browsers without a screen, in a process of their own: `python -m brain.bench.browsers PLAN`.

Each signs in, gets a page and its live connection as the page's script would (Engine.IO 4 over WebSocket), answers what
the server asks, and notes when it was shown a level for the first time.
"""

import asyncio
import json
import re
import resource
import sys
import time
import uuid
from typing import Any, NamedTuple
from urllib.parse import urlencode

import httpx
import websockets

from brain.bench.children import Orders, answer

_CLIENT = re.compile(r"""['\"]client_id['\"]:\s*['\"]([0-9a-f-]+)""")
_NEXT = re.compile(r"""['\"]next_message_id['\"]:\s*(\d+)""")
_LEVEL = re.compile(r"(\d+\.\d\d)</[a-z]+> m\b")
_ID = re.compile(r'"_id":(\d+)\}\]$')
_OPEN, _PING, _PONG, _CONNECT, _EVENT = "0", "2", "3", "40", "42"
_ACKNOWLEDGES_EVERY = 3.0
_LARGEST = 8 << 20


class Page(NamedTuple):
    """A page that was got: what its script needs for the connection, how large it is and how long it took."""

    cookie: str
    client: str
    next_message: str
    size: int
    seconds: float


class Seen:
    """What all browsers were sent: messages, characters, and for each level when each browser first had it."""

    def __init__(self) -> None:
        self.messages = self.characters = 0
        self.levels: dict[str, dict[int, float]] = {}
        self.ended: list[str] = []

    def take(self, browser: int, text: str) -> None:
        """Note one message."""
        now = time.time()
        self.messages += 1
        self.characters += len(text)
        for level in _LEVEL.findall(text):
            self.levels.setdefault(level, {}).setdefault(browser, now)


async def get_page(url: str, path: str, *, name: str, password: str) -> Page:
    """Sign in and get a page."""
    async with httpx.AsyncClient(trust_env=False, timeout=60, base_url=url) as client:
        signed = await client.post("/sign-in", data={"name": name, "password": password})
        if signed.status_code != 303:
            raise SystemExit(f"the console does not let us in: {signed.status_code}")
        began = time.perf_counter()
        got = await client.get(path)
        seconds = time.perf_counter() - began
        client_id, following = _CLIENT.search(got.text), _NEXT.search(got.text)
        if got.status_code != 200 or client_id is None or following is None:
            raise SystemExit(f"{path} is not a page of the console: {got.status_code}")
        cookie = "; ".join(f"{key}={value}" for key, value in client.cookies.items())
        return Page(cookie, client_id[1], following[1], len(got.content), seconds)


async def stay(url: str, page: Page, *, browser: int, seen: Seen, connected: asyncio.Event) -> None:
    """Hold the page's connection."""
    query = {
        "client_id": page.client,
        "next_message_id": page.next_message,
        "implicit_handshake": "true",
        "document_id": str(uuid.uuid4()),
        "tab_id": str(uuid.uuid4()),
        "EIO": "4",
        "transport": "websocket",
    }
    address = f"{url.replace('http', 'ws', 1)}/_nicegui_ws/socket.io/?{urlencode(query)}"
    async with websockets.connect(
        address, origin=websockets.Origin(url), additional_headers={"Cookie": page.cookie}, max_size=_LARGEST
    ) as socket:
        acknowledged = time.monotonic()
        async for heard in socket:
            text = str(heard)
            if text == _PING:
                await socket.send(_PONG)
            elif text.startswith(_OPEN):
                await socket.send(_CONNECT)
            elif text.startswith(_EVENT):
                seen.take(browser, text)
                number = _ID.search(text)
                if number and time.monotonic() - acknowledged > _ACKNOWLEDGES_EVERY:
                    acknowledged = time.monotonic()
                    said = ["ack", {"client_id": page.client, "next_message_id": int(number[1]) + 1}]
                    await socket.send(_EVENT + json.dumps(said))
            elif text.startswith(_CONNECT):
                connected.set()
    seen.ended.append(page.client)


async def _browse(plan: dict[str, Any]) -> None:
    orders, seen, url, pages = Orders(), Seen(), plan["url"], list[Page]()
    async with asyncio.TaskGroup() as group:
        for number in range(plan["count"]):
            page = await get_page(url, plan["path"], name=plan["name"], password=plan["password"])
            connected = asyncio.Event()
            group.create_task(stay(url, page, browser=number, seen=seen, connected=connected), name=f"browser {number}")
            await connected.wait()
            pages.append(page)
        answer(page_ms=[round(1000 * page.seconds, 1) for page in pages], page_kb=round(pages[0].size / 1000))
        while True:
            await orders.next()
            used = resource.getrusage(resource.RUSAGE_SELF)
            answer(
                messages=seen.messages,
                characters=seen.characters,
                ended=len(seen.ended),
                cpu=used.ru_utime + used.ru_stime,
                levels={level: list(times.values()) for level, times in seen.levels.items()},
            )


if __name__ == "__main__":
    asyncio.run(_browse(json.loads(sys.argv[1])))
