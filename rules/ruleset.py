"""All rules of a town, checked together."""

import hashlib
from dataclasses import dataclass
from functools import cached_property

from rules.rule import Rule
from town.alert import AlertDefinition, Category, Severity
from town.language import Label

RULE_ERROR = "rule_error"
"""The alert that says a rule cannot be judged; its subject is the town."""


@dataclass(frozen=True)
class RuleSet:
    """Rules by id."""

    rules: dict[str, Rule]

    @cached_property
    def definitions(self) -> dict[str, AlertDefinition]:
        """What the rules say of the alerts they raise, and the alert about rules that fail, by rule."""
        return {RULE_ERROR: _rule_error(), **{rule.id: rule.definition for rule in self.rules.values()}}

    @cached_property
    def version(self) -> str:
        """A hash of everything they say."""
        return version_of("\n".join(f"{rule}={self.rules[rule].version}" for rule in sorted(self.rules)))


def version_of(text: str) -> str:
    """A short hash by which two versions are told apart."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _rule_error() -> AlertDefinition:
    return AlertDefinition(
        rule=RULE_ERROR,
        title=Label(zh="规则无法判断", en="A rule cannot be judged"),
        category=Category.DEVICE,
        severity=Severity.MAJOR,
        version=version_of(RULE_ERROR),
    )
