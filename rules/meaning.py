"""From a tree to a meaning: names, types, units and ranges are checked, and a mistake says where and what to do."""

from rules import functions
from rules.literals import check_possible, check_zero, has_unit, is_number, literal, width_of
from rules.names import Names
from rules.syntax import (
    Arithmetic,
    Call,
    Comparison,
    Joined,
    Membership,
    Name,
    Negative,
    Node,
    Number,
    Opposite,
    Text,
    Truth,
)
from rules.terms import (
    Both,
    Calculated,
    Compared,
    Constant,
    Derived,
    Either,
    Gathered,
    Inverse,
    Measured,
    Minus,
    OneOf,
    Property,
    Term,
    Type,
    is_fixed,
    quantities_in,
)
from rules.tokens import ExpressionError
from town.findings import suggest
from town.quantity import Quantity, Value

_TYPES: dict[str, Type] = {"float": "number", "bool": "truth", "text": "text"}
_SHOWN: dict[Type, str] = {"number": "a number", "truth": "true or false", "text": "a text", "duration": "a duration"}
_TURNED = {">": "<", ">=": "<=", "<": ">", "<=": ">=", "==": "==", "!=": "!="}


def condition(node: Node, names: Names) -> Term:
    """The meaning of a condition: true, false or unknown; raises ExpressionError."""
    match node:
        case Joined(start, end):
            left, right = condition(node.left, names), condition(node.right, names)
            joined = Both if node.word == "and" else Either
            return joined(start, end, "truth", left=left, right=right)
        case Opposite(start, end):
            return Inverse(start, end, "truth", operand=condition(node.operand, names))
        case _ if not names.of_one_sensor and _names_a_kind(node, names):
            return _gathered(node, Call(node.start, node.end, "any_of", (node,)), names)
    term = value(node, names)
    return _must_be(term, "truth", "write what it is compared with, such as `> 5`" if term.type == "number" else "")


def value(node: Node, names: Names) -> Term:  # noqa: PLR0911 - one way for each kind of part
    """The meaning of any part; raises ExpressionError."""
    match node:
        case Number():
            return literal(node, None)
        case Text(start, end, text):
            return Constant(start, end, "text", value=text)
        case Truth(start, end, truth):
            return Constant(start, end, "truth", value=truth)
        case Name():
            return _name(node, names)
        case Call():
            return _call(node, names)
        case Negative(start, end, operand):
            inner = _must_be(value(operand, names), "number")
            return Minus(start, end, "number", inner.unit, inner.difference, operand=inner)
        case Arithmetic():
            return _arithmetic(node, names)
        case Comparison():
            return _comparison(node, names)
        case Membership():
            return _membership(node, names)
    return condition(node, names)


def _name(node: Name, names: Names) -> Term:
    if prop := names.property_named(node.name):
        return Property(node.start, node.end, "text", name=prop)
    if not names.of_one_sensor:
        names.quantity(node.name, node.start + 1)
        hint = f"`any_of({node.name} …)`, `mean_of({node.name})`, or a kind and a dot before it"
        raise ExpressionError(node.start + 1, f"`{node.name}` of which sensor?", f"write {hint}")
    quantity = names.quantity(node.name, node.start + 1)
    return Measured(node.start, node.end, _TYPES[quantity.type], quantity.unit, quantity=quantity.id)


