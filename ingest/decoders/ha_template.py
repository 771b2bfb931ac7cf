"""Value templates of Home Assistant, as far as they are a path: `{{ value_json.a["b"][0] | float }}`.

A template comes from the network and is never run. One that is more than a path is refused.
"""

import re
from typing import Any

Path = tuple[str | int, ...]
"""The way to a value in a JSON payload."""

_QUOTED = r"\"[^\"\\]*\"|'[^'\\]*'"
_LITERAL = rf"(?:{_QUOTED}|-?[0-9]+(?:\.[0-9]+)?|[Nn]one|[Tt]rue|[Ff]alse)"
_GET = rf"\.get\(\s*(?:{_QUOTED})\s*(?:,\s*{_LITERAL}\s*)?\)"
_TEMPLATE = re.compile(
    rf"\{{\{{-?\s*(value_json|value)((?:{_GET}|\.\w+|\[\s*(?:{_QUOTED}|\d{{1,4}})\s*\])*)([^{{}}]*)\}}\}}"
)
_STEP = re.compile(
    r"\.get\(\s*(?:\"([^\"\\]*)\"|'([^'\\]*)')[^)]*\)|\.(\w+)|\[\s*(?:\"([^\"\\]*)\"|'([^'\\]*)'|(\d{1,4}))\s*\]"
)
_ARGUMENT = rf"(?:default\s*=\s*)?{_LITERAL}"
_FILTERS = re.compile(
    rf"(?:\s*\|\s*(?:float|int|is_defined|round|default)(?:\(\s*(?:{_ARGUMENT}(?:\s*,\s*{_ARGUMENT})*)?\s*\))?)*\s*-?"
)
"""Filters that change nothing but the digits shown, or say what stands for a missing value; they are left out."""
_LONGEST = 512


def read_template(template: str) -> Path | None:
    """The path of a template; an empty one for the whole value, None for a template that is no path."""
    found = _TEMPLATE.fullmatch(template.strip()) if len(template) <= _LONGEST else None
    if found is None or not _FILTERS.fullmatch(found[3]) or (found[1] == "value" and found[2]):
        return None
    return tuple(_step(each) for each in _STEP.finditer(found[2]))


def _step(found: re.Match[str]) -> str | int:
    *names, index = found.groups()
    return int(index) if index is not None else next(name for name in names if name is not None)


def follow(path: Path, document: Any) -> Any:
    """What stands at a path of a document; None when nothing does."""
    for step in path:
        if isinstance(document, dict):
            document = document.get(str(step))
        elif isinstance(document, list) and str(step).isdecimal() and int(step) < len(document):
            document = document[int(step)]
        else:
            return None
    return document
