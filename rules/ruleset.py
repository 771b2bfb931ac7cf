"""All rules of a town, checked together."""

import hashlib
from dataclasses import dataclass
from functools import cached_property

from rules.rule import Rule
from town.alert import AlertDefinition, Category, Severity
from town.language import Label
from town.moment import MINUTE, Duration

RULE_ERROR = "rule_error"
"""The alert that says a rule cannot be judged; its subject is the town."""


RULE_LIMIT = "rule_limit"
"""The alert that says that alerts of a rule are not told, because there are too many; its subject is the town."""
RESERVED = (RULE_ERROR, RULE_LIMIT)


LATE: Duration = 2 * MINUTE
"""What was measured so long before its receipt may be over already, by readings that follow at once."""


@dataclass(frozen=True)
class RuleSet:
    """Rules by id."""

    rules: dict[str, Rule]
    backlog_after: Duration = LATE
    """How long before its receipt something was measured that is backlog."""

    @cached_property
    def definitions(self) -> dict[str, AlertDefinition]:
        """What the rules say of the alerts they raise, and the alert about rules that fail, by rule."""
        own = {RULE_ERROR: _own(RULE_ERROR, *_ERROR), RULE_LIMIT: _own(RULE_LIMIT, *_LIMIT)}
        return {**own, **{rule.id: rule.definition for rule in self.rules.values()}}

    @cached_property
    def version(self) -> str:
        """A hash of everything they say."""
        return version_of("\n".join(f"{rule}={self.rules[rule].version}" for rule in sorted(self.rules)))


def version_of(text: str) -> str:
    """A short hash by which two versions are told apart."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


_ERROR = ("规则无法判断", "A rule cannot be judged")
_LIMIT = ("同一规则警报过多", "Too many alerts of one rule")


def _own(rule: str, zh: str, en: str) -> AlertDefinition:
    return AlertDefinition(
        rule=rule,
        title=Label(zh=zh, en=en),
        category=Category.DEVICE,
        severity=Severity.MAJOR,
        version=version_of(rule),
    )
