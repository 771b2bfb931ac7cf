"""Errors, named for what the caller does about them. Everything else is a bug and stops the process."""

from town.moment import Duration


class ConfigError(Exception):
    """Refuse to start: the message names the file or setting, what is wrong, and what to do."""


class Unavailable(Exception):  # noqa: N818 - named for what it says to the caller: wait and try again
    """The other side is away for now: keep what you have and try again, after `retry_after` when it named a time."""

    def __init__(self, message: str = "", *, retry_after: Duration | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after
