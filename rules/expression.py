"""An expression of a rule: read and checked once, bound to every subject, and asked what it saw."""

from dataclasses import dataclass

from rules import binding, meaning, observe, syntax
from rules.memory import Track, View
from rules.names import Names
from rules.terms import Term, is_fixed
from rules.tokens import ExpressionError
from town.alert import Observation
from town.moment import Moment


@dataclass(frozen=True, slots=True)
class Expression:
    """A condition as it was written and what it means."""

    text: str
    term: Term

    def bind(self, view: View) -> binding.Evaluate:
        """The closure that gives true, false or None for one subject at a moment."""
        return binding.bind(self.term, view)

    def tracks(self, view: View) -> list[Track]:
        """The tracks whose new values can change what it says of one subject."""
        return binding.looked_at(self.term, view)

    def observe(self, view: View, at: Moment) -> tuple[Observation, ...]:
        """What it sees of one subject at a moment."""
        return observe.observe(self.term, view, at, text=self.text)


def compile_condition(text: str, names: Names) -> Expression:
    """Read and check a condition over readings; raises ExpressionError."""
    expression = Expression(text, meaning.condition(syntax.parse(text), names))
    if is_fixed(expression.term):
        raise ExpressionError(1, "no reading can change this", "name a quantity, such as `smoke > 0.1`")
    return expression


def compile_choice(text: str, names: Names) -> Expression:
    """Read and check a condition on what never changes, for `where`; raises ExpressionError."""
    expression = Expression(text, meaning.condition(syntax.parse(text), names))
    if not is_fixed(expression.term):
        raise ExpressionError(1, "`where` chooses subjects before any reading", "move this to `when`")
    return expression
