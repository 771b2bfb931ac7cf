"""Secrets by name: a town folder names them, the environment or a file holds them."""

import os
from pathlib import Path

from town.errors import ConfigError

PREFIX = "TOWN_SECRET_"


def secret(name: str) -> str | None:
    """The value of a named secret from `TOWN_SECRET_<NAME>` or the file that `TOWN_SECRET_<NAME>_FILE` names."""
    variable = PREFIX + name.upper().replace("-", "_")
    file = os.environ.get(f"{variable}_FILE")
    if file is None:
        return os.environ.get(variable)
    try:
        return Path(file).read_text("utf-8").strip()
    except OSError as error:
        raise ConfigError(f"{variable}_FILE={file}: {error.strerror}") from None
