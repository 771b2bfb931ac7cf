"""Links of the boards into the console lead to pages and actions that it has."""

import inspect
import json
import re
from collections.abc import Iterator
from typing import Any

from console import actions, app
from dashboards.files import built

BOARDS = [json.loads(text) for path, text in built("en").items() if path.endswith(".json")]


def urls(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (str(text) for key, text in value.items() if key == "url" and text)
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from urls(inner)


def into_the_console() -> set[str]:
    """Paths as the console sees them, behind what the entrance takes away; what a board fills in is one word."""
    found = {url for board in BOARDS for url in urls(board) if url.startswith("/town/")}
    return {re.sub(r"\$\{?[\w.]+\}?", "x", url.removeprefix("/town")) for url in found}


def pages() -> list[re.Pattern[str]]:
    named = re.findall(r'ui\.page\("([^"]+)"\)', inspect.getsource(app))
    acted = [route.path for route in actions.router.routes]  # type: ignore[attr-defined]  # all of them have a path
    return [re.compile(re.sub(r"\{\w+\}", r"[^/]+", path)) for path in (*named, *acted)]


def test_every_link_leads_somewhere() -> None:
    known = pages()

    assert len(into_the_console()) == 4
    assert [url for url in into_the_console() if not any(one.fullmatch(url) for one in known)] == []
