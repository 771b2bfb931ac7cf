"""The file rota.csv of a town folder: dated shifts, one a row, as offices plan them month by month."""

import csv
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from alerts.rota import Dated
from town.findings import Finding, suggest
from town.moment import DAY, Duration, Moment, as_datetime, from_datetime
from town.source import read_text
from town.town import Town

FILE = "rota.csv"
COLUMNS = ("rota", "from", "to", "people")
"""Moments are the town's own, as `2026-11-28 08:00`; several people are joined by `;`."""
MAX_BYTES = 1 << 20
LONGEST: Duration = 31 * DAY
_BETWEEN_NAMES = re.compile(r"[;；、/]+")


def parse_local(text: str, town: Town) -> Moment:
    """The moment of `2026-11-28 08:00` in the town; raises ValueError with what was expected."""
    try:
        at = datetime.strptime(text.strip().replace("T", " ").replace("/", "-"), "%Y-%m-%d %H:%M")  # noqa: DTZ007 - the town's own time
    except ValueError:
        raise ValueError(f"{text[:30]!r} is not a moment: write it as 2026-11-28 08:00") from None
    return from_datetime(at.replace(tzinfo=town.zone_info))


def local_text(at: Moment, town: Town) -> str:
    """A moment as rota.csv writes it."""
    return as_datetime(at, town.zone_info).strftime("%Y-%m-%d %H:%M")


def split_names(text: str) -> tuple[str, ...]:
    """The people of a cell."""
    return tuple(name for part in _BETWEEN_NAMES.split(text) if (name := part.strip()))


def read_rota_table(
    folder: Path, town: Town, *, people: Collection[str]
) -> tuple[dict[str, list[Dated]], list[Finding]]:
    """The dated shifts of every rota, in order, if the folder has any; every row that is wrong is a finding."""
    path = folder / FILE
    if not path.exists():
        return {}, []
    text, findings = read_text(path, name=FILE, max_bytes=MAX_BYTES)
    rows = csv.DictReader((text or "").splitlines(), restval="")
    if text is not None and (missing := [name for name in COLUMNS if name not in (rows.fieldnames or ())]):
        return {}, [Finding(FILE, 1, "", f"there is no column `{missing[0]}`", f"columns are {','.join(COLUMNS)}")]
    found: dict[str, list[Dated]] = defaultdict(list)
    try:
        for row in rows:
            dated, wrong = _dated(row, rows.line_num, town, people)
            findings += wrong
            if dated is not None:
                found[row["rota"].strip()].append(dated)
    except csv.Error as error:
        findings.append(Finding(FILE, rows.line_num, "", f"this is not CSV: {error}"))
    return {rota: sorted(shifts) for rota, shifts in found.items()}, findings


def _dated(
    row: Mapping[str, str], line: int, town: Town, people: Collection[str]
) -> tuple[Dated | None, list[Finding]]:
    findings: list[Finding] = []
    if not row["rota"].strip():
        findings.append(Finding(FILE, line, "rota", "this row names no rota"))
    moments: list[Moment] = []
    for column in ("from", "to"):
        try:
            moments.append(parse_local(row[column], town))
        except ValueError as error:
            findings.append(Finding(FILE, line, column, str(error)))
    names = split_names(row["people"])
    if not names:
        findings.append(Finding(FILE, line, "people", "nobody is named here", "name people of people.yaml"))
    for name in names:
        if name not in people:
            findings.append(Finding(FILE, line, "people", f"there is no `{name}`", suggest(name, people)))
    if len(moments) == 2 and not 0 < moments[1] - moments[0] <= LONGEST:
        findings.append(Finding(FILE, line, "to", "this is not after `from`, or more than 31 days after it"))
    if findings:
        return None, findings
    return Dated(moments[0], moments[1], names), []


def write_rota_table(folder: Path, shifts: Mapping[str, Sequence[Dated]], town: Town) -> None:
    """Write rota.csv whole: the old one stays until the new one is complete."""
    path = folder / FILE
    new = path.with_suffix(".csv.new")
    with new.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([COLUMNS, *_rows(shifts, town)])
    new.replace(path)


def _rows(shifts: Mapping[str, Sequence[Dated]], town: Town) -> Iterable[tuple[str, ...]]:
    for rota in sorted(shifts):
        for one in sorted(shifts[rota]):
            yield rota, local_text(one.start, town), local_text(one.end, town), ";".join(one.people)
