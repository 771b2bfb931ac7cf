"""How an expression is built: a small tree read from its words by operator precedence."""

from dataclasses import dataclass
from typing import Literal

from rules.tokens import KEYWORDS, ExpressionError, Token, hint, tokenize

MAX_DEPTH = 40
MAX_NODES = 400


@dataclass(frozen=True, slots=True)
class Node:
    """Part of an expression, written in the characters `start` to `end`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Number(Node):
    """A number with the unit written behind it; a span such as `1h30m` is a unit without a number."""

    value: float | None
    unit: str | None


@dataclass(frozen=True, slots=True)
class Text(Node):
    """A quoted text."""

    value: str


@dataclass(frozen=True, slots=True)
class Truth(Node):
    """`true` or `false`."""

    value: bool


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A name, perhaps with a dot in it: `smoke`, `facility.kind`."""

    name: str


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A function of its arguments."""

    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Opposite(Node):
    """`not x`."""

    operand: Node


@dataclass(frozen=True, slots=True)
class Negative(Node):
    """`-x`."""

    operand: Node


@dataclass(frozen=True, slots=True)
class Arithmetic(Node):
    """Two numbers and `+`, `-`, `*` or `/`."""

    sign: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Comparison(Node):
    """Two values and how they are compared."""

    sign: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Joined(Node):
    """Two conditions and `and` or `or`."""

    word: Literal["and", "or"]
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Membership(Node):
    """`x in (a, b)`."""

    item: Node
    options: tuple[Node, ...]


_COMPARISONS = frozenset({"==", "!=", ">", ">=", "<", "<="})
_STRENGTH = {"or": 1, "and": 2, "not": 3, "in": 4, "+": 5, "-": 5, "*": 6, "/": 6} | dict.fromkeys(_COMPARISONS, 4)
_COMPARE = 4
_SIGNED = 7


def parse(text: str) -> Node:
    """The tree of an expression; raises ExpressionError with the column of the first mistake."""
    return _Parser(text).whole()


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = tokenize(text)
        self._at = 0
        self._depth = 0
        self._nodes = 0

    def whole(self) -> Node:
        if len(self._tokens) == 1:
            raise ExpressionError(1, "the expression is empty")
        tree = self._expression(0)
        if self._at < len(self._tokens) - 1:
            raise self._unexpected("`and`, `or` or the end")
        return tree

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._tokens[self._at]
        self._at += token.kind != "end"
        return token

    def _is(self, text: str) -> bool:
        return self._next.kind in ("name", "sign") and self._next.text == text

    def _expect(self, sign: str) -> Token:
        if not self._is(sign):
            raise self._unexpected(f"`{sign}`")
        return self._take()

    def _unexpected(self, expected: str) -> ExpressionError:
        token = self._next
        shown = token.text if token == self._tokens[-1] else f"`{token.text or token.unit}`"
        return ExpressionError(token.start + 1, f"expected {expected}, found {shown}", hint(token.text))

    def _count(self) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise ExpressionError(self._next.start + 1, f"more than {MAX_NODES} parts", "split the rule")

    def _expression(self, strength: int) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ExpressionError(self._next.start + 1, f"nested deeper than {MAX_DEPTH}", "split the rule")
        left = self._first()
        while self._next.kind in ("name", "sign") and _STRENGTH.get(self._next.text, 0) > strength:
            if self._next.text == "not":
                break
            left = self._longer(left)
        self._depth -= 1
        return left

    def _longer(self, left: Node) -> Node:
        self._count()
        operator = self._take()
        word = operator.text
        if word in ("and", "or"):
            right = self._expression(_STRENGTH[word])
            return Joined(left.start, right.end, "and" if word == "and" else "or", left, right)
        if word == "in":
            options, end = self._options()
            return Membership(left.start, end, left, options)
        right = self._expression(_STRENGTH[word])
        if word not in _COMPARISONS:
            return Arithmetic(left.start, right.end, word, left, right)
        if self._next.text in _COMPARISONS and self._next.kind == "sign":
            hint = "join two comparisons with `and`: `1 < x and x < 2`"
            raise ExpressionError(self._next.start + 1, "comparisons cannot be chained", hint)
        return Comparison(left.start, right.end, word, left, right)

    def _options(self) -> tuple[tuple[Node, ...], int]:
        close = "]" if self._is("[") else ")"
        self._expect("[" if close == "]" else "(")
        options = self._list(close)
        return options, self._expect(close).end

    def _list(self, close: str) -> tuple[Node, ...]:
        if self._is(close):
            return ()
        found = [self._expression(0)]
        while self._is(","):
            self._take()
            found.append(self._expression(0))
        return tuple(found)

    def _first(self) -> Node:
        self._count()
        token = self._take()
        match token.kind:
            case "number":
                return Number(token.start, token.end, float(token.text) if token.text else None, token.unit)
            case "text":
                return Text(token.start, token.end, token.text)
            case "name":
                return self._named(token)
            case "sign" if token.text == "(":
                inner = self._expression(0)
                self._expect(")")
                return inner
            case "sign" if token.text in "+-":
                operand = self._expression(_SIGNED)
                return Negative(token.start, operand.end, operand) if token.text == "-" else operand
        self._at = self._tokens.index(token)
        raise self._unexpected("a value")

    def _named(self, token: Token) -> Node:
        if token.text == "not":
            operand = self._expression(_STRENGTH["not"])
            return Opposite(token.start, operand.end, operand)
        if token.text in ("true", "false"):
            return Truth(token.start, token.end, token.text == "true")
        if token.text in KEYWORDS:
            self._at -= 1
            raise self._unexpected("a value")
        if not self._is("("):
            return Name(token.start, token.end, token.text)
        self._take()
        arguments = self._list(")")
        return Call(token.start, self._expect(")").end, token.text, arguments)