def _call(node: Call, names: Names) -> Term:
    column = node.start + 1
    if node.name in functions.GATHERING:
        return _gathered(node, node, names)
    function = functions.OF_QUANTITY.get(node.name)
    if function is None:
        known = [*functions.OF_QUANTITY, *functions.GATHERING]
        hint = functions.hint(node.name) or suggest(node.name, known) or f"there are {', '.join(known)}"
        raise ExpressionError(column, f"there is no function `{node.name}`", hint)
    wanted = 2 if function.windowed else 1
    if len(node.arguments) != wanted:
        example = f"{node.name}(x, 10m)" if function.windowed else f"{node.name}(x)"
        raise ExpressionError(column, f"`{node.name}` takes {wanted} argument(s)", f"write `{example}`")
    quantity = _quantity_argument(node, names)
    if quantity.type not in function.takes:
        raise ExpressionError(column, f"`{node.name}` cannot be made of `{quantity.id}`, which is {quantity.type}")
    width = width_of(node.arguments[1]) if function.windowed else 0
    type_, unit = function.result or _TYPES[quantity.type], quantity.unit if function.keeps_unit else None
    difference = node.name in ("rate", "delta", "stddev")
    return Derived(node.start, node.end, type_, unit, difference, function=node.name, quantity=quantity.id, width=width)


def _quantity_argument(node: Call, names: Names) -> Quantity:
    first = node.arguments[0]
    if not isinstance(first, Name):
        raise ExpressionError(first.start + 1, f"`{node.name}` takes the name of a quantity")
    if not names.of_one_sensor:
        raise ExpressionError(first.start + 1, f"`{first.name}` of which sensor?", f"write `any_of({node.name}(…) …)`")
    return names.quantity(first.name, first.start + 1)


def _arithmetic(node: Arithmetic, names: Names) -> Term:
    times = node.sign in "*/"
    left, right = _factors(node, names) if times else _pair(node.left, node.right, names, difference=True)
    for side in (left, right):
        _must_be(side, "number")
    if node.sign == "-":
        check_zero(node.left, right)
        check_zero(node.right, left)
    if times:
        unit, difference = _of_factors(node.sign, left, right)
    else:
        _same_unit(left, right)
        unit = left.unit or right.unit
        difference = (node.sign == "-" and left.unit == right.unit) or (left.difference and right.difference)
    return Calculated(node.start, node.end, "number", unit, difference, sign=node.sign, left=left, right=right)


def _factors(node: Arithmetic, names: Names) -> tuple[Term, Term]:
    """Two sides of `*` or `/`: a number without a unit is only a number."""
    if any(is_number(side) and not has_unit(side) for side in (node.left, node.right)):
        return value(node.left, names), value(node.right, names)
    return _pair(node.left, node.right, names)


def _of_factors(sign: str, left: Term, right: Term) -> tuple[str | None, bool]:
    """The unit of a product or a quotient, and whether it tells how far apart two values are; None: not one we know."""
    if right.unit is None:
        return left.unit, left.difference
    if left.unit is None and sign == "*":
        return right.unit, right.difference
    return None, False


def _pair(one: Node, other: Node, names: Names, *, difference: bool = False) -> tuple[Term, Term]:
    """Two sides of a sign: a number that stands there takes the unit of the other side."""
    if is_number(one) and not is_number(other):
        right = value(other, names)
        return literal(one, right, difference=difference), right
    left = value(one, names)
    if is_number(other):
        return left, literal(other, left, difference=difference)
    return left, value(other, names)


def _comparison(node: Comparison, names: Names) -> Term:
    left, right = _pair(node.left, node.right, names)
    if left.type != right.type:
        message = f"{_SHOWN[left.type]} cannot be compared with {_SHOWN[right.type]}"
        raise ExpressionError(node.start + 1, message)
    if left.type in ("text", "truth") and node.sign not in ("==", "!="):
        raise ExpressionError(node.start + 1, f"`{node.sign}` needs numbers", "use `==` or `!=`")
    if left.type == "number":
        _same_unit(left, right)
    if isinstance(left, Property) and isinstance(right, Constant):
        _known_value(left, right.value, right.start, names)
    if isinstance(right, Constant):
        check_possible(left, node.sign, right, names)
    elif isinstance(left, Constant):
        check_possible(right, _TURNED[node.sign], left, names)
    return Compared(node.start, node.end, "truth", sign=node.sign, left=left, right=right)


