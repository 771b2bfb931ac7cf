"""What boards say, in the language they are built for."""

from town.builtin import builtin_kinds
from town.language import Label, Language


class Words:
    """Says things in one language: call it with the Chinese and the English."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def __call__(self, zh: str, en: str) -> str:
        return Label(zh=zh, en=en).text(self.language)

    def quantity(self, quantity: str) -> str:
        """The name of a built-in quantity."""
        return builtin_kinds().quantities[quantity].name.text(self.language)

    def field(self, stem: str) -> str:
        """The stored field that holds a text in this language: `title_zh` or `title_en`."""
        return f"{stem}_en" if self.language == "en" else f"{stem}_zh"
