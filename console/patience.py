"""How long somebody who guesses passwords has to wait."""

from collections import OrderedDict

from town.moment import MINUTE, SECOND, Duration, Moment

_FREE_FOR_A_NAME = 5
_FREE_FOR_A_SOURCE = 20
_LONGEST: Duration = 15 * MINUTE
_REMEMBERED = 2_000


class Patience:
    """Failed guesses by name and address, and by address alone: a stranger cannot lock a person out from elsewhere."""

    def __init__(self) -> None:
        self._failures: OrderedDict[tuple[str, str], tuple[int, Moment]] = OrderedDict()

    def wait(self, name: str, source: str, *, now: Moment) -> Duration:
        """How long until the next guess is heard; 0 is now."""
        return max(
            self._left((name, source), _FREE_FOR_A_NAME, now),
            self._left(("", source), _FREE_FOR_A_SOURCE, now),
        )

    def failed(self, name: str, source: str, *, now: Moment) -> None:
        """A guess was wrong."""
        for key in ((name, source), ("", source)):
            count, _ = self._failures.pop(key, (0, 0))
            self._failures[key] = (count + 1, now)
        while len(self._failures) > _REMEMBERED:
            self._failures.popitem(last=False)

    def succeeded(self, name: str, source: str) -> None:
        """The person is who they say."""
        self._failures.pop((name, source), None)

    def _left(self, key: tuple[str, str], free: int, now: Moment) -> Duration:
        count, last = self._failures.get(key, (0, 0))
        if count < free:
            return 0
        pause = min(_LONGEST, (1 << min(count - free, 20)) * SECOND)
        return max(0, last + pause - now)
