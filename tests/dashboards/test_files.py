"""The committed boards are what the code makes, in a form that can be read and compared."""

import json
from pathlib import Path

import pytest

from dashboards.files import HOME, built, lint_boards, out_of_date, read_boards, write


def test_committed_files_are_what_the_code_makes() -> None:
    assert out_of_date(HOME, built("zh")) == [], "run `town boards build` and commit what it writes"


@pytest.mark.parametrize("language", ["zh", "zh-Hant", "en"])
def test_boards_break_no_rule_in_any_language(tmp_path: Path, language: str) -> None:
    write(tmp_path, built(language))  # type: ignore[arg-type]

    boards = read_boards(tmp_path)

    assert len(boards) == 12
    assert lint_boards(boards) == []


def test_a_second_build_writes_nothing(tmp_path: Path) -> None:
    write(tmp_path, built("en"))

    assert out_of_date(tmp_path, built("en")) == []


def test_a_board_that_is_no_more_is_taken_away_and_other_files_stay(tmp_path: Path) -> None:
    write(tmp_path, built("en"))
    (tmp_path / "json/town-system/old.json").write_text("{}")
    (tmp_path / "json/mine.json").write_text("{}")

    write(tmp_path, built("en"))

    assert not (tmp_path / "json/town-system/old.json").exists()
    assert (tmp_path / "json/mine.json").exists()


def test_languages_differ_in_words_and_in_fields_with_words_only() -> None:
    chinese, english = built("zh"), built("en")

    assert chinese.keys() == english.keys()
    for path in (path for path in chinese if path.endswith(".json")):
        zh, en = json.loads(chinese[path]), json.loads(english[path])
        assert zh["uid"] == en["uid"]
        assert zh["title"] != en["title"]
        assert [panel["gridPos"] for panel in zh["panels"]] == [panel["gridPos"] for panel in en["panels"]]


def test_keys_are_sorted_so_that_differences_can_be_read() -> None:
    text = built("zh")["json/town-operations/town-ops.json"]

    assert text == json.dumps(json.loads(text), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
