"""What pydantic says of data, in words for the person who wrote the file."""

from collections.abc import Iterator
from typing import Any, NamedTuple, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from town.findings import suggest
from town.plain import EMPTY, is_secret_key, may_be_secret

_EXPECTED = {
    "string": "a text",
    "float": "a number",
    "int": "a whole number",
    "bool": "true or false",
    "model": "keys and values",
    "dict": "keys and values",
    "list": "a list",
    "tuple": "a list",
    "set": "a list",
}


class Problem(NamedTuple):
    """What is wrong at a place in the data; without a message it is told elsewhere."""

    location: tuple[str | int, ...]
    message: str
    suggestion: str = ""


def describe(error: ErrorDetails, *, model: type[BaseModel], data: Any) -> Problem:
    """One of pydantic's errors about `data` that was read as `model`."""
    location = _in_data(error["loc"], data, missing=error["type"] == "missing")
    last = str(location[-1]) if location else ""
    match error["type"]:
        case "missing":
            missing = f"`{last}`" if isinstance(location[-1], str) else f"entry {location[-1] + 1}"
            return Problem(location, f"{missing} is missing")
        case "extra_forbidden" if is_secret_key(last) and error["input"] not in EMPTY:
            return Problem(location, "")
        case "extra_forbidden":
            known = sorted(_keys_at(model, error["loc"][:-1]))
            hint = _torn(last, error["input"]) or suggest(last, known) or f"keys: {_listed(known) or 'none'}"
            return Problem(location, f"there is no key `{last}` here", hint)
        case "literal_error" | "enum":
            expected = error.get("ctx", {}).get("expected", "")
            shown = _shown(error["input"], location)
            return Problem(location, f"{shown} is not known here", _choice(error["input"], expected))
        case "value_error" | "assertion_error":
            return Problem(location, error["msg"].partition(", ")[2])
    shown = _shown(error["input"], location)
    return Problem(location, _wrong_type(error, shown) or _sentence(error, shown))


def _of_number(error: ErrorDetails) -> str:
    """That there are too few entries or too many; nothing where those that are there are wrong, which is told."""
    told, there = error.get("ctx", {}), len(error["input"])
    if error["type"] == "too_short" and there >= told.get("min_length", 0):
        return ""
    if error["type"] == "too_short":
        return f"needs at least {told.get('min_length')}, but has {told.get('actual_length')}"
    return f"may have {told.get('max_length')} at most, but has {told.get('actual_length')}"


def _torn(key: str, value: Any) -> str:
    """What to do when the key is the rest of a text that a comma between `{ }` has torn in two, or nothing."""
    return "a comma ends a value between `{ }`: put the whole text in quotes" if value is None and " " in key else ""


def _in_data(loc: tuple[str | int, ...], data: Any, *, missing: bool) -> tuple[str | int, ...]:
    """The parts of pydantic's location that are in the data: it also names union members and validators."""
    location: list[str | int] = []
    for number, part in enumerate(loc):
        inside = (isinstance(data, dict) and part in data) or (
            isinstance(data, list) and isinstance(part, int) and part < len(data)
        )
        if inside:
            data = data[part]
        if inside or (missing and number == len(loc) - 1):
            location.append(part)
    return tuple(location)


def _wrong_type(error: ErrorDetails, shown: str) -> str:
    word, _, rest = error["type"].partition("_")
    if rest not in ("type", "parsing", "from_float", "attributes_type") or word not in _EXPECTED:
        return ""
    return f"must be {_EXPECTED[word]}, but is {shown}"


def _sentence(error: ErrorDetails, shown: str) -> str:
    if error["type"] in ("too_short", "too_long"):
        return _of_number(error)
    message = error["msg"].removeprefix("Input should be ")
    return f"must be {message}, but is {shown}" if message != error["msg"] else message


def _shown(value: Any, location: tuple[str | int, ...]) -> str:
    if value is None:
        return "empty"
    if isinstance(value, dict | list):
        return "keys and values" if isinstance(value, dict) else "a list"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if may_be_secret(text, keys=location):
        return "something else"
    return f"`{text if len(text) <= 60 else text[:57] + '…'}`"


def _choice(given: Any, expected: str) -> str:
    choices = [choice.strip("'") for part in expected.split(" or ") for choice in part.split(", ")]
    return suggest(str(given), choices) or f"one of: {_listed(choices)}"


def _listed(words: list[str]) -> str:
    return ", ".join(words)


def _keys_at(model: type[BaseModel], loc: tuple[str | int, ...]) -> set[str]:
    """The keys that may stand at a place of `model`; of every member where there is a choice."""
    models = {model}
    for part in loc:
        fields = [one.model_fields[part] for one in models if isinstance(part, str) and part in one.model_fields]
        aliased = [f for one in models for f in one.model_fields.values() if f.alias == part]
        inner = {found for field in (*fields, *aliased) for found in _models_in(field.annotation)}
        models = inner or models
    return {field.alias or name for one in models for name, field in one.model_fields.items()}


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    annotation = getattr(annotation, "__value__", annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models_in(inner)
