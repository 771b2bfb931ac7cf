"""The rules in force, as the console shows them and hands them on."""

from collections.abc import Mapping

from rules.rule import Rule
from rules.ruleset import RuleSet
from town.moment import format_duration
from town.rule_shown import RuleShown


def rules_shown(rules: RuleSet, errors: Mapping[str, str] | None = None) -> list[RuleShown]:
    """Every rule in the order of the files; `errors` are those of the engine, by rule."""
    known = errors or {}
    return [
        RuleShown(
            definition=rule.definition,
            condition=_condition(rule),
            hold_for=rule.hold_for,
            keep_active_for=rule.keep_active_for,
            shadow=rule.shadow,
            error=known.get(rule.id, ""),
        )
        for rule in rules.rules.values()
    ]


def _condition(rule: Rule) -> str:
    if rule.levels:
        return "; ".join(f"{level.severity.value}: {level.when.text}" for level in rule.levels)
    if rule.sequence:
        steps = ", then ".join(step.text for step in rule.sequence)
        return f"{steps} within {format_duration(rule.within)}" if rule.within else steps
    if rule.when is None:
        return "no reading in time"
    if rule.count is None:
        return rule.when.text
    return f"{rule.when.text}, {rule.count.at_least} times within {format_duration(rule.count.within)}"
