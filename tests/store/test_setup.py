"""`store init` makes what is missing, corrects what differs, and does nothing a second time."""

import json
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from tests import ports, services
from tests.store.answering import Answer, Asked, answering
from tests.store.influx2 import JSON, Influx2
from tests.store.places import NOON, reading, town
from town.errors import ConfigError, Unavailable
from town.settings import Settings
from town.store.influx import InfluxStore
from town.store.setup import Asked as Wanted
from town.store.setup import Done, prepare_store

DAY_SECONDS = 86_400


def settings(base: str, **more: object) -> Settings:
    values = {"store_url": f"{base.replace('http', 'influxdb')}/town", "store_admin_token": SecretStr("adm1n"), **more}
    return Settings.model_validate(values)


async def prepare(base: str, asked: Wanted | None = None, **more: object) -> Done:
    return await prepare_store(settings(base, **more), town(), Path("/nowhere"), asked or Wanted())


async def test_an_influxdb_2_gets_buckets_and_a_token_for_just_these() -> None:
    server = Influx2()
    async with answering(server) as base:
        done = await prepare(base)
        again = await prepare(base)

    kept = {one["name"]: one["retentionRules"][0]["everySeconds"] for one in server.buckets}
    assert kept == {"town": 400 * DAY_SECONDS, "town/1m": 730 * DAY_SECONDS, "town/1h": 0}
    assert (done.tokens, again.tokens, again.done) == ({"store_token": "fresh-1"}, {}, [])
    allowed = {(one["action"], one["resource"]["id"]) for one in server.authorizations[0]["permissions"]}
    assert allowed == {(action, bucket["id"]) for action in ("read", "write") for bucket in server.buckets}
    assert {one["resource"]["type"] for one in server.authorizations[0]["permissions"]} == {"buckets"}
    assert server.mappings == []


async def test_an_older_influxdb_2_gets_mappings_too() -> None:
    server = Influx2(virtual=False)
    async with answering(server) as base:
        await prepare(base)
        again = await prepare(base)

    by_id = {one["id"]: one["name"] for one in server.buckets}
    assert [(one["retention_policy"], by_id[one["bucketID"]], one["default"]) for one in server.mappings] == [
        ("autogen", "town", True),
        ("1m", "town/1m", False),
        ("1h", "town/1h", False),
    ]
    assert again.done == []


async def test_a_dry_run_changes_nothing_and_says_everything() -> None:
    server = Influx2()
    async with answering(server) as base:
        done = await prepare(base, Wanted(dry_run=True))
        other = await prepare(base, Wanted(organisation="county", dry_run=True))

    assert server.changes == []
    assert [what.split(",")[0] for what in done.done][:3] == [
        "make bucket town",
        "make bucket town/1m",
        "make bucket town/1h",
    ]
    assert other.done[0] == "make organisation county"


async def test_an_organisation_is_made_or_has_to_be_named() -> None:
    server = Influx2(organisations=("a", "b"))
    async with answering(server) as base:
        with pytest.raises(ConfigError, match="--organisation; there are: a, b"):
            await prepare(base)
        await prepare(base, Wanted(organisation="county"))

    assert server.organisations[-1]["name"] == "county"
    assert {one["orgID"] for one in server.buckets} == {server.organisations[-1]["id"]}


async def test_another_retention_is_corrected_and_a_lost_token_replaced() -> None:
    server = Influx2()
    async with answering(server) as base:
        await prepare(base)
        done = await prepare(base, Wanted(new_token=True), store_keep_raw="30d")

    assert "bucket town keeps 30d, it kept 400d" in done.done
    assert server.buckets[0]["retentionRules"][0]["everySeconds"] == 30 * DAY_SECONDS
    assert done.tokens == {"store_token": "fresh-2"}


async def test_kept_tokens_are_made_where_their_files_are_missing(tmp_path: Path) -> None:
    influx, files = Influx2(), (tmp_path / "store", tmp_path / "boards")
    async with answering(influx) as base:
        done = await prepare(base, Wanted(token_file=files[0], boards_token_file=files[1]))
        files[0].write_text("here")
        again = await prepare(base, Wanted(token_file=files[0], boards_token_file=files[1]))

    rights = {one["description"]: {each["action"] for each in one["permissions"]} for one in influx.authorizations}
    assert rights == {"town brain: town": {"read", "write"}, "town boards: town": {"read"}}
    assert (done.tokens.keys(), again.tokens.keys()) == ({"store_token", "boards_token"}, {"boards_token"})


