"""The part of JSONPath (RFC 9535) that names one place: `$.a.b`, `$['a b'][0]`, `@.c`."""

import re
from typing import Any, NamedTuple

_STEP = re.compile(r"\.([^.\[\]\s'\"]+)|\['([^']+)'\]|\[\"([^\"]+)\"\]|\[(-?[0-9]{1,6})\]")
_MOST_STEPS = 16


class JsonPath(NamedTuple):
    """Steps from the whole payload, or from the item at hand when the path begins with `@`."""

    from_item: bool
    steps: tuple[str | int, ...]

    def find(self, whole: Any, item: Any) -> Any:
        """What stands there; None for nothing."""
        node = item if self.from_item else whole
        for step in self.steps:
            if isinstance(step, str):
                node = node.get(step) if isinstance(node, dict) else None
            else:
                node = node[step] if isinstance(node, list) and -len(node) <= step < len(node) else None
        return node


def parse_path(text: str) -> JsonPath:
    """Read a path; raises ValueError saying how one is written."""
    at, steps = 1, list[str | int]()
    while text[:1] in ("$", "@") and at < len(text):
        found = _STEP.match(text, at)
        if found is None or len(steps) >= _MOST_STEPS:
            break
        name = found[1] or found[2] or found[3]
        steps.append(int(found[4]) if name is None else name)
        at = found.end()
    if text[:1] not in ("$", "@") or at < len(text):
        raise ValueError(f"{text!r} is no path: write it as $.name, $['a name'] or $.list[0]; wildcards are not known")
    return JsonPath(text[0] == "@", tuple(steps))
