"""How commands speak: tables for people, JSON for programs, findings with file and line."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from town.findings import Finding

FOUND_PROBLEMS = 1
WRONG_USE = 2
_WIDE = 240
"""Characters of a line where no terminal says how many it has."""
_MOST_FINDINGS = 500
"""That are printed for people; nobody reads on."""

screen = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False, soft_wrap=True)


def print_json(content: Any) -> None:
    """Print JSON as it is, without colours or wrapping."""
    print(json.dumps(content, ensure_ascii=False, indent=2))


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a plain table; cells are shown as they are, never read as markup."""
    table = Table(title=title or None, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    if not screen.is_terminal:
        screen.width = _WIDE
    screen.print(table)


def print_findings(findings: Iterable[Finding]) -> None:
    """Print findings one a paragraph, as compilers do, so that editors can jump to them."""
    in_order = sorted(findings)
    for finding in in_order[:_MOST_FINDINGS]:
        place = f"{finding.file}:{finding.line}" if finding.line else finding.file
        line = Text.assemble(
            (place, "bold"), ": ", (finding.level, "red" if finding.level == "error" else "yellow"), ": "
        )
        line.append(f"{finding.where}: {finding.message}" if finding.where else finding.message)
        errors.print(line)
        if finding.suggestion:
            errors.print(Text(f"    {finding.suggestion}", style="cyan"))
    if len(in_order) > _MOST_FINDINGS:
        errors.print(f"… and {len(in_order) - _MOST_FINDINGS:,} more; --json prints them all")


def findings_as_json(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Findings for programs."""
    return [
        {
            "file": each.file,
            "line": each.line,
            "where": each.where,
            "level": each.level,
            "message": each.message,
            "suggestion": each.suggestion,
        }
        for each in sorted(findings)
    ]
