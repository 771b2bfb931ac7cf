"""Which rules inhibit which: those named must be there, and none may come round to itself."""

from collections.abc import Iterator, Mapping

from rules.rule import Rule
from town.findings import Finding, suggest
from town.source import Source

Place = tuple[Source, tuple[str | int, ...]]


def inhibition_findings(rules: Mapping[str, Rule], places: Mapping[str, Place], *, whole: bool) -> Iterator[Finding]:
    """What is wrong with `inhibits`; in a part of a town's rules, one that is named may be elsewhere."""
    for name, rule in rules.items():
        source, place = places[name]
        for target in rule.inhibits.rules if rule.inhibits else ():
            if target not in rules and whole:
                yield source.finding((*place, "inhibits"), f"there is no rule `{target}`", suggest(target, rules))
        if circle := _circle(name, rules):
            shown = " → ".join(f"`{one}`" for one in circle)
            yield source.finding((*place, "inhibits"), f"rules inhibit each other: {shown}", "break the circle")


def _circle(start: str, rules: Mapping[str, Rule]) -> list[str] | None:
    """The shortest way from a rule by what it inhibits back to itself."""
    paths, seen = [[start]], {start}
    while paths:
        path = paths.pop(0)
        inhibits = rules[path[-1]].inhibits
        for target in inhibits.rules if inhibits else ():
            if target == start:
                return [*path, target]
            if target in rules and target not in seen:
                seen.add(target)
                paths.append([*path, target])
    return None
