"""The console, served in a thread of its own as brain serves it."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator

from console.app import ConsoleParts, run
from tests.ports import free_port


@contextlib.contextmanager
def serving(parts: ConsoleParts) -> Iterator[str]:
    """The address of the running console; it is stopped afterwards, within two seconds."""
    started = threading.Event()
    addresses: list[str] = []
    holder: dict[str, object] = {}

    def ready(address: str) -> None:
        addresses.append(address)
        started.set()

    async def main() -> None:
        task = asyncio.create_task(run(parts, host="127.0.0.1", port=free_port(), ready=ready))
        holder.update(loop=asyncio.get_running_loop(), task=task)
        with contextlib.suppress(asyncio.CancelledError):
            await task

    def body() -> None:
        try:
            asyncio.run(main())
        finally:
            started.set()

    thread = threading.Thread(target=body, name="console")
    thread.start()
    try:
        assert started.wait(20)
        assert addresses, "the console did not start"
        yield addresses[0]
    finally:
        loop, task = holder["loop"], holder["task"]
        assert isinstance(loop, asyncio.AbstractEventLoop)
        assert isinstance(task, asyncio.Task)
        loop.call_soon_threadsafe(task.cancel)
        thread.join(5)
        assert not thread.is_alive(), "the console did not stop"