async def test_a_wrong_or_missing_token_is_refused_without_telling_it() -> None:
    async with answering(Influx2()) as base:
        with pytest.raises(ConfigError, match=r"answered 401.*TOWN_STORE_ADMIN_TOKEN") as caught:
            await prepare(base, store_admin_token=SecretStr("gu3ss"))
        with pytest.raises(ConfigError, match="TOWN_STORE_ADMIN_TOKEN_FILE"):
            await prepare(base, store_admin_token=None)

    assert "gu3ss" not in str(caught.value)


async def test_a_server_that_is_away_is_told() -> None:
    with pytest.raises(Unavailable, match="cannot be reached"):
        await prepare(f"http://127.0.0.1:{ports.free_port()}")


class Influx3:
    """Databases of a 3.x, as its documentation says."""

    def __init__(self) -> None:
        self.databases: dict[str, str | None] = {"_internal": None}

    def __call__(self, asked: Asked) -> Answer:
        if asked.headers.get("authorization") not in ("Bearer adm1n", "Token adm1n"):
            return Answer(401)
        if asked.target == "/ping":
            return Answer(200, '{"version":"3.4.1","revision":"abc"}', JSON)
        if asked.method == "POST":
            body = json.loads(asked.body)
            self.databases[body["db"]] = body.get("retention_period")
            return Answer(200)
        assert asked.target == "/api/v3/configure/database?format=json"
        return Answer(200, json.dumps([{"iox::database": name} for name in self.databases]), JSON)


async def test_an_influxdb_3_gets_a_database_for_each_resolution() -> None:
    server = Influx3()
    async with answering(server) as base:
        planned = await prepare(base, Wanted(dry_run=True))
        assert list(server.databases) == ["_internal"]
        done = await prepare(base)
        again = await prepare(base)

    assert server.databases == {"_internal": None, "town": "9600h", "town/1m": "17520h", "town/1h": None}
    assert (planned.done, again.done) == (done.done, [])
    assert "3.4.1" in done.store


async def test_an_influxdb_1_gets_database_and_policies(influxd: services.Service, tmp_path: Path) -> None:
    base = f"influxdb://127.0.0.1:{influxd.port}/{tmp_path.name}"
    planned = await prepare(base, Wanted(dry_run=True), store_url=base)
    assert b"not found" in services.influx_query(influxd.port, f'SHOW RETENTION POLICIES ON "{tmp_path.name}"')
    done = await prepare(base, store_url=base)
    again = await prepare(base, store_url=base)
    shorter = await prepare(base, store_url=base, store_keep_raw="30d")

    assert planned.done == done.done != []
    assert again.done == []
    assert shorter.done == ["policy autogen keeps 30d, it kept 400d"]
    answer = json.loads(services.influx_query(influxd.port, f'SHOW RETENTION POLICIES ON "{tmp_path.name}"'))
    policies = {row[0]: (row[1], row[4]) for row in answer["results"][0]["series"][0]["values"]}
    assert policies == {"autogen": ("720h0m0s", True), "1m": ("17520h0m0s", False), "1h": ("0s", False)}
    assert "GRANT" in done.hint


async def test_a_user_of_a_1_who_may_not_make_policies_stores_all_the_same(guarded_influxd: services.Service) -> None:
    def admin(statement: str) -> None:
        auth = ("duty", "s3cret")
        answer = httpx.post(f"http://127.0.0.1:{guarded_influxd.port}/query", data={"q": statement}, auth=auth)
        assert "error" not in answer.text

    for statement in ("CREATE DATABASE plain", "CREATE USER u WITH PASSWORD 'p'", "GRANT ALL ON plain TO u"):
        admin(statement)
    url = f"http://127.0.0.1:{guarded_influxd.port}"

    async with InfluxStore(url, town(), database="plain", user="u", password="p") as store:
        assert "store init" in await store.prepare()
        assert await store.write([reading("air-1", NOON, temperature=1.0)]) == []
        assert (await store.history(["air-1"], "temperature", start=NOON, end=NOON + 1, every=60_000))[0].points


@pytest.mark.parametrize("keep", [{"store_keep_1m": "7d"}, {"store_keep_1h": "1y"}, {"store_keep_raw": "1h"}])
async def test_what_cannot_be_kept_so_is_refused(keep: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="TOWN_STORE_KEEP"):
        await prepare("http://127.0.0.1:1", **keep)


async def test_an_embedded_store_is_made_once(tmp_path: Path) -> None:
    path = tmp_path / "readings.duckdb"
    planned = await prepare_store(Settings(), town(), tmp_path, Wanted(dry_run=True))
    assert not path.exists()
    done = await prepare_store(Settings(), town(), tmp_path, Wanted())
    again = await prepare_store(Settings(), town(), tmp_path, Wanted())

    assert planned.done == done.done == [f"make {path}"]
    assert path.exists()
    assert again.done == []
