"""The words of an expression: numbers with their units, texts, names and signs, each with its place."""

import re
from typing import Literal, NamedTuple

MAX_LENGTH = 2_000
"""Characters an expression may have."""

KEYWORDS = frozenset({"and", "or", "not", "in", "true", "false"})

Kind = Literal["number", "text", "name", "sign", "end"]


class ExpressionError(Exception):
    """What is wrong with an expression; `column` counts characters from 1."""

    def __init__(self, column: int, message: str, suggestion: str = "") -> None:
        super().__init__(f"column {column}: {message}")
        self.column = column
        self.message = message
        self.suggestion = suggestion


class Token(NamedTuple):
    """One word and the characters `start` to `end` it was written in. A number keeps its unit as it was written."""

    kind: Kind
    text: str
    start: int
    end: int
    unit: str | None = None


_SPACE = re.compile(r"\s+")
_NUMBER = re.compile(r"\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_SPAN = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|min|s|m|h|d|w)){2,}(?!\w)")
_UNIT_PART = r"[%°℃℉a-zA-Zµμ摄度人个][\w%°.²³^]*"
_UNIT = re.compile(rf"\s*({_UNIT_PART}(?:/{_UNIT_PART})?)")
_NAME = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_TEXT = re.compile(r""""[^"\n]*"|'[^'\n]*'""")
_SIGN = re.compile(r"\*\*|//|&&|\|\||==|!=|>=|<=|＞＝|＜＝|＝＝|！＝|=>|=<|<>|[-+*/()\[\],<>!=≥≤≠×÷（），＞＜＋－]")

_SAME = {"&&": "and", "||": "or", "!": "not", "≥": ">=", "≤": "<=", "≠": "!=", "×": "*", "÷": "/"}
_SAME |= {"（": "(", "）": ")", "，": ",", "＞": ">", "＜": "<", "＋": "+", "－": "-"}  # what a Chinese keyboard types
_SAME |= {"＞＝": ">=", "＜＝": "<=", "＝＝": "==", "！＝": "!="}
_FOREIGN = {
    "**": "powers are not part of the language; write `x * x`",
    "//": "write `/`",
    "=": "write `==` to compare",
    "=>": "write `>=`",
    "=<": "write `<=`",
    "<>": "write `!=`",
}
_WORDS = {"且": "and", "并且": "and", "而且": "and", "或": "or", "或者": "or", "非": "not", "不": "not", "is": "=="}
_BETWEEN = "write `20 <= x and x <= 30`"


def tokenize(text: str) -> list[Token]:
    """The words of `text`, an end token last; raises ExpressionError."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError(MAX_LENGTH, f"an expression has at most {MAX_LENGTH:,} characters", "split the rule")
    tokens: list[Token] = []
    at = 0
    while True:
        if space := _SPACE.match(text, at):
            at = space.end()
        if at >= len(text):
            return [*tokens, Token("end", "the end", at, at)]
        tokens.append(_token(text, at))
        at = tokens[-1].end


def hint(word: str) -> str:
    """What to write in the place of a word that other languages have, or nothing."""
    if word.casefold() == "between":
        return _BETWEEN
    known = word.casefold() if word.casefold() in KEYWORDS else _WORDS.get(word.casefold(), word)
    return f"write `{known}`" if known != word else ""


def _token(text: str, at: int) -> Token:
    if text[at].isdigit():
        return _number(text, at)
    if found := _NAME.match(text, at):
        return Token("name", found.group(), at, found.end())
    if found := _TEXT.match(text, at):
        return Token("text", found.group()[1:-1], at, found.end())
    if found := _SIGN.match(text, at):
        sign = found.group()
        if sign in _FOREIGN:
            raise ExpressionError(at + 1, f"`{sign}` is not known here", _FOREIGN[sign])
        return Token("sign" if sign not in ("&&", "||", "!") else "name", _SAME.get(sign, sign), at, found.end())
    if text[at] in "\"'":
        raise ExpressionError(at + 1, "a text has no end", f"close it with {text[at]}")
    raise ExpressionError(at + 1, f"`{text[at]!s}` is not known here")


def _number(text: str, at: int) -> Token:
    if span := _SPAN.match(text, at):
        return Token("number", "", at, span.end(), span.group())
    number = _NUMBER.match(text, at)
    if number is None:
        raise ExpressionError(at + 1, f"`{text[at]}` is not a number", "write digits 0 to 9")
    unit = _UNIT.match(text, number.end())
    if unit is None or unit.group(1).casefold() in KEYWORDS:
        return Token("number", number.group(), at, number.end())
    return Token("number", number.group(), at, unit.end(), unit.group(1))
