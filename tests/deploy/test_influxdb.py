"""deploy/influxdb: the file that 1.x runs with here, and what the compose stack says to 2.7."""

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests import services

DEPLOY = services.DEPLOY / "influxdb"
FIRST: dict[str, Any] = tomllib.loads((DEPLOY / "influxdb.conf").read_text("utf-8"))
LINES = (DEPLOY / "influxdb2.env").read_text("utf-8").splitlines()
SECOND = dict(line.split("=", 1) for line in LINES if line and not line.startswith("#"))

OPTIONS = """
bolt-path engine-path feature-flags flux-log-enabled hardening-enabled http-bind-address http-idle-timeout
http-read-header-timeout http-read-timeout http-write-timeout influxql-max-select-buckets
influxql-max-select-point influxql-max-select-series instance-id log-level metrics-disabled no-tasks
overwrite-pid-file pid-file pprof-disabled query-concurrency query-initial-memory-bytes query-max-memory-bytes
query-memory-bytes query-queue-size reporting-disabled secret-store session-length session-renew-disabled
sqlite-path storage-cache-max-memory-size storage-cache-snapshot-memory-size
storage-cache-snapshot-write-cold-duration storage-compact-full-write-cold-duration
storage-compact-throughput-burst storage-max-concurrent-compactions storage-max-index-log-file-size
storage-no-validate-field-size storage-retention-check-interval
storage-series-file-max-concurrent-snapshot-compactions storage-series-id-set-cache-size
storage-shard-precreator-advance-period storage-shard-precreator-check-interval storage-tsm-use-madv-willneed
storage-validate-keys storage-wal-flush-on-shutdown storage-wal-fsync-delay storage-wal-max-concurrent-writes
storage-wal-max-write-delay storage-write-timeout store strong-passwords template-file-urls-disabled tls-cert
tls-key tls-min-version tls-strict-ciphers tracing-type ui-disabled vault-addr vault-cacert vault-capath
vault-client-cert vault-client-key vault-client-timeout vault-max-retries vault-skip-verify
vault-tls-server-name vault-token
"""
"""What influxd 2.7 knows: docs.influxdata.com/influxdb/v2/reference/config-options."""

BOTH = {
    "reporting-disabled": "REPORTING_DISABLED",
    "data.cache-max-memory-size": "STORAGE_CACHE_MAX_MEMORY_SIZE",
    "data.cache-snapshot-memory-size": "STORAGE_CACHE_SNAPSHOT_MEMORY_SIZE",
    "data.max-concurrent-compactions": "STORAGE_MAX_CONCURRENT_COMPACTIONS",
    "coordinator.write-timeout": "STORAGE_WRITE_TIMEOUT",
    "retention.check-interval": "STORAGE_RETENTION_CHECK_INTERVAL",
    "logging.level": "LOG_LEVEL",
}


def first(name: str) -> str:
    found: Any = FIRST
    for key in name.split("."):
        found = found[key]
    return str(found).lower() if isinstance(found, bool) else str(found)


@pytest.mark.parametrize(("one", "two"), BOTH.items())
def test_both_generations_are_told_the_same(one: str, two: str) -> None:
    assert first(one) == SECOND[f"INFLUXD_{two}"]


def test_the_second_generation_is_told_only_what_it_knows() -> None:
    known = {f"INFLUXD_{option.upper().replace('-', '_')}" for option in OPTIONS.split()}

    assert SECOND and SECOND.keys() <= known


def test_profiles_are_off_in_both() -> None:
    assert (first("http.pprof-enabled"), SECOND["INFLUXD_PPROF_DISABLED"]) == ("false", "true")


def test_the_compose_stack_uses_that_file() -> None:
    compose = YAML(typ="safe", pure=True).load((services.DEPLOY.parent / "docker-compose.yml").read_text("utf-8"))
    service = compose["services"]["influxdb"]

    assert service["env_file"] == [{"path": "deploy/influxdb/influxdb2.env"}]
    assert not [key for key in service["environment"] if key in SECOND]


@pytest.mark.influxdb
def test_the_first_generation_knows_every_key_of_its_file() -> None:
    command = [services.need("influxd"), "config", "-config", str(DEPLOY / "influxdb.conf")]
    effective = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    known = set(re.findall(r"^ *([a-z-]+) =", effective, re.MULTILINE)) | {"reporting-disabled"}
    written = {key for value in FIRST.values() if isinstance(value, dict) for key in value}
    top = {key for key, value in FIRST.items() if not isinstance(value, dict)}

    assert written | top <= known
    assert f"cache-max-memory-size = {FIRST['data']['cache-max-memory-size']}" in effective


@pytest.mark.influxdb
def test_a_stranger_is_refused_and_one_who_may_only_write_cannot_read(tmp_path: Path) -> None:
    with services.running(services.influxd(tmp_path, user="admin", password="secret")) as influxd:

        def ask(query: str, user: str = "admin", password: str = "secret") -> bytes:
            return services.influx_query(influxd.port, query, user=user, password=password)

        ask("CREATE DATABASE town; CREATE USER brain WITH PASSWORD 'pw'; GRANT WRITE ON town TO brain")

        assert b"unable to parse authentication credentials" in ask("SHOW DATABASES", user="")
        assert b"not authorized" in ask('SELECT * FROM "town"."autogen"."fire"', user="brain", password="pw")
        assert {"data", "meta"} <= {path.name for path in tmp_path.iterdir()}