def _same_unit(left: Term, right: Term) -> None:
    if left.unit and right.unit and left.unit != right.unit:
        hint = f"to take the number alone, divide by `1 {right.unit}`"
        raise ExpressionError(right.start + 1, f"{left.unit} and {right.unit} do not go together", hint)


def _known_value(item: Property, wanted: Value, start: int, names: Names) -> None:
    known = list(names.values_of(item.name))
    if wanted not in known:
        raise ExpressionError(start + 1, f"there is no {item.name} `{wanted}`", suggest(str(wanted), known))


def _membership(node: Membership, names: Names) -> Term:
    item = value(node.item, names)
    if not node.options:
        raise ExpressionError(node.start + 1, "nothing stands between the brackets")
    options: list[Value] = []
    for option in node.options:
        term = literal(option, item) if is_number(option) else value(option, names)
        if not isinstance(term, Constant) or term.type != item.type:
            raise ExpressionError(option.start + 1, f"expected {_SHOWN[item.type]} that stands in the rule")
        if isinstance(item, Property):
            _known_value(item, term.value, term.start, names)
        options.append(term.value)
    return OneOf(node.start, node.end, "truth", item=item, options=frozenset(options))


def _gathered(node: Node, call: Call, names: Names) -> Term:
    column = node.start + 1
    if names.subject == "sensor" and not names.among:
        hint = "use it in a rule for each facility or zone, or for the town"
        raise ExpressionError(column, f"`{call.name}` looks at several sensors", hint)
    if names.among:
        raise ExpressionError(column, f"`{call.name}` cannot stand inside another of its like")
    if len(call.arguments) != 1:
        raise ExpressionError(column, f"`{call.name}` takes one argument")
    inside = names.inside()
    takes_number = call.name == "mean_of"
    body = value(call.arguments[0], inside) if takes_number else condition(call.arguments[0], inside)
    _must_be(body, "number" if takes_number else "truth")
    where, asked = _split(body)
    if asked is None or not quantities_in(asked):
        raise ExpressionError(column, f"`{call.name}` looks at no quantity", "name one, such as `smoke > 0.1`")
    kinds = frozenset(inside.chosen) or None
    if kinds and len(kinds) > 1:
        raise ExpressionError(column, f"one kind of sensor at a time, not {' and '.join(sorted(kinds))}")
    type_: Type = "number" if call.name in ("count_of", "mean_of") else "truth"
    unit = body.unit if takes_number else None
    return Gathered(node.start, node.end, type_, unit, function=call.name, body=asked, kinds=kinds, where=where)


def _split(term: Term) -> tuple[Term | None, Term | None]:
    """What says which sensors are meant, and what is asked of them."""
    if is_fixed(term):
        return term, None
    if not isinstance(term, Both):
        return None, term
    (left_where, left), (right_where, right) = _split(term.left), _split(term.right)
    return _rejoin(left_where, right_where), _rejoin(left, right)


def _rejoin(left: Term | None, right: Term | None) -> Term | None:
    if left is None or right is None:
        return left or right
    return Both(left.start, right.end, "truth", left=left, right=right)


def _names_a_kind(node: Node, names: Names) -> bool:
    """Whether `kind.quantity` stands in it, outside any function over many sensors."""
    match node:
        case Name():
            return names.dotted(node.name) is not None
        case Call():
            return node.name not in functions.GATHERING and any(_names_a_kind(one, names) for one in node.arguments)
        case Negative() | Opposite():
            return _names_a_kind(node.operand, names)
        case Arithmetic() | Comparison():
            return _names_a_kind(node.left, names) or _names_a_kind(node.right, names)
        case Membership():
            return _names_a_kind(node.item, names)
    return False


def _must_be(term: Term, wanted: Type, hint: str = "") -> Term:
    if term.type != wanted:
        raise ExpressionError(term.start + 1, f"expected {_SHOWN[wanted]}, this is {_SHOWN[term.type]}", hint)
    return term
