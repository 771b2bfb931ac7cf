"""InfluxDB 1.x as it is: away and back, passwords, missing databases, old points, texts."""

import itertools
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import services
from tests.store.places import NOON, reading, town
from town.errors import ConfigError, Unavailable
from town.moment import DAY, SECOND
from town.quantity import ValueType
from town.reading import Reading
from town.store.influx import InfluxStore

names = (f"texts_{number}" for number in itertools.count())


def url(service: services.Service) -> str:
    return f"http://127.0.0.1:{service.port}"


@pytest.fixture
async def influx(influxd: services.Service, tmp_path: Path) -> AsyncIterator[InfluxStore]:
    async with InfluxStore(url(influxd), town(), database=tmp_path.name) as store:
        await store.prepare()
        yield store


async def stored(store: InfluxStore) -> list[Reading]:
    return [one async for found in store.readings(start=0, end=NOON + DAY) for one in found]


async def test_it_is_unavailable_while_away_and_works_when_it_is_back(tmp_path: Path) -> None:
    with services.running(services.influxd(tmp_path)) as service:
        async with InfluxStore(url(service), town()) as store:
            await store.prepare()
            await store.write([reading("air-1", NOON, temperature=1.0)])

            service.stop()
            with pytest.raises(Unavailable, match="cannot be reached"):
                await store.write([reading("air-1", NOON + 1, temperature=2.0)])
            with pytest.raises(Unavailable):
                await store.latest()
            with pytest.raises(Unavailable):
                await store.check()

            service.start()
            await store.write([reading("air-1", NOON + 1, temperature=2.0)])
            assert [one.values["temperature"] for one in await stored(store)] == [1.0, 2.0]


async def test_a_wrong_password_refuses_without_telling_it(guarded_influxd: services.Service) -> None:
    async with InfluxStore(url(guarded_influxd), town(), user="duty", password="guess") as store:
        for call in (store.write([reading("air-1", NOON, temperature=1.0)]), store.latest(), store.check()):
            with pytest.raises(ConfigError, match="TOWN_STORE_PASSWORD") as caught:
                await call
            assert "guess" not in str(caught.value)


async def test_a_missing_database_refuses_until_it_is_prepared(influxd: services.Service) -> None:
    async with InfluxStore(url(influxd), town(), database="not \"yet\" 'there'") as store:
        for call in (store.write([reading("air-1", NOON, temperature=1.0)]), store.latest(), store.check()):
            with pytest.raises(ConfigError, match="store init"):
                await call

        assert "made database" in await store.prepare()
        assert "is there" in await store.prepare()
        assert await store.write([reading("air-1", NOON, temperature=1.0)]) == []
        assert "1." in await store.check()


async def test_points_older_than_the_retention_come_back_as_too_old(
    influx: InfluxStore, influxd: services.Service
) -> None:
    statement = f'ALTER RETENTION POLICY autogen ON "{influx.database}" DURATION 52w'
    assert b"error" not in services.influx_query(influxd.port, statement)
    ancient = [reading("air-1", SECOND * i, temperature=1.0) for i in range(3)]
    recent = [reading("air-1", NOON + i, temperature=1.0) for i in range(30)]

    refused = await influx.write([ancient[0], *recent[:20], *ancient[1:], *recent[20:]])

    assert sorted((one.reading.measured_at, one.reason) for one in refused) == [
        (SECOND * i, "too_old") for i in range(3)
    ]
    assert len(await stored(influx)) == 30


async def test_another_type_is_refused_where_influxdb_itself_would_take_it(
    influx: InfluxStore, influxd: services.Service
) -> None:
    await influx.write([reading("air-1", NOON, temperature=1.0)])
    later = NOON + 60 * DAY  # another shard, where the type is not checked against this one
    changed = town(types={"temperature": ValueType.TEXT})
    async with InfluxStore(url(influxd), changed, database=influx.database) as store:
        refused = await store.write([reading("air-1", later, temperature="warm"), reading("air-1", later, co2=1.0)])

        assert [(one.reason, one.reading.values) for one in refused] == [("type_conflict", {"temperature": "warm"})]
        assert (await influx.latest())["air-1"]["co2"].at == later


async def test_lines_have_bounded_tags_and_plain_fields(influx: InfluxStore, influxd: services.Service) -> None:
    await influx.write([reading("door 1", NOON, open=True, battery=99.0, badge="x")])

    query = f'SELECT * FROM "{influx.database}".."access"'
    answer = services.influx_query(influxd.port, query).decode()

    columns = ["time", "badge", "battery", "facility", "open", "reading_delay", "sensor", "town", "zone"]
    assert ",".join(f'"{column}"' for column in columns) in answer
    assert '"x",99,"WH3",true,250,"door 1","huangjiu","old town"' in answer


async def test_two_towns_share_a_database_without_seeing_each_other(
    influx: InfluxStore, influxd: services.Service
) -> None:
    async with InfluxStore(url(influxd), town(town_id="beizhen"), database=influx.database) as other:
        await other.write([reading("air-1", NOON, temperature=9.0)])
        await influx.write([reading("air-1", NOON, temperature=1.0)])

        assert [one.values["temperature"] for one in await stored(influx)] == [1.0]
        assert (await other.latest())["air-1"]["temperature"].value == 9.0


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=1, max_size=40)
)
async def test_any_text_comes_back_as_it_was(influxd: services.Service, texts: list[str]) -> None:
    async with InfluxStore(url(influxd), town(), database=next(names)) as store:
        await store.prepare()
        written = [reading("卡,一=", NOON + i, badge=text) for i, text in enumerate(texts)]

        assert await store.write(written) == []

        assert await stored(store) == written
