"""One YAML file of a town folder: its plain data, the line of everything in it, and checks that name that line."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from town.findings import Finding, Level, suggest, written_path
from town.plain import PlainReader
from town.problems import describe

M = TypeVar("M", bound=BaseModel)

FILES = (
    "town.yaml", "facilities.yaml", "gateways.yaml", "sensors.csv", "kinds.yaml", "people.yaml", "rota.csv",
    "map.geojson", "holidays.csv"
)  # fmt: skip
"""What stands in a town folder, besides the folders `rules` and `scenarios`."""

Location = Sequence[str | int]


class Source:
    """A file that was read: `name` as findings show it, `data` as plain dicts, lists, texts, numbers, booleans."""

    def __init__(self, path: Path, *, name: str, data: Any, lines: dict[tuple[str | int, ...], int]) -> None:
        self.path = path
        self.name = name
        self.data = data
        self._lines = lines

    def line(self, location: Location) -> int:
        """The line, from 1, of a place in the data; of what holds it when it is not there."""
        path = tuple(location)
        while path not in self._lines and path:
            path = path[:-1]
        return self._lines.get(path, 0)

    def at(self, location: Location) -> Any:
        """The data at a place, or None when there is no such place."""
        found = self.data
        for part in location:
            try:
                found = found[part]
            except (KeyError, IndexError, TypeError):
                return None
        return found

    def finding(self, location: Location, message: str, suggestion: str = "", level: Level = "error") -> Finding:
        """A finding about a place in this file."""
        return Finding(self.name, self.line(location), written_path(location), message, suggestion, level)

    def parse(self, model: type[M], location: Location = ()) -> tuple[M | None, list[Finding]]:
        """The data at a place as `model`, or None and everything that is wrong with it, each with its line."""
        data = self.at(location)
        try:
            return model.model_validate(data), []
        except ValidationError as error:
            problems = [describe(one, model=model, data=data) for one in error.errors(include_url=False)]
        return None, [
            self.finding((*location, *problem.location), problem.message, problem.suggestion)
            for problem in problems
            if problem.message
        ]


def read_yaml(path: Path, *, root: Path | None = None, max_bytes: int = 1 << 20) -> tuple[Source | None, list[Finding]]:
    """Read one YAML 1.2 file; `root` is the town folder that names in findings are relative to.

    Never raises for what is in the file: a missing or too big file and wrong syntax give None and the reason. Doubled
    keys and written secrets are findings beside a source.
    """
    name = shown_name(path, root)
    text, findings = read_text(path, name=name, max_bytes=max_bytes)
    if text is None:
        return None, findings
    try:
        node = YAML(typ="safe", pure=True).compose(text)
        reader = PlainReader(name)
        data = reader.read(node)
    except (YAMLError, ValueError, RecursionError) as error:
        return None, [_syntax_finding(name, text, error)]
    return Source(path, name=name, data=data, lines=reader.lines), reader.findings


def shown_name(path: Path, root: Path | None) -> str:
    """The name of a file as findings show it: relative to `root`, with slashes."""
    return path.relative_to(root).as_posix() if root and path.is_relative_to(root) else path.as_posix()


def read_text(path: Path, *, name: str, max_bytes: int) -> tuple[str | None, list[Finding]]:
    """The text of a UTF-8 file (with or without BOM), or None and why it could not be read."""
    try:
        if path.exists() and not path.is_file():
            return None, [Finding(name, 0, "", "this is no file", "put a file of that name in its place")]
        with path.open("rb") as file:
            content = file.read(max_bytes + 1)
    except FileNotFoundError:
        return None, [Finding(name, 0, "", "the file is missing", _missing_hint(path, name))]
    except OSError as error:
        return None, [Finding(name, 0, "", f"the file cannot be read: {error.strerror}")]
    if len(content) > max_bytes:
        return None, [Finding(name, 0, "", f"the file is bigger than {max_bytes:,} bytes", "split it")]
    try:
        return content.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        return None, [Finding(name, line, "", "the file is not UTF-8", "save it as UTF-8")]


def _missing_hint(path: Path, name: str) -> str:
    others = [other.name for other in path.parent.iterdir() if other.name not in FILES] if path.parent.is_dir() else []
    return suggest(path.name, others) or f"write {name}; docs/town-folder.md shows how"


def _syntax_finding(name: str, text: str, error: Exception) -> Finding:
    """What the YAML reader did not like, without quoting the file: there may be a secret in it."""
    if isinstance(error, RecursionError):
        return Finding(name, 0, "", "things are nested too deeply")
    if isinstance(error, ReaderError):
        line = text.count("\n", 0, error.position) + 1
        return Finding(name, line, "", "there is a character that YAML does not allow", "remove control characters")
    if not isinstance(error, MarkedYAMLError):
        return Finding(name, 0, "", "the file is not YAML")
    mark = error.problem_mark or error.context_mark
    problem = str(error.problem or error.context or "the file is not YAML")
    if "another document" in problem:
        problem = "there is a second document behind `---`"
    hint = "indent with spaces, not tabs" if r"'\t'" in problem else ""
    return Finding(name, mark.line + 1 if mark else 0, "", f"YAML: {problem}", hint)
