"""What each answer of InfluxDB asks us to do, from a server that answers as 2.x and 3.x document it."""

from collections.abc import Callable, Sequence

import pytest

from tests.store.answering import Answer, Asked, answering, writes
from tests.store.places import NOON, reading, town
from town.errors import ConfigError, Unavailable
from town.ports import RefusedReading
from town.reading import Reading
from town.store.influx import InfluxStore

BATCH = [reading("air-1", NOON + i, temperature=float(i)) for i in range(50)]


class Influx2:
    """Keeps lines as 2.x does: bad ones are left out with 422, or with 400 nothing of their batch is kept."""

    def __init__(
        self, *, bad: set[int] = frozenset(), says: str = "partial write: points beyond retention policy dropped={}"
    ) -> None:
        self.bad = {str(NOON + i) for i in bad}
        self.says, self.kept, self.requests = says, set[str](), 0

    def __call__(self, asked: Asked) -> Answer:
        self.requests += 1
        if asked.headers.get("authorization") != "Token t0ken":
            return Answer(401, '{"code":"unauthorized","message":"unauthorized access"}')
        lines = asked.body.decode().split("\n")
        good = [line for line in lines if line.rsplit(" ", 1)[1] not in self.bad]
        if len(good) == len(lines) or "partial" in self.says:
            self.kept.update(good)
        if len(good) == len(lines):
            return Answer(204)
        message = self.says.format(len(lines) - len(good))
        return Answer(422 if "partial" in self.says else 400, f'{{"code":"invalid","message":"{message}"}}')


async def write(answer: Callable[[Asked], Answer], readings: Sequence[Reading] = BATCH) -> Sequence[RefusedReading]:
    async with answering(writes(answer)) as base, InfluxStore(base, town(), token="t0ken") as store:
        return await store.write(readings)


async def test_a_write_names_database_and_precision_and_carries_the_token() -> None:
    asked: list[Asked] = []

    def answer(request: Asked) -> Answer:
        asked.append(request)
        return Answer(204)

    assert await write(answer, BATCH[:1]) == []

    assert asked[0].target == "/write?db=town&precision=ms"
    assert asked[0].headers["authorization"] == "Token t0ken"
    start = rb"air,facility=WH3,sensor=air-1,town=huangjiu,zone=old\ town "
    assert asked[0].body == start + b"temperature=0.0,reading_delay=250 %d" % NOON


@pytest.mark.parametrize("bad", [{0}, {49}, {7, 8, 30}, set(range(20, 50)), set(range(50))])
@pytest.mark.parametrize("says", ["partial write: points beyond retention policy dropped={}", "unable to parse a line"])
async def test_bad_points_come_back_and_good_ones_are_in(bad: set[int], says: str) -> None:
    server = Influx2(bad=bad, says=says)

    refused = await write(server)

    assert {one.reading.measured_at - NOON for one in refused} == bad
    assert {one.reason for one in refused} == {"too_old" if "retention" in says else "not_understood"}
    assert len(server.kept) == len(BATCH) - len(bad)


async def test_one_bad_point_in_five_thousand_costs_few_requests() -> None:
    batch = [reading("air-1", NOON + i, temperature=float(i)) for i in range(5_000)]
    server = Influx2(bad={3_333})

    assert len(await write(server, batch)) == 1

    assert len(server.kept) == 4_999
    assert server.requests < 30


async def test_a_wholly_refused_batch_costs_one_request() -> None:
    server = Influx2(bad=set(range(50)))

    assert len(await write(server)) == 50
    assert server.requests == 1


async def test_too_large_a_body_is_halved() -> None:
    sizes: list[int] = []

    def answer(asked: Asked) -> Answer:
        sizes.append(asked.body.count(b"\n") + 1)
        return Answer(413, '{"code":"request too large"}') if sizes[-1] > 10 else Answer(204)

    assert await write(answer) == []
    assert sum(size for size in sizes if size <= 10) == 50


async def test_a_single_line_that_is_too_large_is_refused() -> None:
    refused = await write(lambda asked: Answer(413))

    assert {one.reason for one in refused} == {"too_large"}
    assert len(refused) == 50


@pytest.mark.parametrize("status", [408, 429, 499, 500, 502, 503, 504])
async def test_passing_trouble_asks_to_try_again(status: int) -> None:
    with pytest.raises(Unavailable, match=str(status)) as caught:
        await write(lambda asked: Answer(status, "busy", (("Retry-After", "7"),)))

    assert caught.value.retry_after == 7_000


async def test_retry_after_may_be_a_date() -> None:
    headers = (("Date", "Mon, 21 Sep 2026 04:00:00 GMT"), ("Retry-After", "Mon, 21 Sep 2026 04:00:30 GMT"))

    with pytest.raises(Unavailable) as caught:
        await write(lambda asked: Answer(503, "", headers))

    assert caught.value.retry_after == 30_000


async def test_a_500_that_names_a_conflict_is_about_points() -> None:
    refused = await write(lambda asked: Answer(500, '{"error":"field type conflict: temperature"}'), BATCH[:2])

    assert [one.reason for one in refused] == ["type_conflict"] * 2


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, '{"code":"unauthorized","message":"unauthorized access"}'),
        (403, '{"code":"forbidden","message":"insufficient permissions"}'),
        (404, '{"code":"not found","message":"no dbrp mapping found"}'),
        (301, ""),
        (200 + 2, ""),
        (422, '{"error":"partial write: max-series-per-database limit exceeded: (1000000) dropped=50"}'),
    ],
)
async def test_a_wrong_configuration_refuses_and_gives_nothing_up(status: int, body: str) -> None:
    with pytest.raises(ConfigError) as caught:
        await write(lambda asked: Answer(status, body))

    assert "t0ken" not in str(caught.value)


async def test_without_its_token_it_refuses() -> None:
    async with answering(writes(Influx2())) as base, InfluxStore(base, town()) as store:
        with pytest.raises(ConfigError, match="TOWN_STORE_TOKEN"):
            await store.write(BATCH)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ('{"results":[{"error":"database not found: town"}]}', ConfigError),
        ('{"error":"authorization failed"}', ConfigError),
        ('{"results":[{"error":"query interrupted"}]}', Unavailable),
        ('{"results":[{"series":[{"name":"air"', Unavailable),
        ("<html>a portal</html>", Unavailable),
    ],
)
async def test_errors_of_a_query_stand_in_a_good_answer(body: str, error: type[Exception]) -> None:
    async with answering(lambda asked: Answer(200, body)) as base, InfluxStore(base, town()) as store:
        with pytest.raises(error):
            await store.history(["air-1"], "temperature", start=NOON, end=NOON + 1)


async def test_what_is_not_influxdb_is_named() -> None:
    async with answering(lambda asked: Answer(200, "hello")) as base, InfluxStore(base, town()) as store:
        with pytest.raises(ConfigError, match="is not InfluxDB"):
            await store.check()


@pytest.mark.parametrize(("host", "packed"), [("127.0.0.1", False), ("0.0.0.0", True)])
async def test_large_bodies_are_packed_unless_the_server_is_on_this_machine(host: str, packed: bool) -> None:
    asked: list[Asked] = []  # 0.0.0.0 reaches loopback, too, and is not known as it

    def answer(request: Asked) -> Answer:
        asked.append(request)
        return Answer(204)

    async with answering(writes(answer)) as base, InfluxStore(base.replace("127.0.0.1", host), town()) as store:
        await store.write(BATCH * 10)

    assert ("content-encoding" in asked[0].headers) is packed
    assert asked[0].body.count(b"\n") == 499
