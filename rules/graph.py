"""What each rule touches: whom it judges, what it looks at, and which other rules it inhibits."""

from dataclasses import dataclass

from rules.rule import Rule
from rules.ruleset import RuleSet
from rules.subject import judged_by
from rules.terms import quantities_in
from town.town import Town


@dataclass(frozen=True, slots=True)
class Touch:
    """One rule and what it touches."""

    rule: str
    category: str
    severity: str
    subjects: int
    subject_kind: str
    quantities: tuple[str, ...]
    inhibits: tuple[str, ...]
    inhibited_by: tuple[str, ...]
    shadow: bool


def touches(rules: RuleSet, town: Town) -> list[Touch]:
    """Every rule with what it touches in this town, by id."""
    found = [rules.rules[one] for one in sorted(rules.rules)]
    over: dict[str, tuple[str, ...]] = {
        one.id: tuple(other.id for other in found if other.inhibits and one.id in other.inhibits.rules) for one in found
    }
    return [_touch(one, town, over[one.id]) for one in found]


def _touch(rule: Rule, town: Town, inhibited_by: tuple[str, ...]) -> Touch:
    judged = judged_by(rule, town)
    looked_at = [name for one in rule.conditions for name in quantities_in(one.term)]
    silent = rule.absent.quantities if rule.absent else ()
    return Touch(
        rule=rule.id,
        category=rule.definition.category.value,
        severity=rule.definition.severity.value,
        subjects=len(judged),
        subject_kind=judged[0].subject.kind if judged else "",
        quantities=tuple(sorted({*looked_at, *silent})),
        inhibits=rule.inhibits.rules if rule.inhibits else (),
        inhibited_by=inhibited_by,
        shadow=rule.shadow,
    )


def as_dot(found: list[Touch]) -> str:
    """The same for Graphviz: quantities to rules, and rules to those they inhibit."""
    lines = ["digraph rules {", "  rankdir=LR;"]
    for one in found:
        lines.append(f'  "{one.rule}" [shape=box];')
        lines += [f'  "{quantity}" -> "{one.rule}";' for quantity in one.quantities]
        lines += [f'  "{one.rule}" -> "{other}" [style=dashed, label=inhibits];' for other in one.inhibits]
    return "\n".join([*lines, "}"]) + "\n"
