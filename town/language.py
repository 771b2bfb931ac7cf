"""The languages a town is shown in, and names written in each of them."""

from collections.abc import Callable
from functools import cache
from typing import Literal

import opencc
from pydantic import BaseModel, ConfigDict

Language = Literal["zh", "zh-Hant", "en"]


class Label(BaseModel):
    """A name for people, in English and Simplified Chinese; Traditional Chinese is derived."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    zh: str
    en: str

    def text(self, language: Language) -> str:
        """The name in that language."""
        return self.en if language == "en" else in_script(self.zh, language)


def in_script(chinese: str, language: Language) -> str:
    """Simplified Chinese as it is, or turned into Traditional (Taiwan's characters) for `zh-Hant`."""
    return _to_traditional()(chinese) if language == "zh-Hant" else chinese


@cache
def _to_traditional() -> Callable[[str], str]:
    convert: Callable[[str], str] = opencc.OpenCC("s2tw").convert
    return cache(convert)
