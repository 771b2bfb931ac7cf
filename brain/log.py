"""Log lines: short text for people, JSON for programs."""

import json
import logging
import sys
from typing import Literal

from town.moment import format_moment

QUIET = (
    "httpx",
    "httpcore",
    "alembic",
    "mail.log",
    "asyncio",
    "watchfiles",
    "nicegui",
    "engineio",
    "socketio",
    "uvicorn",
)
"""Loggers of libraries that speak at info about what is normal."""


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": format_moment(int(record.created * 1000)),
            "level": record.levelname.lower(),
            "part": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def set_up_logging(form: Literal["text", "json"], *, verbose: bool = False) -> None:
    """Send log lines to standard error; call once, at the start of the process."""
    handler = logging.StreamHandler(sys.stderr)
    text = logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s", "%H:%M:%S")
    handler.setFormatter(_JsonLines() if form == "json" else text)
    logging.basicConfig(level=logging.DEBUG if verbose else logging.INFO, handlers=[handler], force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
