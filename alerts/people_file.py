"""The file people.yaml of a town folder: read whole, and everything that is wrong in it."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from alerts.accounts import Accounts
from alerts.channel_checks import channel_findings
from alerts.contact import Person, Target
from alerts.people import NOBODY, People, Route
from town.alert import Category, Severity
from town.findings import Finding, has_errors, suggest
from town.source import Source, read_yaml
from town.town import Town

FILE = "people.yaml"


class PeopleFile(BaseModel):
    """A `people.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1]
    accounts: Accounts = Accounts()
    people: tuple[Person, ...] = ()
    targets: tuple[Target, ...] = ()
    routes: tuple[Route, ...] = ()


def load_people(folder: Path, town: Town) -> tuple[People | None, list[Finding]]:
    """Read `people.yaml` of a town folder; None and the findings when it has mistakes.

    Without the file nobody is told, which is a warning. `town` is the town the folder describes.
    """
    if not (folder / FILE).exists():
        message = f"{town.name.en} has no {FILE}: nobody will be told of alerts"
        return NOBODY, [Finding(FILE, 0, "", message, "write people, targets and routes", "warning")]
    source, findings = read_yaml(folder / FILE, root=folder)
    if source is None:
        return None, findings
    file, problems = source.parse(PeopleFile)
    findings += problems
    if file is None:
        return None, sorted(findings)
    people = People(
        accounts=file.accounts,
        people={one.id: one for one in file.people},
        targets={one.id: one for one in file.targets},
        routes=file.routes,
    )
    findings += [*_doubled(source, file), *channel_findings(source, file.accounts, file.people, file.targets)]
    findings += [*_unreachable(source, file, people), *_routes(source, file, people)]
    return (None if has_errors(findings) else people), sorted(findings)


def _doubled(source: Source, file: PeopleFile) -> Iterator[Finding]:
    seen: Counter[str] = Counter()
    for key, ids in (("people", [one.id for one in file.people]), ("targets", [one.id for one in file.targets])):
        for number, name in enumerate(ids):
            seen[name] += 1
            if seen[name] > 1:
                yield source.finding((key, number, "id"), f"`{name}` is the id of another person or target already")


def _unreachable(source: Source, file: PeopleFile, people: People) -> Iterator[Finding]:
    for number, person in enumerate(file.people):
        if person.id not in people.recipients:
            message = f"no channel of {person.id} is connected: this person will not be told"
            hint = "give an email address, or an account for one of the channels"
            yield source.finding(("people", number, "channels"), message, hint, "warning")


def _routes(source: Source, file: PeopleFile, people: People) -> Iterator[Finding]:
    known = [*people.people, *people.targets]
    for number, route in enumerate(file.routes):
        if not route.to:
            yield source.finding(("routes", number, "to"), "this route leads to nobody", "name people or targets")
        for place, name in enumerate(route.to):
            if name not in known:
                yield source.finding(("routes", number, "to", place), f"there is no `{name}`", suggest(name, known))
        if route.to and not any(name in people.recipients for name in route.to if name in known):
            yield source.finding(("routes", number, "to"), "nobody of this route can be reached", level="warning")
    for category in Category:
        if not any(route.takes(category, Severity.CRITICAL) for route in file.routes):
            message = f"no route takes critical alerts of category {category}: nobody will be told of them"
            yield source.finding(("routes",), message, level="warning")
