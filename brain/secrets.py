"""Secrets by name: a town folder names them, the environment or a file holds them."""

import os
from pathlib import Path

from town.errors import ConfigError

PREFIX = "TOWN_SECRET_"
FOLDER = "TOWN_SECRETS"
"""The variable that names a folder with a file for each secret, called as it is."""


def secret(name: str) -> str | None:
    """The value of a named secret: of the file `TOWN_SECRET_<NAME>_FILE`, of `TOWN_SECRET_<NAME>`, of TOWN_SECRETS."""
    variable = PREFIX + name.upper().replace("-", "_")
    file = os.environ.get(f"{variable}_FILE")
    if file is None:
        return os.environ.get(variable) or _of_folder(name)
    try:
        return Path(file).read_text("utf-8").strip()
    except OSError as error:
        raise ConfigError(f"{variable}_FILE={file}: {error.strerror}") from None


def _of_folder(name: str) -> str | None:
    folder = os.environ.get(FOLDER)
    if folder is None or name != Path(name).name or not (Path(folder) / name).is_file():
        return None
    try:
        return (Path(folder) / name).read_text("utf-8").strip()
    except OSError as error:
        raise ConfigError(f"{FOLDER}: {Path(folder) / name}: {error.strerror}") from None
