"""What gateways.yaml tells the decoders of free names, checked with the folder."""

from pathlib import Path

import pytest

from tests.town.small_town import FILES, write_town
from town.folder import load_town
from town.json_path import parse_path

GATEWAY = """\
  - id: box
    name: {zh: 采集箱, en: Box}
    decoder: DECODER
    topics: [boxes/#]
    options:
"""


def findings(folder: Path, decoder: str, options: str) -> list[tuple[int, str]]:
    """Line and message of what is wrong with a gateway whose options begin in line 16."""
    gateways = FILES["gateways.yaml"] + GATEWAY.replace("DECODER", decoder) + options
    return [(f.line, f.message) for f in load_town(write_town(folder, gateways_yaml=gateways))[1]]


def test_all_that_may_be_told_is_well(tmp_path: Path) -> None:
    options = """\
      device: $.id
      at: $['sent at']
      each: $.data
      time_zone: Asia/Shanghai
      values:
        temperature: {path: "@.v[0]", unit: °F, factor: 0.1}
        humidity: $.rh
        open: {path: "@.door", true_for: [OPEN, 1], false_for: [CLOSED, 0]}
"""
    assert findings(tmp_path, "mapped", options) == []
    assert (
        findings(tmp_path, "sparkplug_b", "      channels: {A/T: temperature, D: {quantity: open, device: d}}\n") == []
    )
    assert findings(tmp_path, "senml_cbor", "      percent: hundredths\n") == []
    assert findings(tmp_path, "ecowitt", "      device: roof\n") == []


@pytest.mark.parametrize(
    ("decoder", "options", "line", "message"),
    [
        ("mapped", "      values: {temperatur: $.t}\n", 16, "there is no quantity `temperatur`"),
        ("mapped", "      values: {temperature: t}\n", 16, "is no path"),
        ("mapped", "      values: {temperature: {path: $.t, unit: degG}}\n", 16, "the unit 'degG' is not known"),
        ("mapped", "      values: {temperature: $.t}\n      at: $..ts\n", 17, "is no path"),
        ("mapped", '      values: {temperature: "@.t"}\n', 16, "`each` must name the list"),
        ("mapped", "      device: {topic: 0}\n      values: {temperature: $.t}\n", 16, "a device is"),
        ("mapped", "      device: $.id\n", 16, "has to be told where the values are"),
        ("sparkplug_b", "      channels: {T: temprature}\n", 16, "there is no quantity `temprature`"),
        ("senml_json", "      percent: half\n", 16, "`half` is not known"),
        ("ecowitt", "      passkey: x\n", 16, "there is no key `passkey`"),
    ],
)
def test_a_mistake_is_found_in_its_line(tmp_path: Path, decoder: str, options: str, line: int, message: str) -> None:
    found = findings(tmp_path, decoder, options)

    assert any(each[0] in (line, line - 1) and message in each[1] for each in found), found


@pytest.mark.parametrize(
    "text", ["", "$", "temp", "$.", "$.a.", "$[*]", "$..a", "$.a b", "$['a", "@x", "$" + ".a" * 17]
)
def test_what_names_no_single_place_is_no_path(text: str) -> None:
    if text == "$":
        assert parse_path(text).find({"a": 1}, None) == {"a": 1}
        return
    with pytest.raises(ValueError, match="is no path"):
        parse_path(text)


def test_a_path_finds_one_place_or_nothing() -> None:
    tree = {"a b": [{"c": 1}, {"c": 2}], "d.e": 3}

    assert parse_path("$['a b'][-1].c").find(tree, None) == 2
    assert parse_path('$["d.e"]').find(tree, None) == 3
    assert parse_path("@.c").find(tree, {"c": 4}) == 4
    assert [parse_path(path).find(tree, None) for path in ("$.x", "$['a b'][9]", "$['a b'].c", "$['d.e'][0]")] == [
        None
    ] * 4
