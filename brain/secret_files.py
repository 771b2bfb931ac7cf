"""Secrets that are made at the first start and stay: one file each, for their owner alone."""

import secrets
from pathlib import Path

from town.private_file import write_private


def secret_file(folder: Path, name: str) -> Path:
    """The file of a secret, made with a new one when it is not there."""
    folder.mkdir(exist_ok=True, mode=0o700)
    path = folder / name
    if not path.exists():
        write_private(path, secrets.token_urlsafe(24) + "\n")
    return path


def read_secret(path: Path) -> str:
    """What stands in it."""
    return path.read_text("utf-8").strip()
