"""Reads a rota as offices keep it in a spreadsheet: a row a shift, or a row a day and a column a shift. Pure."""

import csv
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from alerts.hours import at_time, parse_time
from alerts.people import People
from alerts.rota import Dated
from alerts.rota_table import parse_local, split_names
from town.findings import Finding, suggest
from town.moment import Moment
from town.town import Town

_DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
_HOURS = re.compile(r"(\d{1,2}:\d{2})\s*[-–—~～至到]+\s*(\d{1,2}:\d{2})")
Shifts = dict[str, list[Dated]]


class Sheet(NamedTuple):
    """A spreadsheet that was read: its name, and its rows with the line of each."""

    name: str
    rows: Sequence[tuple[int, list[str]]]


def read_sheet(content: bytes, name: str) -> Sheet:
    """The rows of a CSV as Excel writes it: UTF-8 or GB 18030, with commas, semicolons or tabs. ValueError if none."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise ValueError(f"{name} is neither UTF-8 nor GB 18030: save it as CSV UTF-8")
    head = text.split("\n", 1)[0]
    reader = csv.reader(text.splitlines(), delimiter=max(",;\t", key=head.count))
    try:
        rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader if any(row)]
    except csv.Error as error:
        raise ValueError(f"{name}:{reader.line_num}: this is not CSV: {error}") from None
    if not rows:
        raise ValueError(f"{name} is empty")
    return Sheet(name, rows)


def read_shifts(sheet: Sheet, people: People, town: Town, *, rota: str | None) -> tuple[Shifts, list[Finding]]:
    """The dated shifts of a sheet by rota, and what is wrong; `rota` is the one meant where no column says it."""
    reader = _Reader(sheet.name, people, town, rota)
    head = [cell.casefold() for cell in sheet.rows[0][1]]
    rows = reader.listed(head, sheet.rows[1:]) if {"from", "to", "people"} <= {*head} else reader.by_day(sheet.rows)
    found: Shifts = defaultdict(list)
    for name, dated in rows:
        found[name].append(dated)
    return {name: sorted(shifts) for name, shifts in found.items()}, reader.findings


class _Reader:
    """Reads rows and collects what is wrong."""

    def __init__(self, name: str, people: People, town: Town, rota: str | None) -> None:
        self.findings: list[Finding] = []
        self._file, self._people, self._town, self._rota = name, people, town, rota
        self._ids = {one.name.replace(" ", ""): one.id for one in people.people.values()}

    def listed(self, head: Sequence[str], rows: Sequence[tuple[int, list[str]]]) -> Iterator[tuple[str, Dated]]:
        """Rows of the columns `rota` (unless one is meant), `from`, `to` and `people`."""
        for line, cells in rows:
            row = dict(zip(head, [*cells, *[""] * len(head)], strict=False))
            rota = self._known_rota(line, row.get("rota") or self._rota)
            moments = [self._moment(line, column, row[column]) for column in ("from", "to")]
            names = self._named(line, "people", row["people"])
            start, end = moments
            if start is not None and end is not None and end <= start:
                self._wrong(line, "to", "this shift ends before it begins")
            elif rota and start is not None and end is not None and names:
                yield rota, Dated(start, end, names)

    def by_day(self, rows: Sequence[tuple[int, list[str]]]) -> Iterator[tuple[str, Dated]]:
        """A row a day, and a column for each shift whose heading says from when to when."""
        line, head = rows[0]
        rota = self._known_rota(line, self._rota)
        columns = {number: hours for number, cell in enumerate(head) if (hours := self._hours(line, cell))}
        if not columns:
            hint = "name them such as `day 08:00-20:00`, or write the columns rota,from,to,people"
            self._wrong(line, "", "no column says from when to when its shift is", hint)
        for line, cells in rows[1:]:
            day = self._day(line, cells[0])
            for number, (start, end) in columns.items():
                cell = cells[number] if number < len(cells) else ""
                names = self._named(line, head[number], cell) if day else ()
                if rota and day and names:
                    after = day if end > start else day + timedelta(days=1)
                    yield rota, Dated(at_time(day, start, self._town), at_time(after, end, self._town), names)

    def _wrong(self, line: int, where: str, message: str, suggestion: str = "") -> None:
        self.findings.append(Finding(self._file, line, where, message, suggestion))

    def _known_rota(self, line: int, rota: str | None) -> str | None:
        known = self._people.rotas
        if rota in known:
            return rota
        if rota is None:
            self._wrong(line, "rota", "it does not say which rota this is", "name it with --rota")
        else:
            hint = suggest(rota, known) or f"write `rota: [{{id: {rota}}}]` in people.yaml first"
            self._wrong(line, "rota", f"there is no rota `{rota}`", hint)
        return None

    def _moment(self, line: int, where: str, text: str) -> Moment | None:
        try:
            return parse_local(text, self._town)
        except ValueError as error:
            self._wrong(line, where, str(error))
            return None

    def _hours(self, line: int, head: str) -> tuple[int, int] | None:
        found = _HOURS.search(head)
        try:
            return (parse_time(found[1].zfill(5)), parse_time(found[2].zfill(5))) if found else None
        except ValueError as error:
            self._wrong(line, head, str(error))
            return None

    def _day(self, line: int, text: str) -> date | None:
        found = _DATE.match(text)
        try:
            if found:
                return date(int(found[1]), int(found[2]), int(found[3]))
        except ValueError:
            pass  # the 31st of a shorter month is no day either
        self._wrong(line, "", f"`{text[:30]}` is not a day", "write it as 2026-11-28")
        return None

    def _named(self, line: int, where: str, cell: str) -> tuple[str, ...]:
        """The ids of the people of a cell, who may be named by id or by name."""
        found: list[str] = []
        known = {*self._people.people, *self._people.targets}
        for name in split_names(cell.replace(",", ";").replace("，", ";")):
            one = name if name in known else self._ids.get(name.replace(" ", ""))
            if one is None:
                hint = suggest(name, [*known, *self._ids]) or "write the id or the name of people.yaml"
                self._wrong(line, where, f"there is no `{name[:40]}`", hint)
            else:
                found.append(one)
        return tuple(found)


def merged(before: Mapping[str, Sequence[Dated]], new: Mapping[str, Sequence[Dated]]) -> Shifts:
    """What stands in the table afterwards: in the time that a rota's new shifts span, they take the old ones' place."""
    found = {rota: list(shifts) for rota, shifts in before.items()}
    for rota, shifts in new.items():
        start, end = min(one.start for one in shifts), max(one.end for one in shifts)
        around = [
            part
            for one in found.get(rota, ())
            for part in (one._replace(end=min(one.end, start)), one._replace(start=max(one.start, end)))
            if part.start < part.end
        ]
        found[rota] = sorted([*around, *shifts])
    return found
