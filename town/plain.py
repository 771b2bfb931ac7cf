"""From YAML nodes to plain data, remembering lines and finding doubled keys and written secrets on the way."""

import re
from collections.abc import Iterable
from typing import Any

from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from town.findings import Finding, written_path

DEEPEST = 40
MOST_NODES = 200_000
"""Aliases can make a small file huge: no more than this is read from one file."""

_SECRET_KEY = re.compile(
    r"(?i)(.*[_-])?(password|passwd|pwd|token|api_?key|access_?key|secret_?key|app_?secret|private_?key|credentials?)"
)
_SECRET_IN_URL = re.compile(r"(?i)://[^/\s:@]*:[^/\s@]+@|[?&](access_?token|token|password|api_?key|key|secret)=[^&\s]")
_INTEGER = re.compile(r"[-+]?[0-9]{1,300}")
_OTHER_BASE = re.compile(r"0o[0-7]{1,300}|0x[0-9a-fA-F]{1,300}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.inf|\.nan")
_PERHAPS_SECRET = re.compile(r"(?i)secret|passw|pwd|token|key|auth|credential")
_NAME_IT = "write `secret:` with the name of a secret; its value goes into TOWN_SECRET_<NAME>"

EMPTY: tuple[Any, ...] = (None, "", {}, [])
"""What may stand behind a secret's key: nothing."""

Path = tuple[str | int, ...]


def is_secret_key(key: str) -> bool:
    """Whether a key is one that people write passwords behind."""
    return _SECRET_KEY.fullmatch(key) is not None


def _number(text: str) -> int | float | str:
    """A number of YAML 1.2's core schema (section 10.3.2); what only older YAML calls one, `1_000`, stays a text."""
    if _INTEGER.fullmatch(text):
        return int(text)
    if _OTHER_BASE.fullmatch(text):
        return int(text, 0)
    if _FLOAT.fullmatch(text):
        return float(text.replace(".inf", "inf").replace(".nan", "nan"))
    return text


def may_be_secret(value: str, *, keys: Iterable[str | int]) -> bool:
    """Whether a value had better not be repeated: what its keys are called or what it looks like says so."""
    return any(_PERHAPS_SECRET.search(str(key)) for key in keys) or _SECRET_IN_URL.search(value) is not None


class PlainReader:
    """Reads one document: `lines` by path and `findings` fill as it goes."""

    def __init__(self, name: str) -> None:
        self.lines: dict[Path, int] = {}
        self.findings: list[Finding] = []
        self._name = name
        self._nodes = 0

    def read(self, node: Node | None) -> Any:
        """The document as plain data; an empty one is None."""
        if node is None:
            self.lines[()] = 1
            return None
        return self._value(node, (), node.start_mark.line + 1)

    def _value(self, node: Node, path: Path, line: int) -> Any:
        self.lines[path] = line
        self._nodes += 1
        if self._nodes > MOST_NODES or len(path) > DEEPEST:
            raise RecursionError
        if isinstance(node, MappingNode):
            return self._mapping(node, path)
        if isinstance(node, SequenceNode):
            return [self._value(item, (*path, i), item.start_mark.line + 1) for i, item in enumerate(node.value)]
        if isinstance(node, ScalarNode):
            return self._scalar(node, path)
        raise TypeError(f"{type(node).__name__} is no YAML node")

    def _mapping(self, node: MappingNode, path: Path) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, ScalarNode):
                self._found(path, line, "a key must be a word")
                continue
            key = str(key_node.value)
            if key in data:
                first = self.lines[(*path, key)]
                self._found((*path, key), line, f"`{key}` is written twice, first in line {first}", "keep one of them")
                continue
            if key == "<<":
                self._found((*path, key), line, "`<<` is not YAML 1.2", "write the keys out")
                continue
            data[key] = self._value(value_node, (*path, key), line)
            if is_secret_key(key) and data[key] not in EMPTY:
                self._found((*path, key), line, f"`{key}` would put a secret into a file", _NAME_IT)
        return data

    def _scalar(self, node: ScalarNode, path: Path) -> Any:
        kind = str(node.tag).rpartition(":")[2]
        text = str(node.value)
        match kind:
            case "null":
                return None
            case "bool":
                return text.lower() == "true"
            case "int" | "float":
                return _number(text)
            case "str" | "timestamp":
                if _SECRET_IN_URL.search(text):
                    self._found(path, self.lines[path], "there is a secret in this address", _NAME_IT)
                return text
        self._found(path, self.lines[path], "the tag is not known", "write plain text, numbers, true or false")
        return None

    def _found(self, path: Path, line: int, message: str, suggestion: str = "") -> None:
        self.findings.append(Finding(self._name, line, written_path(path), message, suggestion))
