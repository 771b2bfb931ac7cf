"""docker-compose.yml and what it mounts: no container engine is needed to find what is wrong in them."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from town.settings import NOT_SETTINGS, PREFIX, Settings

ROOT = Path(__file__).parents[2]
WRITTEN = (ROOT / "docker-compose.yml").read_text("utf-8")
COMPOSE = YAML(typ="safe", pure=True).load(WRITTEN)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ONCE = {"prepare", "prepare-demo", "store-init", "console-token"}
"""Services that do something and end."""
each_service = pytest.mark.parametrize("name", SERVICES)


def test_the_file_is_what_the_compose_specification_asks_for() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    checked = subprocess.run([*command, "docker-compose.yml"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert checked.returncode == 0, checked.stdout + checked.stderr


@each_service
def test_a_service_is_nobody_special_and_cannot_change_its_image(name: str) -> None:
    service = SERVICES[name]

    assert re.fullmatch(r"[1-9]\d*:\d+", service["user"])
    assert service["read_only"] and service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service and "network_mode" not in service


@each_service
def test_a_service_is_watched_limited_and_started_again(name: str) -> None:
    service = SERVICES[name]

    if name in ONCE:
        assert service["restart"] == "no"
        return
    assert service["restart"] == "unless-stopped"
    assert service.get("healthcheck") or name == "simulate"
    assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory"}


def test_nothing_is_published_beyond_this_machine_unless_told() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]

    assert published
    assert all(re.match(r"\$\{\w+:-127\.0\.0\.1\}:", port) for port in published)


def test_only_the_entrance_the_broker_and_the_senders_reach_the_outside() -> None:
    outside = {name for name, service in SERVICES.items() if "outside" in service["networks"]}

    assert COMPOSE["networks"]["inside"]["internal"]
    assert outside == {"mosquitto", "caddy", "rules", "grafana"}


def test_every_choice_is_explained_with_its_default() -> None:
    example = (ROOT / ".env.example").read_text("utf-8")
    explained = dict(line.split("=", 1) for line in example.splitlines() if line and not line.startswith("#"))
    used = dict(re.findall(r"\$\{(\w+):?-([^}]*)\}", WRITTEN))

    assert used.pop("COMPOSE_PROJECT_NAME") == "town"
    assert used == explained


def test_every_file_that_is_mounted_is_there() -> None:
    volumes = [volume for service in SERVICES.values() for volume in service.get("volumes", [])]
    local = {volume.split(":")[0] for volume in volumes if volume.startswith("./")}

    assert "./deploy/caddy/Caddyfile" in local
    assert [path for path in sorted(local) if not (ROOT / path).exists()] == []


def test_every_volume_and_secret_is_declared_and_used() -> None:
    mounted = {v.split(":")[0] for s in SERVICES.values() for v in s.get("volumes", []) if not v.startswith((".", "$"))}
    secrets = {secret for service in SERVICES.values() for secret in service.get("secrets", [])}

    assert mounted == COMPOSE["volumes"].keys()
    assert secrets == COMPOSE["secrets"].keys()


@each_service
def test_the_settings_of_a_service_are_settings(name: str) -> None:
    given = [key for key in SERVICES[name].get("environment", {}) if key.startswith(PREFIX)]
    if SERVICES[name].get("image", "").startswith("${TOWN_IMAGE"):
        names = {key.removeprefix(PREFIX).removesuffix("_FILE").lower() for key in given}
        assert names <= set(Settings.model_fields)
    assert not [key for key in given if key.startswith(NOT_SETTINGS[0])]


def test_no_secret_stands_in_the_file() -> None:
    values = [str(v) for s in SERVICES.values() for k, v in s.get("environment", {}).items() if "PASSWORD" in k]

    places = ("/run/secrets/", "/credentials/", "${SMTP_PASSWORD_FILE:-}")
    assert values and all(value.startswith(places) for value in values)
    assert not re.search(r"://[^/\s:]+:[^@\s]+@", WRITTEN)


def test_scripts_secrets_makes_every_secret_once(tmp_path: Path) -> None:
    script, folder = ROOT / "scripts" / "secrets", tmp_path / "secrets"
    subprocess.run([script, folder], check=True, capture_output=True)
    made = {path.name: path.read_text() for path in folder.iterdir() if path.is_file()}
    subprocess.run([script, folder], check=True, capture_output=True)

    assert made.keys() == COMPOSE["secrets"].keys()
    assert {path.name: path.read_text() for path in folder.iterdir() if path.is_file()} == made
    assert folder.stat().st_mode & 0o777 == 0o700
    assert len({value.strip() for value in made.values()}) == len(made) and all(len(v) > 40 for v in made.values())


def test_the_image_has_every_package_and_only_locked_ones() -> None:
    dockerfile, ignored = (ROOT / "Dockerfile").read_text("utf-8"), (ROOT / ".dockerignore").read_text("utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]

    assert all(f"COPY {name} {name}\n" in dockerfile and f"!{name}\n" in ignored for name in packages)
    assert dockerfile.count("--require-hashes") == 2 and "USER 10001:10001" in dockerfile
