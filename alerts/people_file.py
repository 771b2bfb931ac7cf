"""The file people.yaml of a town folder, with rota.csv beside it: read whole, and everything that is wrong in it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from alerts.accounts import Accounts
from alerts.channel_checks import channel_findings
from alerts.contact import Person, Target
from alerts.deadlines import Deadlines
from alerts.people import NOBODY, People
from alerts.people_checks import people_findings
from alerts.plan import Escalation, Route
from alerts.rota import Dated, Rota, Shift
from alerts.rota_table import FILE as ROTA_FILE
from alerts.rota_table import parse_local, read_rota_table
from town.duty import Swap
from town.findings import Finding, has_errors, suggest
from town.language import Label
from town.moment import Moment
from town.source import Source, read_yaml
from town.town import Town

FILE = "people.yaml"
Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]


class RotaEntry(BaseModel):
    """A rota as people.yaml has it; without shifts it stands in rota.csv alone."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Id
    name: Label | None = None
    shifts: tuple[Shift, ...] = ()


class SwapEntry(BaseModel):
    """Who stands in for whom, from and to a moment of the town, such as `2026-11-28 08:00`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    out: str
    stands_in: str = Field(alias="in")
    start: str = Field(alias="from")
    end: str = Field(alias="to")
    rota: str | None = None


class PeopleFile(BaseModel):
    """A `people.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1]
    accounts: Accounts = Accounts()
    people: tuple[Person, ...] = ()
    targets: tuple[Target, ...] = ()
    rota: tuple[RotaEntry, ...] = ()
    swaps: tuple[SwapEntry, ...] = ()
    routes: tuple[Route, ...] = ()
    escalation: tuple[Escalation, ...] = ()
    deadlines: Deadlines = Deadlines()


def load_people(folder: Path, town: Town, *, now: Moment | None = None) -> tuple[People | None, list[Finding]]:
    """Read `people.yaml` of a town folder; None and the findings when it has mistakes.

    Without the file nobody is told, which is a warning. `town` is the town the folder describes. From `now` on it is
    looked whether a rota has gaps; without it, it is not.
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
    names = {*(one.id for one in file.people), *(one.id for one in file.targets)}
    dated, in_table = read_rota_table(folder, town, people=names)
    swaps, wrong = _swaps(source, file, town)
    people = _people(file, dated, swaps)
    findings += [*in_table, *wrong, *_undeclared(dated, file)]
    findings += channel_findings(source, file.accounts, file.people, file.targets)
    findings += people_findings(source, people, town, now=now)
    return (None if has_errors(findings) else people), sorted(findings)


def _people(file: PeopleFile, dated: dict[str, list[Dated]], swaps: list[Swap]) -> People:
    return People(
        accounts=file.accounts,
        people={one.id: one for one in file.people},
        targets={one.id: one for one in file.targets},
        rotas={
            one.id: Rota(id=one.id, name=one.name, shifts=one.shifts, dated=tuple(dated.get(one.id, ())))
            for one in file.rota
        },
        swaps=tuple(swaps),
        routes=file.routes,
        escalations=file.escalation,
        deadlines=file.deadlines,
    )


def _swaps(source: Source, file: PeopleFile, town: Town) -> tuple[list[Swap], list[Finding]]:
    """The swaps whose moments can be read, and what is wrong with them all."""
    swaps: list[Swap] = []
    findings: list[Finding] = []
    people = [*(one.id for one in file.people), *(one.id for one in file.targets)]
    known = {"out": people, "in": people, "rota": [one.id for one in file.rota]}
    for number, entry in enumerate(file.swaps):
        place = ("swaps", number)
        for key, name in (("out", entry.out), ("in", entry.stands_in), ("rota", entry.rota)):
            if name is not None and name not in known[key]:
                findings.append(source.finding((*place, key), f"there is no `{name}`", suggest(name, known[key])))
        moments: list[Moment] = []
        for key, text in (("from", entry.start), ("to", entry.end)):
            try:
                moments.append(parse_local(text, town))
            except ValueError as error:
                findings.append(source.finding((*place, key), str(error)))
        if len(moments) == 2 and moments[0] < moments[1]:
            swaps.append(_swap(entry, *moments))
        elif len(moments) == 2:
            findings.append(source.finding((*place, "to"), "this swap ends before it begins"))
    return swaps, findings


def _swap(entry: SwapEntry, start: Moment, end: Moment) -> Swap:
    return Swap(out=entry.out, stands_in=entry.stands_in, start=start, end=end, rota=entry.rota)


def _undeclared(dated: dict[str, list[Dated]], file: PeopleFile) -> Iterator[Finding]:
    known = [one.id for one in file.rota]
    for rota in sorted(dated.keys() - set(known)):
        hint = suggest(rota, known) or f"write `rota: [{{id: {rota}}}]` in {FILE}"
        yield Finding(ROTA_FILE, 0, "rota", f"there is no rota `{rota}` in {FILE}", hint)
