"""What a town folder with mistakes leaves open: what is written but not sound, and lists that could not be read.

One mistake is told once: who refers to something that is unsure is not told that it does not exist.
"""

from pydantic import BaseModel, ConfigDict


class Unsure(BaseModel):
    """`ids` by what they are of, such as `sensor` or `facility_kind`; `unread` is what nothing is known about.

    A sound folder leaves nothing open.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    ids: dict[str, frozenset[str]] = {}
    unread: frozenset[str] = frozenset()

    def may_be(self, what: str, word: str) -> bool:
        """Whether there may be one of that id once the mistakes are mended."""
        return what in self.unread or word in self.ids.get(what, ())

    def about(self, what: str) -> bool:
        """Whether there may be more of these than are known."""
        return what in self.unread or bool(self.ids.get(what))
