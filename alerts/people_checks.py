"""What is wrong with who is told: names that nobody has, routes that reach nobody, rotas with gaps."""

from collections import Counter
from collections.abc import Iterator, Sequence

from alerts.people import People
from alerts.plan import About, Case, EscalationStep
from alerts.rota import LOOKED_AHEAD, Watch, gaps
from alerts.rota_table import local_text
from town.alert import Category, Severity
from town.findings import Finding, suggest
from town.moment import Moment
from town.source import Source
from town.town import Town

Place = tuple[str | int, ...]


def people_findings(source: Source, people: People, town: Town, *, now: Moment | None) -> Iterator[Finding]:
    """Everything that is wrong beyond the channels; gaps of rotas are looked for from `now` on."""
    yield from _doubled(source)
    yield from _unreachable(source, people)
    yield from _rotas(source, people, town, now)
    yield from _routes(source, people, town)
    yield from _escalations(source, people, town)


def _written(source: Source, key: str) -> Sequence[dict[str, str]]:
    """The entries of a list as they stand in the file, also those whose id is there twice."""
    found: Sequence[dict[str, str]] = source.at((key,)) or ()
    return found


def _doubled(source: Source) -> Iterator[Finding]:
    seen: Counter[str] = Counter()
    for key in ("people", "targets", "rota"):
        for number, entry in enumerate(_written(source, key)):
            seen[entry["id"]] += 1
            if seen[entry["id"]] > 1:
                message = f"`{entry['id']}` is the id of another person, target or rota already"
                yield source.finding((key, number, "id"), message)


def _unreachable(source: Source, people: People) -> Iterator[Finding]:
    for key, known in (("people", people.people), ("targets", people.targets)):
        for number, entry in enumerate(_written(source, key)):
            one = known[entry["id"]]
            if key == "people" and not people.channels_of(one.id):
                message = f"no channel of {one.id} is connected: this person will not be told"
                hint = "give an email address, or an account for one of the channels"
                yield source.finding((key, number, "channels"), message, hint, "warning")
            if one.quiet is not None and one.quiet.start == one.quiet.end:
                message = "these quiet hours never end: only fire and what is critical will be told"
                yield source.finding((key, number, "quiet"), message, level="warning")


def _rotas(source: Source, people: People, town: Town, now: Moment | None) -> Iterator[Finding]:
    for number, entry in enumerate(_written(source, "rota")):
        rota, place = people.rotas[entry["id"]], ("rota", number)
        for shift, each in enumerate(rota.shifts):
            yield from _names(source, (*place, "shifts", shift, "people"), each.people, people, rotas=False)
        if not rota.shifts and not rota.dated:
            hint = "write `shifts`, or rows in rota.csv"
            yield source.finding(place, f"nobody is ever on duty in {rota.id}", hint)
        elif now is not None and (found := gaps(rota, now, now + LOOKED_AHEAD, town, people.swaps)):
            hint = "cover these hours with a shift, or with rows in rota.csv"
            yield source.finding(place, _gaps_text(found, rota.id, town), hint, "warning")


def _gaps_text(found: Sequence[Watch], rota: str, town: Town) -> str:
    start, end = (local_text(at, town) for at in (found[0].start, found[0].end))
    more = f", and {len(found) - 1} times more in the next two months" if len(found) > 1 else ""
    return f"nobody is on duty in {rota} from {start} to {end}{more}"


def _names(
    source: Source, place: Place, names: Sequence[str], people: People, *, rotas: bool = True
) -> Iterator[Finding]:
    known = [*people.people, *people.targets, *(people.rotas if rotas else ())]
    for number, name in enumerate(names):
        # One name may be written without a list around it.
        where = (*place, number) if isinstance(source.at(place), list) else place
        if name not in known:
            yield source.finding(where, f"there is no `{name}`", suggest(name, known))


def _about(source: Source, place: Place, about: About, town: Town) -> Iterator[Finding]:
    """Zones and kinds of facilities that the town does not have."""
    for key, what, known in (("zone", "zone", town.zones), ("facility_kind", "facility kind", town.facility_kinds)):
        for number, name in enumerate(getattr(about, key)):
            where = (*place, key, number) if isinstance(source.at((*place, key)), list) else (*place, key)
            if name not in known and not town.unsure.may_be(key, name):
                yield source.finding(where, f"there is no {what} `{name}`", suggest(name, known))


def _routes(source: Source, people: People, town: Town) -> Iterator[Finding]:
    for number, route in enumerate(people.routes):
        place = ("routes", number)
        if not route.to:
            yield source.finding((*place, "to"), "this route leads to nobody", "name people, targets or rotas")
        yield from _about(source, place, route, town)
        yield from _names(source, (*place, "to"), route.to, people)
        if _known(route.to, people) and not _reached(route.to, people):
            yield source.finding((*place, "to"), "nobody of this route can be reached", level="warning")
        if route.group_by and not route.wait:
            message = "alerts that open together are waited for no longer than `wait`, and there is none"
            yield source.finding((*place, "group_by"), message, "add `wait: 30s`")
    for category in Category:
        case = Case(category=category, severity=Severity.CRITICAL)
        if all(route.misses(case) for route in people.routes):
            message = f"no route takes critical alerts of category {category}: nobody will be told of them"
            yield source.finding(("routes",), message, level="warning")


def _escalations(source: Source, people: People, town: Town) -> Iterator[Finding]:
    for number, escalation in enumerate(people.escalations):
        place: Place = ("escalation", number)
        yield from _about(source, (*place, "for"), escalation.about, town)
        after = -1
        for at, step in enumerate(escalation.steps):
            where = (*place, "steps", at)
            if step.after < after:
                hint = "`after` counts from the moment the alert was raised"
                yield source.finding((*where, "after"), "this step comes before the one above it", hint)
            after = max(after, step.after)
            yield from _step(source, where, step, people)


def _step(source: Source, place: Place, step: EscalationStep, people: People) -> Iterator[Finding]:
    if not step.to:
        yield source.finding((*place, "to"), "this step leads to nobody", "name people, targets or rotas")
    yield from _names(source, (*place, "to"), step.to, people)
    if _known(step.to, people) and not _reached(step.to, people):
        yield source.finding((*place, "to"), "nobody of this step can be reached", level="warning")
    members = _members(step.to, people)
    for number, channel in enumerate(step.channels):
        if members and not any(people.recipient(name, channel) for name in members):
            where = (*place, "channels", number)
            yield source.finding(where, f"nobody of this step can be reached by {channel}", level="warning")


def _members(names: Sequence[str], people: People) -> list[str]:
    """Everybody behind these names, whoever is on duty."""
    found: list[str] = []
    for name in names:
        rota = people.rotas.get(name)
        found += rota.members if rota else [name]
    return found


def _reached(names: Sequence[str], people: People) -> bool:
    return any(people.channels_of(name) for name in _members(names, people))


def _known(names: Sequence[str], people: People) -> bool:
    return any(name in people.people or name in people.targets or name in people.rotas for name in names)
