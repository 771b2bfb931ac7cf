import tempfile
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field

from town.findings import Finding, suggest, written_path
from town.source import Source, read_yaml


class Leaf(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: Literal["leaf"]
    colour: Literal["green", "brown"]


class Stone(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: Literal["stone"]
    weight: float = Field(gt=0)


class Box(BaseModel):
    model_config = ConfigDict(extra="forbid")
    things: list[Leaf | Stone] = Field(default_factory=list)
    by_name: dict[str, Leaf] = {}
    open: bool = False


def read(text: str | bytes, **limits: int) -> tuple[Source | None, list[Finding]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "box.yaml"
        path.write_bytes(text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text)
        return read_yaml(path, root=Path(folder), **limits)


def lines_of(text: str, model: type[BaseModel] = Box) -> list[tuple[int, str]]:
    source, findings = read(text)
    assert source is not None and findings == []
    return [(finding.line, finding.where) for finding in source.parse(model)[1]]


BOX = """\
# a box
things:
  - kind: leaf
    colour: green

  - {kind: stone,
     weight: 2}
by_name:
  oak: {kind: leaf, colour: brown}
open: yes
"""


def test_everything_has_its_line() -> None:
    source, findings = read(BOX)
    assert source is not None and findings == []

    wanted = [
        (),
        ("things",),
        ("things", 0, "colour"),
        ("things", 1),
        ("things", 1, "weight"),
        ("by_name", "oak"),
        ("open",),
    ]
    assert [source.line(place) for place in wanted] == [2, 2, 4, 6, 7, 9, 10]
    assert source.line(("things", 0, "no", "such")) == 3


def test_data_is_plain_yaml_1_2() -> None:
    source, _ = read(
        "{a: 010, b: 0o17, c: 0x1F, d: 1_000, e: yes, f: 12:30, g: 2026-01-02, h: ~, i: 1e3, j: .5, on: true}"
    )

    assert source is not None
    assert source.data == {
        "a": 10, "b": 15, "c": 31, "d": "1_000", "e": "yes", "f": "12:30", "g": "2026-01-02", "h": None,
        "i": 1000.0, "j": 0.5, "on": True,
    }  # fmt: skip


def test_well_formed_data_becomes_a_model() -> None:
    source, _ = read(BOX.replace("yes", "true"))
    assert source is not None
    box, findings = source.parse(Box)
    leaf, _ = source.parse(Leaf, ("by_name", "oak"))

    assert findings == [] and box is not None and box.open and len(box.things) == 2
    assert leaf == Leaf(kind="leaf", colour="brown")


def test_mistake_deep_in_a_model_has_line_and_suggestion() -> None:
    source, _ = read(BOX.replace("brown", "bronw").replace("yes", "false"))
    assert source is not None
    (finding,) = source.parse(Box)[1]

    assert (finding.file, finding.line, finding.where) == ("box.yaml", 9, "by_name.oak.colour")
    assert finding.suggestion == "did you mean `brown`?"


def test_unknown_key_in_a_nested_model_is_suggested_from_its_own_keys() -> None:
    source, _ = read("by_name:\n  oak:\n    kind: leaf\n    colour: green\n    colur: red\n")
    assert source is not None
    (finding,) = source.parse(Box)[1]

    assert (finding.line, finding.suggestion) == (5, "did you mean `colour`?")


def test_missing_and_wrong_things_are_told_where_they_should_be() -> None:
    assert lines_of("by_name:\n  oak:\n    kind: leaf\n") == [(2, "by_name.oak.colour")]
    assert lines_of("open:\n  - 1\n") == [(1, "open")]
    assert lines_of("- 1\n") == [(1, "")]
    assert lines_of("") == [(1, "")]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a: 1\nb: [1\nc: 2\n", 3, "YAML"),
        ("a:\n\tb: 1\n", 2, "YAML"),
        ("a: 1\na: 2\n", 2, "written twice, first in line 1"),
        ("a: 1\nb: \x01\n", 2, "a character that YAML does not allow"),
        (b"a: 1\nb: \xff\n", 2, "not UTF-8"),
        ("a: 1\n---\nb: 1\n", 2, "second document"),
        ("a: !!python/object:os.system x\n", 1, "the tag is not known"),
        ("? [a]\n: b\n", 1, "a key must be a word"),
        ("a: &a\n  b: *a\n", 0, "nested too deeply"),
        ("[" * 500, 0, "nested too deeply"),
        ("a: &a {x: 1}\nb:\n  <<: *a\n", 3, "not YAML 1.2"),
    ],
)
def test_broken_file_is_a_finding_with_a_line(text: str | bytes, line: int, message: str) -> None:
    _, findings = read(text)

    assert len(findings) == 1 and findings[0].line == line and message in findings[0].message


def test_aliases_cannot_make_a_small_file_huge() -> None:
    bombs = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
    source, findings = read("a0: &a0 [1]\n" + bombs)

    assert source is None and len(findings) == 1


def test_file_bigger_than_allowed_is_refused() -> None:
    assert read("a: 1\n" * 20, max_bytes=99)[1][0].message == "the file is bigger than 99 bytes"
    assert read("a: 1" + " " * 95, max_bytes=99)[1] == []


@pytest.mark.parametrize(
    "text",
    [
        "people:\n  - password: hunter2",
        "people:\n  - api_key: hunter2",
        "people:\n  - url: https://me:hunter2@example.org/x",
        "people:\n  - url: https://example.org/send?access_token=hunter2",
    ],
)
def test_written_secret_is_an_error_that_does_not_repeat_it(text: str) -> None:
    _, findings = read(text)

    assert [finding.line for finding in findings] == [2]
    assert "hunter2" not in repr(findings) and "secret" in findings[0].message


class Hook(BaseModel):
    model_config = ConfigDict(extra="forbid")
    secret: str = ""
    url: str = Field("", pattern="^https://example")


@pytest.mark.parametrize("text", ["secret: 4711\n", "url: http://a:4711@b\n", "url: http://b?key=4711\n"])
def test_value_of_the_wrong_kind_is_not_repeated_where_it_may_be_a_secret(text: str) -> None:
    source, findings = read(text)
    assert source is not None
    mistakes = source.parse(Hook)[1]

    assert len(mistakes) == 1 and "4711" not in repr([*findings, *mistakes])


@pytest.mark.parametrize("value", ["hunter2", "", "{}", "''"])
def test_key_of_a_secret_is_told_once_with_or_without_one(value: str) -> None:
    source, findings = read(f"open: true\ntoken: {value}\n")

    assert source is not None and len(findings + source.parse(Box)[1]) == 1


@given(st.text(alphabet=st.characters(codec="utf-8") | st.sampled_from("\t\n -:[]{}&*!|>'\"%@#?,0123"), max_size=60))
def test_no_text_raises(text: str) -> None:
    source, findings = read(text)

    assert (source is not None) or findings
    if source is not None:
        model, mistakes = source.parse(Box)
        assert (model is None) == bool(mistakes) or any("secret" in f.message for f in findings)


@given(st.binary(max_size=60))
def test_no_bytes_raise(content: bytes) -> None:
    source, findings = read(content)

    assert (source is not None) or findings


def test_words_and_paths_are_written_for_people() -> None:
    assert suggest("Warehose", ["warehouse", "school"]) == "did you mean `warehouse`?"
    assert suggest("xyz", ["warehouse", "school"]) == ""
    assert written_path(("groups", 0, "rules", 2, "when")) == "groups[0].rules[2].when"
    assert str(Finding("a.yaml", 3, "b", "is wrong", "mend it")) == "a.yaml:3: error: b: is wrong (mend it)"
