"""The files that Grafana is given: boards as JSON and its provisioning as YAML, the same bytes at every build."""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from dashboards.catalogue import boards
from dashboards.lint import Problem, lint
from dashboards.provisioning import data_sources, providers, watchdog
from dashboards.words import Known, Words
from town.language import Language

HOME = Path(__file__).parent
JSON_FOLDER, PROVISIONING_FOLDER = "json", "provisioning"

DEFAULT_LANGUAGE: Language = "zh"
WHERE_GRAFANA_FINDS_BOARDS = "/etc/grafana/boards"

_MADE = "# Made by `town boards build`: change dashboards/provisioning.py instead.\n"


def built(language: Language = DEFAULT_LANGUAGE, known: Known | None = None) -> dict[str, str]:
    """Every file by its path below the folder that is built into; `known` are a town's kinds with their limits."""
    say = Words(language, known)
    found = {
        f"{JSON_FOLDER}/{board.folder.uid}/{board.uid}.json": json_text(board.build())
        for board in boards(language, known)
    }
    found |= {
        f"{PROVISIONING_FOLDER}/datasources/town.yaml": yaml_text(data_sources()),
        f"{PROVISIONING_FOLDER}/dashboards/town.yaml": yaml_text(providers(say, where=WHERE_GRAFANA_FINDS_BOARDS)),
        f"{PROVISIONING_FOLDER}/alerting/watchdog.yaml": yaml_text(watchdog(say)),
    }
    return dict(sorted(found.items()))


def out_of_date(folder: Path, files: Mapping[str, str]) -> list[str]:
    """The paths that differ, are missing, or are there and should no longer be."""
    gone = [path for path in made_before(folder) if path not in files]
    return sorted([*(path for path, text in files.items() if _read(folder / path) != text), *gone])


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Write what differs, and take away boards that are no more."""
    for path in out_of_date(folder, files):
        if path not in files:
            (folder / path).unlink()
            continue
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(files[path], "utf-8", newline="\n")


def made_before(folder: Path) -> list[str]:
    """Boards and provisioning files that are in the folder."""
    found = [*(folder / JSON_FOLDER).glob("town-*/*.json"), *(folder / PROVISIONING_FOLDER).glob("*/*.yaml")]
    return sorted(path.relative_to(folder).as_posix() for path in found)


def read_boards(folder: Path) -> dict[str, dict[str, Any]]:
    """The boards in a folder that was built into, by path. Raises ValueError for what is no JSON."""
    return {
        path: json.loads((folder / path).read_text("utf-8")) for path in made_before(folder) if path.endswith(".json")
    }


def lint_boards(found: Mapping[str, dict[str, Any]]) -> list[Problem]:
    """What is wrong with boards by path, each in the folder that the path names."""
    return lint(found, folder_of={path: path.rsplit("/", 2)[-2] for path in found})


def json_text(content: Any) -> str:
    """Sorted and indented, so that differences can be read."""
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def yaml_text(content: Any) -> str:
    """YAML in the order given."""
    yaml, stream = YAML(), io.StringIO()
    yaml.default_flow_style = False
    yaml.width = 10_000
    yaml.allow_unicode = True
    yaml.dump(content, stream)
    return _MADE + stream.getvalue()


def _read(path: Path) -> str | None:
    return path.read_bytes().decode("utf-8") if path.is_file() else None
